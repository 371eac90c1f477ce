#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

constexpr std::size_t kWidth = 100;

/// "0:42" of the first turn that a claim points to.
std::string evidence_of(const json::value& claim) {
  std::string out;
  for (const auto& one : array_at(claim, "evidence"))
    out += fmt::format("{}{}", out.empty() ? "" : ", ", clock_time(number_at(one, "start_s")));
  return out;
}

void print_claim(Context& context, std::string_view label, const json::value& claim) {
  if (!claim.is_object()) return;
  const auto times = evidence_of(claim);
  context.out() << context.terminal().paint(Colour::Bold, fmt::format("{:<14}", label))
                << wrap(printable(text_at(claim, "text")), kWidth, 14)
                << (times.empty() ? "" : context.terminal().paint(Colour::Dim, "  [" + times + "]")) << '\n';
}

std::string mood(double score) { return score > 0.25 ? "positive" : score < -0.25 ? "negative" : "neutral"; }

void show(Context& context, const std::string& call, const char* what, void (*print)(Context&, const json::value&)) {
  const auto id = context.call_id(call);
  json::value value;
  try {
    value = context.client().get(context.path(fmt::format("/calls/{}/{}", id, what)));
  } catch (const Failure& failure) {
    if (failure.status != Exit::NotFound) throw;
    const auto state = text_at(context.client().get(context.path("/calls/" + id)), what, "none");
    if (state == "queued" || state == "running")
      throw Failure(Exit::NotFound, fmt::format("the {} is not ready yet: {}", what, state),
                    "Try again in a moment; `parley calls show` tells how far it is.");
    throw Failure(Exit::NotFound, fmt::format("this call has no {} ({})", what, state),
                  "Only recorded calls have one: parley extensions set NUMBER --recording on");
  }
  if (context.print_json(value)) return;
  print(context, value);
}

}  // namespace

void print_transcript(Context& context, const json::value& transcript) {
  for (const auto& turn : array_at(transcript, "turns")) {
    const auto speaker = text_at(turn, "speaker");
    const auto doubtful = number_at(turn, "confidence", 1) < 0.5 ? Colour::Dim : Colour::Plain;
    const auto time = clock_time(number_at(turn, "start_s"));
    context.out() << context.terminal().paint(Colour::Dim, fmt::format("{:>7}  ", time))
                  << context.terminal().paint(speaker == "caller" ? Colour::Cyan : Colour::Green,
                                              fmt::format("{:<8}", speaker))
                  << context.terminal().paint(doubtful, wrap(printable(text_at(turn, "text")), kWidth, 17)) << '\n';
  }
  if (array_at(transcript, "turns").empty()) context.out() << "Nobody said anything.\n";
}

void print_analysis(Context& context, const json::value& analysis) {
  print_claim(context, "Problem", at(analysis, "summary.problem"));
  print_claim(context, "Action", at(analysis, "summary.action"));
  print_claim(context, "Outcome", at(analysis, "summary.outcome"));
  print_claim(context, "Next step", at(analysis, "summary.next_step"));
  for (const auto& item : array_at(analysis, "action_items")) {
    auto who = text_at(item, "who");
    if (const auto when = text_at(item, "when"); !when.empty()) who += ", " + when;
    print_claim(context, "To do",
                json::object{{"text", fmt::format("{} ({})", text_at(item, "what"), who)},
                             {"evidence", at(item, "claim.evidence")}});
  }
  for (const auto& topic : array_at(analysis, "topics"))
    print_claim(context, "Topic",
                json::object{{"text", text_at(topic, "label")}, {"evidence", at(topic, "claim.evidence")}});
  for (const auto& entity : array_at(analysis, "entities"))
    print_claim(context, text_at(entity, "kind"),
                json::object{{"text", text_at(entity, "text")}, {"evidence", at(entity, "claim.evidence")}});
  const auto line = [&](std::string_view label, const std::string& text) {
    context.out() << context.terminal().paint(Colour::Bold, fmt::format("{:<14}", label)) << text << '\n';
  };
  line("Mood", fmt::format("{} (caller {}, callee {})", mood(number_at(analysis, "sentiment.overall")),
                           mood(number_at(analysis, "sentiment.by_speaker.caller")),
                           mood(number_at(analysis, "sentiment.by_speaker.callee"))));
  line("Talk",
       fmt::format("caller {}, callee {}, silence {}, {} interruptions",
                   clock_time(number_at(analysis, "talk.caller_s")), clock_time(number_at(analysis, "talk.callee_s")),
                   clock_time(number_at(analysis, "talk.silence_s")), array_at(analysis, "talk.interruptions").size()));
}

void add_results(CLI::App& app, Context& context) {
  auto call = std::make_shared<std::string>();
  const auto add = [&](const char* name, const char* help, void (*print)(Context&, const json::value&)) {
    auto* command = app.add_subcommand(name, help);
    command->add_option("call", *call, "Id, end of an id, or 'last'")->required()->type_name("CALL");
    command->footer(fmt::format("Example:\n  parley {} last", name));
    command->callback([&context, call, name, print] { show(context, *call, name, print); });
  };
  add("transcript", "Who said what when in a recorded call", print_transcript);
  add("analysis", "What a recorded call was about; every claim with the time of its evidence", print_analysis);
}

}  // namespace parley::cli
