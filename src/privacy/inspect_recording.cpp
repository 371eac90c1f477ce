#include <media/recording_reader.hpp>
#include <privacy/prove.hpp>

namespace parley::privacy {
namespace {

double seconds_of(Duration value) { return std::chrono::duration<double>(value).count(); }

}  // namespace

Result<RecordingFacts> inspect_recording(const std::filesystem::path& file, const vault::ThingKey& key) {
  auto opened = media::open_random_access_file(file);
  if (!opened) return std::unexpected(opened.error());
  const auto reader = media::RecordingReader::open(std::move(*opened), key);
  if (!reader) return std::unexpected(reader.error());
  const auto& info = reader->info();
  RecordingFacts out;
  out.organisation = info.organisation;
  out.call = info.call;
  out.recording = info.recording;
  out.length_s = seconds_of(info.length);
  out.closed = info.closed;
  for (const auto& pause : info.pauses) out.pauses.push_back({seconds_of(pause.from), seconds_of(pause.to)});
  for (const auto& fault : info.faults) {
    using Kind = media::RecordingFault::Kind;
    (fault.kind == Kind::Torn || fault.kind == Kind::NotClosed ? out.unfinished : out.damage).push_back(fault.text());
  }
  return out;
}

}  // namespace parley::privacy
