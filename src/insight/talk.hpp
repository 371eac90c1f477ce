#pragma once
#include <insight/analysis.hpp>

namespace parley::insight {

/// Who spoke how long, from the times of turns alone: exact, because each party has its own channel.
[[nodiscard]] Talk talk_of(const speech::Transcript& transcript);

}  // namespace parley::insight
