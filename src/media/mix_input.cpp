#include <algorithm>

#include <media/mix_input.hpp>

namespace parley::media {

namespace {
constexpr std::size_t kBlendMs = 5;  // over a place where 20 ms were left out
}  // namespace

MixInput::MixInput(std::span<const codec::CodecId> formats, std::uint32_t rate) {
  std::size_t longest = 0, resampled = 0;
  for (const auto codec : formats) {
    auto& stream = streams_[static_cast<std::size_t>(codec)];
    if (stream) continue;
    stream.emplace();
    const auto own = codec::widest_rate(codec);
    stream->decoder = codec::make_widest_decoder(codec);
    if (codec != codec::CodecId::Opus) stream->concealer.emplace(own);
    if (own != rate) {
      stream->resampler.emplace(own, rate);
      resampled = std::max(resampled, stream->resampler->output_bound(own / 50));
    }
    // The longest packet on top of two frames less one sample.
    longest = std::max(longest, std::size_t{own} * 12 / 100 + std::size_t{own} / 25);
  }
  pcm_.resize(longest);
  resampled_.resize(resampled);
}

void MixInput::put(codec::CodecId codec, std::uint64_t segment, std::uint64_t sequence, std::uint32_t timestamp,
                   BytesView payload) noexcept {
  if (!streams_[static_cast<std::size_t>(codec)]) return;
  if (codec_ != codec || segment_ != segment) {
    codec_ = codec;
    segment_ = segment;
    count_ = 0;
    buffer_.restart(codec::info(codec).rtp_clock_rate);
  }
  buffer_.put(sequence, timestamp, codec::duration_of(codec, payload), payload);
}

void MixInput::discard() noexcept {
  if (!codec_) return;
  codec_.reset();
  count_ = 0;
}

void MixInput::fill(Stream& stream, std::size_t samples) {
  samples = std::min(samples, pcm_.size() - count_);
  const auto room = std::span(pcm_).subspan(count_, samples);
  if (stream.concealer)
    stream.concealer->fill(room);
  else if (!stream.decoder->conceal(room, {}))
    std::ranges::fill(room, std::int16_t{0});
  count_ += samples;
}

void MixInput::append(Stream& stream, const JitterBuffer::Taken& taken, std::size_t samples) {
  const auto room = std::span(pcm_).subspan(count_);
  switch (taken.what) {
    case JitterBuffer::Taken::What::Packet: {
      const std::size_t got = stream.decoder->decode(taken.payload, room);
      if (got == 0) return fill(stream, samples);
      if (stream.concealer) stream.concealer->heard(room.first(got));
      count_ += got;
      return;
    }
    case JitterBuffer::Taken::What::Lost:
      if (!taken.payload.empty() && samples <= room.size() &&
          stream.decoder->conceal(room.first(samples), taken.payload)) {
        count_ += samples;
        return;
      }
      return fill(stream, samples);
    case JitterBuffer::Taken::What::Pause:
      std::ranges::fill(room.first(std::min(samples, room.size())), std::int16_t{0});
      count_ += std::min(samples, room.size());
      return;
    case JitterBuffer::Taken::What::Dry: return fill(stream, samples);
  }
}

/// Takes the first 20 ms of `pcm_` away; what follows grows out of them.
void MixInput::leave_out(std::size_t samples) noexcept {
  const std::size_t rate = samples / 20;
  const auto blend = static_cast<std::int32_t>(kBlendMs * rate);
  for (std::int32_t i = 0; i < blend; ++i) {
    auto& later = pcm_[samples + static_cast<std::size_t>(i)];
    later = static_cast<std::int16_t>((pcm_[static_cast<std::size_t>(i)] * (blend - i) + later * i) / blend);
  }
  std::copy(pcm_.begin() + static_cast<std::ptrdiff_t>(samples), pcm_.begin() + static_cast<std::ptrdiff_t>(count_),
            pcm_.begin());
  count_ -= samples;
}

bool MixInput::take(std::span<std::int16_t> frame) noexcept {
  if (!codec_ || !buffer_.tick()) return false;
  auto& stream = *streams_[static_cast<std::size_t>(*codec_)];
  const std::uint32_t own = stream.decoder->sample_rate(), clock = codec::info(*codec_).rtp_clock_rate;
  const std::size_t wanted = own / 50;
  const auto need = [&](std::size_t samples) {
    while (count_ < samples) {
      const auto taken = buffer_.take();
      const bool dry = taken.what == JitterBuffer::Taken::What::Dry;
      const std::size_t length = std::size_t{taken.ticks} * own / clock;
      append(stream, taken, dry ? samples - count_ : std::max<std::size_t>(length, 1));
    }
  };
  need(wanted);
  if (buffer_.may_leave_out()) {
    buffer_.left_out();
    need(2 * wanted);
    leave_out(wanted);
  }
  const auto pcm = std::span(pcm_).first(wanted);
  if (stream.resampler) {
    const std::size_t made = std::min(stream.resampler->process(pcm, resampled_), frame.size());
    std::copy_n(resampled_.begin(), made, frame.begin());
    std::ranges::fill(frame.subspan(made), std::int16_t{0});
  } else {
    std::ranges::copy(pcm, frame.begin());
  }
  std::copy(pcm_.begin() + static_cast<std::ptrdiff_t>(wanted), pcm_.begin() + static_cast<std::ptrdiff_t>(count_),
            pcm_.begin());
  count_ -= wanted;
  return true;
}

}  // namespace parley::media
