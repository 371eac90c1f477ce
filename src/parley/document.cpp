#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

#include <boost/json/stream_parser.hpp>
#include <fmt/format.h>
#include <parley/document.hpp>
#include <parley/failure.hpp>
#include <parley/format.hpp>
#include <toml++/toml.h>
#include <yaml-cpp/yaml.h>

#include <base/json_text.hpp>

namespace parley::cli {
namespace {

constexpr std::array kTextKeys = {"number",       "name",  "display_name", "login",      "password",   "mobile",
                                  "caller_id",    "email", "site",         "department", "sip_domain", "sip_username",
                                  "sip_password", "text",  "time_zone",    "pattern",    "prepend",    "callers"};
constexpr int kMaxDepth = 32;

bool is_text_key(std::string_view key) { return std::ranges::find(kTextKeys, key) != kTextKeys.end(); }

template <class Number>
std::optional<Number> as_number(std::string_view text) {
  Number value{};
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stopped == end ? std::optional{value} : std::nullopt;
}

json::value from_plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (const auto whole = as_number<std::int64_t>(text)) return *whole;
  if (text.find_first_not_of("0123456789.eE+-") == std::string::npos)
    if (const auto real = as_number<double>(text); real && std::isfinite(*real)) return *real;
  return json::value(text);
}

/// Truth values of YAML 1.1: text to us, but not to every other reader of what we write.
bool other_readers_stumble(std::string_view text) {
  constexpr std::array kWords = {"on", "off", "yes", "no", "y", "n"};
  return std::ranges::any_of(kWords, [&](std::string_view word) {
    return std::ranges::equal(word, text, [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
  });
}

Places::Place place_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

std::string member_of(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

json::value from_yaml(const YAML::Node& node, std::string_view key, const std::string& path, Places& places,
                      int depth) {
  if (depth > kMaxDepth) throw YAML::ParserException(node.Mark(), "nested too deeply");
  places.note(path, place_of(node.Mark()));
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      if (node.Tag() == "!" || (is_text_key(key) && node.Scalar() != "null" && node.Scalar() != "~"))
        return json::value(node.Scalar());
      return from_plain_scalar(node.Scalar());
    case YAML::NodeType::Sequence: {
      json::array out;
      for (const auto& item : node)
        out.push_back(from_yaml(item, key, fmt::format("{}[{}]", path, out.size()), places, depth + 1));
      return out;
    }
    case YAML::NodeType::Map: {
      json::object out;
      for (const auto& member : node) {
        const auto name = member.first.as<std::string>();
        if (out.contains(name)) throw YAML::ParserException(member.first.Mark(), "the key '" + name + "' stands twice");
        const auto below = member_of(path, name);
        if (member.second.IsNull()) places.note(below, place_of(member.first.Mark()));  // nothing stands there
        out[name] = from_yaml(member.second, name, below, places, depth + 1);
      }
      return out;
    }
    default: return nullptr;
  }
}

json::value from_toml(const toml::node& node, const std::string& path, Places& places) {
  const auto& begin = node.source().begin;
  places.note(path, {static_cast<long>(begin.line), static_cast<long>(begin.column)});
  if (const auto* table = node.as_table()) {
    json::object out;
    for (const auto& [key, member] : *table) {
      const std::string_view name{key};
      out[name] = from_toml(member, member_of(path, name), places);
    }
    return out;
  }
  if (const auto* array = node.as_array()) {
    json::array out;
    for (const auto& item : *array) out.push_back(from_toml(item, fmt::format("{}[{}]", path, out.size()), places));
    return out;
  }
  if (const auto* text = node.as_string()) return json::value(text->get());
  if (const auto* whole = node.as_integer()) return json::value(whole->get());
  if (const auto* real = node.as_floating_point()) return json::value(real->get());
  if (const auto* truth = node.as_boolean()) return json::value(truth->get());
  std::ostringstream out;  // dates and times: as they are written
  node.visit([&](const auto& value) {
    if constexpr (toml::is_date<decltype(value)> || toml::is_time<decltype(value)> ||
                  toml::is_date_time<decltype(value)>)
      out << value.get();
  });
  return json::value(out.str());
}

void to_yaml(YAML::Emitter& out, const json::value& value) {
  if (const auto* object = value.if_object()) {
    out << YAML::BeginMap;
    for (const auto& [key, member] : *object) {
      out << YAML::Key << std::string{key} << YAML::Value;
      to_yaml(out, member);
    }
    out << YAML::EndMap;
  } else if (const auto* array = value.if_array()) {
    out << YAML::BeginSeq;
    for (const auto& item : *array) to_yaml(out, item);
    out << YAML::EndSeq;
  } else if (const auto* text = value.if_string()) {
    const std::string plain{*text};
    if (from_plain_scalar(plain).is_string() && !other_readers_stumble(plain))
      out << plain;
    else
      out << YAML::DoubleQuoted << plain;  // would read back as a number, truth value or null
  } else if (value.is_null()) {
    out << YAML::Null;
  } else if (value.is_bool()) {
    out << value.get_bool();
  } else {
    out << json_text(value);
  }
}

void to_toml(const json::object& object, toml::table& out);

void push_toml(toml::array& out, const json::value& value) {
  if (const auto* object = value.if_object()) {
    toml::table inner;
    to_toml(*object, inner);
    out.push_back(std::move(inner));
  } else if (const auto* array = value.if_array()) {
    toml::array inner;
    for (const auto& item : *array) push_toml(inner, item);
    out.push_back(std::move(inner));
  } else if (const auto* text = value.if_string()) {
    out.push_back(std::string{*text});
  } else if (value.is_bool()) {
    out.push_back(value.get_bool());
  } else if (value.is_int64()) {
    out.push_back(value.get_int64());
  } else if (value.is_number()) {
    out.push_back(value.to_number<double>());
  }
}

void to_toml(const json::object& object, toml::table& out) {
  for (const auto& [key, value] : object) {
    const std::string name{key};
    if (value.is_null()) continue;
    toml::array one;
    push_toml(one, value);
    if (one.empty()) continue;
    one.front().visit([&](auto& node) { out.insert_or_assign(name, std::move(node)); });
  }
}

}  // namespace

Notation notation_of(std::string_view file_name) {
  if (file_name.ends_with(".toml")) return Notation::Toml;
  if (file_name.ends_with(".json")) return Notation::Json;
  return Notation::Yaml;
}

std::optional<Places::Place> Places::find(std::string_view path) const {
  for (;;) {
    if (const auto found = by_path_.find(path); found != by_path_.end()) return found->second;
    const auto cut = path.find_last_of(".[");
    if (cut == std::string_view::npos) break;
    path = path.substr(0, cut);
  }
  const auto whole = by_path_.find(std::string_view{});
  return whole == by_path_.end() ? std::nullopt : std::optional{whole->second};
}

json::value read_document(std::string_view text, Notation notation, std::string_view name, Places* places) {
  Places unasked;
  Places& noted = places == nullptr ? unasked : *places;
  const auto refuse = [&](const std::string& why, long line, long column) -> Failure {
    return {Exit::Usage, fmt::format("{}:{}:{}: {}", name, line, column, why)};
  };
  switch (notation) {
    case Notation::Yaml: try { return from_yaml(YAML::Load(std::string{text}), "", {}, noted, 0);
      } catch (const YAML::Exception& error) {
        throw refuse(error.msg, error.mark.line + 1, error.mark.column + 1);
      }
    case Notation::Toml: try { return from_toml(toml::parse(text), {}, noted);
      } catch (const toml::parse_error& error) {
        throw refuse(std::string{error.description()}, static_cast<long>(error.source().begin.line),
                     static_cast<long>(error.source().begin.column));
      }
    case Notation::Json: break;
  }
  boost::system::error_code error;
  json::stream_parser parser;
  const auto read = text.substr(0, parser.write_some(text.data(), text.size(), error));
  if (!error && read.size() < text.size() && text.find_first_not_of(" \t\r\n", read.size()) != std::string_view::npos)
    error = json::error::extra_data;
  if (!error) parser.finish(error);
  if (error) {
    const auto line_begin = read.rfind('\n') + 1;  // npos + 1 is 0
    throw refuse("is no JSON: " + error.message(), std::ranges::count(read, '\n') + 1,
                 static_cast<long>(read.size() - line_begin + 1));
  }
  auto value = parser.release();
  try {  // JSON is YAML, whose reader knows places; values stay those of JSON
    from_yaml(YAML::Load(std::string{text}), "", {}, noted, 0);
  } catch (const YAML::Exception&) {
    noted = {};
  }
  return value;
}

std::string write_document(const json::value& value, Notation notation) {
  switch (notation) {
    case Notation::Yaml: {
      YAML::Emitter out;
      to_yaml(out, value);
      return std::string{out.c_str()} + "\n";
    }
    case Notation::Toml: {
      toml::table table;
      if (const auto* object = value.if_object()) to_toml(*object, table);
      std::ostringstream out;
      out << table << '\n';
      return out.str();
    }
    case Notation::Json: break;
  }
  return pretty(value) + "\n";
}

}  // namespace parley::cli
