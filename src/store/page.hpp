#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <base/clock.hpp>
#include <base/ids.hpp>

namespace parley::store {

inline constexpr std::size_t kMaxPage = 500;

/// A page of a list; `next_cursor` is empty at the end.
template <class T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next_cursor;
};

/// Place in a list ordered by time, newest first: what the opaque cursor text says.
struct Cursor {
  WallTime time;
  Uuid id;
  [[nodiscard]] std::string text() const;
  /// nullopt on anything that text() does not make.
  [[nodiscard]] static std::optional<Cursor> parse(std::string_view text);
};

}  // namespace parley::store
