#include <algorithm>
#include <utility>

#include <media/player.hpp>

namespace parley::media {

void Player::start(std::shared_ptr<const Prompt> prompt, bool repeat, codec::CodecId codec, Done done) {
  if (!encoder_ || codec != codec_) encoder_ = codec::make_encoder(codec);
  if (!frame_) frame_ = std::make_unique<Frame>();
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
  const auto frame = std::span(frame_->samples).first(encoder_->sample_rate() / 50);
  std::size_t filled = 0;
  while (filled < frame.size()) {
    const std::size_t piece = std::min(frame.size() - filled, pcm_.size() - at_);
    std::ranges::copy(pcm_.subspan(at_, piece), frame.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += piece;
    at_ += piece;
    if (at_ < pcm_.size()) continue;
    if (!repeat_) break;
    at_ = 0;
  }
  std::ranges::fill(frame.subspan(filled), std::int16_t{0});
  return BytesView(frame_->payload).first(encoder_->encode(frame, frame_->payload));
}

Player::Done Player::finish() noexcept {
  prompt_.reset();
  pcm_ = {};
  return std::exchange(done_, nullptr);
}

}  // namespace parley::media
