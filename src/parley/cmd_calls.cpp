#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>
#include <unistd.h>

#include <base/ids.hpp>

namespace parley::cli {

namespace {

struct Filter {
  std::string query, number, from, to, direction, disposition, extension;
  bool has_recording = false;
  std::size_t limit = 20;
};

struct Arguments {
  std::string call;
  std::string file;
  std::string reason;
  std::string hold;
  bool recording_only = false;
  bool yes = false;
};

std::string recording_state(const json::value& call) {
  const auto state = text_at(call, "recording.state");
  if (state.empty() || state == "ready") return state.empty() ? "" : clock_time(number_at(call, "recording.seconds"));
  return state;
}

/// "2026-11-20" as the RFC 3339 time at which that day begins here; anything else stays as it is.
std::string start_of_day_or_time(const std::string& typed) {
  std::tm day{};
  const char* end = ::strptime(typed.c_str(), "%Y-%m-%d", &day);
  if (end == nullptr || *end != '\0') return typed;
  std::tm local = day;
  local.tm_isdst = -1;  // as it is on that day
  const auto seconds = ::mktime(&local);
  if (seconds == -1 || local.tm_mday != day.tm_mday) return typed;  // there is no 31 February
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

void list(Context& context, const Filter& filter) {
  std::string query = fmt::format("/calls?limit={}", std::min<std::size_t>(filter.limit, 200));
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) query += fmt::format("&{}={}", name, encode(value));
  };
  add("q", filter.query), add("number", filter.number), add("from", start_of_day_or_time(filter.from)),
      add("to", start_of_day_or_time(filter.to)), add("direction", filter.direction);
  add("disposition", filter.disposition), add("extension", filter.extension);
  if (filter.has_recording) query += "&has_recording=true";
  const auto calls = context.client().get_all(context.path(query), filter.limit);
  if (context.print_json(calls)) return;
  Table table{{"CALL", "STARTED", "FROM", "TO", ">TALKED", "RESULT", ">RECORDED", "WHAT ABOUT"}};
  for (const auto& call : calls) {
    const auto disposition = text_at(call, "disposition");
    table.add({{short_id(text_at(call, "id")), Colour::Cyan},
               local_time(text_at(call, "started_at")),
               party(at(call, "caller")),
               party(at(call, "callee")),
               clock_time(number_at(call, "billed_s")),
               {disposition, disposition == "answered" ? Colour::Green : Colour::Yellow},
               recording_state(call),
               text_at(call, "headline")});
  }
  if (table.empty())
    context.out() << "No calls.\n";
  else
    table.print(context.terminal());
}

/// A step of a call's path as people read it: "recording.started" is "recording started".
std::string step_of(std::string what) {
  if (what.find(' ') == std::string::npos)
    std::ranges::replace_if(what, [](char c) { return c == '.' || c == '_'; }, ' ');
  return what;
}

/// Programs that play a WAV file from their standard input, as `command -v` finds them.
std::string find_player() {
  static constexpr std::array<std::pair<const char*, const char*>, 4> kPlayers = {
      {{"pw-play", "pw-play -"},
       {"aplay", "aplay -q -"},
       {"ffplay", "ffplay -loglevel error -nodisp -autoexit -"},
       {"play", "play -q -t wav -"}}};
  for (const auto& [program, command] : kPlayers) {
    const char* path = std::getenv("PATH");
    std::string folders = path == nullptr ? "/usr/bin" : path;
    for (std::size_t at = 0; at <= folders.size();) {
      const auto end = std::min(folders.find(':', at), folders.size());
      if (::access((folders.substr(at, end - at) + "/" + program).c_str(), X_OK) == 0) return command;
      at = end + 1;
    }
  }
  return {};
}

void play(Context& context, const Arguments& arguments) {
  const auto id = context.call_id(arguments.call);
  const auto audio = context.path("/calls/" + id + "/audio");
  if (arguments.file == "-") {
    context.client().download(audio, [&](std::string_view piece) {
      return context.out().write(piece.data(), static_cast<std::streamsize>(piece.size())).good();
    });
    return;
  }
  if (!arguments.file.empty()) {
    std::ofstream out{arguments.file, std::ios::binary | std::ios::trunc};
    if (!out) throw Failure(Exit::Failed, fmt::format("cannot write {}", arguments.file));
    context.client().download(audio, [&](std::string_view piece) {
      return out.write(piece.data(), static_cast<std::streamsize>(piece.size())).good();
    });
    if (!out.flush()) throw Failure(Exit::Failed, fmt::format("cannot write {}: is the disk full?", arguments.file));
    context.terminal().err() << fmt::format("Wrote {}: caller on the left channel, callee on the right.\n",
                                            arguments.file);
    return;
  }
  const auto player = find_player();
  if (player.empty())
    throw Failure(Exit::Failed, "no program that plays sound was found (pw-play, aplay, ffplay, play)",
                  "Write a file instead: --output call.wav");
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(player.c_str(), "w"), ::pclose};
  if (!pipe) throw Failure(Exit::Failed, fmt::format("cannot start '{}'", player));
  context.client().download(audio, [&](std::string_view piece) {
    return std::fwrite(piece.data(), 1, piece.size(), pipe.get()) == piece.size();
  });
}

