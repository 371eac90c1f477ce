#include <algorithm>
#include <charconv>

#include <sdp/crypto.hpp>

namespace parley::sdp {
namespace {

using srtp::MasterKey;
using srtp::Profile;

constexpr std::uint64_t kLongestLife = std::uint64_t{1} << 48U;  // packets
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool iequals(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

template <class Int>
bool to_number(std::string_view text, Int& value) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() && text.front() != '-';
}

std::string_view word(std::string_view& rest) noexcept {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  const auto end = std::min(rest.find_first_of(" \t"), rest.size());
  const auto out = rest.substr(0, end);
  rest.remove_prefix(end);
  return out;
}

std::string_view up_to(std::string_view& rest, char separator) noexcept {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto out = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

bool valid_lifetime(std::string_view text) noexcept {
  std::uint64_t packets = 0;
  if (text.starts_with("2^")) {
    unsigned power = 0;
    return to_number(text.substr(2), power) && power <= 48;
  }
  return to_number(text, packets) && packets > 0 && packets <= kLongestLife;
}

/// What stands behind the key: "|lifetime", "|MKI:length", or both in this order.
std::optional<CryptoErrc> fault_in_key_extras(std::string_view extras) noexcept {
  const auto bar = extras.find('|');
  const auto first = extras.substr(0, bar);
  if (first.find(':') != std::string_view::npos) return CryptoErrc::Mki;
  if (!valid_lifetime(first)) return CryptoErrc::BadLifetime;
  return bar == std::string_view::npos ? std::nullopt : std::optional(CryptoErrc::Mki);
}

Result<MasterKey, CryptoErrc> parse_key(Profile profile, std::string_view text) {
  constexpr std::string_view kMethod = "inline:";
  if (text.find(';') != std::string_view::npos) return std::unexpected(CryptoErrc::SeveralKeys);
  if (text.size() < kMethod.size() || !iequals(text.substr(0, kMethod.size()), kMethod))
    return std::unexpected(CryptoErrc::BadKey);
  text.remove_prefix(kMethod.size());
  const bool more = text.find('|') != std::string_view::npos;
  const auto coded = up_to(text, '|');
  const auto signs = std::min(coded.find_first_not_of(kBase64), coded.size());
  const auto padding = coded.substr(signs);
  if (padding.find_first_not_of('=') != std::string_view::npos || padding.size() > 2)
    return std::unexpected(CryptoErrc::BadKey);
  auto bytes = from_base64(coded);
  if (!bytes) return std::unexpected(CryptoErrc::BadKey);
  auto key = MasterKey::from(profile, *bytes);
  wipe(*bytes);
  if (!key) return std::unexpected(CryptoErrc::BadKey);
  if (more)
    if (const auto fault = fault_in_key_extras(text)) return std::unexpected(*fault);
  return *key;
}

bool harmless(std::string_view parameter) noexcept {
  if (parameter.starts_with('-')) return parameter.size() > 1;  // "may be ignored" by its writer's own word
  const auto equals = parameter.find('=');
  if (equals == std::string_view::npos) return false;  // UNENCRYPTED_SRTP, UNAUTHENTICATED_SRTP, …
  const auto name = parameter.substr(0, equals);
  unsigned number = 0;
  if (!to_number(parameter.substr(equals + 1), number)) return false;
  return (iequals(name, "KDR") && number == 0) || (iequals(name, "WSH") && number >= 64);
}

}  // namespace

std::string_view to_string(CryptoErrc code) noexcept {
  constexpr std::string_view kNames[] = {"bad line",     "bad tag",      "unknown suite", "bad key",
                                         "several keys", "bad lifetime", "MKI",           "bad parameter"};
  return kNames[static_cast<std::size_t>(code)];
}

Result<CryptoLine, CryptoErrc> parse_crypto(std::string_view value) {
  const auto tag_text = word(value);
  std::uint32_t tag = 0;
  if (tag_text.size() > 9 || !to_number(tag_text, tag)) return std::unexpected(CryptoErrc::BadTag);
  const auto suite = word(value);
  const auto key_text = word(value);
  if (suite.empty() || key_text.empty()) return std::unexpected(CryptoErrc::BadLine);
  const auto profile = srtp::profile_of_suite(suite);
  if (!profile) return std::unexpected(CryptoErrc::UnknownSuite);
  const auto key = parse_key(*profile, key_text);
  if (!key) return std::unexpected(key.error());
  for (auto parameter = word(value); !parameter.empty(); parameter = word(value))
    if (!harmless(parameter)) return std::unexpected(CryptoErrc::BadParameter);
  return CryptoLine{tag, *key};
}

std::string write_crypto(const CryptoLine& line) {
  std::string out = std::to_string(line.tag);
  out.append(" ").append(srtp::info(line.key.profile()).suite).append(" inline:").append(to_base64(line.key.both()));
  return out;
}

std::vector<CryptoLine> crypto_lines(const Media& medium) {
  std::vector<CryptoLine> out;
  std::size_t seen = 0;
  for (const auto& attribute : medium.attributes) {
    if (attribute.name != "crypto" || ++seen > kMaxCrypto) continue;
    const auto line = parse_crypto(attribute.value);
    if (line && std::ranges::find(out, line->tag, &CryptoLine::tag) == out.end()) out.push_back(*line);
  }
  return out;
}

}  // namespace parley::sdp
