#include <algorithm>
#include <array>
#include <set>

#include <insight/commitments.hpp>
#include <insight/common_words.hpp>
#include <insight/phrases.hpp>

namespace parley::insight {
namespace {

constexpr std::array<std::string_view, 8> kPromises{
    "i'll", "i will", "we'll", "we will", "i'm going to", "we're going to", "i am going to", "we are going to"};
constexpr std::array<std::string_view, 7> kRequests{"could you", "can you",        "would you",    "will you",
                                                    "please",    "would you mind", "i need you to"};
constexpr std::array<std::string_view, 6> kDuties{"you need to",  "you'll need to",  "you should",
                                                  "make sure to", "don't forget to", "you have to"};
constexpr std::array<std::string_view, 12> kAgreements{"yes",        "sure",       "of course",  "okay",
                                                       "certainly",  "absolutely", "no problem", "will do",
                                                       "definitely", "i'll",       "i will",     "we'll"};
// Verbs behind "I'll" that promise nothing to be done after the call, and requests that are answered within it.
constexpr std::array<std::string_view, 46> kIdle{
    "be",     "see",  "say",      "take",    "tell",       "think", "guess", "go",       "look",    "need",
    "want",   "like", "try",      "hear",    "hold",       "wait",  "spell", "repeat",   "confirm", "explain",
    "help",   "use",  "speak",    "talk",    "know",       "give",  "start", "ask",      "admit",   "bet",
    "put",    "let",  "stay",     "verify",  "say",        "note",  "state", "describe", "choose",  "press",
    "listen", "read", "transfer", "connect", "understand", "do"};
constexpr std::array<std::string_view, 8> kFillers{"also",     "just",     "then", "definitely",
                                                   "probably", "actually", "now",  "certainly"};
constexpr std::array<std::string_view, 9> kClauseEnds{"because", "but",    "so",    "unless", "although",
                                                      "since",   "before", "while", "if"};
// With these in the same sentence an idle verb does promise: "I'll be there tomorrow", "I'll take it to the shop on
// Friday".
constexpr std::array<std::string_view, 6> kIdleWithTime{"be", "see", "take", "go", "give", "look"};

template <std::size_t N>
bool in(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}
std::size_t words_in(std::string_view phrase) { return static_cast<std::size_t>(std::ranges::count(phrase, ' ')) + 1; }

struct Clause {
  std::size_t first = 0;  // the verb
  std::size_t count = 0;
  std::optional<std::string> when;
};

/// From the verb to the clause's end; a comma followed by "and he will" or the like ends it as well.
std::optional<Clause> clause_at(const Sentence& sentence, std::size_t at) {
  while (at < sentence.tokens.size() && in(kFillers, sentence.tokens[at].word)) ++at;
  if (at >= sentence.tokens.size() || sentence.is(at, "not") || sentence.is(at, "never")) return std::nullopt;
  Clause clause{at, 0, std::nullopt};
  for (std::size_t i = at; i < sentence.tokens.size(); ++i) {
    if (i > at && in(kClauseEnds, sentence.tokens[i].word) && sentence.tokens[i - 1].pause_after) break;
    if (i > at && sentence.tokens[i - 1].pause_after && sentence.tokens[i].word == "and") break;
    clause.count = i + 1 - at;
    if (clause.when) continue;
    if (const auto when = when_at(sentence, i)) clause.when = when->text;
  }
  constexpr std::size_t kFewest = 2;
  if (clause.count < kFewest) return std::nullopt;
  // "Tomorrow I'll call you": the time may stand in front, if no other promise stands between.
  for (std::size_t i = 0; i < at && !clause.when; ++i) {
    if (sentence.tokens[i].word == "will" && i + 1 < at) break;
    if (const auto when = when_at(sentence, i)) clause.when = when->text;
  }
  const std::string& verb = sentence.tokens[at].word;
  if (in(kIdle, verb) && !(clause.when && in(kIdleWithTime, verb))) return std::nullopt;
  return clause;
}

/// Words that tell what a clause is about: used to see that two items mean the same.
std::set<std::string> content(const Sentence& sentence, const Clause& clause) {
  std::set<std::string> out;
  for (std::size_t i = clause.first; i < clause.first + clause.count; ++i)
    if (rarity(sentence.tokens[i].word) > 0.75 && sentence.tokens[i].word.size() > 3)
      out.insert(sentence.tokens[i].word);
  return out;
}

class Finder {
 public:
  Finder(const Conversation& conversation, const PartyNames& names) : conversation_(conversation), names_(names) {}

  std::vector<ActionItem> run() {
    const auto& sentences = conversation_.sentences();
    for (std::size_t s = 0; s < sentences.size() && items_.size() < kMostActionItems; ++s) {
      const Sentence& sentence = sentences[s];
      for (std::size_t at = 0; at < sentence.tokens.size() && items_.size() < kMostActionItems; ++at) {
        if (const std::size_t name = name_at(sentence, at)) last_name_ = sentence.text(at, name);
        find_at(s, at);
      }
    }
    return std::move(items_);
  }

