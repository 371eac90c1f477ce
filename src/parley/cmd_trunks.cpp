#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/failure.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

std::string condition_of(const json::value& trunk) { return text_at(trunk, "state.condition"); }

Colour colour_of(const std::string& condition) {
  if (condition == "up") return Colour::Green;
  if (condition == "down" || condition == "refused") return Colour::Red;
  return Colour::Dim;
}

std::string calls_of(const json::value& trunk) {
  const auto most = at(trunk, "channels");
  const auto now = pretty(at(trunk, "state.calls"));
  return most.is_int64() && most.get_int64() > 0 ? fmt::format("{} of {}", now, most.get_int64()) : now;
}

void list(Context& context) {
  const auto all = context.client().get_all(context.path("/trunks"), 1000);
  if (context.print_json(all)) return;
  Table table{{"NAME", "KIND", "CARRIER", "STATE", ">CALLS", "SERVER", "WHY"}};
  for (const auto& one : all) {
    const auto condition = condition_of(one);
    table.add({{text_at(one, "name")},
               {text_at(one, "kind")},
               {text_at(one, "host")},
               {condition, colour_of(condition)},
               {calls_of(one)},
               {text_at(one, "state.server")},
               {text_at(one, "state.reason")}});
  }
  table.print(context.terminal());
}

json::value named(Context& context, const std::string& name) {
  for (const auto& one : context.client().get_all(context.path("/trunks"), 1000))
    if (text_at(one, "name") == name || text_at(one, "id") == name) return one;
  throw Failure(Exit::NotFound, fmt::format("there is no trunk {}", name), "see: parley trunks list");
}

std::string probe_of(const json::value& server) {
  const auto answers = at(server, "answers");
  if (!answers.is_bool()) return text_at(server, "server");
  return fmt::format("{} {} ({})", text_at(server, "server"), answers.get_bool() ? "answers" : "does not answer",
                     text_at(server, "asked_at"));
}

void show(Context& context, const std::string& name) {
  const auto one = named(context, name);
  if (context.print_json(one)) return;
  const auto line = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) context.out() << fmt::format("{:<18}{}\n", what, printable(value));
  };
  line("name", text_at(one, "name"));
  line("carrier", text_at(one, "host"));
  line("kind", text_at(one, "kind"));
  line("account", text_at(one, "username"));
  line("state", condition_of(one));
  line("why", text_at(one, "state.reason"));
  line("since", text_at(one, "state.since"));
  line("registered at", text_at(one, "state.registered_at"));
  line("registered until", text_at(one, "state.registered_until"));
  line("server", text_at(one, "state.server"));
  line("calls", calls_of(one));
  for (const auto& server : array_at(one, "state.servers")) line("probe", probe_of(server));
  for (const auto& number : array_at(one, "inbound"))
    line("number", fmt::format("{} → {}", text_at(number, "pattern"), text_at(number, "extension")));
}

void retry(Context& context, const std::string& name) {
  const auto done = context.client().post(
      context.path(fmt::format("/trunks/{}/retry", text_at(named(context, name), "id"))), json::object{});
  if (context.print_json(done)) return;
  context.out() << "It is being tried; parley trunks show says how it went.\n";
}

}  // namespace

void add_trunks(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("trunks", "Carriers, and whether they can take calls now");
  group->require_subcommand(1);
  group->add_subcommand("list", "All of them")->callback([&context] { list(context); });
  auto name = std::make_shared<std::string>();
  auto* one = group->add_subcommand("show", "One of them");
  one->add_option("trunk", *name, "Its name")->required()->type_name("NAME");
  one->callback([&context, name] { show(context, *name); });
  auto* again = group->add_subcommand("retry", "Register and probe now, also what the carrier refused before");
  again->add_option("trunk", *name, "Its name")->required()->type_name("NAME");
  again->callback([&context, name] { retry(context, *name); });
}

}  // namespace parley::cli
