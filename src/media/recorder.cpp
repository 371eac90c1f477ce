#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <pthread.h>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <media/active_recording.hpp>

namespace parley::media {

class Recorder::Impl {
 public:
  Impl(const Clock& c, Random& r, RecorderOptions o) : clock(c), random(r), options(o), thread([this] { loop(); }) {}
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    thread.join();
  }

  void loop();

  const Clock& clock;
  Random& random;
  const RecorderOptions options;
  std::mutex mutex;
  std::condition_variable wake;
  std::vector<std::shared_ptr<ActiveRecording>> started;  // not yet seen by the writer
  bool stopping = false;
  std::thread thread;
};

void Recorder::Impl::loop() {
  ::pthread_setname_np(::pthread_self(), "recorder");
  static metrics::Gauge& running = metrics::gauge("parley_recordings_running", "Recordings in progress");
  std::vector<std::shared_ptr<ActiveRecording>> active;
  // Frames are at most frame_interval old; looking four times as often keeps what a kill loses under 250 ms.
  const auto interval = options.frame_interval / 4;
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex);
      if (active.empty())
        wake.wait(lock, [this] { return stopping || !started.empty(); });
      else
        wake.wait_for(lock, interval, [this] { return stopping || !started.empty(); });
      active.insert(active.end(), std::make_move_iterator(started.begin()), std::make_move_iterator(started.end()));
      started.clear();
      last = stopping;
    }
    if (last)
      for (const auto& recording : active) recording->stop();
    const TimePoint now = clock.now();
    std::erase_if(active, [&](const auto& recording) {
      if (recording->write(now)) return false;
      if (recording->state() == RecordingState::Failed)
        log::error("recording.failed", {{"recording", recording->id().text()}});
      return true;
    });
    running.set(static_cast<double>(active.size()));
  }
}

Recorder::Recorder(const Clock& clock, Random& random, RecorderOptions options)
    : impl_(std::make_unique<Impl>(clock, random, options)) {}
Recorder::~Recorder() = default;

Result<std::shared_ptr<Recording>> Recorder::start(RecordingStart start, const vault::ThingKey& key) {
  if (!start.file) return fail(Errc::Invalid, "a recording needs a file");
  recording::Header header{start.organisation, start.call, start.recording, impl_->clock.wall(), {}};
  impl_->random.fill(header.salt);
  vault::Aead aead = recording::make_aead(key, header);
  const Bytes bytes = recording::write_header(header, aead);
  if (auto written = start.file->append(bytes); !written) return std::unexpected(written.error());
  if (auto synced = start.file->sync(); !synced) return std::unexpected(synced.error());
  auto active =
      std::make_shared<ActiveRecording>(std::move(start), impl_->clock, impl_->options,
                                        recording::FrameCipher(std::move(aead), bytes), header.started, bytes.size());
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) return fail(Errc::Unavailable, "the recorder is stopping");
    impl_->started.push_back(active);
  }
  impl_->wake.notify_all();
  return active;
}

}  // namespace parley::media
