#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/failure.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

constexpr std::string_view kRooms = "/conferences";

bool is_true(const json::value& one, std::string_view member) {
  const auto* value = at(one, member).if_bool();
  return value != nullptr && *value;
}

void list(Context& context) {
  const auto all = context.client().get_all(context.path(kRooms), 1000);
  if (context.print_json(all)) return;
  if (all.empty()) {
    context.out() << "Nobody is in a conference. A route with {kind: conference, room: …} makes one to dial.\n";
    return;
  }
  Table table{{"ROOM", "NUMBER", "NAME", "SINCE", "STATE", "PARTICIPANT"}};
  for (const auto& room : all)
    for (const auto& one : array_at(room, "participants")) {
      const bool muted = is_true(one, "muted"), deaf = is_true(one, "deaf"), speaks = is_true(one, "speaking");
      std::string state = muted ? "muted" : speaks ? "speaking" : "";
      if (deaf) state += state.empty() ? "deaf" : ", deaf";
      table.add({printable(text_at(room, "room")),
                 printable(text_at(one, "number")),
                 printable(text_at(one, "name")),
                 local_time(text_at(one, "joined_at")),
                 {state, speaks && !muted ? Colour::Green : Colour::Plain},
                 text_at(one, "id")});
    }
  table.print(context.terminal());
}

/// By id, the end of one, or the only one with that number.
json::value participant(Context& context, const std::string& name) {
  json::array found;
  for (const auto& room : context.client().get_all(context.path(kRooms), 1000))
    for (const auto& one : array_at(room, "participants"))
      if (text_at(one, "number") == name || (name.size() >= 4 && text_at(one, "id").ends_with(name)))
        found.push_back(one);
  if (found.empty())
    throw Failure(Exit::NotFound, fmt::format("{} is in no conference", name), "see: parley conferences list");
  if (found.size() > 1)
    throw Failure(Exit::Failed, fmt::format("{} is in a conference more than once", name),
                  "write the participant's id, as parley conferences list shows it");
  return found.front();
}

std::string path_of(Context& context, const json::value& one) {
  return context.path(fmt::format("/conference-participants/{}", text_at(one, "id")));
}

void mute(Context& context, const std::string& name, bool muted) {
  const auto changed = context.client().patch(path_of(context, participant(context, name)), {{"muted", muted}});
  if (context.print_json(changed)) return;
  context.out() << fmt::format("{} is {}.\n", printable(name), muted ? "muted" : "heard again");
}

void kick(Context& context, const std::string& name) {
  const auto one = participant(context, name);
  context.client().remove(path_of(context, one));
  if (context.print_json(json::object{{"removed", text_at(one, "id")}})) return;
  context.out() << fmt::format("{} is out of the conference.\n", printable(name));
}

}  // namespace

void add_conferences(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("conferences", "Who meets whom: list, mute, unmute, kick");
  group->require_subcommand(1);
  group->footer(
      "A conference is a route: {name: Weekly, pattern: \"8000\", destination: {kind: conference, room: weekly}}\n"
      "Examples:\n  parley conferences list\n  parley conferences mute 101");
  group->add_subcommand("list", "Conferences with somebody in them, and who")->callback([&context] { list(context); });
  auto name = std::make_shared<std::string>();
  const auto with_name = [&](const char* command, const char* help) {
    auto* one = group->add_subcommand(command, help);
    one->add_option("participant", *name, "Number, id, or the end of the id")->required()->type_name("PARTICIPANT");
    return one;
  };
  with_name("mute", "Nobody hears this one any more")->callback([&context, name] { mute(context, *name, true); });
  with_name("unmute", "... and again")->callback([&context, name] { mute(context, *name, false); });
  with_name("kick", "Ends this one's call")->callback([&context, name] { kick(context, *name); });
}

}  // namespace parley::cli
