#include <algorithm>
#include <bit>
#include <optional>

#include <pbx/dial_pattern.hpp>

namespace parley::pbx {
namespace {

constexpr std::string_view kSigns = "0123456789*#+";
constexpr std::uint16_t kAnyDigit = 0x3ff, kNotZero = 0x3fe, kTwoToNine = 0x3fc;
constexpr const char* kNotation = "write digits, *, #, +, X (0-9), Z (1-9), N (2-9), [1-5], and . or ! at the end";

constexpr std::uint16_t bit_of(char sign) noexcept {
  const auto at = kSigns.find(sign);
  return at == std::string_view::npos ? std::uint16_t{0} : static_cast<std::uint16_t>(1U << at);
}
constexpr bool is_digit(char sign) noexcept { return sign >= '0' && sign <= '9'; }

std::uint16_t class_of(char sign) noexcept {
  switch (sign) {
    case 'X':
    case 'x': return kAnyDigit;
    case 'Z':
    case 'z': return kNotZero;
    case 'N':
    case 'n': return kTwoToNine;
    default: return bit_of(sign);
  }
}

std::unexpected<PatternError> wrong(std::size_t offset, std::string what, std::string remedy) {
  return std::unexpected(PatternError{offset, std::move(what), std::move(remedy)});
}

/// The inside of brackets, `text` from behind the '[' on; moves `at` behind the ']'.
std::expected<std::uint16_t, PatternError> set_of(std::string_view text, std::size_t& at) {
  const auto begin = at;
  std::uint16_t allowed = 0;
  while (at < text.size() && text[at] != ']') {
    const auto from = text[at];
    if (bit_of(from) == 0)
      return wrong(at, "this does not belong between brackets", "write digits, as in [1-5] or [24]");
    if (at + 2 < text.size() && text[at + 1] == '-' && text[at + 2] != ']') {
      const auto to = text[at + 2];
      if (!is_digit(from) || !is_digit(to) || to < from)
        return wrong(at, "this range goes nowhere", "write the lower digit first, as in [1-5]");
      for (auto sign = from; sign <= to; ++sign) allowed |= bit_of(sign);
      at += 3;
    } else {
      allowed |= bit_of(from);
      ++at;
    }
  }
  if (at == text.size()) return wrong(begin - 1, "this bracket is not closed", "write ] behind the digits");
  if (allowed == 0) return wrong(begin - 1, "there is nothing between the brackets", "write digits, as in [1-5]");
  ++at;
  return allowed;
}

}  // namespace

bool is_dialled_number(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return bit_of(c) != 0; });
}

std::expected<DialPattern, PatternError> DialPattern::compile(std::string_view text) {
  DialPattern out;
  if (text.empty()) return wrong(0, "the pattern is empty", kNotation);
  if (text.size() > kMaxSigns * 4) return wrong(kMaxSigns * 4, "the pattern is too long", "write 64 signs at most");
  std::size_t at = 0;
  while (at < text.size()) {
    const auto sign = text[at];
    if (sign == '.' || sign == '!') {
      if (at + 1 != text.size())
        return wrong(at + 1, "nothing can follow . and !", "end the pattern there, or write X for one digit");
      out.tail_ = sign == '.' ? Tail::Some : Tail::Any;
      break;
    }
    if (out.signs_.size() == kMaxSigns) return wrong(at, "the pattern is too long", "write 64 signs at most");
    if (sign == '[') {
      ++at;
      const auto allowed = set_of(text, at);
      if (!allowed) return std::unexpected(allowed.error());
      out.signs_.push_back(*allowed);
      continue;
    }
    const auto allowed = class_of(sign);
    if (allowed == 0) {
      const bool underscore = sign == '_' && at == 0;
      return wrong(at, underscore ? "patterns need no _ in front here" : "this is no sign of a pattern",
                   underscore ? "leave it out" : kNotation);
    }
    out.signs_.push_back(allowed);
    ++at;
  }
  return out;
}

bool DialPattern::matches(std::string_view number) const noexcept {
  if (!is_dialled_number(number) || number.size() < shortest()) return false;
  if (tail_ == Tail::None && number.size() != signs_.size()) return false;
  for (std::size_t i = 0; i < signs_.size(); ++i)
    if ((signs_[i] & bit_of(number[i])) == 0) return false;
  return true;
}

bool DialPattern::is_one_number() const noexcept {
  return tail_ == Tail::None && std::ranges::all_of(signs_, [](auto allowed) { return std::popcount(allowed) == 1; });
}

unsigned DialPattern::freedom(std::size_t at) const noexcept {
  if (at < signs_.size()) return static_cast<unsigned>(std::popcount(signs_[at]));
  switch (tail_) {
    case Tail::Some: return kSigns.size() + 1;
    case Tail::Any: return kSigns.size() + 2;
    case Tail::None: break;
  }
  return 0;
}

std::weak_ordering DialPattern::specificity(const DialPattern& other) const noexcept {
  const auto length = std::max(signs_.size(), other.signs_.size());
  for (std::size_t at = 0; at <= length; ++at)
    if (const auto order = freedom(at) <=> other.freedom(at); order != 0) return order;
  return std::weak_ordering::equivalent;
}

}  // namespace parley::pbx
