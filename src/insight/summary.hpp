#pragma once
#include <insight/conversation.hpp>

namespace parley::insight {

/// Problem, action, outcome and next step, each a sentence that was said: chosen by cues, place and speaker, never
/// rewritten. A slot stays empty when nothing in the conversation fills it.
[[nodiscard]] Summary summary_of(const Conversation& conversation, const std::vector<ActionItem>& items);

}  // namespace parley::insight
