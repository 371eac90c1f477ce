#include <algorithm>

#include <base/assert.hpp>
#include <codec/wav.hpp>
#include <media/recording_decoder.hpp>
#include <media/recording_reader.hpp>
#include <media/recording_scan.hpp>

namespace parley::media {
using recording::Micros;
using namespace std::chrono_literals;

namespace {
constexpr std::int64_t kBlock = 10'000'000;   // us of sound that are decoded at once, always from the same points
constexpr std::int64_t kPreRoll = 1'000'000;  // for codecs with memory
constexpr std::int64_t kPostRoll = 100'000;
constexpr std::int64_t kEarliest = 700'000, kLatest = 1'100'000;  // by how much arrival may differ from media time

Duration duration_of(Micros time) { return std::chrono::microseconds(std::min(time, recording::kLongestCall)); }
}  // namespace

class RecordingReader::Impl {
 public:
  struct Indexed {
    recording::FoundFrame frame;
    std::int64_t first = 0, last = 0;  // arrivals in it
  };

  Impl(std::unique_ptr<RandomAccessFile> f, recording::FrameCipher c) : file(std::move(f)), cipher(std::move(c)) {}

  Result<void> index();
  /// Calls `take(record)` for all records of a frame.
  template <class Take>
  Result<void> each_record(const recording::FoundFrame& frame, Take&& take);
  Result<void> load_block(std::uint32_t rate, std::uint64_t number);
  [[nodiscard]] std::uint64_t samples(std::uint32_t rate) const {
    return static_cast<std::uint64_t>(timeline.length()) * rate / 1'000'000;
  }

