#include <algorithm>
#include <charconv>

#include <base/ip_range.hpp>

namespace parley {
namespace {

IpAddress masked(IpAddress address, unsigned prefix) {
  for (unsigned i = 0; i < address.bytes.size(); ++i) {
    const unsigned kept = prefix > 8 * i ? std::min(8U, prefix - 8 * i) : 0;
    address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xff00U >> kept));
  }
  return address;
}

}  // namespace

std::optional<IpRange> IpRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  unsigned prefix = address->v6 ? 128 : 32;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    unsigned asked = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), asked);
    if (failure != std::errc{} || end != digits.data() + digits.size() || asked > prefix) return std::nullopt;
    prefix = asked;
  }
  return IpRange{masked(*address, prefix), static_cast<std::uint8_t>(prefix)};
}

IpRange IpRange::of_source(const IpAddress& address) {
  return {address.source_class(), static_cast<std::uint8_t>(address.v6 ? 64 : 32)};
}

bool IpRange::contains(const IpAddress& address) const noexcept {
  return address.v6 == first.v6 && masked(address, prefix) == first;
}

std::string IpRange::text() const {
  return prefix == (first.v6 ? 128 : 32) ? first.text() : first.text() + "/" + std::to_string(prefix);
}

}  // namespace parley
