#include <algorithm>
#include <array>
#include <cstdint>

#include <speech/onnx.hpp>
#include <speech/recogniser.hpp>
#include <speech/voice_activity.hpp>

namespace parley::speech {
namespace {

/// Silero v6: a window goes in behind the last 64 samples of the one before; without them it hears nothing reliably.
class Silero final : public VoiceActivity {
 public:
  explicit Silero(std::unique_ptr<onnx::Session> session) : session_(std::move(session)) {}

  Result<float> probability(std::span<const float> window) override {
    if (window.size() != kWindow) return fail(Errc::Invalid, "voice activity takes windows of 512 samples");
    std::copy(buffer_.end() - kContext, buffer_.end(), buffer_.begin());
    std::ranges::copy(window, buffer_.begin() + kContext);
    std::int64_t rate = kRecogniserRate;
    std::array<onnx::Tensor, 3> inputs;
    auto sound = onnx::Tensor::view_floats(buffer_, {1, static_cast<std::int64_t>(buffer_.size())});
    auto state = onnx::Tensor::view_floats(state_, {2, 1, 128});
    auto sample_rate = onnx::Tensor::view_integers({&rate, 1}, {});
    if (!sound) return std::unexpected(sound.error());
    if (!state) return std::unexpected(state.error());
    if (!sample_rate) return std::unexpected(sample_rate.error());
    inputs = {std::move(*sound), std::move(*state), std::move(*sample_rate)};
    auto outputs = session_->run(inputs);
    if (!outputs) return std::unexpected(outputs.error());
    const auto probability = (*outputs)[0].floats();
    const auto next = (*outputs)[1].floats();
    if (probability.size() != 1 || next.size() != state_.size())
      return fail(Errc::Corrupt, "the voice activity model answers in another shape");
    std::ranges::copy(next, state_.begin());
    return probability[0];
  }

  void reset() override {
    buffer_.fill(0);
    state_.fill(0);
  }

 private:
  static constexpr std::size_t kContext = 64;
  std::unique_ptr<onnx::Session> session_;
  std::array<float, kContext + kWindow> buffer_{};
  std::array<float, 256> state_{};
};

}  // namespace

Result<std::unique_ptr<VoiceActivity>> VoiceActivity::open(const ModelFolder& folder) {
  auto session = onnx::Session::open(folder, "silero_vad_v6.onnx");
  if (!session) return std::unexpected(session.error());
  if ((*session)->inputs() != std::vector<std::string>{"input", "state", "sr"} || (*session)->outputs().size() != 2)
    return fail(Errc::Corrupt, "the voice activity model is of another version");
  return std::make_unique<Silero>(std::move(*session));
}

}  // namespace parley::speech