 private:
  void find_at(std::size_t s, std::size_t at) {
    const Sentence& sentence = conversation_.sentences()[s];
    for (const std::string_view words : kPromises)
      if (sentence.is(at, words) && !sentence.question) {
        if (const auto clause = clause_at(sentence, at + words_in(words)))
          add(sentence, at, *clause, sentence.speaker, std::nullopt, 0.85);
        return;
      }
    if (const std::size_t name = name_at(sentence, at);
        name > 0 && !sentence.question && (sentence.is(at + name, "will") || sentence.is(at + name, "is going to"))) {
      if (const auto clause = clause_at(sentence, at + name + (sentence.is(at + name, "will") ? 1 : 3)))
        add(sentence, at, *clause, sentence.speaker, sentence.text(at, name), 0.8);
      return;
    }
    const bool third_person = !last_name_.empty() && !sentence.question &&
                              (sentence.is(at, "he will") || sentence.is(at, "she will") || sentence.is(at, "he'll") ||
                               sentence.is(at, "she'll"));
    if (third_person) {
      const std::size_t verb = at + (sentence.is(at, "he'll") || sentence.is(at, "she'll") ? 1 : 2);
      if (const auto clause = clause_at(sentence, verb)) add(sentence, 0, *clause, sentence.speaker, last_name_, 0.65);
      return;
    }
    for (const std::string_view words : kDuties)
      if (sentence.is(at, words)) {
        if (const auto clause = clause_at(sentence, at + words_in(words)))
          add(sentence, at, *clause, other(sentence.speaker), std::nullopt, 0.6);
        return;
      }
    for (const std::string_view words : kRequests) {
      if (!sentence.is(at, words) || (at > 0 && !sentence.tokens[at - 1].pause_after && words == "please")) continue;
      const auto clause = clause_at(sentence, at + words_in(words));
      if (clause && agreed(s, sentence.speaker)) add(sentence, at, *clause, other(sentence.speaker), std::nullopt, 0.6);
      return;
    }
  }

  /// Does the other side begin its next turn with a yes?
  [[nodiscard]] bool agreed(std::size_t s, Speaker asker) const {
    const auto& sentences = conversation_.sentences();
    constexpr std::size_t kPatience = 4;  // sentences that the asker may add
    for (std::size_t i = s + 1; i < sentences.size() && i <= s + kPatience; ++i) {
      if (sentences[i].speaker == asker) continue;
      return std::ranges::any_of(kAgreements, [&](std::string_view words) { return sentences[i].is(0, words); });
    }
    return false;
  }

  void add(const Sentence& sentence, std::size_t from, const Clause& clause, Speaker who,
           const std::optional<std::string>& name, double confidence) {
    const auto words = content(sentence, clause);
    for (std::size_t i = 0; i < items_.size(); ++i) {
      std::vector<std::string> common;
      std::ranges::set_intersection(words, contents_[i], std::back_inserter(common));
      // Said again, or a request and its promise: one item, which keeps the surer wording and both places.
      if (common.empty() || whose_[i] != key_of(who, name)) continue;
      auto& kept = items_[i];
      constexpr std::size_t kMostEvidence = 4;
      const Evidence place = conversation_.evidence(sentence, from, clause.first + clause.count - from);
      if (confidence > kept.claim.confidence) {
        const auto earlier = kept.claim.evidence;
        kept = make(sentence, from, clause, who, name, confidence);
        for (const Evidence& item : earlier)
          if (std::ranges::none_of(kept.claim.evidence, [&](const Evidence& known) {
                return known.turn == item.turn && known.quote == item.quote;
              }))
            kept.claim.evidence.push_back(item);
        contents_[i].insert(words.begin(), words.end());
      } else if (kept.claim.evidence.size() < kMostEvidence) {
        kept.claim.evidence.push_back(place);
        if (!kept.when) kept.when = clause.when;
      }
      if (kept.claim.evidence.size() > kMostEvidence) kept.claim.evidence.resize(kMostEvidence);
      return;
    }
    items_.push_back(make(sentence, from, clause, who, name, confidence));
    contents_.push_back(words);
    whose_.push_back(key_of(who, name));
  }

  static std::string key_of(Speaker who, const std::optional<std::string>& name) {
    return name ? *name : std::string(to_string(who));
  }

  [[nodiscard]] ActionItem make(const Sentence& sentence, std::size_t from, const Clause& clause, Speaker who,
                                const std::optional<std::string>& name, double confidence) const {
    ActionItem item;
    item.what = sentence.text(clause.first, clause.count);
    item.when = clause.when;
    const auto& party = names_.of(who);
    item.who = name ? *name : party ? party->name : std::string(to_string(who));
    item.claim.text = capitalised(item.who == "caller" || item.who == "callee" ? "the " + item.who : item.who) +
                      " will " + item.what + ".";
    item.claim.confidence = confidence;
    item.claim.evidence.push_back(conversation_.evidence(sentence, from, clause.first + clause.count - from));
    if (!name && party) item.claim.evidence.push_back(party->evidence);  // where the name comes from
    return item;
  }

  const Conversation& conversation_;
  const PartyNames& names_;
  std::vector<ActionItem> items_;
  std::vector<std::set<std::string>> contents_;
  std::vector<std::string> whose_;
  std::string last_name_;
};

}  // namespace

std::vector<ActionItem> action_items_of(const Conversation& conversation, const PartyNames& names) {
  return Finder(conversation, names).run();
}

}  // namespace parley::insight
