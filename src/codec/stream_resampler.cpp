#include <algorithm>

#include <speex/speex_resampler.h>

#include <base/assert.hpp>
#include <codec/stream_resampler.hpp>

namespace parley::codec {
namespace {
constexpr int kQuality = 5;
}  // namespace

struct StreamResampler::State {
  SpeexResamplerState* speex = nullptr;
  std::uint32_t from = 0, to = 0;
  ~State() {
    if (speex != nullptr) speex_resampler_destroy(speex);
  }
};

StreamResampler::StreamResampler(std::uint32_t from_rate, std::uint32_t to_rate) : state_(std::make_unique<State>()) {
  state_->from = from_rate;
  state_->to = to_rate;
  if (from_rate == to_rate) return;
  int error = 0;
  state_->speex = speex_resampler_init(1, from_rate, to_rate, kQuality, &error);
  PARLEY_ASSERT(error == RESAMPLER_ERR_SUCCESS);
}
StreamResampler::~StreamResampler() = default;
StreamResampler::StreamResampler(StreamResampler&&) noexcept = default;
StreamResampler& StreamResampler::operator=(StreamResampler&&) noexcept = default;

std::size_t StreamResampler::process(std::span<const std::int16_t> in, std::span<std::int16_t> out) {
  if (state_->speex == nullptr) {
    std::ranges::copy(in, out.begin());
    return in.size();
  }
  PARLEY_ASSERT(out.size() >= output_bound(in.size()));
  std::size_t written = 0;
  while (!in.empty()) {
    auto taken = static_cast<spx_uint32_t>(in.size());
    auto made = static_cast<spx_uint32_t>(out.size() - written);
    speex_resampler_process_int(state_->speex, 0, in.data(), &taken, out.data() + written, &made);
    in = in.subspan(taken);
    written += made;
    if (taken == 0 && made == 0) break;
  }
  return written;
}

std::size_t StreamResampler::output_bound(std::size_t in) const noexcept {
  return state_->from == state_->to ? in : in * state_->to / state_->from + 2;
}

std::size_t StreamResampler::latency() const noexcept {
  return state_->speex == nullptr ? 0 : static_cast<std::size_t>(speex_resampler_get_output_latency(state_->speex));
}

void StreamResampler::reset() {
  if (state_->speex != nullptr) speex_resampler_reset_mem(state_->speex);
}

}  // namespace parley::codec
