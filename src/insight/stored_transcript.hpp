#pragma once
#include <speech/transcript.hpp>
#include <store/transcripts.hpp>

namespace parley::insight {

/// Between the transcript as speech gives it and as the store keeps it; ids are the caller's to set.
[[nodiscard]] store::Transcript to_stored(const speech::Transcript& transcript);
[[nodiscard]] speech::Transcript from_stored(const store::Transcript& transcript);

}  // namespace parley::insight
