#include <fmt/format.h>

#include <base/clock.hpp>

namespace parley {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

/// Reads exactly `count` digits at `at` and moves it on; -1 if there are fewer.
int digits(std::string_view text, std::size_t& at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  at += count;
  return value;
}

bool literal(std::string_view text, std::size_t& at, std::string_view any_of) {
  if (at >= text.size() || any_of.find(text[at]) == std::string_view::npos) return false;
  ++at;
  return true;
}

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string to_rfc3339(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<WallTime> from_rfc3339(std::string_view text) {
  using namespace std::chrono;
  std::size_t at = 0;
  const int y = digits(text, at, 4);
  if (y < 0 || !literal(text, at, "-")) return std::nullopt;
  const int mo = digits(text, at, 2);
  if (mo < 0 || !literal(text, at, "-")) return std::nullopt;
  const int d = digits(text, at, 2);
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (d < 0 || mo < 0 || !date.ok() || !literal(text, at, "Tt ")) return std::nullopt;
  const int h = digits(text, at, 2);
  if (h < 0 || h > 23 || !literal(text, at, ":")) return std::nullopt;
  const int mi = digits(text, at, 2);
  if (mi < 0 || mi > 59 || !literal(text, at, ":")) return std::nullopt;
  const int s = digits(text, at, 2);
  if (s < 0 || s > 60) return std::nullopt;
  int ms = 0;
  if (literal(text, at, ".")) {
    int scale = 100;
    const std::size_t first = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) ms += (text[at] - '0') * scale;
    if (at == first) return std::nullopt;
  }
  minutes offset{0};
  if (!literal(text, at, "Zz")) {
    const bool west = at < text.size() && text[at] == '-';
    if (!literal(text, at, "+-")) return std::nullopt;
    const int oh = digits(text, at, 2);
    if (oh < 0 || oh > 23 || !literal(text, at, ":")) return std::nullopt;
    const int om = digits(text, at, 2);
    if (om < 0 || om > 59) return std::nullopt;
    offset = (west ? -1 : 1) * (hours(oh) + minutes(om));
  }
  if (at != text.size()) return std::nullopt;
  return sys_days(date) + hours(h) + minutes(mi) + seconds(s) + milliseconds(ms) - offset;
}

}  // namespace parley
