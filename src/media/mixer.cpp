#include <algorithm>
#include <cstdlib>

#include <base/assert.hpp>
#include <media/mixer.hpp>

namespace parley::media {

namespace {

constexpr std::int32_t kCeiling = 30000;      // the limiter keeps the sum below, -0.8 dBFS
constexpr std::int32_t kRelease = 64;         // of 4096, a tick: back from -20 dB within a good second
constexpr unsigned kToBecomeSpeaker = 10;     // ticks
constexpr float kLouder = 2, kSmooth = 0.2F;  // 3 dB in energy

std::int16_t saturated(std::int32_t value) noexcept {
  return static_cast<std::int16_t>(std::clamp(value, -32768, 32767));
}

std::int64_t mean_square(std::span<const std::int16_t> pcm) noexcept {
  std::int64_t sum = 0;
  // A frame's halves fit into 32 bits only when they are quiet, so 64; the compiler makes vectors of it.
  for (const std::int16_t sample : pcm) sum += std::int64_t{sample} * sample;
  return sum / static_cast<std::int64_t>(pcm.size());
}

/// `gain` moves from one tick's to the next, down within 5 ms, up within the frame, so that nothing clicks.
class Ramp {
 public:
  Ramp(std::int32_t from, std::int32_t to, std::size_t samples) noexcept
      : at_(from * 256), to_(to * 256), left_(to < from ? samples / 4 : samples) {
    step_ = (to_ - at_) / static_cast<std::int32_t>(left_);
  }
  std::int32_t next() noexcept {
    if (left_ > 0) at_ = --left_ == 0 ? to_ : at_ + step_;
    return at_ / 256;
  }

