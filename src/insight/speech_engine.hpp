#pragma once
#include <functional>
#include <stop_token>

#include <base/result.hpp>
#include <speech/models.hpp>
#include <speech/transcript.hpp>
#include <speech/worker.hpp>

namespace parley::insight {

/// What turns sound into text. The usual one is a speech::WorkerClient; `close` gives its memory back.
struct SpeechEngine {
  std::function<speech::Availability()> available;
  std::function<Result<speech::Transcript>(const speech::TranscribeRequest&, const speech::PcmSource&,
                                           const speech::Progress&, std::stop_token)>
      transcribe;
  std::function<void()> close;
};

}  // namespace parley::insight
