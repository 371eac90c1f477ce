#include <array>

#include <base/bytes.hpp>

namespace parley {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::uint8_t kNotBase64 = 0xff;
constexpr auto kBase64Values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNotBase64);
  for (std::size_t i = 0; i < 64; ++i) {
    values[static_cast<unsigned char>(kBase64[i])] = static_cast<std::uint8_t>(i);
    values[static_cast<unsigned char>(kBase64Url[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

/// Whole groups first: columns of every record pass through here.
std::string encode_base64(BytesView bytes, std::string_view alphabet, bool padded) {
  const std::size_t whole = bytes.size() / 3, left = bytes.size() % 3;
  std::string out(whole * 4 + (left == 0 ? 0 : padded ? 4 : left + 1), '=');
  auto to = out.begin();
  const auto put = [&](std::uint32_t word, int count) {
    for (int shift = 18; count > 0; --count, shift -= 6) *to++ = alphabet[word >> shift & 63U];
  };
  for (std::size_t i = 0; i < whole; ++i)
    put(std::uint32_t{bytes[3 * i]} << 16U | std::uint32_t{bytes[3 * i + 1]} << 8U | bytes[3 * i + 2], 4);
  if (left > 0)
    put(std::uint32_t{bytes[3 * whole]} << 16U | (left == 2 ? std::uint32_t{bytes[3 * whole + 1]} << 8U : 0U),
        static_cast<int>(left) + 1);
  return out;
}

}  // namespace

BytesView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(BytesView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes to_bytes(std::string_view text) {
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}

std::string to_hex(BytesView bytes) {
  std::string out(bytes.size() * 2, '0');
  auto to = out.begin();
  for (const auto byte : bytes) {
    *to++ = kHex[byte >> 4];
    *to++ = kHex[byte & 15U];
  }
  return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

std::string to_base64(BytesView bytes) { return encode_base64(bytes, kBase64, true); }
std::string to_base64url(BytesView bytes) { return encode_base64(bytes, kBase64Url, false); }

std::optional<std::size_t> from_base64(std::string_view text, std::span<std::uint8_t> out) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1 || text.size() * 3 / 4 > out.size()) return std::nullopt;
  std::size_t size = 0;
  std::uint32_t word = 0;
  int bits = 0;
  for (const char c : text) {
    const std::uint8_t value = kBase64Values[static_cast<unsigned char>(c)];
    if (value == kNotBase64) return std::nullopt;
    word = word << 6 | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[size++] = static_cast<std::uint8_t>(word >> bits & 0xffU);
    }
  }
  return size;
}

std::optional<Bytes> from_base64(std::string_view text) {
  Bytes out(text.size() * 3 / 4 + 1);
  const auto size = from_base64(text, out);
  if (!size) return std::nullopt;
  out.resize(*size);
  return out;
}

bool equal_constant_time(BytesView a, BytesView b) noexcept {
  if (a.size() != b.size()) return false;
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

void wipe(std::span<std::uint8_t> bytes) noexcept {
  volatile std::uint8_t* const at = bytes.data();
  for (std::size_t i = 0; i < bytes.size(); ++i) at[i] = 0;
}

void wipe(std::string& text) noexcept {
  wipe(std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
  text.clear();
}

}  // namespace parley
