#include <algorithm>

#include <pbx/overload.hpp>

namespace parley::pbx {
namespace {

constexpr double kUp = 0.1, kDown = 0.02, kMostPressure = 3;
constexpr double kShrinks = 0.8;  // what is left of a queue within kStanding if it goes by itself

/// Where the refusal of each kind of work begins, on the scale of the share of new calls.
constexpr double kBegins[] = {0, 0, 0.4, 0.8, 2};

}  // namespace

void Overload::sample(Duration late, double occupancy) {
  const auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
  const auto pressure = std::max(seconds(late) / seconds(kLate), occupancy / kFull);
  if (pressure < 0.5) share_ = std::max(0.0, share_ - kDown);
  if (pressure <= 1) {
    standing_.reset();
    return;
  }
  if (standing_) {
    standing_->since += kEvery + late;
    if (standing_->since < kStanding) return;
    if (pressure > kShrinks * standing_->pressure)
      share_ = std::min(1.0, share_ + kUp * std::min(pressure, kMostPressure));
  }
  standing_ = {pressure, {}};
}

double Overload::share_of(Work work) const noexcept {
  const auto begins = kBegins[static_cast<std::size_t>(work)];
  return share_ <= begins ? 0 : (share_ - begins) / (1 - begins);
}

bool Overload::refuses(Work work, double fate) const noexcept { return fate < share_of(work); }

}  // namespace parley::pbx
