#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

#include <base/ascii.hpp>
#include <speech/letter_sounds.hpp>
#include <speech/pronouncer.hpp>

namespace parley::speech {
namespace {

struct Weak {
  std::string_view word;
  std::string_view before_consonant;
  std::string_view before_vowel;
};
/// Small words are unstressed in a sentence; the dictionary has them as they are said alone.
constexpr std::array<Weak, 33> kWeak{
    {{"a", "ə", "ə"},        {"an", "ən", "ən"},     {"the", "ðə", "ði"},    {"to", "tə", "tʊ"},
     {"of", "ʌv", "ʌv"},     {"and", "ænd", "ænd"},  {"for", "fɔɹ", "fɔɹ"},  {"at", "æt", "æt"},
     {"in", "ɪn", "ɪn"},     {"is", "ɪz", "ɪz"},     {"it", "ɪt", "ɪt"},     {"was", "wʌz", "wʌz"},
     {"as", "æz", "æz"},     {"or", "ɔɹ", "ɔɹ"},     {"on", "ˌɔn", "ˌɔn"},   {"from", "fɹʌm", "fɹʌm"},
     {"with", "wɪð", "wɪð"}, {"be", "bi", "bi"},     {"been", "bɪn", "bɪn"}, {"your", "jʊɹ", "jʊɹ"},
     {"you", "ju", "ju"},    {"he", "hi", "hi"},     {"she", "ʃi", "ʃi"},    {"we", "wi", "wi"},
     {"i", "ˌI", "ˌI"},      {"my", "mI", "mI"},     {"if", "ɪf", "ɪf"},     {"are", "ɑɹ", "ɑɹ"},
     {"but", "bʌt", "bʌt"},  {"that", "ðæt", "ðæt"}, {"can", "kæn", "kæn"},  {"will", "wɪl", "wɪl"},
     {"i'll", "ˌIl", "ˌIl"}}};

/// Nouns that the dictionary has as verbs first: said as nouns after a word like "the" or "your".
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNouns{{{"record", "ɹˈɛkɜɹd"},
                                                                               {"records", "ɹˈɛkɜɹdz"},
                                                                               {"project", "pɹˈɑʤˌɛkt"},
                                                                               {"permit", "pˈɜɹmˌɪt"},
                                                                               {"content", "kˈɑntɛnt"},
                                                                               {"present", "pɹˈɛzənt"}}};
constexpr std::array<std::string_view, 9> kDeterminers{"a", "an", "the", "this", "that", "your", "my", "our", "his"};

bool is_vowel_letter(std::string_view word) {
  return !word.empty() && std::string_view("aeiou").find(word[0]) != std::string_view::npos;
}

bool is_mark(char c) { return std::string_view(",.!?;:").find(c) != std::string_view::npos; }

/// Ending -s as it sounds behind these phones.
std::string_view plural_sound(std::string_view phones) {
  for (const std::string_view hiss : {"s", "z", "ʃ", "ʒ", "ʧ", "ʤ"})
    if (phones.ends_with(hiss)) return "ɪz";
  for (const std::string_view voiceless : {"p", "t", "k", "f", "θ"})
    if (phones.ends_with(voiceless)) return "s";
  return "z";
}

std::string_view past_sound(std::string_view phones) {
  for (const std::string_view stop : {"t", "d"})
    if (phones.ends_with(stop)) return "ɪd";
  for (const std::string_view voiceless : {"p", "k", "f", "θ", "s", "ʃ", "ʧ"})
    if (phones.ends_with(voiceless)) return "t";
  return "d";
}

std::string spelled(std::string_view word) {
  std::string out;
  for (const char c : word) out += name_of_letter(c);
  return out;
}

}  // namespace

Result<Pronouncer> Pronouncer::open(const ModelFolder& folder) {
  std::ifstream in(folder.file("kokoro/en-us.txt"));
  if (!in) return fail(Errc::NotFound, folder.file("kokoro/en-us.txt") + " is missing; tools/fetch-speech brings it");
  std::unordered_map<std::string, std::string> entries;
  entries.reserve(130'000);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(";;;")) continue;
    const std::size_t first = line.find('\t');
    if (first == std::string::npos || first == 0) continue;
    const std::size_t second = line.find('\t', first + 1);
    entries.emplace(ascii_lower(std::string_view(line).substr(0, first)), line.substr(first + 1, second - first - 1));
  }
  if (entries.empty()) return fail(Errc::Corrupt, "the pronunciation dictionary has no entries");
  return from_entries(std::move(entries));
}

Pronouncer Pronouncer::from_entries(std::unordered_map<std::string, std::string> lower_case_entries) {
  Pronouncer out;
  out.entries_ = std::move(lower_case_entries);
  return out;
}

const std::string* Pronouncer::find(std::string_view word) const {
  const auto found = entries_.find(std::string(word));
  return found == entries_.end() ? nullptr : &found->second;
}

/// "heater's", "thermostats", "rebooted", "rerouting" from words that are there.
std::string Pronouncer::derived(std::string_view word) const {
  const auto base = [&](std::size_t drop, std::string_view add = "") -> const std::string* {
    return word.size() > drop + 1 ? find(std::string(word.substr(0, word.size() - drop)) + std::string(add)) : nullptr;
  };
  const auto either = [](const std::string* one, const std::string* other) { return one != nullptr ? one : other; };
  if (const auto* of = word.ends_with("'s") ? base(2) : nullptr) return *of + std::string(plural_sound(*of));
  if (const auto* of = word.ends_with('s') && !word.ends_with("ss") ? base(1) : nullptr)
    return *of + std::string(plural_sound(*of));
  if (const auto* of = word.ends_with("ed") ? either(base(2), base(1)) : nullptr)
    return *of + std::string(past_sound(*of));
  if (const auto* of = word.ends_with("ing") ? either(base(3), base(3, "e")) : nullptr) return *of + "ɪŋ";
  if (const auto* of = word.ends_with("ly") ? base(2) : nullptr) return *of + "li";
  if (const auto* of = word.starts_with("re") ? find(word.substr(2)) : nullptr) return "ɹˌi" + *of;
  if (const auto* of = word.starts_with("un") ? find(word.substr(2)) : nullptr) return "ʌn" + *of;
  return {};
}

/// "callback" from "call" and "back", each of at least three letters.
std::string Pronouncer::compound(std::string_view word) const {
  constexpr std::size_t kPart = 3;
  for (std::size_t split = word.size() > kPart ? word.size() - kPart : 0; split >= kPart; --split) {
    const std::string* first = find(word.substr(0, split));
    const std::string* second = first == nullptr ? nullptr : find(word.substr(split));
    if (second == nullptr) continue;
    std::string weaker = *second;
    for (std::size_t at = 0; (at = weaker.find("ˈ", at)) != std::string::npos;) weaker.replace(at, 2, "ˌ"), at += 2;
    return *first + weaker;
  }
  return {};
}

std::string Pronouncer::word_phones(std::string_view word, bool before_vowel) const {
  for (const Weak& weak : kWeak)
    if (word == weak.word) return std::string(before_vowel ? weak.before_vowel : weak.before_consonant);
  if (word.size() == 1) return std::string(name_of_letter(word[0]));
  if (const std::string* found = find(word)) return *found;
  if (auto found = derived(word); !found.empty()) return found;
  if (auto found = compound(word); !found.empty()) return found;
  const bool no_vowel = word.find_first_of("aeiouy") == std::string_view::npos;
  return no_vowel && word.size() <= 5 ? spelled(word) : sound_of_letters(word);
}

std::string Pronouncer::phones(std::string_view sentence) const {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < sentence.size();) {
    const std::size_t end = std::min(sentence.find(' ', at), sentence.size());
    if (end > at) words.push_back(std::string(sentence.substr(at, end - at)));
    at = end + 1;
  }
  std::string out;
  std::string previous;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    while (!word.empty() && is_mark(word.back())) word.remove_suffix(1);
    const std::string marks = words[i].substr(word.size());
    const std::string small = ascii_lower(word);
    const bool acronym = word.size() >= 2 && word.size() <= 4 && small != word &&
                         std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
    const bool before_vowel = marks.empty() && i + 1 < words.size() && is_vowel_letter(ascii_lower(words[i + 1]));
    std::string sound = acronym ? spelled(small) : word_phones(small, before_vowel);
    if (std::ranges::find(kDeterminers, previous) != kDeterminers.end())
      for (const auto& [noun, noun_sound] : kNouns)
        if (small == noun) sound = noun_sound;
    if (!out.empty() && !sound.empty()) out += ' ';
    out += sound + marks;
    previous = small;
  }
  return out;
}

}  // namespace parley::speech
