#pragma once
#include <cstdint>
#include <optional>

#include <base/clock.hpp>

namespace parley::pbx {

/// What a request outside dialogs asks for, the first to be refused first. Requests within dialogs are never refused
/// here: what was begun shall be finished.
enum class Work : std::uint8_t {
  Probe,            // OPTIONS and what else is answered without sign-in
  NewCall,          //
  NewRegistration,  // of a source that nobody has signed in from
  Refresh,          // of one where somebody has
  Emergency,        // a call for help: served as long as anything is
};

/// Decides how much of the new work one reactor refuses (503) before it collapses. Pressure is what its queues say: how
/// late the loop's own timer comes, and how full the socket's buffer is; 1 is what it shall not pass. Only a queue that
/// stands tells of overload (as in CoDel, RFC 8289 §3): one that came of a pause, of the machine or of us, is worked
/// off before anybody is refused. While pressure stays above 1 and does not fall, the refused share rises, a step each
/// kStanding; it falls more slowly once pressure is below a half, so that it settles instead of swinging (additive
/// increase and decrease, a dead band between). Source: RFC 7339 §5.10 (the rate of refusal is the control), RFC 6357
/// (why 503 alone collapses). Thread: the reactor's.
class Overload {
 public:
  static constexpr auto kEvery = std::chrono::milliseconds(100);
  static constexpr auto kLate = std::chrono::milliseconds(500);      // lateness that is pressure 1
  static constexpr double kFull = 0.5;                               // occupancy that is pressure 1
  static constexpr auto kStanding = std::chrono::milliseconds(400);  // above 1 for so long: overload

  /// One sample, every kEvery.
  void sample(Duration late, double occupancy);
  /// Whether to refuse this one. `fate`: its place among all, 0 to 1, evenly spread; the same for what belongs
  /// together, so that a repetition is answered like the first and an answered challenge was not for nothing.
  [[nodiscard]] bool refuses(Work work, double fate) const noexcept;
  [[nodiscard]] double share() const noexcept { return share_; }  // of new calls that are refused now

 private:
  [[nodiscard]] double share_of(Work work) const noexcept;
  double share_ = 0;
  struct Standing {
    double pressure;
    Duration since;
  };
  std::optional<Standing> standing_;  // pressure is above 1; since the first such sample, or the last decision
};

}  // namespace parley::pbx
