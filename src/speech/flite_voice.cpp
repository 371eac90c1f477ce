#include <memory>
#include <mutex>

#include <fmt/format.h>

#include <speech/synthesiser.hpp>

extern "C" {
#include <flite/flite.h>
cst_voice* register_cmu_us_slt(const char* voxdir);  // flite's voices declare these nowhere
cst_voice* register_cmu_us_rms(const char* voxdir);
}

namespace parley::speech {
namespace {

/// flite keeps state in its voices, so one text at a time in the whole process; it takes milliseconds.
std::mutex flite_mutex;

cst_voice* voice_named(std::string_view name) {
  static cst_voice* const slt = (flite_init(), register_cmu_us_slt(nullptr));
  static cst_voice* const rms = register_cmu_us_rms(nullptr);
  if (name == "slt") return slt;
  return name == "rms" ? rms : nullptr;
}

class Flite final : public Synthesiser {
 public:
  Result<Sound> speak(std::string_view text, const VoiceOptions& options) override {
    if (text.size() > kMaxText)
      return fail(Errc::Limited, fmt::format("a text to speak has at most {} bytes", kMaxText));
    if (!(options.speed >= 0.5 && options.speed <= 2)) return fail(Errc::Invalid, "the speed of speech is 0.5 to 2");
    if (text.find_first_not_of(" \t\r\n.,;:!?") == std::string_view::npos)
      return fail(Errc::Invalid, "there is nothing to say in the text");
    const std::lock_guard lock(flite_mutex);
    cst_voice* voice = voice_named(options.voice);
    if (voice == nullptr)
      return fail(Errc::NotFound, fmt::format("no voice {}; the instant ones are slt and rms", options.voice));
    flite_feat_set_float(voice->features, "duration_stretch", static_cast<float>(1 / options.speed));
    const std::string copy(text);
    const std::unique_ptr<cst_wave, void (*)(cst_wave*)> wave(flite_text_to_wave(copy.c_str(), voice), delete_wave);
    if (!wave || wave->num_samples <= 0 || wave->num_channels != 1)
      return fail(Errc::Invalid, "there is nothing to say in the text");
    Sound out{wave->sample_rate, {}};
    out.samples.reserve(static_cast<std::size_t>(wave->num_samples));
    for (int i = 0; i < wave->num_samples; ++i) out.samples.push_back(static_cast<float>(wave->samples[i]) / 32768.0F);
    return out;
  }
};

}  // namespace

std::unique_ptr<Synthesiser> Synthesiser::open_instant() { return std::make_unique<Flite>(); }

}  // namespace parley::speech