  std::unique_ptr<RandomAccessFile> file;
  recording::FrameCipher cipher;
  RecordingInfo info;
  vault::Digest digest{};
  recording::Timeline timeline;
  std::vector<Indexed> frames;
  Bytes sealed, plain;
  std::vector<std::int16_t> block;
  std::uint32_t block_rate = 0;
  std::uint64_t block_number = 0;
};

template <class Take>
Result<void> RecordingReader::Impl::each_record(const recording::FoundFrame& frame, Take&& take) {
  sealed.resize(frame.size);
  const auto got = file->read(frame.offset, sealed);
  if (!got) return std::unexpected(got.error());
  if (*got != sealed.size() || !cipher.open(sealed, plain))
    return fail(Errc::Corrupt, "the recording changed while it was read");
  if (plain.empty() || plain[0] != static_cast<std::uint8_t>(recording::FrameKind::Records)) return {};
  BytesView rest = BytesView(plain).subspan(1);
  while (auto record = recording::next_record(rest)) take(*record);
  return {};
}

Result<void> RecordingReader::Impl::index() {
  auto scan = recording::scan_frames(*file, cipher);
  if (!scan) return std::unexpected(scan.error());
  info.faults = std::move(scan->faults);
  info.frames = scan->frames.size();
  digest = scan->digest;
  for (const auto& frame : scan->frames) {
    Indexed entry{frame, -1, -1};
    const auto see = [&entry](Micros at) {
      const auto when = static_cast<std::int64_t>(std::min(at, recording::kLongestCall));
      entry.first = entry.first < 0 ? when : std::min(entry.first, when);
      entry.last = std::max(entry.last, when);
    };
    const auto read = each_record(frame, [&](const recording::Record& record) {
      if (const auto* packet = std::get_if<recording::PacketRecord>(&record)) {
        timeline.add(*packet);
        see(packet->at);
        ++info.packets[static_cast<std::size_t>(packet->party)];
        if (std::ranges::find(info.codecs, packet->codec) == info.codecs.end()) info.codecs.push_back(packet->codec);
      } else if (const auto* mark = std::get_if<recording::MarkRecord>(&record)) {
        timeline.add(*mark);
      } else if (const auto* gap = std::get_if<recording::GapRecord>(&record)) {
        info.gaps.push_back({duration_of(gap->from), duration_of(gap->to)});
      }
    });
    if (!read) return read;
    if (entry.first >= 0) frames.push_back(entry);
  }
  info.closed = scan->closing.has_value();
  if (scan->closing) info.end = scan->closing->end;
  timeline.finish(scan->closing ? std::optional(scan->closing->at) : std::nullopt);
  for (const auto& pause : timeline.pauses())
    info.pauses.push_back({std::chrono::microseconds(pause.from), std::chrono::microseconds(pause.to)});
  info.length = std::chrono::microseconds(timeline.length());
  return {};
}

Result<void> RecordingReader::Impl::load_block(std::uint32_t rate, std::uint64_t number) {
  if (!block.empty() && block_rate == rate && block_number == number) return {};
  const std::uint64_t per_block = std::uint64_t{rate} * (kBlock / 1'000'000);
  const std::uint64_t first = number * per_block;
  const auto count = static_cast<std::size_t>(std::min(per_block, samples(rate) - first));
  const std::int64_t from = timeline.call_time(static_cast<std::int64_t>(number) * kBlock) - kPreRoll;
  const std::int64_t to = timeline.call_time(static_cast<std::int64_t>(number + 1) * kBlock) + kPostRoll;
  recording::BlockDecoder decoder(timeline, rate, first, count);
  // Frames are in order of arrival, so the ones in question lie together.
  auto at = std::ranges::lower_bound(frames, from - kEarliest, {}, &Indexed::last);
  for (; at != frames.end() && at->first <= to + kLatest; ++at) {
    const auto read = each_record(at->frame, [&](const recording::Record& record) {
      const auto* packet = std::get_if<recording::PacketRecord>(&record);
      if (packet == nullptr) return;
      const auto position = timeline.position(*packet);
      if (position && *position >= from && *position < to) decoder.add(*packet);
    });
    if (!read) return read;
  }
  block = decoder.finish();
  block_rate = rate;
  block_number = number;
  return {};
}

RecordingReader::RecordingReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordingReader::~RecordingReader() = default;
RecordingReader::RecordingReader(RecordingReader&&) noexcept = default;
RecordingReader& RecordingReader::operator=(RecordingReader&&) noexcept = default;

Result<RecordingReader> RecordingReader::open(std::unique_ptr<RandomAccessFile> file, const vault::ThingKey& key) {
  Bytes bytes(recording::kHeaderSize);
  const auto got = file->read(0, bytes);
  if (!got) return std::unexpected(got.error());
  const auto header = recording::read_header(BytesView(bytes).first(*got));
  if (!header) return std::unexpected(header.error());
  vault::Aead aead = recording::make_aead(key, *header);
  if (auto checked = recording::check_header(bytes, aead); !checked) return std::unexpected(checked.error());
  auto impl = std::make_unique<Impl>(std::move(file), recording::FrameCipher(std::move(aead), bytes));
  impl->info.organisation = header->organisation;
  impl->info.call = header->call;
  impl->info.recording = header->recording;
  impl->info.started = header->started;
  if (auto indexed = impl->index(); !indexed) return std::unexpected(indexed.error());
  return RecordingReader(std::move(impl));
}

const RecordingInfo& RecordingReader::info() const { return impl_->info; }

void RecordingReader::expect(const RecordingSummary& summary) {
  const bool older = impl_->info.frames < summary.frames;
  const bool other = impl_->info.faults.empty() && impl_->digest != summary.digest;
  const bool foreign = impl_->info.recording != summary.recording;
  if (older || other || foreign)
    impl_->info.faults.push_back({RecordingFault::Kind::RolledBack, impl_->info.frames, impl_->file->size()});
}

std::uint64_t RecordingReader::samples(std::uint32_t rate) const { return impl_->samples(rate); }

Result<std::size_t> RecordingReader::read(std::uint32_t rate, std::uint64_t first,
                                          std::span<std::int16_t> interleaved) {
  if (rate != 8000 && rate != 16000) return fail(Errc::Unsupported, "recordings are read at 8 or 16 kHz");
  const std::uint64_t per_block = std::uint64_t{rate} * (kBlock / 1'000'000), total = samples(rate);
  std::size_t done = 0;
  while (done < interleaved.size() / 2 && first + done < total) {
    const std::uint64_t at = first + done;
    if (auto loaded = impl_->load_block(rate, at / per_block); !loaded) return std::unexpected(loaded.error());
    const auto skip = static_cast<std::size_t>(at % per_block);
    const std::size_t count = std::min(interleaved.size() / 2 - done, impl_->block.size() / 2 - skip);
    std::copy_n(impl_->block.begin() + static_cast<std::ptrdiff_t>(skip * 2), count * 2,
                interleaved.begin() + static_cast<std::ptrdiff_t>(done * 2));
    done += count;
  }
  return done;
}

std::uint64_t RecordingReader::wav_size(std::uint32_t rate) const { return codec::kWavHeader + samples(rate) * 4; }

Result<std::size_t> RecordingReader::read_wav(std::uint32_t rate, std::uint64_t offset, std::span<std::uint8_t> out) {
  std::size_t done = 0;
  if (offset < codec::kWavHeader) {
    const Bytes header = codec::wav_header(rate, 2, samples(rate));
    done = std::min<std::size_t>(out.size(), codec::kWavHeader - static_cast<std::size_t>(offset));
    std::copy_n(header.begin() + static_cast<std::ptrdiff_t>(offset), done, out.begin());
  }
  std::vector<std::int16_t> pcm(2048);
  const std::uint64_t total = wav_size(rate);
  while (done < out.size() && offset + done < total) {
    const std::uint64_t byte = offset + done - codec::kWavHeader;
    const std::uint64_t frame = byte / 4;
    const auto got = read(rate, frame, pcm);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) break;
    for (std::size_t i = static_cast<std::size_t>(byte % 4); i < *got * 4 && done < out.size(); ++i, ++done)
      out[done] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(pcm[i / 2]) >> (8 * (i % 2)));
  }
  return done;
}

