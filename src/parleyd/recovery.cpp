#include <fmt/format.h>
#include <parleyd/recovery.hpp>

#include <base/log.hpp>
#include <media/recording_reader.hpp>

namespace parley::server {

namespace {

Result<media::RecordingReader> open(store::Store& store, const store::Recording& recording) {
  const auto key = store.recordings.key(recording.organisation, recording.id);
  if (!key) return std::unexpected(key.error());
  const auto path = store.blobs.path(recording.blob);
  if (!path) return std::unexpected(path.error());
  auto file = media::open_random_access_file(*path);
  if (!file) return std::unexpected(file.error());
  return media::RecordingReader::open(std::move(*file), *key);
}

bool settle(store::Store& store, store::Recording recording) {
  auto reader = open(store, recording);
  recording.state = reader ? store::RecordingState::Cut : store::RecordingState::Failed;
  recording.ended = recording.started;
  if (reader) {
    const auto& info = reader->info();
    if (info.closed) recording.state = store::RecordingState::Ready;  // only its row had not been written
    recording.seconds = std::chrono::duration<double>(info.length).count();
    recording.ended = recording.started + std::chrono::duration_cast<std::chrono::milliseconds>(info.length);
    recording.pauses.clear();
    for (const auto& pause : info.pauses) {
      recording.pauses.push_back(
          {std::chrono::duration<double>(pause.from).count(), std::chrono::duration<double>(pause.to).count()});
    }
  }
  if (auto done = store.recordings.update(recording); !done) {
    log::error("recovery.recording", {{"error", done.error().text}});
    return false;
  }
  if (!reader || recording.seconds < 1) return static_cast<bool>(reader);
  store::NewJob job;
  job.kind = "transcribe";
  job.organisation = recording.organisation;
  job.call = recording.call;
  job.recording = recording.id;
  job.payload = fmt::format(R"({{"recording":"{}","call":"{}"}})", recording.id.text(), recording.call.text());
  job.idempotency_key = recording.id.text();
  if (auto queued = store.jobs.enqueue(std::move(job)); !queued && queued.error().code != Errc::Conflict) {
    log::error("recovery.job", {{"error", queued.error().text}});
  }
  return true;
}
}  // namespace

Result<Recovered> recover(store::Store& store) {
  Recovered out;
  if (auto drained = store.cdrs.drain(); !drained) log::error("recovery.journal", {{"error", drained.error().text}});
  const auto organisations = store.organisations.list();
  if (!organisations) return std::unexpected(organisations.error());
  for (const auto& organisation : *organisations) {
    const auto calls = store.calls.close_abandoned(organisation.id, "the server stopped during the call");
    if (!calls) return std::unexpected(calls.error());
    out.calls += calls->size();
    const auto recordings = store.recordings.unfinished(organisation.id);
    if (!recordings) return std::unexpected(recordings.error());
    for (const auto& recording : *recordings) {
      if (settle(store, recording)) {
        ++out.recordings;
      } else {
        ++out.lost;
      }
    }
  }
  return out;
}

}  // namespace parley::server
