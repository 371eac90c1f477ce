#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>

#include <base/ids.hpp>

namespace parley::cli {

namespace {

struct Arguments {
  bool run = false;
  bool list = false;
  bool brief = false;
  std::string report;
};

void list(Context& context) {
  const auto value = context.client().get(context.path("/prove"));
  if (context.print_json(value)) return;
  Table table{{"REPORT", "MADE", ">HOLD", ">VIOLATED", ">NOT CHECKABLE"}};
  for (const auto& one : items_of(value)) {
    const auto violated = text_at(one, "counts.violated", "0");
    table.add({text_at(one, "id"),
               local_time(text_at(one, "created_at")),
               text_at(one, "counts.holds", "0"),
               {violated, violated == "0" ? Colour::Plain : Colour::Red},
               text_at(one, "counts.not_checkable", "0")});
  }
  if (table.empty())
    context.out() << "No report yet: parley prove --run\n";
  else
    table.print(context.terminal());
}

void prove(Context& context, const Arguments& arguments) {
  if (arguments.list) return list(context);
  json::value report;
  if (!arguments.report.empty()) {
    if (!Uuid::parse(arguments.report))
      throw Failure(Exit::Usage, fmt::format("'{}' is no report", arguments.report),
                    "`parley prove --list` shows their ids.");
    report = context.client().get(context.path("/prove/" + arguments.report));
  } else if (arguments.run) {
    report = context.client().post(context.path("/prove"));
  } else {
    const auto all = context.client().get(context.path("/prove"));
    if (items_of(all).empty()) throw Failure(Exit::NotFound, "there is no report yet", "Make one: parley prove --run");
    report = context.client().get(context.path("/prove/" + text_at(items_of(all).front(), "id")));
  }
  bool violated = false;
  if (context.options.json) {
    context.print_json(report);
    for (const auto& promise : array_at(report, "promises"))
      violated = violated || text_at(promise, "verdict") == "violated";
  } else {
    violated = print_report(context, report, !arguments.brief);
  }
  if (violated) throw Failure(Exit::Violated, "a promise is violated");
}

}  // namespace

bool print_report(Context& context, const json::value& report, bool with_evidence) {
  auto& terminal = context.terminal();
  bool violated = false;
  context.out() << terminal.paint(Colour::Bold, fmt::format("Report {} of {}", text_at(report, "id"),
                                                            local_time(text_at(report, "created_at"))))
                << '\n';
  for (const auto& promise : array_at(report, "promises")) {
    const auto verdict = text_at(promise, "verdict");
    violated = violated || verdict == "violated";
    const auto colour = verdict == "holds" ? Colour::Green : verdict == "violated" ? Colour::Red : Colour::Yellow;
    const auto shown = verdict == "not_checkable" ? std::string{"not checkable"} : verdict;
    context.out() << fmt::format("{:<8}", text_at(promise, "id"))
                  << terminal.paint(colour, fmt::format("{:<14}", shown)) << printable(text_at(promise, "title"))
                  << '\n';
    if (with_evidence || verdict == "violated")
      for (const auto& one : array_at(promise, "evidence"))
        context.out() << std::string(22, ' ')
                      << terminal.paint(Colour::Dim,
                                        printable(fmt::format("{}: {}", text_at(one, "what"), text_at(one, "value"))))
                      << '\n';
    for (const auto& one : array_at(promise, "exceptions"))
      context.out() << std::string(22, ' ')
                    << terminal.paint(Colour::Yellow, printable(fmt::format("except {}: {}", text_at(one, "what"),
                                                                            text_at(one, "reason"))))
                    << '\n';
  }
  if (const auto key = text_at(report, "signature.key_id"); !key.empty())
    context.out() << fmt::format("Signed ({}, key {}).\n", text_at(report, "signature.algorithm"), key);
  return violated;
}

void add_prove(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "prove", "Does the system keep its promises about personal data? Exit status 6 when one is violated");
  command->add_option("report", arguments->report, "An older report (see --list)")->type_name("REPORT");
  command->add_flag("--run", arguments->run, "Check now; without it the latest report is shown");
  command->add_flag("--list", arguments->list, "All reports");
  command->add_flag("--brief", arguments->brief, "Verdicts without evidence");
  command->footer("Examples:\n  parley prove --run\n  parley prove --run --json > report.json");
  command->callback([&context, arguments] { prove(context, *arguments); });
}

}  // namespace parley::cli
