#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <base/clock.hpp>
#include <base/result.hpp>

/// Reading JSON that we wrote ourselves and sealed: a missing member is its default. Inside store and privacy only.
namespace parley::store {

namespace json = boost::json;

[[nodiscard]] inline Result<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return fail(Errc::Corrupt, "stored JSON does not parse");
  return std::move(value.as_object());
}
[[nodiscard]] inline std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}
[[nodiscard]] inline std::int64_t integer_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  const auto out = value->to_number<std::int64_t>(error);
  return error ? 0 : out;
}
[[nodiscard]] inline double real_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}
[[nodiscard]] inline bool truth_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_bool() && value->as_bool();
}
[[nodiscard]] inline const json::array& array_at(const json::object& object, std::string_view name) {
  static const json::array nothing;
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_array() ? value->as_array() : nothing;
}
[[nodiscard]] inline json::object object_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_object() ? value->as_object() : json::object{};
}
[[nodiscard]] inline json::value to_json(WallTime time) { return time.time_since_epoch().count(); }
[[nodiscard]] inline json::value to_json(const std::optional<WallTime>& time) {
  return time ? to_json(*time) : json::value(nullptr);
}
[[nodiscard]] inline WallTime time_at(const json::object& object, std::string_view name) {
  return WallTime(std::chrono::milliseconds(integer_at(object, name)));
}
[[nodiscard]] inline std::optional<WallTime> maybe_time_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value == nullptr || value->is_null() ? std::nullopt : std::optional(time_at(object, name));
}
template <class IdType>
[[nodiscard]] json::value to_json(const std::optional<IdType>& id) {
  return id ? json::value(id->text()) : json::value(nullptr);
}
template <class IdType>
[[nodiscard]] std::optional<IdType> maybe_id_at(const json::object& object, std::string_view name) {
  return IdType::parse(text_at(object, name));
}

}  // namespace parley::store
