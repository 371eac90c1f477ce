#include <algorithm>
#include <cmath>

#include <parleyd/notices.hpp>

#include <base/log.hpp>
#include <speech/worker.hpp>

namespace parley::server {

void Notices::refresh() {
  const std::lock_guard lock(mutex_);
  const auto organisations = store_.organisations.list();
  if (!organisations) return;
  speech::WorkerOptions options;
  options.models = models_;
  speech::WorkerClient worker(options);
  const auto available = speech::available(models_);
  for (const auto& organisation : *organisations) {
    const auto policy = store_.policies.current(organisation.id);
    if (!policy || policy->announcement_mode != "custom" || policy->announcement_text.empty()) continue;
    if (spoken_[organisation.id] == policy->announcement_text) continue;
    const std::string name = "notice-" + organisation.id.text();
    prompts_.remove(name);
    spoken_.erase(organisation.id);
    speech::VoiceOptions voice;
    if (!available.synthesiser) voice.voice = "slt";
    const auto sound = worker.speak(policy->announcement_text, voice);
    if (!sound) {
      log::error("notice.not_spoken", {{"organisation", organisation.id.text()}, {"error", sound.error().text}});
      continue;
    }
    std::vector<std::int16_t> pcm(sound->samples.size());
    std::ranges::transform(sound->samples, pcm.begin(), [](float s) {
      return static_cast<std::int16_t>(std::lround(std::clamp(s, -1.0F, 1.0F) * 32767.0F));
    });
    auto prompt = media::Prompt::from_pcm(pcm, static_cast<std::uint32_t>(sound->rate));
    if (!prompt) {
      log::error("notice.not_spoken", {{"organisation", organisation.id.text()}, {"error", prompt.error().text}});
      continue;
    }
    prompts_.put(name, std::move(*prompt));
    spoken_[organisation.id] = policy->announcement_text;
    log::info("notice.spoken", {{"organisation", organisation.id.text()}});
  }
}

}  // namespace parley::server
