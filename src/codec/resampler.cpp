#include <algorithm>
#include <array>
#include <type_traits>

#include <fmt/format.h>
#include <speex/speex_resampler.h>

#include <codec/resampler.hpp>

namespace parley::codec {
namespace {

constexpr std::uint32_t kLowest = 4'000;
constexpr std::uint32_t kHighest = 192'000;

SpeexResamplerState* speex(void* state) { return static_cast<SpeexResamplerState*>(state); }

}  // namespace

void Resampler::Free::operator()(void* state) const noexcept { speex_resampler_destroy(speex(state)); }

Result<Resampler> Resampler::make(std::uint32_t from, std::uint32_t to) {
  if (from < kLowest || from > kHighest || to < kLowest || to > kHighest)
    return fail(Errc::Unsupported, fmt::format("no resampling from {} to {} Hz", from, to));
  int error = RESAMPLER_ERR_SUCCESS;
  Resampler out;
  out.state_.reset(speex_resampler_init(1, from, to, SPEEX_RESAMPLER_QUALITY_MAX, &error));
  if (!out.state_) return fail(Errc::Internal, speex_resampler_strerror(error));
  speex_resampler_skip_zeros(speex(out.state_.get()));
  return out;
}

template <class Sample>
void Resampler::run(std::span<const Sample> in, std::vector<Sample>& out) {
  std::array<Sample, 4096> block;
  while (!in.empty()) {
    auto taken = static_cast<spx_uint32_t>(std::min<std::size_t>(in.size(), 1U << 16U));
    auto made = static_cast<spx_uint32_t>(block.size());
    if constexpr (std::is_same_v<Sample, float>)
      speex_resampler_process_float(speex(state_.get()), 0, in.data(), &taken, block.data(), &made);
    else
      speex_resampler_process_int(speex(state_.get()), 0, in.data(), &taken, block.data(), &made);
    out.insert(out.end(), block.begin(), block.begin() + made);
    in = in.subspan(taken);
    if (taken == 0 && made == 0) return;
  }
}

void Resampler::process(std::span<const float> in, std::vector<float>& out) { run(in, out); }
void Resampler::process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out) { run(in, out); }

void Resampler::flush(std::vector<float>& out) {
  run<float>(std::vector<float>(static_cast<std::size_t>(speex_resampler_get_input_latency(speex(state_.get())))), out);
}
void Resampler::flush(std::vector<std::int16_t>& out) {
  run<std::int16_t>(
      std::vector<std::int16_t>(static_cast<std::size_t>(speex_resampler_get_input_latency(speex(state_.get())))), out);
}

namespace {

template <class Sample>
Result<std::vector<Sample>> resample_all(std::span<const Sample> in, std::uint32_t from, std::uint32_t to) {
  if (from == to) return std::vector<Sample>(in.begin(), in.end());
  auto resampler = Resampler::make(from, to);
  if (!resampler) return std::unexpected(resampler.error());
  std::vector<Sample> out;
  out.reserve(in.size() * to / from + 64);
  resampler->process(in, out);
  resampler->flush(out);
  return out;
}

}  // namespace

Result<std::vector<float>> resample(std::span<const float> in, std::uint32_t from, std::uint32_t to) {
  return resample_all(in, from, to);
}
Result<std::vector<std::int16_t>> resample(std::span<const std::int16_t> in, std::uint32_t from, std::uint32_t to) {
  return resample_all(in, from, to);
}

}  // namespace parley::codec
