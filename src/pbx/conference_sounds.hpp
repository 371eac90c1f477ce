#pragma once
#include <memory>

#include <media/prompt.hpp>

namespace parley::pbx {

/// What a conference sounds like: two rising tones when somebody comes, two falling ones when somebody goes, and a
/// quiet double tone every five seconds for who is alone. Made once. Thread: any.
enum class ConferenceSound : std::uint8_t { Enter, Leave, Alone };
[[nodiscard]] const std::shared_ptr<const media::Prompt>& conference_sound(ConferenceSound which);

}  // namespace parley::pbx
