#include <algorithm>

#include <base/bytes.hpp>
#include <store/page.hpp>

namespace parley::store {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

std::string Cursor::text() const {
  Bytes bytes{kVersion};
  const auto milliseconds = static_cast<std::uint64_t>(time.time_since_epoch().count());
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(milliseconds >> shift));
  bytes.insert(bytes.end(), id.bytes.begin(), id.bytes.end());
  return to_base64url(bytes);
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
  const auto bytes = text.size() > 64 ? std::nullopt : from_base64(text);
  if (!bytes || bytes->size() != 25 || bytes->front() != kVersion) return std::nullopt;
  std::uint64_t milliseconds = 0;
  for (std::size_t i = 1; i < 9; ++i) milliseconds = milliseconds << 8 | (*bytes)[i];
  if (milliseconds > 0x0000ffffffffffffU) return std::nullopt;  // what an id of version 7 can hold
  Cursor out;
  out.time = WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
  std::copy(bytes->begin() + 9, bytes->end(), out.id.bytes.begin());
  // Another spelling of the same bytes (padding, loose bits) is not ours.
  return out.text() == text ? std::optional(out) : std::nullopt;
}

}  // namespace parley::store
