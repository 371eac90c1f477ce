#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace parley::cli {

namespace json = boost::json;

/// The member at a dotted path, or null when any step is missing or no object.
[[nodiscard]] const json::value& at(const json::value& value, std::string_view path);
/// The member as text: strings as they are, numbers and truth values written out, null and missing as `otherwise`.
[[nodiscard]] std::string text_at(const json::value& value, std::string_view path, std::string_view otherwise = "");
[[nodiscard]] double number_at(const json::value& value, std::string_view path, double otherwise = 0);
[[nodiscard]] bool bool_at(const json::value& value, std::string_view path);
/// The array at a path, or an empty one.
[[nodiscard]] const json::array& array_at(const json::value& value, std::string_view path);
/// The list of a page: {"items": […]} or a bare array.
[[nodiscard]] const json::array& items_of(const json::value& value);

[[nodiscard]] std::string pretty(const json::value& value);

/// RFC 3339 in UTC -> local time as "2026-11-20 14:05:09"; what is no time stays as it is.
[[nodiscard]] std::string local_time(std::string_view rfc3339);
/// 75 -> "1:15", 3723 -> "1:02:03".
[[nodiscard]] std::string clock_time(double seconds);
/// 93784 -> "1 d 2 h", 75 -> "1 min 15 s".
[[nodiscard]] std::string duration(std::int64_t seconds);
[[nodiscard]] std::string byte_count(double bytes);
/// "Anna Weber (101)" of {number, name}.
[[nodiscard]] std::string party(const json::value& value);
/// The last eight digits of an id: enough to name a call by hand.
[[nodiscard]] std::string short_id(std::string_view id);

}  // namespace parley::cli
