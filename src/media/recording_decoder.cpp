#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>

#include <codec/resampler.hpp>
#include <media/recording_decoder.hpp>

namespace parley::media::recording {

BlockDecoder::BlockDecoder(const Timeline& timeline, std::uint32_t rate, std::uint64_t first, std::size_t frames)
    : timeline_(timeline), rate_(rate), first_(static_cast<std::int64_t>(first)), out_(frames * 2) {}

void BlockDecoder::add(const PacketRecord& packet) {
  const auto position = timeline_.position(packet);
  if (!position || timeline_.paused(*position)) return;
  items_[static_cast<std::size_t>(packet.party)].push_back({*position, 0, packet.source, packet.sequence,
                                                            packet.timestamp, packet.codec,
                                                            Bytes(packet.payload.begin(), packet.payload.end())});
}

std::vector<std::int16_t> BlockDecoder::finish() {
  for (unsigned channel = 0; channel < 2; ++channel) decode(items_[channel], channel);
  return std::move(out_);
}

void BlockDecoder::decode(std::vector<Item>& items, unsigned channel) {
  // Sources one after the other as they appeared, each in its own order: codecs with memory want that.
  std::ranges::sort(items, [](const Item& a, const Item& b) {
    return a.position != b.position ? a.position < b.position : a.sequence < b.sequence;
  });
  std::map<std::uint32_t, std::size_t> ranks;
  for (auto& item : items) item.source_rank = ranks.try_emplace(item.source, ranks.size()).first->second;
  std::ranges::sort(items, [](const Item& a, const Item& b) {
    if (a.source_rank != b.source_rank) return a.source_rank < b.source_rank;
    return static_cast<std::int32_t>(a.sequence - b.sequence) < 0;
  });

  std::unique_ptr<codec::Decoder> decoder;
  std::vector<std::int16_t> run, packet_pcm(codec::kMaxPacketSamples);
  std::int64_t run_at = 0;
  std::uint32_t expected = 0;
  const Item* before = nullptr;
  for (const Item& item : items) {
    const bool same = before != nullptr && before->source == item.source && before->codec == item.codec;
    if (same && before->sequence == item.sequence) continue;
    const std::uint32_t ticks = codec::duration_of(item.codec, item.payload);
    // A new tie of time stamps to call time inside a source shows as a step of the position.
    const bool contiguous = same && item.timestamp == expected &&
                            std::abs(item.position - (run_at + static_cast<std::int64_t>(run.size()) * 1'000'000 /
                                                                   decoder->sample_rate())) < 5'000;
    if (!contiguous) {
      if (decoder) lay(run_at, run, decoder->sample_rate(), channel);
      run.clear();
      run_at = item.position;
    }
    if (!same) decoder = codec::make_decoder(item.codec);
    before = &item;
    expected = item.timestamp + ticks;
    const std::size_t count = decoder->decode(item.payload, packet_pcm);
    run.insert(run.end(), packet_pcm.begin(), packet_pcm.begin() + static_cast<std::ptrdiff_t>(count));
  }
  if (decoder) lay(run_at, run, decoder->sample_rate(), channel);
}

void BlockDecoder::lay(std::int64_t position, std::vector<std::int16_t>& pcm, std::uint32_t pcm_rate,
                       unsigned channel) {
  if (pcm.empty()) return;
  if (pcm_rate != rate_) {
    const std::size_t wanted = pcm.size() * rate_ / pcm_rate;
    auto changed = codec::resample(std::span<const std::int16_t>(pcm), pcm_rate, rate_);
    if (!changed) return;
    pcm = std::move(*changed);
    pcm.resize(wanted);
  }
  const auto samples = [this](std::int64_t micros) {
    return micros / 1'000'000 * rate_ + micros % 1'000'000 * rate_ / 1'000'000;
  };
  const std::int64_t room = samples(std::max<std::int64_t>(timeline_.cut(position) - position, 0));
  const auto count = std::min<std::int64_t>(static_cast<std::int64_t>(pcm.size()), room);
  const std::int64_t start = samples(timeline_.played(position)) - first_;
  const std::int64_t frames = static_cast<std::int64_t>(out_.size() / 2);
  for (std::int64_t i = std::max<std::int64_t>(0, -start); i < count && start + i < frames; ++i)
    out_[static_cast<std::size_t>(start + i) * 2 + channel] = pcm[static_cast<std::size_t>(i)];
}

}  // namespace parley::media::recording
