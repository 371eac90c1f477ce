#include <algorithm>

#include <pbx/number_format.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kLongest = 15, kShortest = 7;  // digits of an E.164 number; shorter ones are services

bool digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string international(std::string_view rest, std::string_view otherwise) {
  const bool good = digits(rest) && rest.size() >= kShortest && rest.size() <= kLongest && rest.front() != '0';
  return good ? "+" + std::string(rest) : std::string(otherwise);
}

}  // namespace

std::string to_e164(const NumberPlan& plan, std::string_view number) {
  if (number.starts_with('+')) return international(number.substr(1), number);
  if (plan.country_code.empty() || !digits(number)) return std::string(number);
  if (!plan.international_prefix.empty() && number.starts_with(plan.international_prefix))
    return international(number.substr(plan.international_prefix.size()), number);
  if (!plan.national_prefix.empty() && number.starts_with(plan.national_prefix))
    return international(plan.country_code + std::string(number.substr(plan.national_prefix.size())), number);
  return std::string(number);
}

std::string for_carrier(const store::Trunk& trunk, std::string_view number) {
  if (trunk.numbers == store::TrunkNumbers::AsDialled) return std::string(number);
  auto out = to_e164(NumberPlan::of(trunk), number);
  if (trunk.numbers == store::TrunkNumbers::E164Bare && out.starts_with('+')) out.erase(0, 1);
  return out;
}

std::string from_carrier(const store::Trunk& trunk, std::string_view number) {
  auto out = to_e164(NumberPlan::of(trunk), number);
  if (trunk.numbers == store::TrunkNumbers::E164Bare && !out.starts_with('+') && digits(out) &&
      out.size() > kShortest && !out.starts_with('0'))
    return international(out, out);
  return out;
}

}  // namespace parley::pbx
