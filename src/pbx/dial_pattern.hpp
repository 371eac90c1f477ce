#pragma once
#include <compare>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace parley::pbx {

/// Which dialled numbers a route means, in the notation that telephone people know from other exchanges:
///   0-9 * # +   that sign            X  any digit     Z  1 to 9     N  2 to 9
///   [1-57]      one of these         .  at the end: one sign or more      !  at the end: any number of signs, or none
/// `.` and `!` match digits, *, # and +: a pattern never matches a name.
/// Pure; made once, when the configuration is loaded. Errors: PatternError with the offset of the sign and what to do.
struct PatternError {
  std::size_t offset = 0;
  std::string what, remedy;
};

class DialPattern {
 public:
  static constexpr std::size_t kMaxSigns = 64;  // positions; and of the text four times that

  [[nodiscard]] static std::expected<DialPattern, PatternError> compile(std::string_view text);

  [[nodiscard]] bool matches(std::string_view number) const noexcept;
  /// Fewest signs that a number needs to match.
  [[nodiscard]] std::size_t shortest() const noexcept { return signs_.size() + (tail_ == Tail::Some ? 1 : 0); }
  /// No choice anywhere: it means one number only.
  [[nodiscard]] bool is_one_number() const noexcept;

  /// Less: more specific. From the left, at the first position where they differ: who allows fewer signs there; an end
  /// before `.` before `!`. So 01X beats 0XX beats 0. whatever their order in a list.
  [[nodiscard]] std::weak_ordering specificity(const DialPattern& other) const noexcept;

 private:
  enum class Tail : std::uint8_t { None, Some, Any };
  [[nodiscard]] unsigned freedom(std::size_t at) const noexcept;
  std::vector<std::uint16_t> signs_;  // a bit for each sign that is allowed there
  Tail tail_ = Tail::None;
};

/// Digits, *, # and + only, and not empty: what a pattern can match.
[[nodiscard]] bool is_dialled_number(std::string_view text) noexcept;

}  // namespace parley::pbx
