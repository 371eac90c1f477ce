#pragma once
#include <string>
#include <string_view>
#include <vector>

/// Normal forms of what is looked up by blind index: the writer and the searcher must agree to the byte. Inside store
/// only.
namespace parley::store {

[[nodiscard]] std::string lower(std::string_view text);
/// Words of letters, digits and bytes beyond ASCII, lower case, of 2 to 64 bytes, each once.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);
/// The digits of a telephone number or the user part of a SIP address, lower case; empty if there are none.
[[nodiscard]] std::string number_of(std::string_view text);
/// The whole number and its last 4, 7 and 10 digits, so that a search need not know the prefix.
[[nodiscard]] std::vector<std::string> number_forms(std::string_view text);

}  // namespace parley::store
