#pragma once
#include <insight/conversation.hpp>

namespace parley::insight {

/// What the conversation is about: words and pairs of words that are said often here and seldom elsewhere. At most
/// kMostTopics, the most telling first. `names` (of people, firms, streets) are no topics.
[[nodiscard]] std::vector<Topic> topics_of(const Conversation& conversation, const std::vector<Entity>& names);

inline constexpr std::size_t kMostTopics = 6;

}  // namespace parley::insight
