#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include <base/ascii.hpp>
#include <insight/common_words.hpp>
#include <insight/phrases.hpp>
#include <insight/sentiment.hpp>
#include <insight/topics.hpp>

namespace parley::insight {
namespace {

constexpr std::size_t kMostPlaces = 3;
constexpr std::size_t kMostTerms = 20'000;  // different ones looked at in one conversation

// Common in calls whatever they are about.
constexpr std::array<std::string_view, 60> kCallWords{
    "hello",   "thank",    "thanks",   "please",     "okay",       "yeah",       "sure",     "welcome",   "calling",
    "call",    "called",   "help",     "anything",   "something",  "everything", "nothing",  "morning",   "afternoon",
    "evening", "tonight",  "tomorrow", "today",      "yesterday",  "monday",     "tuesday",  "wednesday", "thursday",
    "friday",  "saturday", "sunday",   "minute",     "minutes",    "hour",       "hours",    "week",      "weeks",
    "month",   "months",   "perfect",  "great",      "wonderful",  "correct",    "speaking", "moment",    "second",
    "goodbye", "bye",      "course",   "absolutely", "definitely", "exactly",    "usually",  "normally",  "actually",
    "dollars", "hundred",  "email",    "phone",      "number",     "address"};

bool is_content(const Token& token) {
  const std::string& word = token.word;
  if (word.size() < 4 || std::ranges::find(kCallWords, word) != kCallWords.end()) return false;
  if (!std::ranges::all_of(word, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; })) return false;
  if (word.ends_with("ly") || word.ends_with("ed"))
    return false;  // how and what was done, rather than what it is about
  if (word.ends_with("ing") && has_feeling(word)) return false;
  const auto rank = frequency_rank(word);
  return !rank || *rank > 300;
}

/// "heaters" and "heater" are one topic.
std::string singular(std::string word) {
  if (word.size() > 4 && word.ends_with("ies")) return word.replace(word.size() - 3, 3, "y");
  if (word.size() > 4 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is"))
    word.pop_back();
  return word;
}

struct Place {
  std::size_t sentence;
  std::size_t at;
  std::size_t words;
};
struct Term {
  std::size_t count = 0;
  double rarity = 0;
  std::set<Speaker> speakers;
  bool early = false;  // what people call about is named at the beginning
  std::vector<Place> places;

  [[nodiscard]] double score(std::size_t words) const {
    const double both = speakers.size() > 1 ? 1.3 : 1.0;
    return (1 + std::log(static_cast<double>(count))) * std::pow(rarity, 4) * both * (early ? 1.8 : 1.0) *
           (words > 1 ? 1.25 : 1.0);
  }
};

}  // namespace

std::vector<Topic> topics_of(const Conversation& conversation, const std::vector<Entity>& names) {
  std::set<std::string> excluded;
  for (const Entity& entity : names)
    if (entity.kind == EntityKind::Person || entity.kind == EntityKind::Organisation ||
        entity.kind == EntityKind::Address || entity.kind == EntityKind::Email)
      for (std::size_t at = 0; at < entity.text.size();) {
        const std::size_t end = std::min(entity.text.find_first_of(" @.", at), entity.text.size());
        if (end > at) excluded.insert(ascii_lower(std::string_view(entity.text).substr(at, end - at)));
        at = end + 1;
      }
  std::map<std::string, Term> terms;
  const auto note = [&](const std::string& label, double rare, std::size_t s, std::size_t at, std::size_t words) {
    if (terms.size() >= kMostTerms && !terms.contains(label)) return;
    Term& term = terms[label];
    ++term.count;
    term.rarity = rare;
    term.speakers.insert(conversation.sentences()[s].speaker);
    term.early = term.early || conversation.sentences()[s].position < 0.25;
    if (term.places.size() < kMostPlaces) term.places.push_back({s, at, words});
  };
  for (std::size_t s = 0; s < conversation.sentences().size(); ++s) {
    const Sentence& sentence = conversation.sentences()[s];
    for (std::size_t i = 0; i < sentence.tokens.size(); ++i) {
      const Token& token = sentence.tokens[i];
      if (!is_content(token) || excluded.contains(token.word) || number_at(sentence, i)) continue;
      const std::string one = singular(token.word);
      note(one, rarity(token.word), s, i, 1);
      if (token.pause_after || i + 1 >= sentence.tokens.size()) continue;
      const Token& next = sentence.tokens[i + 1];
      if (is_content(next) && !excluded.contains(next.word) && !number_at(sentence, i + 1))
        note(token.word + ' ' + singular(next.word), (rarity(token.word) + rarity(next.word)) / 2, s, i, 2);
    }
  }
  std::vector<std::pair<double, std::string>> ranked;
  for (const auto& [label, term] : terms) {
    const bool pair = label.find(' ') != std::string::npos;
    if (term.count < 2 && term.rarity < (pair ? 0.92 : 0.97)) continue;  // once said, and not that special
    ranked.emplace_back(-term.score(pair ? 2 : 1), label);
  }
  std::ranges::sort(ranked);
  std::vector<Topic> out;
  std::set<std::string> used;
  for (const auto& [negative, label] : ranked) {
    if (out.size() >= kMostTopics) break;
    const std::size_t space = label.find(' ');
    const std::string first = singular(label.substr(0, space));
    const std::string second = space == std::string::npos ? first : label.substr(space + 1);
    if (used.contains(first) || used.contains(second)) continue;
    used.insert({first, second});
    const Term& term = terms[label];
    Topic topic{label, {label, std::min(0.95, 0.35 + 0.12 * static_cast<double>(term.count) + 0.25 * term.rarity), {}}};
    for (const Place& place : term.places)
      topic.claim.evidence.push_back(
          conversation.evidence(conversation.sentences()[place.sentence], place.at, place.words));
    out.push_back(std::move(topic));
  }
  return out;
}

}  // namespace parley::insight
