#pragma once
#include <insight/conversation.hpp>
#include <insight/entities.hpp>

namespace parley::insight {

/// Who will do what, by when: promises ("I'll email you the invoice"), what was announced of others ("Kevin will
/// come"), and requests that were agreed to. Precision before recall; in order of time; at most kMostActionItems.
[[nodiscard]] std::vector<ActionItem> action_items_of(const Conversation& conversation, const PartyNames& names);

inline constexpr std::size_t kMostActionItems = 20;

}  // namespace parley::insight
