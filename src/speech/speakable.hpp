#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace parley::speech {

/// Written text as it is spoken, in sentences: figures, money, times, dates, percentages, telephone numbers, e-mail
/// addresses and common abbreviations become words; words and the marks , . ! ? ; : remain. Every sentence holds a
/// word.
[[nodiscard]] std::vector<std::string> speakable_sentences(std::string_view text);

}  // namespace parley::speech
