// Speaks assets/demo/script.json and assets/prompts/script.json: the demo call with the times of its turns, and the
// prompts.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <codec/resampler.hpp>
#include <codec/wav.hpp>
#include <speech/synthesiser.hpp>
#include <speech/transcript.hpp>

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace parley;  // NOLINT: a program

constexpr float kPeak = 0.6F;
constexpr float kQuiet = 0.01F;
constexpr double kMarginSeconds = 0.05;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text);
  return std::move(*result);
}
void must(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().text);
}

json::value read_script(const fs::path& path) {
  std::ifstream in(path);
  return json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
}

/// The speech without the silence around it, at an even loudness, as 16-bit samples at `rate`.
std::vector<std::int16_t> render(speech::Synthesiser& voice, std::string_view text, const speech::VoiceOptions& options,
                                 std::uint32_t rate) {
  const auto sound = must(voice.speak(text, options));
  const auto loud = [](float sample) { return std::abs(sample) > kQuiet; };
  const auto margin = static_cast<std::ptrdiff_t>(kMarginSeconds * sound.rate);
  auto first = std::ranges::find_if(sound.samples, loud);
  auto last = std::find_if(sound.samples.rbegin(), sound.samples.rend(), loud).base();
  first -= std::min(margin, first - sound.samples.begin());
  last += std::min(margin, sound.samples.end() - last);
  float peak = kQuiet;
  for (auto at = first; at < last; ++at) peak = std::max(peak, std::abs(*at));
  const auto resampled =
      must(codec::resample(std::span<const float>(first, last), static_cast<std::uint32_t>(sound.rate), rate));
  std::vector<std::int16_t> out(resampled.size());
  std::ranges::transform(resampled, out.begin(), [&](float sample) {
    return static_cast<std::int16_t>(std::lround(std::clamp(sample * kPeak / peak, -1.0F, 1.0F) * 32767.0F));
  });
  return out;
}

void make_prompts(const fs::path& folder, speech::Synthesiser& voice) {
  const json::value script = read_script(folder / "script.json");
  const auto rate = static_cast<std::uint32_t>(script.at("rate").as_int64());
  const double speed = script.at("speed").to_number<double>();
  for (const auto& [name, text] : script.at("prompts").as_object()) {
    const auto samples = render(voice, text.as_string(), {std::string(script.at("voice").as_string()), speed}, rate);
    must(codec::write_wav(folder / (std::string(name) + ".wav"), {rate, 1, samples}));
    fmt::print("{}.wav: {:.1f} s\n", std::string(name), static_cast<double>(samples.size()) / rate);
  }
}

void make_call(const fs::path& folder, speech::Synthesiser& voice) {
  const json::value script = read_script(folder / "script.json");
  const auto rate = static_cast<std::uint32_t>(script.at("rate").as_int64());
  const double speed = script.at("speed").to_number<double>();
  std::array<std::vector<std::int16_t>, 2> channels;
  json::array turns;
  double at = 0;
  for (const json::value& turn : script.at("turns").as_array()) {
    const std::string speaker(turn.at("speaker").as_string());
    const std::string text(turn.at("text").as_string());
    const auto samples = render(voice, text, {std::string(script.at("voices").at(speaker).as_string()), speed}, rate);
    const double start = at + turn.at("gap_s").to_number<double>();
    const auto first = static_cast<std::size_t>(start * rate);
    auto& channel = channels[speaker == "caller" ? 0 : 1];
    channel.resize(first + samples.size());
    std::ranges::copy(samples, channel.begin() + static_cast<std::ptrdiff_t>(first));
    at = start + static_cast<double>(samples.size()) / rate;
    turns.push_back({{"speaker", speaker},
                     {"start_s", std::round(start * 1000) / 1000},
                     {"end_s", std::round(at * 1000) / 1000},
                     {"text", text}});
    fmt::print("{:6.1f} {}: {}\n", start, speaker, text);
  }
  const std::size_t frames = static_cast<std::size_t>((at + 1) * rate);
  codec::Wav wav{rate, 2, {}};
  wav.samples.reserve(frames * 2);
  for (auto& channel : channels) channel.resize(frames);
  for (std::size_t i = 0; i < frames; ++i)
    for (const auto& channel : channels) wav.samples.push_back(channel[i]);
  must(codec::write_wav(folder / "call.wav", wav));
  std::ofstream out(folder / "call.json");
  out << "{ \"rate\": " << rate << ",\n  \"seconds\": " << static_cast<double>(frames) / rate << ",\n  \"turns\": [\n";
  for (std::size_t i = 0; i < turns.size(); ++i)
    out << "    " << json::serialize(turns[i]) << (i + 1 < turns.size() ? ",\n" : "\n");
  out << "  ] }\n";
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2 || argc > 3) {
    fmt::print("usage: make_assets ASSETS_FOLDER [MODELS_FOLDER]\n");
    return 2;
  }
  const fs::path assets = argv[1];
  const auto voice = must(speech::Synthesiser::open_natural({argc == 3 ? argv[2] : "build/speech"}));
  make_prompts(assets / "prompts", *voice);
  make_call(assets / "demo", *voice);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "make_assets: {}\n", error.what());
  return 1;
}
