#pragma once
#include <memory>
#include <optional>
#include <set>

#include <base/random.hpp>
#include <media/active_recording.hpp>
#include <media/fake_phone.hpp>
#include <media/recording_reader.hpp>
#include <vault/keyring.hpp>

/// A recording in virtual time, written to memory. Tests, benchmarks and fuzz targets only.
namespace parley::media::fake {

inline vault::ThingKey key(std::uint8_t seed = 7) {
  Bytes bytes(vault::kKeySize, seed);
  return {vault::KeyName{}, std::make_shared<const vault::SecretBytes>(BytesView(bytes))};
}

/// A disk that may fill up or break.
struct Disk {
  Bytes bytes;
  std::size_t room = std::size_t{1} << 40U;
  bool sync_fails = false;
  unsigned writes = 0, syncs = 0;
};
class DiskFile final : public AppendFile {
 public:
  explicit DiskFile(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}
  Result<void> append(BytesView bytes) override {
    ++disk_->writes;
    if (disk_->bytes.size() + bytes.size() > disk_->room) return fail(Errc::Full, "no space left on device");
    disk_->bytes.insert(disk_->bytes.end(), bytes.begin(), bytes.end());
    return {};
  }
  Result<void> sync() override {
    ++disk_->syncs;
    if (disk_->sync_fails) return fail(Errc::Io, "input/output error");
    return {};
  }

 private:
  std::shared_ptr<Disk> disk_;
};

/// Speaks for one party: 20 ms packets of a voice.
struct Voice {
  Party party;
  codec::CodecId codec;
  std::uint64_t source;
  std::vector<std::int16_t> pcm;
  std::unique_ptr<codec::Encoder> encoder;
  std::size_t at = 0;
  std::uint64_t sequence = 65536 + 100;
  std::uint32_t timestamp = 0xFFFFF000;

  Voice(Party p, codec::CodecId c, unsigned seed, std::uint64_t s = 1, double seconds = 60)
      : party(p),
        codec(c),
        source(s * 2 + static_cast<unsigned>(p)),
        pcm(voice(seed, codec::info(c).sample_rate, seconds)),
        encoder(codec::make_encoder(c)) {}

  void speak(Recording& recording, TimePoint now, bool lose = false) {
    const std::size_t frame = codec::info(codec).sample_rate / 50;
    Bytes payload(codec::kMaxPayload);
    payload.resize(encoder->encode(std::span(pcm).subspan(at, frame), payload));
    if (!lose) recording.offer({party, now, source, sequence, timestamp, codec, payload});
    skip();
  }
  void skip() {
    at += codec::info(codec).sample_rate / 50;
    ++sequence;
    timestamp += codec::info(codec).rtp_clock_rate / 50;
  }
};

struct Rig {
  FakeClock clock;
  std::shared_ptr<Disk> disk = std::make_shared<Disk>();
  std::optional<RecordingSummary> summary;
  std::unique_ptr<ActiveRecording> recording;
  bool running = true;

  explicit Rig(RecorderOptions options = {}, std::uint64_t salt = 1) {
    SeededRandom random(salt);
    recording::Header header{OrganisationId::make(clock, random),
                             CallId::make(clock, random),
                             RecordingId::make(clock, random),
                             clock.wall(),
                             {}};
    random.fill(header.salt);
    vault::Aead aead = recording::make_aead(key(), header);
    disk->bytes = recording::write_header(header, aead);
    recording = std::make_unique<ActiveRecording>(
        RecordingStart{header.organisation, header.call, header.recording, std::make_unique<DiskFile>(disk),
                       [](const std::function<void()>& work) { work(); },
                       [this](const RecordingSummary& s) { summary = s; }},
        clock, options, recording::FrameCipher(std::move(aead), disk->bytes), clock.wall(), disk->bytes.size());
  }
  /// 20 ms in which each voice says a packet and the writer looks once.
  void step(std::initializer_list<Voice*> voices) {
    clock.advance(std::chrono::milliseconds(20));
    for (Voice* one : voices) one->speak(*recording, clock.now());
    write();
  }
  void talk(unsigned steps, std::initializer_list<Voice*> voices) {
    for (unsigned i = 0; i < steps; ++i) step(voices);
  }
  void write() {
    if (running) running = recording->write(clock.now());
  }
  void stop() {
    recording->stop();
    write();
  }
  [[nodiscard]] Result<RecordingReader> open(const std::optional<Bytes>& bytes = {}, std::uint8_t seed = 7) const {
    return RecordingReader::open(random_access_from(bytes.value_or(disk->bytes)), key(seed));
  }
};

inline std::vector<std::int16_t> channel(RecordingReader& reader, std::uint32_t rate, Party party) {
  std::vector<std::int16_t> both(static_cast<std::size_t>(reader.samples(rate)) * 2), out;
  const auto got = reader.read(rate, 0, both);
  for (std::size_t i = 0; i < got.value_or(0); ++i) out.push_back(both[i * 2 + static_cast<std::size_t>(party)]);
  return out;
}

/// Where the frames of a file lie: offset and size.
inline std::vector<std::pair<std::size_t, std::size_t>> frames_of(const Bytes& bytes) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  for (std::size_t at = recording::kHeaderSize; at < bytes.size();) {
    const auto head = recording::read_frame_head(BytesView(bytes).subspan(at));
    if (!head) break;
    out.emplace_back(at, recording::kFrameHead + head->sealed);
    at += out.back().second;
  }
  return out;
}

}  // namespace parley::media::fake
