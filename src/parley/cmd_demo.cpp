#include <array>
#include <chrono>
#include <memory>
#include <ostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>

namespace parley::cli {

namespace {

constexpr std::chrono::milliseconds kPoll{400};
constexpr std::chrono::minutes kCallLimit{10};
constexpr std::chrono::seconds kRecordLimit{30};
constexpr std::chrono::minutes kJobsLimit{15};
constexpr std::chrono::seconds kLook{2};           // into the transcript of the running call
constexpr std::chrono::seconds kInterimAfter{45};  // analysis and proof so far: within the first minute

struct Arguments {
  bool brief = false;
  bool no_wait = false;
};

/// "[#####.....]" for 0 to 100.
std::string bar(double percent) {
  constexpr int kWidth = 24;
  const int full = static_cast<int>(percent / 100 * kWidth);
  std::string out = "[";
  for (int i = 0; i < kWidth; ++i) out += i < full ? '#' : '.';
  return out + "]";
}

/// Asks `step` again and again until it says true. Throws Failure after `limit`.
template <class Step>
void wait_until(std::chrono::steady_clock::duration limit, const char* what, Step step) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!step()) {
    if (std::chrono::steady_clock::now() > end)
      throw Failure(Exit::Failed, fmt::format("{} takes too long; the server's log says why", what));
    std::this_thread::sleep_for(kPoll);
  }
}

void print_title(Context& context, std::string_view text) {
  context.out() << '\n' << context.terminal().paint(Colour::Bold, text) << '\n';
}

/// Prints what is said while the call goes on, and once what is known of it by then.
class Interim {
 public:
  explicit Interim(Context& context) : context_(context) {}

  void look(const std::string& call) {
    const auto now = std::chrono::steady_clock::now();
    if (gone_ || call.empty() || now - looked_ < kLook) return;
    looked_ = now;
    try {
      print_news(context_.client().get(context_.path("/calls/" + call + "/transcript")));
      if (titled_ && !summed_up_ && now - began_ >= kInterimAfter) sum_up(call);
    } catch (const Failure& failure) {
      gone_ = failure.status != Exit::NotFound;  // nothing so far; whatever else is wrong, the call goes on
    }
  }

 private:
  void print_news(const json::value& transcript) {
    json::array news;
    for (const auto& turn : array_at(transcript, "turns")) {
      auto& until = until_[text_at(turn, "speaker") == "caller" ? 0 : 1];
      std::string text;
      double start = 0;
      for (const auto& word : array_at(turn, "words")) {
        if (number_at(word, "start") < until) continue;
        if (text.empty()) start = number_at(word, "start");
        text += (text.empty() ? "" : " ") + text_at(word, "text");
        until = number_at(word, "end");
      }
      if (text.empty()) continue;
      news.push_back(json::object{{"speaker", text_at(turn, "speaker")},
                                  {"start_s", start},
                                  {"text", text},
                                  {"confidence", number_at(turn, "confidence", 1)}});
    }
    if (news.empty()) return;
    context_.terminal().end_progress();
    if (!titled_) print_title(context_, "What is said (provisional)");
    titled_ = true;
    print_transcript(context_, json::object{{"turns", std::move(news)}});
    context_.out().flush();
  }

  void sum_up(const std::string& call) {
    summed_up_ = true;
    const auto analysis = context_.client().get(context_.path("/calls/" + call + "/analysis"));
    const auto report = context_.client().post(context_.path("/prove"));
    print_title(context_, "Analysis so far");
    print_analysis(context_, analysis);
    print_title(context_, "Proof so far");
    (void)print_report(context_, report, false);
    print_title(context_, "The call goes on");
    context_.out().flush();
  }

  Context& context_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point looked_{};
  std::array<double, 2> until_{0, 0};  // seconds of the recording, by speaker: printed up to here
  bool titled_ = false;
  bool summed_up_ = false;
  bool gone_ = false;
};

std::string hold_call(Context& context, bool interim) {
  auto& terminal = context.terminal();
  Interim so_far(context);
  auto call = text_at(context.client().post(context.path("/demo-call"), json::object{}), "call_id");
  wait_until(kCallLimit, "the demo call", [&] {
    const auto now = context.client().get(context.path("/demo-call"));
    const auto state = text_at(now, "state");
    if (const auto id = text_at(now, "call_id"); !id.empty()) call = id;
    if (state == "failed")
      throw Failure(Exit::Failed, fmt::format("the demo call failed: {}", text_at(now, "error", text_at(now, "step"))));
    const auto percent = number_at(now, "progress");
    terminal.progress(
        fmt::format("Demo call {} {}", bar(percent <= 1 ? percent * 100 : percent), text_at(now, "step")));
    if (interim && text_at(now, "step") == "talking") so_far.look(call);
    return state == "done" || state == "finished" || state == "idle";
  });
  terminal.end_progress();
  if (call.empty()) throw Failure(Exit::Failed, "the demo call left no call record");
  return call;
}

