#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <span>
#include <utility>

#include <insight/phrases.hpp>
#include <insight/sentiment.hpp>
#include <insight/summary.hpp>

namespace parley::insight {
namespace {

using Cue = std::pair<std::string_view, double>;

constexpr Cue kProblem[] = {{"stopped working", 3},
                            {"not working", 3},
                            {"isn't working", 3},
                            {"doesn't work", 3},
                            {"won't", 1.5},
                            {"broken", 2.5},
                            {"broke", 2},
                            {"broke down", 3},
                            {"leaking", 2.5},
                            {"leak", 2},
                            {"problem with", 2.5},
                            {"issue with", 2.5},
                            {"trouble", 2},
                            {"problem", 1.5},
                            {"issue", 1.5},
                            {"wrong", 1.5},
                            {"failed", 1.2},
                            {"error", 1.2},
                            {"calling about", 3},
                            {"calling because", 3},
                            {"calling to", 2.5},
                            {"i need", 2},
                            {"i want", 1.5},
                            {"i'd like to", 2.5},
                            {"i would like to", 2.5},
                            {"we need", 2},
                            {"looking for", 2},
                            {"i was wondering", 2},
                            {"never received", 1.5},
                            {"didn't receive", 2},
                            {"haven't received", 2},
                            {"overcharged", 3},
                            {"charged", 1.5},
                            {"cancel", 2},
                            {"refund", 2},
                            {"can't", 0.8},
                            {"lost my", 2},
                            {"damaged", 2.5},
                            {"missing", 2},
                            {"no heat", 3},
                            {"complaint", 2.5},
                            {"question about", 2.5}};
constexpr Cue kAction[] = {
    {"i can send", 2.5},   {"i can move", 2.5},   {"i can book", 2.5},    {"i can offer", 2.5}, {"i've booked", 3},
    {"i booked", 3},       {"i checked", 2.5},    {"i've checked", 2.5},  {"i've sent", 3},     {"i sent", 2.5},
    {"let me check", 1.5}, {"let me", 1},         {"i'll send", 2},       {"i'll schedule", 3}, {"i've scheduled", 3},
    {"i scheduled", 3},    {"i've updated", 3},   {"i updated", 2.5},     {"i've reset", 3},    {"i reset", 2.5},
    {"we can", 1.5},       {"i can", 1.2},        {"usually means", 1.5}, {"i looked", 2},      {"i've arranged", 3},
    {"i've cancelled", 3}, {"i've processed", 3}, {"transferred", 2},     {"refund", 1.5},      {"replace", 2},
    {"technician", 1},     {"i ordered", 3},      {"i've ordered", 3},    {"can be there", 1.5}};
constexpr Cue kOutcome[] = {{"free of charge", 2.5},
                            {"will come", 2.5},
                            {"is booked", 3},
                            {"you're booked", 3},
                            {"is scheduled", 3},
                            {"all set", 3},
                            {"confirmed", 2.5},
                            {"can be there", 2.5},
                            {"good news", 2},
                            {"is fixed", 3},
                            {"it works", 2.5},
                            {"working now", 3},
                            {"resolved", 3},
                            {"that works", 2},
                            {"would be great", 2},
                            {"sounds good", 1.5},
                            {"it's on the way", 3},
                            {"on its way", 3},
                            {"has been", 1.5},
                            {"we agreed", 3},
                            {"so", 0.4},
                            {"refunded", 3},
                            {"cancelled", 2},
                            {"perfect", 0.8},
                            {"delivered", 1},
                            {"appointment", 1.2},
                            {"i'll take", 2},
                            {"done", 1}};
constexpr std::string_view kOpeners[] = {"yes", "yeah", "well",  "so",      "okay", "ok",  "oh",   "um",
                                         "uh",  "hi",   "hello", "perfect", "and",  "but", "sure", "right"};

double cues(const Sentence& sentence, std::span<const Cue> list) {
  double sum = 0;
  for (const auto& [words, weight] : list)
    if (sentence.has(words)) sum += weight;
  return sum;
}

bool has_when(const Sentence& sentence) {
  for (std::size_t i = 0; i < sentence.tokens.size(); ++i)
    if (when_at(sentence, i)) return true;
  return false;
}

double length_factor(const Sentence& sentence) {
  const auto words = static_cast<double>(sentence.tokens.size());
  if (words < 4) return 0.2;
  return words > 40 ? 0.7 : std::min(1.0, 0.5 + words / 16);
}

double problem_score(const Sentence& sentence) {
  const double cue = cues(sentence, kProblem);
  if (cue == 0) return 0;
  const double early = sentence.position < 0.35 ? 1.5 : sentence.position < 0.6 ? 1.0 : 0.5;
  const double side = sentence.speaker == Speaker::Caller ? 1.4 : 0.7;
  const double feeling = 1 + 0.3 * std::max(0.0, -sentiment_of(sentence));
  return cue * early * side * feeling * length_factor(sentence) * (sentence.question ? 0.7 : 1);
}

double action_score(const Sentence& sentence) {
  const double cue = cues(sentence, kAction);
  if (cue == 0 || sentence.question) return 0;
  const double side = sentence.speaker == Speaker::Callee ? 1.4 : 0.6;
  const double place = sentence.position < 0.1 ? 0.5 : sentence.position > 0.85 ? 0.8 : 1.1;
  return cue * side * place * length_factor(sentence);
}

double outcome_score(const Sentence& sentence) {
  const double cue = cues(sentence, kOutcome) + (has_when(sentence) ? 1.2 : 0);
  if (cue == 0 || sentence.question || sentence.position < 0.35) return 0;
  return cue * (0.6 + sentence.position) * length_factor(sentence);
}

/// The sentence without "Yes, " and the like at its front.
std::size_t first_word(const Sentence& sentence) {
  std::size_t at = 0;
  while (at + 3 < sentence.tokens.size() && sentence.tokens[at].pause_after &&
         std::ranges::find(kOpeners, sentence.tokens[at].word) != std::end(kOpeners))
    ++at;
  return at;
}

Claim claim_of(const Conversation& conversation, const Sentence& sentence, double score) {
  const std::size_t from = first_word(sentence);
  return {capitalised(sentence.text(from)) + (sentence.question ? "?" : "."),
          std::min(0.95, 0.3 + score / 12),
          {conversation.evidence(sentence, from)}};
}

}  // namespace

Summary summary_of(const Conversation& conversation, const std::vector<ActionItem>& items) {
  Summary out;
  std::set<const Sentence*> used;
  const auto best = [&](auto score, double least) -> std::optional<Claim> {
    const Sentence* found = nullptr;
    double top = least;
    for (const Sentence& sentence : conversation.sentences()) {
      if (used.contains(&sentence)) continue;
      const double value = score(sentence);
      if (value <= top) continue;
      top = value;
      found = &sentence;
    }
    if (found == nullptr) return std::nullopt;
    used.insert(found);
    return claim_of(conversation, *found, top);
  };
  out.problem = best(problem_score, 1.0);
  out.outcome = best(outcome_score, 1.2);
  out.action = best(action_score, 1.0);
  // The next step is what was promised with a time, the soonest said last; else the last promise.
  const ActionItem* next = nullptr;
  for (const ActionItem& item : items)
    if (next == nullptr || item.when || !next->when) next = &item;
  if (next != nullptr) out.next_step = next->claim;
  return out;
}

}  // namespace parley::insight