void remove(Context& context, const Arguments& arguments) {
  const auto id = context.call_id(arguments.call);
  const auto call = context.client().get(context.path("/calls/" + id));
  if (!arguments.yes && !context.options.json) print_call(context, call);
  context.confirm_or_stop(arguments.recording_only ? "Delete its recording and transcript for good?"
                                                   : "Delete this call and everything about it for good?",
                          arguments.yes);
  const auto receipt =
      context.client().remove(context.path("/calls/" + id + (arguments.recording_only ? "/recording" : "")));
  if (context.print_json(receipt)) return;
  context.out() << fmt::format("Deleted, and read again to make sure. Receipt {}.\n", text_at(receipt, "id"));
}

void hold(Context& context, const Arguments& arguments) {
  const auto id = context.call_id(arguments.call);
  const auto made =
      context.client().post(context.path("/calls/" + id + "/holds"), json::object{{"reason", arguments.reason}});
  if (context.print_json(made)) return;
  context.out() << fmt::format(
      "Nothing of this call is deleted while hold {} stands. To lift it: parley calls release {}\n",
      text_at(made, "id"), text_at(made, "id"));
}

/// The hold of that id, or the one that stands on that call.
std::string hold_id(Context& context, const std::string& typed) {
  if (Uuid::parse(typed)) return typed;
  const auto call = context.client().get(context.path("/calls/" + context.call_id(typed)));
  const auto& holds = array_at(call, "holds");
  if (holds.empty()) throw Failure(Exit::NotFound, "no hold stands on this call");
  if (holds.size() > 1)
    throw Failure(Exit::Usage, "more than one hold stands on this call", "`parley calls show CALL` lists their ids.");
  return text_at(holds.front(), "id");
}

void release(Context& context, const Arguments& arguments) {
  const auto answer = context.client().remove(context.path("/holds/" + hold_id(context, arguments.hold)));
  if (context.print_json(answer)) return;
  context.out() << "The hold is lifted; deadlines that passed meanwhile are kept now.\n";
}

void live(Context& context) {
  const auto value = context.client().get(context.path("/live-calls"));
  if (context.print_json(value)) return;
  Table table{{"CALL", "SINCE", "FROM", "TO", "STATE", "RECORDING"}};
  for (const auto& call : items_of(value)) {
    const auto recording = text_at(call, "recording");
    table.add({{short_id(text_at(call, "id")), Colour::Cyan},
               local_time(text_at(call, "started_at")),
               party(at(call, "caller")),
               party(at(call, "callee")),
               text_at(call, "state"),
               {recording, recording == "on" ? Colour::Red : Colour::Plain}});
  }
  if (table.empty())
    context.out() << "No calls now.\n";
  else
    table.print(context.terminal());
}

}  // namespace

