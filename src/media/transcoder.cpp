#include <algorithm>

#include <codec/g711.hpp>
#include <media/transcoder.hpp>

namespace parley::media {
using codec::CodecId;

namespace {
bool is_g711(CodecId id) { return id == CodecId::Pcmu || id == CodecId::Pcma; }
}  // namespace

Transcoder::Transcoder(CodecId from, CodecId to) : from_(from), to_(to), direct_(is_g711(from) && is_g711(to)) {
  if (direct_) return;
  decoder_ = codec::make_decoder(from);
  encoder_ = codec::make_encoder(to);
  if (decoder_->sample_rate() != encoder_->sample_rate())
    resampler_.emplace(decoder_->sample_rate(), encoder_->sample_rate());
}
Transcoder::~Transcoder() = default;

std::span<const Transcoder::Frame> Transcoder::map_g711(std::uint64_t sequence, std::uint32_t timestamp,
                                                        BytesView payload) {
  if (payload.size() > mapped_.size()) return {};
  if (from_ == to_)
    std::ranges::copy(payload, mapped_.begin());
  else
    std::ranges::transform(payload, mapped_.begin(),
                           from_ == CodecId::Pcmu ? codec::g711::ulaw_to_alaw : codec::g711::alaw_to_ulaw);
  frames_[0] = {BytesView(mapped_).first(payload.size()), sequence, timestamp};
  return std::span(frames_).first(1);
}

std::span<const Transcoder::Frame> Transcoder::feed(std::uint64_t sequence, std::uint32_t timestamp,
                                                    BytesView payload) {
  if (direct_) return map_g711(sequence, timestamp, payload);
  const std::uint32_t in_rate = codec::info(from_).rtp_clock_rate;
  const std::uint32_t duration = codec::duration_of(from_, payload);
  if (duration == 0) return {};
  if (!started_ || timestamp != expected_timestamp_) {  // loss, silence suppression or a new talk spurt
    waiting_count_ = 0;
    // Lost packets are shown as lost frames; what the far end left out on purpose is no loss.
    const std::uint64_t lost = started_ && sequence > last_in_ ? sequence - last_in_ - 1 : 0;
    next_out_ += std::min<std::uint64_t>(lost * duration / (in_rate / 50), 50);
  }
  if (waiting_count_ == 0) waiting_timestamp_ = timestamp;
  started_ = true;
  last_in_ = sequence;
  expected_timestamp_ = timestamp + duration;

  const std::size_t samples = decoder_->decode(payload, decoded_);
  const std::span<const std::int16_t> pcm = std::span(decoded_).first(samples);
  const std::span<std::int16_t> room = std::span(waiting_).subspan(waiting_count_);
  if (resampler_) {
    if (resampler_->output_bound(samples) > room.size()) return {};
    waiting_count_ += resampler_->process(pcm, room);
  } else {
    if (samples > room.size()) return {};
    std::ranges::copy(pcm, room.begin());
    waiting_count_ += samples;
  }

  const std::size_t frame = encoder_->sample_rate() / 50;
  std::size_t used = 0, count = 0;
  while (count < kMaxFrames && waiting_count_ - used >= frame) {
    const std::size_t bytes = encoder_->encode(std::span(waiting_).subspan(used, frame), payloads_[count]);
    used += frame;
    if (bytes > 0) {
      frames_[count] = {BytesView(payloads_[count]).first(bytes), next_out_, waiting_timestamp_};
      ++count;
    }
    ++next_out_;
    waiting_timestamp_ += in_rate / 50;
  }
  std::copy(waiting_.begin() + static_cast<std::ptrdiff_t>(used),
            waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_count_), waiting_.begin());
  waiting_count_ -= used;
  return std::span(frames_).first(count);
}

}  // namespace parley::media
