#pragma once
#include <array>
#include <functional>
#include <memory>

#include <codec/codec.hpp>
#include <media/media_types.hpp>
#include <media/prompt.hpp>

namespace parley::media {

/// One prompt on its way to one leg: a payload per 20 ms tick. Keeps the encoder between prompts of the same codec.
/// Thread: the media thread's.
class Player {
 public:
  using Done = std::function<void(LegHandle, PlayOutcome)>;

  void start(std::shared_ptr<const Prompt> prompt, bool repeat, codec::CodecId codec, Done done);
  [[nodiscard]] bool active() const noexcept { return prompt_ != nullptr; }
  /// The next 20 ms; empty at the end (or when the encoder fails, which ends it as well).
  [[nodiscard]] BytesView next();
  /// Whether everything went out: the caller counts what the network refused.
  void on_sent(bool sent) noexcept { (sent ? sent_ : refused_) += 1; }
  [[nodiscard]] bool mostly_refused() const noexcept { return refused_ * 10 > sent_ + refused_; }
  /// Ends it and gives the callback, to be told the outcome.
  [[nodiscard]] Done finish() noexcept;

 private:
  std::shared_ptr<const Prompt> prompt_;
  bool repeat_ = false;
  Done done_;
  codec::CodecId codec_ = codec::CodecId::Pcmu;
  std::unique_ptr<codec::Encoder> encoder_;
  std::span<const std::int16_t> pcm_;
  std::size_t at_ = 0;
  unsigned sent_ = 0, refused_ = 0;
  struct Frame {
    std::array<std::int16_t, 320> samples{};
    std::array<std::uint8_t, 480> payload{};
  };
  std::unique_ptr<Frame> frame_;  // most legs never play anything
};

}  // namespace parley::media
