#include <memory>
#include <optional>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

struct Wanted {
  std::optional<int> recordings_days;
  std::optional<std::string> cdr_days;
  std::optional<std::string> announcement;
  bool yes = false;
};

void show(Context& context) {
  const auto policy = context.client().get(context.path("/policy"));
  if (context.print_json(policy)) return;
  const auto line = [&](std::string_view name, const std::string& text) {
    context.out() << fmt::format("{:<14}", name) << printable(text) << '\n';
  };
  line("Recordings",
       fmt::format("deleted after {} days, their transcripts with them", text_at(policy, "recordings_days")));
  const auto cdr = text_at(policy, "cdr_days");
  line("Call records", cdr.empty() ? "kept until deleted by hand" : fmt::format("deleted after {} days", cdr));
  line("Announcement",
       text_at(policy, "announcement.mode") == "custom" ? text_at(policy, "announcement.text") : "the default notice");
  const auto changed = text_at(policy, "changed_at");
  line("Version", changed.empty() ? "as installed"
                                  : fmt::format("{} of {} by {}", text_at(policy, "version"), local_time(changed),
                                                text_at(policy, "changed_by")));
}

void set(Context& context, const Wanted& wanted) {
  const auto before = context.client().get(context.path("/policy"));
  auto after = before.is_object() ? before.get_object() : json::object{};
  std::string changes;
  const auto change = [&](const char* name, const std::string& from, const std::string& to) {
    changes += fmt::format("  {}: {} → {}\n", name, from.empty() ? "-" : from, to);
  };
  if (wanted.recordings_days) {
    change("recordings_days", text_at(before, "recordings_days"), std::to_string(*wanted.recordings_days));
    after["recordings_days"] = *wanted.recordings_days;
  }
  if (wanted.cdr_days) {
    change("cdr_days", text_at(before, "cdr_days"), *wanted.cdr_days);
    after["cdr_days"] = *wanted.cdr_days == "never" ? json::value(nullptr) : json::value(std::stoi(*wanted.cdr_days));
  }
  if (wanted.announcement) {
    change("announcement", text_at(before, "announcement.mode"),
           *wanted.announcement == "default" ? "default" : "\"" + *wanted.announcement + "\"");
    after["announcement"] = *wanted.announcement == "default"
                                ? json::object{{"mode", "default"}, {"text", ""}}
                                : json::object{{"mode", "custom"}, {"text", *wanted.announcement}};
  }
  if (changes.empty())
    throw Failure(Exit::Usage, "nothing to change", "For example: parley policy set --recordings-days 30");
  if (!wanted.yes) context.terminal().err() << changes;
  context.confirm_or_stop("Change the policy? Deadlines of what is stored already move with it.", wanted.yes);
  const auto changed = context.client().put(context.path("/policy"), after);
  if (context.print_json(changed)) return;
  context.out() << fmt::format("Policy version {} is in force.\n", text_at(changed, "version"));
}

void history(Context& context) {
  const auto value = context.client().get(context.path("/policy/history"));
  if (context.print_json(value)) return;
  if (items_of(value).empty()) {
    context.out() << "No change yet: the policy is as installed.\n";
    return;
  }
  Table table{{">VERSION", "CHANGED", "BY", ">RECORDINGS (DAYS)", ">CALL RECORDS (DAYS)"}};
  for (const auto& one : items_of(value))
    table.add({text_at(one, "version"), local_time(text_at(one, "changed_at")), text_at(one, "changed_by"),
               text_at(one, "recordings_days"), text_at(one, "cdr_days", "kept")});
  table.print(context.terminal());
}

}  // namespace

void add_policy(CLI::App& app, Context& context) {
  auto wanted = std::make_shared<Wanted>();
  auto* group = app.add_subcommand("policy", "How long what is kept, and what callers are told");
  group->require_subcommand(1);
  group->add_subcommand("show", "The policy in force")->callback([&context] { show(context); });
  group->add_subcommand("history", "Every version there was")->callback([&context] { history(context); });
  auto* change = group->add_subcommand("set", "Change it; says what changes and asks");
  change
      ->add_option("--recordings-days", wanted->recordings_days,
                   "Days until a recording and its transcript are deleted")
      ->check(CLI::Range(1, 3650));
  change->add_option("--cdr-days", wanted->cdr_days, "Days until a call record is deleted, or 'never'")
      ->check(CLI::Validator(
          [](std::string& text) {
            return text == "never" || (!text.empty() && text.size() < 6 &&
                                       text.find_first_not_of("0123456789") == std::string::npos)
                       ? std::string{}
                       : "must be a number of days or 'never'";
          },
          "DAYS|never"));
  change
      ->add_option("--announcement", wanted->announcement,
                   "What both parties hear before recording begins, or 'default'")
      ->type_name("TEXT");
  change->add_flag("--yes,-y", wanted->yes, "Do not ask");
  change->footer("Example:\n  parley policy set --recordings-days 30");
  change->callback([&context, wanted] { set(context, *wanted); });
}

}  // namespace parley::cli
