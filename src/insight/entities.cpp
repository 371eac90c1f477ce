#include <algorithm>
#include <array>
#include <map>

#include <base/ascii.hpp>
#include <insight/common_words.hpp>
#include <insight/entities.hpp>
#include <insight/phrases.hpp>

namespace parley::insight {
namespace {

constexpr std::array<std::string_view, 15> kStreets{"street",    "avenue",  "road",    "drive",  "lane",
                                                    "boulevard", "court",   "way",     "place",  "circle",
                                                    "terrace",   "parkway", "highway", "square", "close"};
constexpr std::array<std::string_view, 27> kOrganisationWords{
    "plumbing",    "heating",    "services", "service",  "company", "inc",    "llc",        "ltd",   "bank",
    "insurance",   "group",      "agency",   "electric", "roofing", "motors", "auto",       "corp",  "corporation",
    "association", "university", "college",  "hospital", "clinic",  "dental", "restaurant", "hotel", "solutions"};
constexpr std::array<std::string_view, 15> kDomains{"com", "net", "org", "io", "co",   "edu", "gov", "uk",
                                                    "de",  "us",  "ca",  "au", "info", "biz", "eu"};
constexpr std::array<std::string_view, 8> kTitles{"mr", "mrs", "ms", "dr", "mister", "missus", "doctor", "professor"};
constexpr std::array<std::string_view, 24> kNeverNames{
    "monday",   "tuesday",  "wednesday", "thursday", "friday", "saturday", "sunday", "january",
    "february", "march",    "april",     "may",      "june",   "july",     "august", "september",
    "october",  "november", "december",  "i",        "i'm",    "i'll",     "i've",   "i'd"};
// Before a name: who it is, or who is spoken to.
constexpr std::array<std::string_view, 16> kIntroductions{
    "my name is", "this is",    "i'm",       "i am",    "name's", "speaking with", "speak with", "speak to", "talk to",
    "talking to", "technician", "colleague", "manager", "hi",     "hello",         "ask for"};

template <std::size_t N>
bool in(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::size_t words_in(std::string_view phrase) { return static_cast<std::size_t>(std::ranges::count(phrase, ' ')) + 1; }

bool is_proper(const Token& token) {
  return token.capital && token.word.size() > 1 && !in(kNeverNames, token.word) && !frequency_rank(token.word);
}

std::string bare_text(const Sentence& sentence, std::size_t at, std::size_t words) {
  std::string out;
  for (std::size_t i = at; i < at + words; ++i)
    out += (out.empty() ? "" : " ") + std::string(sentence.tokens[i].bare());
  if (out.ends_with("'s")) out.resize(out.size() - 2);
  return out;
}

/// "laura@example.com", "laura at example dot com", "l dot bennett at mail dot example dot com"
std::optional<Phrase> email_at(const Sentence& sentence, std::size_t at) {
  const auto word = [&](std::size_t i) {
    return i < sentence.tokens.size() ? std::string_view(sentence.tokens[i].word) : std::string_view();
  };
  const auto plain = [](std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
  };
  if (const std::size_t sign = word(at).find('@'); sign != std::string_view::npos) {
    const std::string_view whole = word(at);
    const bool fine = plain(whole.substr(0, sign)) && plain(whole.substr(sign + 1)) &&
                      whole.find('.', sign) != std::string_view::npos;
    return fine ? std::optional(Phrase{std::string(whole), 1}) : std::nullopt;
  }
  std::string out;
  std::size_t i = at;
  const auto part = [&] {  // a word with "dot"s inside
    if (!plain(word(i)) || word(i) == "dot" || word(i) == "at") return false;
    out += word(i++);
    while ((word(i) == "dot" || word(i) == "dash" || word(i) == "underscore") && plain(word(i + 1))) {
      out += word(i) == "dot" ? "." : word(i) == "dash" ? "-" : "_";
      out += word(i + 1);
      i += 2;
    }
    return true;
  };
  if (!part() || word(i) != "at") return std::nullopt;
  ++i;
  out += '@';
  const std::size_t domain = out.size();
  if (!part()) return std::nullopt;
  const std::size_t dot = out.rfind('.');
  if (dot == std::string::npos || dot < domain || !in(kDomains, std::string_view(out).substr(dot + 1)))
    return std::nullopt;
  return Phrase{out, i - at};
}

/// "27 Maple Street", "twenty seven Old Mill Road"
std::optional<Phrase> address_at(const Sentence& sentence, std::size_t at) {
  constexpr std::size_t kMostNames = 3;
  const auto number = number_at(sentence, at);
  if (!number || (number->ordinal && !number->digits.empty()) || number->value == 0) return std::nullopt;
  const std::size_t first = at + number->words;
  for (std::size_t i = first + 1; i <= first + kMostNames && i < sentence.tokens.size(); ++i) {
    if (sentence.tokens[i - 1].pause_after) return std::nullopt;
    if (!in(kStreets, sentence.tokens[i].word)) continue;
    const bool named = std::any_of(sentence.tokens.begin() + static_cast<std::ptrdiff_t>(first),
                                   sentence.tokens.begin() + static_cast<std::ptrdiff_t>(i),
                                   [](const Token& token) { return token.capital || !frequency_rank(token.word); });
    if (!named) return std::nullopt;
    return Phrase{std::to_string(number->value) + " " + bare_text(sentence, first, i + 1 - first), i + 1 - at};
  }
  return std::nullopt;
}

/// Two or more capital words of which one says "company", also with "and" between: "Brightwater Plumbing and Heating".
std::optional<Phrase> organisation_at(const Sentence& sentence, std::size_t at) {
  std::size_t end = at;
  bool kind_word = false;
  while (end < sentence.tokens.size() && sentence.tokens[end].capital) {
    kind_word = kind_word || (in(kOrganisationWords, sentence.tokens[end].word) && end > at);
    const bool pause = sentence.tokens[end].pause_after;
    ++end;
    if (pause) break;
    const bool joined = end + 1 < sentence.tokens.size() &&
                        (sentence.tokens[end].word == "and" || sentence.tokens[end].word == "&") &&
                        sentence.tokens[end + 1].capital;
    if (joined) ++end;
  }
  return kind_word && end - at >= 2 ? std::optional(Phrase{bare_text(sentence, at, end - at), end - at}) : std::nullopt;
}

/// "the new Chromecast Ultra", "an XR500": a capital word behind an article, not at a sentence's beginning.
std::optional<Phrase> product_at(const Sentence& sentence, std::size_t at) {
  if (at == 0 || !is_proper(sentence.tokens[at])) return std::nullopt;
  constexpr std::array<std::string_view, 9> kBefore{"a", "an", "the", "new", "my", "our", "your", "regular", "model"};
  if (!in(kBefore, sentence.tokens[at - 1].word)) return std::nullopt;
  std::size_t end = at + 1;
  while (end < sentence.tokens.size() && end < at + 3 && sentence.tokens[end].capital &&
         !sentence.tokens[end - 1].pause_after && !in(kNeverNames, sentence.tokens[end].word))
    ++end;
  if (in(kStreets, sentence.tokens[end - 1].word)) return std::nullopt;
  return Phrase{bare_text(sentence, at, end - at), end - at};
}

struct Collector {
  const Conversation& conversation;
  std::vector<Entity> entities;
  std::map<std::pair<EntityKind, std::string>, std::size_t> known;

  void add(EntityKind kind, const std::string& text, double confidence, const Sentence& sentence, std::size_t at,
           std::size_t words) {
    const auto [place, fresh] = known.try_emplace({kind, ascii_lower(text)}, entities.size());
    if (fresh) {
      if (entities.size() >= kMostEntities) {
        known.erase(place);
        return;
      }
      entities.push_back({kind, text, {text, confidence, {}}});
    }
    auto& evidence = entities[place->second].claim.evidence;
    if (evidence.size() < kMostMentions) evidence.push_back(conversation.evidence(sentence, at, words));
  }
};

/// What stands at one place, the most telling kind first. Gives the words taken.
std::size_t collect_at(Collector& out, const Sentence& sentence, std::size_t at) {
  const auto take = [&](EntityKind kind, const std::optional<Phrase>& phrase, double confidence) -> std::size_t {
    if (!phrase) return 0;
    out.add(kind, phrase->text, confidence, sentence, at, phrase->words);
    return phrase->words;
  };
  if (const auto n = take(EntityKind::Email, email_at(sentence, at), 0.9)) return n;
  if (const auto n = take(EntityKind::Money, money_at(sentence, at), 0.95)) return n;
  if (const auto n = take(EntityKind::Address, address_at(sentence, at), 0.8)) return n;
  if (const auto n = take(EntityKind::Number, figures_at(sentence, at), 0.9)) return n;
  if (const auto n = take(EntityKind::Date, date_at(sentence, at), 0.9)) return n;
  if (const auto n = take(EntityKind::Time, time_at(sentence, at), 0.85)) return n;
  if (const auto n = take(EntityKind::Organisation, organisation_at(sentence, at), 0.8)) return n;
  if (const auto n = take(EntityKind::Product, product_at(sentence, at), 0.5)) return n;
  return 0;
}

/// Where a name is announced: gives where it begins; npos: nowhere.
std::size_t introduced_name(const Sentence& sentence, std::size_t at) {
  for (const std::string_view introduction : kIntroductions)
    if (sentence.is(at, introduction) && name_at(sentence, at + words_in(introduction)) > 0)
      return at + words_in(introduction);
  if (in(kTitles, sentence.tokens[at].word) && name_at(sentence, at + 1) > 0) return at + 1;
  return std::string::npos;
}

std::vector<std::string> introduced_names(const Conversation& conversation) {
  std::vector<std::string> out;
  for (const Sentence& sentence : conversation.sentences())
    for (std::size_t at = 0; at < sentence.tokens.size(); ++at) {
      const std::size_t name = introduced_name(sentence, at);
      if (name == std::string::npos) continue;
      const std::string text = bare_text(sentence, name, name_at(sentence, name));
      if (std::ranges::find(out, text) == out.end() && out.size() < kMostEntities) out.push_back(text);
    }
  return out;
}

/// A first name alone means the person whose full name was said, if there is just one.
std::string full_name(const std::vector<std::string>& names, const std::string& name) {
  const std::string* found = nullptr;
  for (const std::string& known : names)
    if (known.starts_with(name + " ")) {
      if (found != nullptr && *found != known) return name;
      found = &known;
    }
  return found != nullptr ? *found : name;
}

}  // namespace

std::size_t name_at(const Sentence& sentence, std::size_t at) {
  if (at >= sentence.tokens.size() || !is_proper(sentence.tokens[at]) ||
      in(kOrganisationWords, sentence.tokens[at].word))
    return 0;
  const bool second = !sentence.tokens[at].pause_after && at + 1 < sentence.tokens.size() &&
                      sentence.tokens[at + 1].capital && !in(kNeverNames, sentence.tokens[at + 1].word) &&
                      sentence.tokens[at + 1].word != "i";
  return second ? 2 : 1;
}

PartyNames party_names(const Conversation& conversation) {
  PartyNames out;
  for (const Sentence& sentence : conversation.sentences())
    for (std::size_t at = 0; at < sentence.tokens.size(); ++at) {
      auto& party = sentence.speaker == Speaker::Caller ? out.caller : out.callee;
      for (const std::string_view words : {"my name is", "this is", "i'm", "i am", "name's"}) {
        const std::size_t name = at + words_in(words);
        const bool first_person = words != "this is" || sentence.position < 0.5;  // later it presents somebody else
        if (party || !first_person || !sentence.is(at, words) || name_at(sentence, name) == 0) continue;
        party = PartyNames::Known{bare_text(sentence, name, name_at(sentence, name)),
                                  conversation.evidence(sentence, at, words_in(words) + name_at(sentence, name))};
      }
    }
  return out;
}

std::vector<Entity> entities_of(const Conversation& conversation) {
  const auto names = introduced_names(conversation);
  Collector out{conversation, {}, {}};
  for (const Sentence& sentence : conversation.sentences())
    for (std::size_t at = 0; at < sentence.tokens.size();) {
      if (const std::size_t words = collect_at(out, sentence, at)) {
        at += words;
        continue;
      }
      const std::size_t longest = name_at(sentence, at);
      std::size_t taken = 0;
      for (std::size_t words = longest; words > 0 && taken == 0; --words) {
        const std::string text = bare_text(sentence, at, words);
        const std::string whole = full_name(names, text);
        if (std::ranges::find(names, whole) == names.end()) continue;
        out.add(EntityKind::Person, whole, 0.8, sentence, at, words);
        taken = words;
      }
      at += std::max<std::size_t>(taken, 1);
    }
  return std::move(out.entities);
}

}  // namespace parley::insight
