#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace parley::insight {

/// Place of a lower-case word among some 2,600 frequent ones of spoken English, from 1; nullopt: not among them.
/// Source: counted by tools/common-words over texts of the public domain.
[[nodiscard]] std::optional<std::size_t> frequency_rank(std::string_view word);

/// 0 for the most frequent, 1 for a word that is not listed: how much a word tells about what a conversation is about.
[[nodiscard]] double rarity(std::string_view word);

}  // namespace parley::insight
