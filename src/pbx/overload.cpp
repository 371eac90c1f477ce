#include <pbx/overload.hpp>

namespace parley::pbx {
namespace {

constexpr double kUp = 0.1, kDown = 0.02, kMostPressure = 3;

/// Where the refusal of each kind of work begins, on the scale of the share of new calls.
constexpr double kBegins[] = {0, 0, 0.4, 0.8, 2};

}  // namespace

void Overload::sample(Duration late, double occupancy) {
  const auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
  const auto pressure = std::max(seconds(late) / seconds(kLate), occupancy / kFull);
  if (pressure > 1) share_ = std::min(1.0, share_ + kUp * std::min(pressure, kMostPressure));
  if (pressure < 0.5) share_ = std::max(0.0, share_ - kDown);
}

double Overload::share_of(Work work) const noexcept {
  const auto begins = kBegins[static_cast<std::size_t>(work)];
  return share_ <= begins ? 0 : (share_ - begins) / (1 - begins);
}

bool Overload::refuses(Work work) {
  auto& owed = owed_[static_cast<std::size_t>(work)];
  owed += share_of(work);
  if (owed < 1) return false;
  owed -= 1;
  return true;
}

}  // namespace parley::pbx
