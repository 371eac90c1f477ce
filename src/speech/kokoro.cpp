#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <speech/onnx.hpp>
#include <speech/pronouncer.hpp>
#include <speech/speakable.hpp>
#include <speech/synthesiser.hpp>

namespace parley::speech {
namespace {

namespace json = boost::json;

constexpr int kRate = 24'000;
constexpr std::size_t kStyle = 256;       // floats in a row of a voice file
constexpr std::size_t kMostTokens = 480;  // of 510: a longer sentence is cut at a space

using Symbols = std::map<std::string, std::int64_t, std::less<>>;

Result<std::string> read_file(const std::string& path, std::uintmax_t limit) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return fail(Errc::NotFound, path + " is missing");
  if (size > limit) return fail(Errc::Corrupt, path + " is too large");
  std::ifstream in(path, std::ios::binary);
  std::string out(size, '\0');
  if (!in.read(out.data(), static_cast<std::streamsize>(size))) return fail(Errc::Io, path + " cannot be read");
  return out;
}

Result<Symbols> read_symbols(const ModelFolder& folder) {
  constexpr std::uintmax_t kLimit = 1U << 20U;
  auto text = read_file(folder.file("kokoro/tokenizer.json"), kLimit);
  if (!text) return std::unexpected(text.error());
  boost::system::error_code bad;
  const json::value root = json::parse(*text, bad);
  const auto* vocabulary = bad ? nullptr : root.find_pointer("/model/vocab", bad);
  if (vocabulary == nullptr || !vocabulary->is_object())
    return fail(Errc::Corrupt, "kokoro/tokenizer.json has no model.vocab");
  Symbols out;
  for (const auto& [symbol, id] : vocabulary->get_object())
    if (id.is_int64()) out.emplace(std::string(symbol), id.get_int64());
  return out;
}

std::size_t sequence_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Kokoro-82M: phones and a voice's style in, 24 kHz sound out, a sentence at a time.
class Kokoro final : public Synthesiser {
 public:
  Kokoro(ModelFolder folder, std::unique_ptr<onnx::Session> session, Pronouncer pronouncer, Symbols symbols)
      : folder_(std::move(folder)),
        session_(std::move(session)),
        pronouncer_(std::move(pronouncer)),
        symbols_(std::move(symbols)) {}

  Result<Sound> speak(std::string_view text, const VoiceOptions& options) override {
    if (text.size() > kMaxText)
      return fail(Errc::Limited, fmt::format("a text to speak has at most {} bytes", kMaxText));
    if (!(options.speed >= 0.5 && options.speed <= 2)) return fail(Errc::Invalid, "the speed of speech is 0.5 to 2");
    const auto voice = load_voice(options.voice);
    if (!voice) return std::unexpected(voice.error());
    const auto sentences = speakable_sentences(text);
    if (sentences.empty()) return fail(Errc::Invalid, "there is nothing to say in the text");
    Sound out{kRate, {}};
    for (const std::string& sentence : sentences)
      for (auto& tokens : tokenise(pronouncer_.phones(sentence)))
        if (auto spoken = speak_tokens(tokens, **voice, static_cast<float>(options.speed), out.samples); !spoken)
          return std::unexpected(spoken.error());
    return out;
  }

 private:
  Result<const std::vector<float>*> load_voice(const std::string& name) {
    const bool plain =
        !name.empty() && std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    if (!plain) return fail(Errc::NotFound, "no such voice");
    if (const auto known = voices_.find(name); known != voices_.end()) return &known->second;
    auto bytes = read_file(folder_.file("kokoro/voices/" + name + ".bin"), 4U << 20U);
    if (!bytes) return fail(Errc::NotFound, fmt::format("no voice {}", name));
    if (bytes->empty() || bytes->size() % (kStyle * sizeof(float)) != 0)
      return fail(Errc::Corrupt, "a voice file is damaged");
    std::vector<float> floats(bytes->size() / sizeof(float));
    std::memcpy(floats.data(), bytes->data(), bytes->size());
    return &voices_.emplace(name, std::move(floats)).first->second;
  }

  /// Symbols' numbers, cut at spaces where there are too many; what the model does not know is left out.
  [[nodiscard]] std::vector<std::vector<std::int64_t>> tokenise(std::string_view phones) const {
    const auto space = symbols_.find(" ");
    const std::int64_t space_token = space == symbols_.end() ? -1 : space->second;
    std::vector<std::vector<std::int64_t>> out(1);
    for (std::size_t at = 0; at < phones.size();) {
      const std::size_t length = std::min(sequence_length(phones[at]), phones.size() - at);
      const auto found = symbols_.find(phones.substr(at, length));
      at += length;
      if (found == symbols_.end()) continue;
      const bool full = out.back().size() >= kMostTokens;
      if (full || (out.back().size() + 40 >= kMostTokens && found->second == space_token)) out.emplace_back();
      out.back().push_back(found->second);
    }
    std::erase_if(out, [](const auto& tokens) { return tokens.empty(); });
    return out;
  }

  Result<void> speak_tokens(std::vector<std::int64_t>& tokens, const std::vector<float>& voice, float speed,
                            std::vector<float>& samples) {
    const std::size_t rows = voice.size() / kStyle;
    const std::size_t row = std::min(tokens.size(), rows - 1);
    std::array<float, kStyle> style;
    std::copy_n(voice.begin() + static_cast<std::ptrdiff_t>(row * kStyle), kStyle, style.begin());
    tokens.insert(tokens.begin(), 0);
    tokens.push_back(0);
    auto ids = onnx::Tensor::view_integers(tokens, {1, static_cast<std::int64_t>(tokens.size())});
    auto styles = onnx::Tensor::view_floats(style, {1, static_cast<std::int64_t>(kStyle)});
    auto pace = onnx::Tensor::view_floats({&speed, 1}, {1});
    if (!ids) return std::unexpected(ids.error());
    if (!styles) return std::unexpected(styles.error());
    if (!pace) return std::unexpected(pace.error());
    const std::array<onnx::Tensor, 3> inputs{std::move(*ids), std::move(*styles), std::move(*pace)};
    auto outputs = session_->run(inputs);
    if (!outputs) return std::unexpected(outputs.error());
    const auto wave = (*outputs)[0].floats();
    samples.insert(samples.end(), wave.begin(), wave.end());
    return {};
  }

  ModelFolder folder_;
  std::unique_ptr<onnx::Session> session_;
  Pronouncer pronouncer_;
  Symbols symbols_;
  std::map<std::string, std::vector<float>> voices_;
};

}  // namespace

Result<std::unique_ptr<Synthesiser>> Synthesiser::open_natural(const ModelFolder& folder) {
  auto session = onnx::Session::open(folder, "kokoro/model.onnx");
  if (!session) return std::unexpected(session.error());
  if ((*session)->inputs() != std::vector<std::string>{"input_ids", "style", "speed"})
    return fail(Errc::Corrupt, "the voice model is of another version");
  auto pronouncer = Pronouncer::open(folder);
  if (!pronouncer) return std::unexpected(pronouncer.error());
  auto symbols = read_symbols(folder);
  if (!symbols) return std::unexpected(symbols.error());
  return std::make_unique<Kokoro>(folder, std::move(*session), std::move(*pronouncer), std::move(*symbols));
}

}  // namespace parley::speech
