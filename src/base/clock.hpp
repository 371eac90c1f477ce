#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace parley {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;            // monotonic: timers, durations
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;  // UTC: stamps, deadlines in days

/// The only reader of the system's clocks. Thread: any.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
  [[nodiscard]] virtual WallTime wall() const = 0;
};

[[nodiscard]] const Clock& system_clock();

/// Virtual time for tests: stands still until advanced; wall and monotonic time move together.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return wall_; }
  void advance(Duration by) {
    now_ += std::chrono::duration_cast<TimePoint::duration>(by);
    wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(by);
  }

 private:
  TimePoint now_{std::chrono::hours(1000)};
  WallTime wall_{std::chrono::milliseconds(1'800'000'000'000)};  // 2027-01-15T08:00:00Z
};

/// RFC 3339 in UTC with milliseconds: 2026-11-20T05:40:53.120Z.
[[nodiscard]] std::string to_rfc3339(WallTime time);
/// Takes an offset and any count of fraction digits; nullopt on anything else.
[[nodiscard]] std::optional<WallTime> from_rfc3339(std::string_view text);

}  // namespace parley
