#include <algorithm>

#include <insight/stored_transcript.hpp>

namespace parley::insight {

store::Transcript to_stored(const speech::Transcript& transcript) {
  store::Transcript out;
  out.engine = transcript.engine;
  out.language = transcript.language;
  for (const auto& turn : transcript.turns) {
    store::TranscriptTurn stored{
        std::string(to_string(turn.speaker)), turn.start_s, turn.end_s, turn.text, turn.confidence, {}};
    for (const auto& word : turn.words) stored.words.push_back({word.text, word.start_s, word.end_s, word.confidence});
    out.turns.push_back(std::move(stored));
  }
  return out;
}

speech::Transcript from_stored(const store::Transcript& transcript) {
  speech::Transcript out{transcript.engine, transcript.language, 0, {}};
  for (const auto& turn : transcript.turns) {
    speech::Turn said{turn.speaker == "callee" ? speech::Speaker::Callee : speech::Speaker::Caller,
                      turn.start_s,
                      turn.end_s,
                      turn.text,
                      turn.confidence,
                      {}};
    for (const auto& word : turn.words) said.words.push_back({word.text, word.start, word.end, word.confidence});
    out.seconds = std::max(out.seconds, turn.end_s);
    out.turns.push_back(std::move(said));
  }
  return out;
}

}  // namespace parley::insight