 private:
  std::int32_t at_, to_, step_ = 0;
  std::size_t left_;
};

}  // namespace

bool TalkGate::next(std::int64_t mean_square) noexcept {
  level_ += kSmooth * (static_cast<float>(mean_square) - level_);
  if (mean_square >= (is_open() ? kKeep : kOpen))
    left_ = kHang;
  else if (left_ > 0)
    --left_;
  return is_open();
}

MixParty::MixParty(std::span<const codec::CodecId> formats, MixSettings how)
    : settings(how),
      codec_(formats.front()),
      layer_(Mixer::layer_of(codec::widest_rate(codec_))),
      input_(formats, codec::widest_rate(codec_)),
      encoder_(codec::make_widest_encoder(codec_)) {}
MixParty::~MixParty() = default;

Mixer::Mixer() {
  for (std::size_t i = 0; i < kLayers; ++i) layers_[i].samples = kRates[i] / 50;
}

void Mixer::add(MixParty& party) {
  parties_.push_back(&party);
  ++layers_[party.layer_].parties;
  auto& common = common_[static_cast<std::size_t>(party.codec_)];
  if (common.parties++ == 0) common.encoder = codec::make_widest_encoder(party.codec_);
  prepare();
}

/// Resamplers between the rates in use; sounds come at the lowest.
void Mixer::prepare() {
  for (std::size_t from = 0; from < kLayers; ++from)
    for (std::size_t to = 0; to < kLayers; ++to) {
      auto& resampler = layers_[from].to[to];
      const bool needed = from != to && layers_[to].parties > 0 && (from == 0 || layers_[from].parties > 0);
      if (needed && !resampler) resampler.emplace(kRates[from], kRates[to]);
      if (!needed) resampler.reset();
    }
}

void Mixer::remove(MixParty& party) {
  if (std::erase(parties_, &party) == 0) return;
  --layers_[party.layer_].parties;
  auto& common = common_[static_cast<std::size_t>(party.codec_)];
  if (--common.parties == 0) common.encoder.reset();
  if (speaker_ == &party) speaker_ = nullptr;
  if (challenger_ == &party) challenger_ = nullptr;
  prepare();
}

void Mixer::play(std::shared_ptr<const Prompt> sound, bool repeat) {
  sound_ = std::move(sound);
  repeat_ = repeat;
  sound_at_ = 0;
}

void Mixer::take_in() noexcept {
  for (MixParty* const party : parties_) {
    if (party->settings.muted) {
      party->input_.discard();
      party->gate_.close();
      continue;
    }
    auto& layer = layers_[party->layer_];
    const auto frame = std::span(party->frame_).first(layer.samples);
    if (!party->input_.take(frame)) {
      (void)party->gate_.next(0);
      if (party->gate_.is_open()) std::ranges::fill(frame, std::int16_t{0});
      continue;
    }
    if (!party->gate_.next(mean_square(frame))) continue;
    if (const auto percent = static_cast<std::int32_t>(party->settings.gain_percent); percent != 100)
      for (auto& sample : frame) sample = saturated(sample * percent / 100);
    for (std::size_t i = 0; i < layer.samples; ++i) layer.sum[i] += frame[i];
    layer.sounds = true;
    ++sources_;
  }
}

void Mixer::add_sound() noexcept {
  if (!sound_) return;
  const auto pcm = sound_->at(kRates[0]);
  auto& layer = layers_[0];
  for (std::size_t i = 0; i < layer.samples && sound_; ++i) {
    layer.sum[i] += pcm[sound_at_];
    if (++sound_at_ < pcm.size()) continue;
    sound_at_ = 0;
    if (!repeat_) sound_.reset();  // `pcm` is looked at no more
  }
  layer.sounds = true;
  ++sources_;
}

void Mixer::cross_layers() noexcept {
  for (auto& layer : layers_)
    if (layer.parties > 0) std::copy_n(layer.sum.begin(), layer.samples, layer.all.begin());
  for (auto& from : layers_) {
    from.quiet = from.sounds ? 0 : from.quiet + 1;
    if (from.quiet > kTail) {
      from.quiet = kTail + 1;
      continue;
    }
    for (std::size_t to = 0; to < kLayers; ++to) {
      if (!from.to[to]) continue;
      std::array<std::int16_t, kMixFrame> in;
      std::array<std::int16_t, kMixFrame + 16> out;
      for (std::size_t i = 0; i < from.samples; ++i) in[i] = saturated(from.sum[i]);
      const std::size_t made =
          std::min(from.to[to]->process(std::span(in).first(from.samples), out), layers_[to].samples);
      for (std::size_t i = 0; i < made; ++i) layers_[to].all[i] += out[i];
      if (from.quiet == kTail) from.to[to]->reset();
    }
  }
}

void Mixer::limit() noexcept {
  std::int32_t peak = 0;
  if (sources_ > 1 || gain_ != kUnity)
    for (const auto& layer : layers_) {
      if (layer.parties == 0) continue;
      for (std::size_t i = 0; i < layer.samples; ++i) peak = std::max(peak, std::abs(layer.all[i]));
    }
  const std::int32_t wanted =
      peak > kCeiling ? static_cast<std::int32_t>(std::int64_t{kCeiling} * kUnity / peak) : kUnity;
  gain_before_ = gain_;
  gain_ = wanted < gain_ ? wanted : std::min(wanted, gain_ + kRelease);
  for (auto& layer : layers_) {
    if (layer.parties == 0) continue;
    std::swap(layer.before, layer.out);
    if (gain_ == kUnity && gain_before_ == kUnity) {
      for (std::size_t i = 0; i < layer.samples; ++i) layer.out[i] = saturated(layer.all[i]);
      continue;
    }
    Ramp gain(gain_before_, gain_, layer.samples);
    for (std::size_t i = 0; i < layer.samples; ++i)
      layer.out[i] = saturated(static_cast<std::int32_t>(std::int64_t{layer.all[i]} * gain.next() / kUnity));
  }
}

void Mixer::find_speaker() noexcept {
  const MixParty* loudest = nullptr;
  for (const MixParty* const party : parties_)
    if (party->talks() && (loudest == nullptr || party->gate_.level() > loudest->gate_.level())) loudest = party;
  if (loudest == nullptr || loudest == speaker_) {
    challenged_ = 0;
    return;
  }
  const bool free = speaker_ == nullptr || !speaker_->talks();
  if (!free && loudest->gate_.level() < kLouder * speaker_->gate_.level()) {
    challenged_ = 0;
    return;
  }
  challenged_ = loudest == challenger_ ? challenged_ + 1 : 1;
  challenger_ = loudest;
  if (challenged_ < kToBecomeSpeaker) return;
  speaker_ = loudest;
  challenged_ = 0;
}

void Mixer::mix() noexcept {
  sources_ = 0;
  for (auto& layer : layers_) {
    std::fill_n(layer.sum.begin(), layer.samples, 0);
    layer.sounds = false;
  }
  for (auto& common : common_) common.fresh = false;
  take_in();
  add_sound();
  cross_layers();
  limit();
  find_speaker();
}

BytesView Mixer::payload_for(MixParty& party) noexcept {
  const auto& layer = layers_[party.layer_];
  auto& common = common_[static_cast<std::size_t>(party.codec_)];
  if (!party.talks()) {
    party.heard_itself_out_ = false;
    if (!std::exchange(common.fresh, true))
      common.size = common.encoder->encode(std::span(layer.out).first(layer.samples), common.payload);
    return BytesView(common.payload).first(common.size);
  }
  if (!std::exchange(party.heard_itself_out_, true) && party.codec_ != codec::CodecId::Pcmu &&
      party.codec_ != codec::CodecId::Pcma) {
    // An encoder with a memory begins with what the listener heard last.
    (void)party.encoder_->encode(std::span(layer.before).first(layer.samples), party.payload_);
  }
  std::array<std::int16_t, kMixFrame> others;
  Ramp gain(gain_before_, gain_, layer.samples);
  const bool limited = gain_ != kUnity || gain_before_ != kUnity;
  for (std::size_t i = 0; i < layer.samples; ++i) {
    const std::int32_t sum = layer.all[i] - party.frame_[i];
    others[i] = saturated(limited ? static_cast<std::int32_t>(std::int64_t{sum} * gain.next() / kUnity) : sum);
  }
  return BytesView(party.payload_)
      .first(party.encoder_->encode(std::span(others).first(layer.samples), party.payload_));
}

}  // namespace parley::media
