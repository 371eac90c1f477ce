#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

struct Arguments {
  std::string address;
  std::string reason;
  unsigned minutes = 0;
  bool allow = false;
  bool all = false;
};

void list(Context& context, const Arguments& arguments) {
  const auto value = context.client().get("/v1/sip/bans");
  if (context.print_json(value)) return;
  Table table{{"ADDRESS", "WHAT", "WHY", "BY", "SINCE", "UNTIL"}};
  for (const auto& one : items_of(value)) {
    const bool bans = text_at(one, "kind") == "ban";
    if (!bans && !arguments.all) continue;
    const auto until = text_at(one, "until");
    table.add({text_at(one, "address"),
               {bans ? "banned" : "never banned", bans ? Colour::Red : Colour::Green},
               printable(text_at(one, "reason")),
               printable(text_at(one, "by")),
               local_time(text_at(one, "since")),
               until.empty() ? "removed by hand" : local_time(until)});
  }
  if (table.empty())
    context.out() << (arguments.all ? "Nobody is banned, and nobody is exempt from it.\n" : "Nobody is banned.\n");
  else
    table.print(context.terminal());
}

void add(Context& context, const Arguments& arguments) {
  json::object body{{"kind", arguments.allow ? "allow" : "ban"}, {"address", arguments.address}};
  if (!arguments.reason.empty()) body["reason"] = arguments.reason;
  if (arguments.minutes > 0) body["minutes"] = arguments.minutes;
  const auto made = context.client().post("/v1/sip/bans", body);
  if (context.print_json(made)) return;
  const auto until = text_at(made, "until");
  context.out() << fmt::format("{} is {}{}.\n", text_at(made, "address"), arguments.allow ? "never banned" : "banned",
                               until.empty() ? " until it is removed" : " until " + local_time(until));
}

void remove(Context& context, const Arguments& arguments) {
  const auto value = context.client().get("/v1/sip/bans");
  std::size_t removed = 0;
  for (const auto& one : items_of(value)) {
    if (text_at(one, "address") != arguments.address && text_at(one, "id") != arguments.address) continue;
    context.client().remove("/v1/sip/bans/" + encode(text_at(one, "id")));
    ++removed;
  }
  if (removed == 0)
    throw Failure(Exit::Failed, fmt::format("{} is not on the list", arguments.address),
                  "parley bans list --all shows it, IPv6 hosts by their /64");
  if (context.print_json(json::object{{"removed", removed}})) return;
  context.out() << fmt::format("{} is off the list.\n", arguments.address);
}

}  // namespace

void add_bans(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto* group = app.add_subcommand("bans", "Addresses that SIP tells nothing: list, add, remove, allow");
  group->require_subcommand(1);
  group->footer(
      "The server bans scanners and guessers by itself, for 10 minutes first and twice as long each further time.\n"
      "Examples:\n  parley bans list\n  parley bans remove 203.0.113.7\n  parley bans allow 198.51.100.0/24 --reason "
      "\"our office\"");
  auto* all = group->add_subcommand("list", "Who is banned, why and until when");
  all->add_flag("--all", arguments->all, "Also those that are never banned");
  all->callback([&context, arguments] { list(context, *arguments); });
  const auto with_address = [&](const char* name, const char* help) {
    auto* command = group->add_subcommand(name, help);
    command->add_option("address", arguments->address, "192.0.2.7, 192.0.2.0/24 or 2001:db8::/64")
        ->required()
        ->type_name("ADDRESS");
    return command;
  };
  for (const bool allow : {false, true}) {
    auto* command = with_address(allow ? "allow" : "add", allow ? "Never ban it, whatever it sends" : "Ban it");
    command->add_option("--reason", arguments->reason, "Why, for those who read the list later");
    command->add_option("--minutes", arguments->minutes, "For so long; without it until it is removed")
        ->check(CLI::PositiveNumber);
    command->callback([&context, arguments, allow] {
      arguments->allow = allow;
      add(context, *arguments);
    });
  }
  with_address("remove", "Take an address off the list, banned or allowed")->callback([&context, arguments] {
    remove(context, *arguments);
  });
}

}  // namespace parley::cli
