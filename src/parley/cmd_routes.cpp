#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

struct Tried {
  std::string number, from;
};

std::string destination_of(const json::value& route) {
  const auto kind = text_at(route, "destination.kind"), number = text_at(route, "destination.number");
  if (kind == "extension") return fmt::format("extension {}", number);
  if (kind == "echo_test") return "echo test";
  if (kind == "number") return number.empty() ? "the number then" : fmt::format("number {}", number);
  if (kind == "conference") return fmt::format("conference {}", text_at(route, "destination.room"));
  if (kind == "refuse") return fmt::format("refused: {}", text_at(route, "destination.reason"));
  return kind;
}

std::string change_of(const json::value& route) {
  std::string out;
  if (const auto strip = at(route, "strip"); strip.is_int64() && strip.get_int64() > 0)
    out = fmt::format("without the first {}", strip.get_int64());
  if (const auto prepend = text_at(route, "prepend"); !prepend.empty())
    out += fmt::format("{}{} before it", out.empty() ? "" : ", ", prepend);
  return out;
}

std::string callers_of(const json::value& route) {
  std::string out;
  for (const auto& one : array_at(route, "callers"))
    if (const auto* number = one.if_string()) out += fmt::format("{}{}", out.empty() ? "" : ", ", number->c_str());
  return out.empty() ? "everybody" : out;
}

void list(Context& context) {
  const auto all = context.client().get_all(context.path("/routes"), 10000);
  if (context.print_json(all)) return;
  if (all.empty()) {
    context.out() << "No routes: only extensions and the echo test can be dialled. `parley apply` or the console makes "
                     "some.\n";
    return;
  }
  Table table{{">ORDER", "PATTERN", "NAME", "FOR", "CHANGED", "TO"}};
  for (const auto& one : all) {
    const auto* enabled = at(one, "enabled").if_bool();
    const auto colour = enabled != nullptr && !*enabled ? Colour::Dim : Colour::Plain;
    table.add({{pretty(at(one, "order")), colour},
               {text_at(one, "pattern"), colour},
               {text_at(one, "name"), colour},
               {callers_of(one), colour},
               {change_of(one), colour},
               {colour == Colour::Dim ? "switched off" : destination_of(one), colour}});
  }
  table.print(context.terminal());
}

void test(Context& context, const Tried& tried) {
  const auto from = tried.from.empty() ? std::string{} : fmt::format("&caller={}", encode(tried.from));
  const auto found =
      context.client().get(context.path(fmt::format("/routes/test?number={}{}", encode(tried.number), from)));
  if (context.print_json(found)) return;
  std::string line = text_at(found, "number");
  for (const auto& step : array_at(found, "path"))
    if (const auto* text = step.if_string()) line += fmt::format(" → {}", text->c_str());
  const auto result = text_at(found, "result");
  if (result == "extension") line += fmt::format(" → extension {}", text_at(found, "extension"));
  if (result == "echo_test") line += " → echo test";
  if (result == "conference") line += fmt::format(" → conference {}", text_at(found, "room"));
  if (result == "refuse")
    line += fmt::format(" → refused with {}: {}", pretty(at(found, "status")), text_at(found, "cause"));
  context.out() << printable(line) << '\n';
  if (const auto* emergency = at(found, "emergency").if_bool(); emergency != nullptr && *emergency)
    context.out() << "This is an emergency number: only a route whose pattern is this number alone can refuse it.\n";
}

}  // namespace

void add_routes(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("routes", "What numbers mean that are no extension; parley apply changes them");
  group->require_subcommand(1);
  group->add_subcommand("list", "All of them, in the order in which they are asked")->callback([&context] {
    list(context);
  });
  auto tried = std::make_shared<Tried>();
  auto* one = group->add_subcommand("test", "Which routes a number takes, and where it ends; calls nobody");
  one->add_option("number", tried->number, "As somebody would dial it")->required()->type_name("NUMBER");
  one->add_option("--from", tried->from, "The extension that dials")->type_name("EXTENSION");
  one->footer("Example:\n  parley routes test 0301234 --from 101");
  one->callback([&context, tried] { test(context, *tried); });
}

}  // namespace parley::cli