/// The call's record once the call has ended.
json::value wait_for_record(Context& context, const std::string& id) {
  json::value call;
  wait_until(kRecordLimit, "the call's record", [&] {
    try {
      call = context.client().get(context.path("/calls/" + id));
    } catch (const Failure& failure) {
      if (failure.status != Exit::NotFound) throw;
      return false;  // the record is written when the call has ended
    }
    return !text_at(call, "ended_at").empty();
  });
  return call;
}

/// The call once transcript and analysis are ready, failed, or not to come.
json::value wait_for_results(Context& context, const std::string& id) {
  json::value call = wait_for_record(context, id);
  wait_until(kJobsLimit, "the analysis", [&] {
    call = context.client().get(context.path("/calls/" + id));
    const auto transcript = text_at(call, "transcript", "none");
    const auto analysis = text_at(call, "analysis", "none");
    const bool pending =
        transcript == "queued" || transcript == "running" || analysis == "queued" || analysis == "running";
    std::string line = fmt::format("Transcript {}, analysis {}", transcript, analysis);
    for (const auto& job : array_at(call, "jobs"))
      if (text_at(job, "state") == "running")
        line = fmt::format("{} {}", text_at(job, "kind"), bar(number_at(job, "progress")));
    if (pending) context.terminal().progress(line);
    return !pending && (transcript != "ready" || analysis != "none");
  });
  context.terminal().end_progress();
  return call;
}

void demo(Context& context, const Arguments& arguments) {
  auto& terminal = context.terminal();
  const auto title = [&](std::string_view text) { print_title(context, text); };
  if (!context.options.json)
    terminal.err() << "Parley calls Parley: two phones of its own hold a recorded call, with real SIP and RTP.\n";
  const auto id = hold_call(context, !arguments.brief && !arguments.no_wait && !context.options.json);
  if (arguments.no_wait) {
    if (!context.print_json(json::object{{"call_id", id}})) context.out() << id << '\n';
    return;
  }
  const auto status = context.client().get("/v1/status");
  const bool speech = bool_at(status, "speech.available");
  if (!speech)
    terminal.err() << fmt::format("No transcript: speech is not available ({}).\n",
                                  text_at(status, "speech.reason", "the server does not say why"));
  const auto call = speech ? wait_for_results(context, id) : wait_for_record(context, id);
  const bool heard = text_at(call, "transcript") == "ready";
  const bool understood = text_at(call, "analysis") == "ready";
  const auto transcript = heard ? context.client().get(context.path("/calls/" + id + "/transcript")) : json::value{};
  const auto analysis = understood ? context.client().get(context.path("/calls/" + id + "/analysis")) : json::value{};
  if (arguments.brief) {
    context.out() << fmt::format("The demo call is in the list: {} of talk, transcript {}, analysis {}.\n",
                                 clock_time(number_at(call, "billed_s")), text_at(call, "transcript", "none"),
                                 text_at(call, "analysis", "none"));
    return;
  }
  const auto report = context.client().post(context.path("/prove"));
  if (context.print_json(
          json::object{{"call", call}, {"transcript", transcript}, {"analysis", analysis}, {"report", report}}))
    return;
  title("Call");
  print_call(context, call);
  title("Transcript");
  if (heard)
    print_transcript(context, transcript);
  else
    context.out() << "None: `parley status` says whether speech is available.\n";
  title("Analysis");
  if (understood)
    print_analysis(context, analysis);
  else
    context.out() << "None.\n";
  title("Proof");
  if (print_report(context, report, false)) throw Failure(Exit::Violated, "a promise is violated");
}

}  // namespace

void add_demo(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("demo", "Hold a demo call and show its transcript, analysis and proof");
  command->add_flag("--brief", arguments->brief, "One line at the end");
  command->add_flag("--no-wait", arguments->no_wait,
                    "Print the call's id when it has ended, without waiting for its transcript");
  command->callback([&context, arguments] { demo(context, *arguments); });
}

}  // namespace parley::cli
