#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include <base/clock.hpp>
#include <sip/message.hpp>

namespace parley::pbx {

/// What a request outside dialogs asks for, in the order in which it is served while there is too much.
enum class Work : std::uint8_t {
  Signed,           // has credentials, or comes from a carrier: what it costs was already begun
  Refresh,          // REGISTER of a source that somebody has signed in from
  NewRegistration,  // of one where nobody has
  NewCall,          //
  Probe,            // OPTIONS and what else is answered without sign-in
};

/// The queue of new work of one reactor. While the reactor keeps up it is not used. When it is behind, requests outside
/// dialogs wait here, so that what was begun goes on at once: a call that was taken is finished, whatever else is
/// offered, and nothing is spent on calls that will fail. The age of the oldest that waits is the queueing delay
/// itself. Only a queue that stands is overload (as in CoDel, RFC 8289 §3): what a pause left behind, of the machine or
/// of us, is worked off. In overload whatever has waited longer than its kind may is refused (503) instead of served:
/// before the sender repeats it (500 ms, RFC 3261 §17.1.1.2).
/// Source: RFC 6357 §4 (why 503 alone collapses, and priority for what was begun). Thread: the reactor's. Never blocks.
class Admission {
 public:
  static constexpr auto kEvery = std::chrono::milliseconds(100);
  static constexpr auto kLate = std::chrono::milliseconds(20);  // of the loop's own timer: behind
  static constexpr double kFull = 0.05;                         // of the socket's buffer: behind
  static constexpr auto kLong = std::chrono::milliseconds(150);
  static constexpr auto kStanding = std::chrono::milliseconds(400);  // the oldest is older than kLong for so long
  static constexpr std::size_t kMostWaiting = 8192;

  /// One sample, every kEvery: how late the timer of the sample came, and how full the fullest socket's buffer is.
  void sample(TimePoint now, Duration late, double occupancy);
  /// New work waits its turn.
  [[nodiscard]] bool behind() const noexcept { return behind_ || waiting_ > 0; }
  [[nodiscard]] bool overloaded() const noexcept { return overloaded_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }

  /// CANCEL waits where the call that it is for may wait, and is never refused.
  void add(Work work, sip::Message message, TimePoint now);

  struct Next {
    sip::Message message;
    bool refuse = false;  // by 503
  };
  /// Nothing: nobody waits.
  [[nodiscard]] std::optional<Next> next(TimePoint now);

 private:
  static constexpr std::size_t kKinds = 5;
  struct Waiting {
    sip::Message message;
    TimePoint since;
  };
  [[nodiscard]] Next take(std::deque<Waiting>& from, bool refuse);
  [[nodiscard]] Duration oldest(TimePoint now) const noexcept;

  std::array<std::deque<Waiting>, kKinds> queues_;
  std::size_t waiting_ = 0;
  bool behind_ = false, overloaded_ = false;
  struct Standing {
    std::size_t waiting;  // when it was last looked at
    TimePoint since;
  };
  std::optional<Standing> standing_;
};

}  // namespace parley::pbx