Result<std::array<std::vector<float>, 2>> RecordingReader::waveform(unsigned per_second) {
  constexpr std::uint32_t kRate = 8000;
  if (per_second == 0 || per_second > 200) return fail(Errc::Invalid, "waveforms have 1 to 200 peaks per second");
  const std::uint64_t total = samples(kRate);
  std::array<std::vector<float>, 2> out;
  std::vector<std::int16_t> pcm(std::size_t{kRate} * 2);
  for (std::uint64_t at = 0; at < total;) {
    const auto got = read(kRate, at, pcm);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) break;
    for (std::size_t i = 0; i < *got; ++i) {
      const auto peak = static_cast<std::size_t>((at + i) * per_second / kRate);
      for (unsigned channel = 0; channel < 2; ++channel) {
        if (out[channel].size() <= peak) out[channel].resize(peak + 1, 0.0F);
        const float level = static_cast<float>(std::abs(int{pcm[i * 2 + channel]})) / 32768.0F;
        out[channel][peak] = std::max(out[channel][peak], level);
      }
    }
    at += *got;
  }
  return out;
}

Result<std::vector<float>> RecordingReader::channel_16k(Party party) {
  constexpr std::uint32_t kRate = 16000;
  std::vector<float> out;
  out.reserve(static_cast<std::size_t>(samples(kRate)));
  std::vector<std::int16_t> pcm(std::size_t{kRate} * 2);
  for (;;) {
    const auto got = read(kRate, out.size(), pcm);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return out;
    for (std::size_t i = 0; i < *got; ++i)
      out.push_back(static_cast<float>(pcm[i * 2 + static_cast<std::size_t>(party)]) / 32768.0F);
  }
}

}  // namespace parley::media
