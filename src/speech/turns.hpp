#pragma once
#include <vector>

#include <speech/recogniser.hpp>
#include <speech/transcript.hpp>

namespace parley::speech {

struct RecognisedSegment {
  Speaker speaker = Speaker::Caller;
  double start_s = 0;
  double end_s = 0;
  Recognition recognition;
};

/// Words with times: the recogniser gives none, so they are spread over the segment by their length and a pause after
/// punctuation. Good to a fraction of a second, which is what a player that follows the text needs.
[[nodiscard]] std::vector<Word> spread_words(const RecognisedSegment& segment);

/// Each segment as a turn of its own, in order of time, the empty ones too.
[[nodiscard]] std::vector<Turn> separate_turns(std::vector<RecognisedSegment> segments);

/// What build_turns makes of separate turns; for those who get them one after the other.
[[nodiscard]] std::vector<Turn> join_turns(std::vector<Turn> pieces);

/// Segments in any order to turns in order of time: one speaker's segments less than 1.5 s apart are one turn unless
/// the other begins to speak between them; empty segments vanish. Confidence is the mean over words.
[[nodiscard]] std::vector<Turn> build_turns(std::vector<RecognisedSegment> segments);

}  // namespace parley::speech
