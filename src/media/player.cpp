#include <algorithm>
#include <utility>

#include <media/player.hpp>

namespace parley::media {

void Player::start(std::shared_ptr<const Prompt> prompt, bool repeat, codec::CodecId codec, Done done) {
  if (!encoder_ || codec != codec_) encoder_ = codec::make_encoder(codec);
  codec_ = codec;
  prompt_ = std::move(prompt);
  pcm_ = prompt_->at(encoder_->sample_rate());
  repeat_ = repeat;
  done_ = std::move(done);
  at_ = 0;
  sent_ = refused_ = 0;
}

BytesView Player::next() {
  if (at_ >= pcm_.size()) return {};
  const std::size_t frame = encoder_->sample_rate() / 50;
  std::size_t filled = 0;
  while (filled < frame) {
    const std::size_t piece = std::min(frame - filled, pcm_.size() - at_);
    std::copy_n(pcm_.begin() + static_cast<std::ptrdiff_t>(at_), piece,
                frame_.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += piece;
    at_ += piece;
    if (at_ < pcm_.size()) continue;
    if (!repeat_) break;
    at_ = 0;
  }
  std::fill(frame_.begin() + static_cast<std::ptrdiff_t>(filled), frame_.begin() + static_cast<std::ptrdiff_t>(frame),
            std::int16_t{0});
  const std::size_t bytes = encoder_->encode(std::span(frame_).first(frame), payload_);
  return BytesView(payload_).first(bytes);
}

Player::Done Player::finish() noexcept {
  prompt_.reset();
  pcm_ = {};
  return std::exchange(done_, nullptr);
}

}  // namespace parley::media