void print_call(Context& context, const json::value& call) {
  auto& terminal = context.terminal();
  const auto line = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) context.out() << fmt::format("{:<12}", name) << printable(text) << '\n';
  };
  context.out() << terminal.paint(Colour::Bold, printable(fmt::format("{} → {}", party(at(call, "caller")),
                                                                      party(at(call, "callee")))))
                << '\n';
  line("Call", text_at(call, "id"));
  line("Direction", text_at(call, "direction"));
  line("Started", local_time(text_at(call, "started_at")));
  line("Answered", local_time(text_at(call, "answered_at")));
  line("Ended", local_time(text_at(call, "ended_at")));
  line("Result", text_at(call, "disposition"));
  line("Talked", fmt::format("{} ({} from dialling to the end)", clock_time(number_at(call, "billed_s")),
                             clock_time(number_at(call, "duration_s"))));
  if (const auto side = text_at(call, "hangup_side"); !side.empty())
    line("Hung up by",
         fmt::format("{}{}", side, text_at(call, "hangup_cause").empty() ? "" : ", " + text_at(call, "hangup_cause")));
  if (const auto state = text_at(call, "recording.state"); !state.empty())
    line("Recording", fmt::format("{}, {}", state, clock_time(number_at(call, "recording.seconds"))));
  line("Transcript", text_at(call, "transcript"));
  line("Analysis", text_at(call, "analysis"));
  for (const auto& leg : array_at(call, "legs"))
    line("Leg", fmt::format("{}: {}, MOS {}, {} packets lost", text_at(leg, "party"), text_at(leg, "codec", "no media"),
                            text_at(leg, "stats.mos", "-"), text_at(leg, "stats.lost", "0")));
  for (const auto& step : array_at(call, "path"))
    line("Path", fmt::format("{} {}", local_time(text_at(step, "at")), step_of(text_at(step, "what"))));
  for (const auto& deadline : array_at(call, "deadlines"))
    line("Deletion", fmt::format("{} on {} ({})", text_at(deadline, "kind"), local_time(text_at(deadline, "due_at")),
                                 text_at(deadline, "rule")));
  for (const auto& one : array_at(call, "holds"))
    line("Hold", fmt::format("{}: {}", text_at(one, "id"), text_at(one, "reason")));
  for (const auto& job : array_at(call, "jobs"))
    line("Job", fmt::format("{}: {} {}", text_at(job, "kind"), text_at(job, "state"), text_at(job, "error")));
}

void add_calls(CLI::App& app, Context& context) {
  auto filter = std::make_shared<Filter>();
  auto arguments = std::make_shared<Arguments>();
  auto* group = app.add_subcommand("calls", "Calls: list, show, play, delete, hold");
  group->require_subcommand(1);
  group->footer("CALL is an id, the end of one as `list` shows it, or 'last'.");
  const auto with_call = [&](const char* name, const char* help, void (*action)(Context&, const Arguments&)) {
    auto* command = group->add_subcommand(name, help);
    command->add_option("call", arguments->call, "Id, end of an id, or 'last'")->required()->type_name("CALL");
    command->callback([&context, arguments, action] { action(context, *arguments); });
    return command;
  };

  auto* all = group->add_subcommand("list", "Calls, the newest first");
  all->add_option("query", filter->query, "Words to look for in names, transcripts and analyses");
  all->add_option("--number", filter->number, "Number of either party");
  all->add_option("--from", filter->from, "Started at or after (2026-11-20 or with time, RFC 3339)");
  all->add_option("--to", filter->to, "Started before");
  all->add_option("--direction", filter->direction)->check(CLI::IsMember({"inbound", "outbound", "internal"}));
  all->add_option("--disposition", filter->disposition)
      ->check(CLI::IsMember({"answered", "no_answer", "busy", "cancelled", "failed", "rejected"}));
  all->add_option("--extension", filter->extension, "Number of an extension that took part");
  all->add_flag("--has-recording", filter->has_recording, "Recorded calls alone");
  all->add_option("--limit", filter->limit, "At most so many")->capture_default_str();
  all->footer(
      "Examples:\n  parley calls list refund --has-recording\n  parley calls list --extension 101 --from 2026-11-01 "
      "--json");
  all->callback([&context, filter] { list(context, *filter); });

  group->add_subcommand("live", "Calls that go on now")->callback([&context] { live(context); });
  with_call("show", "Everything about one call", [](Context& c, const Arguments& a) {
    const auto call = c.client().get(c.path("/calls/" + c.call_id(a.call)));
    if (!c.print_json(call)) print_call(c, call);
  });
  auto* sound = with_call("play", "Listen to the recording", play);
  sound->add_option("--output,-O", arguments->file, "Write a WAV file instead ('-': standard output)")
      ->type_name("FILE");
  sound->footer("Example:\n  parley calls play last --output call.wav");
  auto* drop = with_call("delete", "Delete a call for good, with proof", remove);
  drop->add_flag("--recording", arguments->recording_only, "Its recording and transcript alone");
  drop->add_flag("--yes,-y", arguments->yes, "Do not ask");
  auto* keep = with_call("hold", "Legal hold: nothing of the call is deleted until it is lifted", hold);
  keep->add_option("--reason", arguments->reason, "Why (audited, and shown by parley prove)")->required();
  auto* lift = group->add_subcommand("release", "Lift a legal hold");
  lift->add_option("hold", arguments->hold, "Id of the hold; or 'last', or the end of the call's id")->required();
  lift->callback([&context, arguments] { release(context, *arguments); });
}

}  // namespace parley::cli
