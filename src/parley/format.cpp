#include <ctime>

#include <fmt/format.h>
#include <parley/format.hpp>

#include <base/clock.hpp>
#include <base/json_text.hpp>

namespace parley::cli {

const json::value& at(const json::value& value, std::string_view path) {
  static const json::value kNull;
  const json::value* node = &value;
  while (!path.empty()) {
    const auto dot = path.find('.');
    const auto step = path.substr(0, dot);
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    const auto* object = node->if_object();
    if (object == nullptr) return kNull;
    node = object->if_contains(step);
    if (node == nullptr) return kNull;
  }
  return *node;
}

std::string text_at(const json::value& value, std::string_view path, std::string_view otherwise) {
  const auto& found = at(value, path);
  if (const auto* text = found.if_string()) return std::string{*text};
  if (found.is_null()) return std::string{otherwise};
  if (found.is_double()) return fmt::format("{:.4g}", found.get_double());
  return json_text(found);
}

double number_at(const json::value& value, std::string_view path, double otherwise) {
  const auto& found = at(value, path);
  return found.is_number() ? found.to_number<double>() : otherwise;
}

bool bool_at(const json::value& value, std::string_view path) {
  const auto* found = at(value, path).if_bool();
  return found != nullptr && *found;
}

const json::array& array_at(const json::value& value, std::string_view path) {
  static const json::array kEmpty;
  const auto* found = at(value, path).if_array();
  return found == nullptr ? kEmpty : *found;
}

const json::array& items_of(const json::value& value) {
  return value.is_array() ? value.get_array() : array_at(value, "items");
}

namespace {

void write_pretty(std::string& out, const json::value& value, std::size_t depth) {
  const auto line = [&](std::size_t d) { out += '\n', out.append(2 * d, ' '); };
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : *object) {
      if (!first) out += ',';
      first = false;
      line(depth + 1);
      out += json_text(key) + ": ";
      write_pretty(out, member, depth + 1);
    }
    line(depth);
    out += '}';
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out += '[';
    bool first = true;
    for (const auto& item : *array) {
      if (!first) out += ',';
      first = false;
      line(depth + 1);
      write_pretty(out, item, depth + 1);
    }
    line(depth);
    out += ']';
  } else {
    out += json_text(value);
  }
}

}  // namespace

std::string pretty(const json::value& value) {
  std::string out;
  write_pretty(out, value, 0);
  return out;
}

std::string local_time(std::string_view rfc3339) {
  std::tm parts{};
  const std::string text{rfc3339};
  if (text.size() < 20 || ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return text;
  const auto seconds = ::timegm(&parts);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                     local.tm_hour, local.tm_min, local.tm_sec);
}

std::string clock_time(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string duration(std::int64_t seconds) {
  if (seconds >= 86400) return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
  if (seconds >= 3600) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  if (seconds >= 60) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} s", seconds);
}

std::string byte_count(double bytes) {
  if (bytes >= 1e9) return fmt::format("{:.1f} GB", bytes / 1e9);
  if (bytes >= 1e6) return fmt::format("{:.1f} MB", bytes / 1e6);
  return fmt::format("{:.0f} kB", bytes / 1e3);
}

std::string party(const json::value& value) {
  const auto name = text_at(value, "name");
  const auto number = text_at(value, "number");
  if (name.empty()) return number;
  return number.empty() || number == name ? name : fmt::format("{} ({})", name, number);
}

std::string short_id(std::string_view id) { return std::string{id.size() > 8 ? id.substr(id.size() - 8) : id}; }

}  // namespace parley::cli
