#pragma once
#include <string>
#include <string_view>

namespace parley::speech {

/// Pronounces a word that no dictionary has, by rules over its letters; stress falls on the first syllable. Phones are
/// those of the voice model (misaki's: A is the vowel of "day", I of "eye", O of "so", W of "now", Y of "boy").
/// `word` is lower case, a-z only; other signs are skipped.
[[nodiscard]] std::string sound_of_letters(std::string_view word);

/// The name of a letter or figure: "b" is "bˈi". Empty for anything else.
[[nodiscard]] std::string_view name_of_letter(char letter);

}  // namespace parley::speech
