#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include <speech/decode_guard.hpp>
#include <speech/onnx.hpp>
#include <speech/recogniser.hpp>
#include <speech/vocabulary.hpp>

namespace parley::speech {
namespace {

/// Moonshine base or tiny: an encoder, and a decoder that is run token by token with its past kept. Both sizes go
/// through this one path: layers and widths are read from the model.
///
/// Decoder inputs in order: input_ids, encoder_hidden_states, per layer the past {decoder,encoder}.{key,value},
/// use_cache_branch; outputs: logits, then the present in the same order. In the first step the past is empty and all
/// of the present is kept; later steps give new decoder parts only (their encoder parts are dummies).
class Moonshine final : public Recogniser {
 public:
  Moonshine(std::string engine, std::unique_ptr<onnx::Session> encoder, std::unique_ptr<onnx::Session> decoder,
            Vocabulary vocabulary, onnx::Shape past_shape)
      : engine_(std::move(engine)),
        encoder_(std::move(encoder)),
        decoder_(std::move(decoder)),
        vocabulary_(std::move(vocabulary)),
        past_shape_(std::move(past_shape)) {}

  [[nodiscard]] std::string_view engine() const override { return engine_; }

  Result<Recognition> recognise(std::span<const float> pcm) override {
    if (pcm.size() > kMaxSamples) return fail(Errc::Limited, "a segment of speech is longer than the recogniser takes");
    // Silence behind the speech, and no segment under a second: both save short answers and last digits.
    std::vector<float> padded(std::max<std::size_t>(pcm.size() + kTail, kRecogniserRate), 0.0F);
    std::ranges::copy(pcm, padded.begin());
    auto input = onnx::Tensor::view_floats(padded, {1, static_cast<std::int64_t>(padded.size())});
    if (!input) return std::unexpected(input.error());
    auto hidden = encoder_->run({&*input, 1});
    if (!hidden) return std::unexpected(hidden.error());
    const auto limit = static_cast<std::size_t>(
        std::max(8.0, std::ceil(static_cast<double>(padded.size()) / kRecogniserRate * kTokensPerSecond)));
    return decode(std::move((*hidden)[0]), limit);
  }

 private:
  static constexpr std::size_t kTail = kRecogniserRate / 2;
  static constexpr std::size_t kMaxSamples = static_cast<std::size_t>(kRecogniserRate) * 30;
  static constexpr double kTokensPerSecond = 6.5;

  Result<Recognition> decode(onnx::Tensor hidden, std::size_t limit) {
    std::int64_t token = kBeginToken;
    bool use_cache = false;
    auto ids = onnx::Tensor::view_integers({&token, 1}, {1, 1});  // shares `token`, which is rewritten each step
    auto flag = onnx::Tensor::view_flag(use_cache);
    if (!ids) return std::unexpected(ids.error());
    if (!flag) return std::unexpected(flag.error());
    std::vector<onnx::Tensor> inputs;
    inputs.reserve(decoder_->inputs().size());
    inputs.push_back(std::move(*ids));
    inputs.push_back(std::move(hidden));
    while (inputs.size() + 1 < decoder_->inputs().size()) {
      auto past = onnx::Tensor::view_floats({}, past_shape_);
      if (!past) return std::unexpected(past.error());
      inputs.push_back(std::move(*past));
    }
    inputs.push_back(std::move(*flag));

    DecodeGuard guard(limit);
    while (!guard.finished()) {
      auto outputs = decoder_->run(inputs);
      if (!outputs) return std::unexpected(outputs.error());
      const auto logits = (*outputs)[0].floats();
      if (logits.size() < Vocabulary::kSize) return fail(Errc::Corrupt, "the recogniser answers in another shape");
      token = guard.next(logits);
      for (std::size_t part = 0; part + 3 < inputs.size(); ++part)
        if (part % 4 < 2 || !use_cache) inputs[2 + part] = std::move((*outputs)[1 + part]);
      use_cache = true;
    }
    return guard.recognition(vocabulary_);
  }

  std::string engine_;
  std::unique_ptr<onnx::Session> encoder_;
  std::unique_ptr<onnx::Session> decoder_;
  Vocabulary vocabulary_;
  onnx::Shape past_shape_;  // empty past: [0, heads, 1, width]
};

Result<std::unique_ptr<Recogniser>> open_size(const ModelFolder& folder, const std::string& size) {
  auto vocabulary = Vocabulary::open(folder);
  if (!vocabulary) return std::unexpected(vocabulary.error());
  auto encoder = onnx::Session::open(folder, "moonshine-" + size + "/encoder.onnx");
  if (!encoder) return std::unexpected(encoder.error());
  auto decoder = onnx::Session::open(folder, "moonshine-" + size + "/decoder.onnx");
  if (!decoder) return std::unexpected(decoder.error());
  const auto& inputs = (*decoder)->inputs();
  const auto& outputs = (*decoder)->outputs();
  if (inputs.size() < 7 || inputs.size() % 4 != 3 || inputs[0] != "input_ids" ||
      inputs[2] != "past_key_values.0.decoder.key" || inputs.back() != "use_cache_branch" ||
      outputs.size() + 2 != inputs.size() || outputs[1] != "present.0.decoder.key")
    return fail(Errc::Corrupt, fmt::format("moonshine-{} is of another version: its decoder has other inputs", size));
  auto past = (*decoder)->input_shape(2);
  if (!past) return std::unexpected(past.error());
  if (past->size() != 4 || (*past)[1] <= 0 || (*past)[3] <= 0)
    return fail(Errc::Corrupt, fmt::format("moonshine-{} declares no shape for its past", size));
  return std::make_unique<Moonshine>("moonshine-" + size + "/1", std::move(*encoder), std::move(*decoder),
                                     std::move(*vocabulary), onnx::Shape{0, (*past)[1], 1, (*past)[3]});
}

}  // namespace

Result<std::unique_ptr<Recogniser>> Recogniser::open(const ModelFolder& folder, Model model) {
  if (model == Model::Tiny) return open_size(folder, "tiny");
  const bool has_base = folder.has("moonshine-base/encoder.onnx") && folder.has("moonshine-base/decoder.onnx");
  if (model == Model::Base || has_base) return open_size(folder, "base");
  return open_size(folder, "tiny");
}

}  // namespace parley::speech
