#include <array>
#include <optional>

#include <speech/letter_sounds.hpp>

namespace parley::speech {
namespace {

/// Where a rule applies. Left and right are looked at in the letters around the match.
enum class When : unsigned char { Always, AtStart, AtEnd, BeforeFront, BeforeVowel, BeforeConsonant, BeforeMagicE };

struct Rule {
  std::string_view letters;
  When when;
  std::string_view sound;
};

// The first rule that fits wins, so longer letters and narrower conditions come first. After the rule sets that
// text-to-speech has used since NRL Report 7948 (Elovitz et al., 1976), shortened for names and trade words.
constexpr Rule kRules[] = {
    {"tion", When::Always, "ʃən"},    {"sion", When::Always, "ʒən"},
    {"cian", When::Always, "ʃən"},    {"cious", When::Always, "ʃəs"},
    {"tious", When::Always, "ʃəs"},   {"ture", When::AtEnd, "ʧɜɹ"},
    {"ough", When::AtEnd, "O"},       {"ought", When::Always, "ɔt"},
    {"augh", When::Always, "ɔ"},      {"eigh", When::Always, "A"},
    {"igh", When::Always, "I"},       {"tch", When::Always, "ʧ"},
    {"sch", When::AtStart, "sk"},     {"dge", When::Always, "ʤ"},
    {"que", When::AtEnd, "k"},        {"gue", When::AtEnd, "ɡ"},
    {"ous", When::AtEnd, "əs"},       {"ies", When::AtEnd, "iz"},
    {"ied", When::AtEnd, "id"},       {"ted", When::AtEnd, "tɪd"},
    {"ded", When::AtEnd, "dɪd"},      {"ing", When::AtEnd, "ɪŋ"},
    {"ble", When::AtEnd, "bəl"},      {"ple", When::AtEnd, "pəl"},
    {"tle", When::AtEnd, "təl"},      {"dle", When::AtEnd, "dəl"},
    {"gle", When::AtEnd, "ɡəl"},      {"cle", When::AtEnd, "kəl"},
    {"kle", When::AtEnd, "kəl"},      {"fle", When::AtEnd, "fəl"},
    {"zle", When::AtEnd, "zəl"},      {"air", When::Always, "ɛɹ"},
    {"ear", When::Always, "ɪɹ"},      {"eer", When::Always, "ɪɹ"},
    {"ier", When::AtEnd, "iɜɹ"},      {"oor", When::Always, "ɔɹ"},
    {"our", When::Always, "ɔɹ"},      {"war", When::Always, "wɔɹ"},
    {"wor", When::Always, "wɜɹ"},     {"are", When::AtEnd, "ɛɹ"},
    {"ere", When::AtEnd, "ɪɹ"},       {"ire", When::AtEnd, "Iɹ"},
    {"ore", When::AtEnd, "ɔɹ"},       {"ure", When::AtEnd, "jʊɹ"},
    {"all", When::Always, "ɔl"},      {"alk", When::Always, "ɔk"},
    {"old", When::Always, "Old"},     {"ind", When::AtEnd, "Ind"},
    {"ild", When::AtEnd, "Ild"},      {"sh", When::Always, "ʃ"},
    {"ch", When::Always, "ʧ"},        {"th", When::Always, "θ"},
    {"ph", When::Always, "f"},        {"wh", When::Always, "w"},
    {"gh", When::AtStart, "ɡ"},       {"gh", When::Always, ""},
    {"ck", When::Always, "k"},        {"kn", When::AtStart, "n"},
    {"gn", When::AtStart, "n"},       {"wr", When::Always, "ɹ"},
    {"ps", When::AtStart, "s"},       {"qu", When::Always, "kw"},
    {"ng", When::AtEnd, "ŋ"},         {"ng", When::BeforeConsonant, "ŋ"},
    {"nk", When::Always, "ŋk"},       {"mb", When::AtEnd, "m"},
    {"ee", When::Always, "i"},        {"ea", When::Always, "i"},
    {"ei", When::Always, "i"},        {"ey", When::AtEnd, "i"},
    {"ey", When::Always, "A"},        {"ew", When::Always, "u"},
    {"eu", When::Always, "ju"},       {"ai", When::Always, "A"},
    {"ay", When::Always, "A"},        {"au", When::Always, "ɔ"},
    {"aw", When::Always, "ɔ"},        {"oa", When::Always, "O"},
    {"oe", When::AtEnd, "O"},         {"oi", When::Always, "Y"},
    {"oy", When::Always, "Y"},        {"oo", When::Always, "u"},
    {"ou", When::Always, "W"},        {"ow", When::AtEnd, "O"},
    {"ow", When::Always, "W"},        {"ue", When::AtEnd, "u"},
    {"ui", When::Always, "u"},        {"ie", When::Always, "i"},
    {"er", When::Always, "ɜɹ"},       {"ir", When::Always, "ɜɹ"},
    {"ur", When::Always, "ɜɹ"},       {"ar", When::Always, "ɑɹ"},
    {"or", When::Always, "ɔɹ"},       {"es", When::AtEnd, "ɪz"},
    {"ed", When::AtEnd, "d"},         {"bb", When::Always, "b"},
    {"cc", When::BeforeFront, "ks"},  {"cc", When::Always, "k"},
    {"dd", When::Always, "d"},        {"ff", When::Always, "f"},
    {"gg", When::Always, "ɡ"},        {"ll", When::Always, "l"},
    {"mm", When::Always, "m"},        {"nn", When::Always, "n"},
    {"pp", When::Always, "p"},        {"rr", When::Always, "ɹ"},
    {"ss", When::Always, "s"},        {"tt", When::Always, "t"},
    {"zz", When::Always, "z"},        {"a", When::BeforeMagicE, "A"},
    {"a", When::AtEnd, "ə"},          {"a", When::Always, "æ"},
    {"b", When::Always, "b"},         {"c", When::BeforeFront, "s"},
    {"c", When::Always, "k"},         {"d", When::Always, "d"},
    {"e", When::BeforeMagicE, "i"},   {"e", When::AtEnd, ""},
    {"e", When::Always, "ɛ"},         {"f", When::Always, "f"},
    {"g", When::BeforeFront, "ʤ"},    {"g", When::Always, "ɡ"},
    {"h", When::BeforeVowel, "h"},    {"h", When::Always, ""},
    {"i", When::BeforeMagicE, "I"},   {"i", When::AtEnd, "i"},
    {"i", When::Always, "ɪ"},         {"j", When::Always, "ʤ"},
    {"k", When::Always, "k"},         {"l", When::Always, "l"},
    {"m", When::Always, "m"},         {"n", When::Always, "n"},
    {"o", When::BeforeMagicE, "O"},   {"o", When::AtEnd, "O"},
    {"o", When::Always, "ɑ"},         {"p", When::Always, "p"},
    {"q", When::Always, "k"},         {"r", When::Always, "ɹ"},
    {"s", When::Always, "s"},         {"t", When::Always, "t"},
    {"u", When::BeforeMagicE, "u"},   {"u", When::AtEnd, "u"},
    {"u", When::Always, "ʌ"},         {"v", When::Always, "v"},
    {"w", When::BeforeConsonant, ""}, {"w", When::Always, "w"},
    {"x", When::AtStart, "z"},        {"x", When::Always, "ks"},
    {"y", When::AtStart, "j"},        {"y", When::AtEnd, "i"},
    {"y", When::BeforeMagicE, "I"},   {"y", When::Always, "ɪ"},
    {"z", When::Always, "z"},
};

bool is_vowel(char c) { return std::string_view("aeiouy").find(c) != std::string_view::npos; }

bool applies(const Rule& rule, std::string_view word, std::size_t at) {
  if (word.substr(at, rule.letters.size()) != rule.letters) return false;
  const std::string_view after = word.substr(at + rule.letters.size());
  switch (rule.when) {
    case When::Always: return true;
    case When::AtStart: return at == 0;
    case When::AtEnd: return after.empty() && at > 0;
    case When::BeforeFront: return !after.empty() && std::string_view("eiy").find(after[0]) != std::string_view::npos;
    case When::BeforeVowel: return !after.empty() && is_vowel(after[0]);
    case When::BeforeConsonant: return !after.empty() && !is_vowel(after[0]);
    case When::BeforeMagicE: return after.size() == 2 && !is_vowel(after[0]) && after[0] != 'x' && after[1] == 'e';
  }
  return false;
}

/// Where the first vowel sound starts; the stress mark goes before it.
std::size_t first_vowel(std::string_view sounds) {
  constexpr std::array<std::string_view, 17> kVowels{"A", "I", "O", "W", "Y", "æ", "ɛ", "ɪ", "i",
                                                     "ɑ", "ɔ", "ʊ", "u", "ʌ", "ɜ", "ə", "Q"};
  for (std::size_t i = 0; i < sounds.size(); ++i)
    for (const auto vowel : kVowels)
      if (sounds.substr(i).starts_with(vowel)) return i;
  return std::string_view::npos;
}

constexpr std::array<std::string_view, 26> kLetterNames{
    "ˈA",  "bˈi", "sˈi", "dˈi",  "ˈi",  "ˈɛf", "ʤˈi", "ˈAʧ", "ˈI",  "ʤˈA",      "kˈA",  "ˈɛl", "ˈɛm",
    "ˈɛn", "ˈO",  "pˈi", "kjˈu", "ˈɑɹ", "ˈɛs", "tˈi", "jˈu", "vˈi", "dˈʌbəlju", "ˈɛks", "wˈI", "zˈi"};
constexpr std::array<std::string_view, 10> kFigureNames{"zˈɪɹO", "wˈʌn",  "tˈu",    "θɹˈi", "fˈɔɹ",
                                                        "fˈIv",  "sˈɪks", "sˈɛvən", "ˈAt",  "nˈIn"};

}  // namespace

std::string sound_of_letters(std::string_view word) {
  std::string out;
  for (std::size_t at = 0; at < word.size();) {
    const Rule* found = nullptr;
    for (const Rule& rule : kRules)
      if (applies(rule, word, at)) {
        found = &rule;
        break;
      }
    if (found != nullptr) out += found->sound;
    at += found != nullptr ? found->letters.size() : 1;
  }
  const std::size_t vowel = first_vowel(out);
  if (vowel != std::string_view::npos) out.insert(vowel, "ˈ");
  return out;
}

std::string_view name_of_letter(char letter) {
  if (letter >= 'a' && letter <= 'z') return kLetterNames[static_cast<std::size_t>(letter - 'a')];
  if (letter >= 'A' && letter <= 'Z') return kLetterNames[static_cast<std::size_t>(letter - 'A')];
  if (letter >= '0' && letter <= '9') return kFigureNames[static_cast<std::size_t>(letter - '0')];
  return {};
}

}  // namespace parley::speech
