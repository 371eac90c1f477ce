#pragma once
#include <string_view>

#include <insight/conversation.hpp>

namespace parley::insight {

/// -1..1 of one sentence: the sum of its words' values, turned round by negations and strengthened by intensifiers.
[[nodiscard]] double sentiment_of(const Sentence& sentence);
/// Whether the word carries a feeling: those are no topics.
[[nodiscard]] bool has_feeling(std::string_view word);
/// Per turn, per speaker and overall; long conversations get at most kTimelinePoints points.
[[nodiscard]] Sentiment sentiment_of(const Conversation& conversation);

inline constexpr std::size_t kTimelinePoints = 400;

}  // namespace parley::insight
