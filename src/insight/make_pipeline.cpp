#include <insight/pipeline.hpp>
#include <store/store.hpp>

namespace parley::insight {

std::unique_ptr<Pipeline> make_pipeline(store::Store& store, const speech::ModelFolder& models,
                                        Pipeline::Options options) {
  auto worker = std::make_shared<speech::WorkerClient>(
      speech::WorkerOptions{models, {"/proc/self/exe", "worker"}, std::chrono::seconds(60)}, store.clock);
  SpeechEngine engine{[models] { return speech::available(models); },
                      [worker](const speech::TranscribeRequest& request, const speech::PcmSource& source,
                               const speech::Progress& progress, std::stop_token stop) {
                        return worker->transcribe(request, source, progress, std::move(stop));
                      },
                      [worker] { worker->close(); }};
  return std::make_unique<Pipeline>(
      Pipeline::Parts{store.jobs, store.transcripts, store.bus, recorded_audio(store), std::move(engine),
                      make_embedded_provider(), store.clock, recording_so_far(store)},
      options);
}

}  // namespace parley::insight
