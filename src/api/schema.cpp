#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <api/schema.hpp>
#include <base/clock.hpp>
#include <base/ids.hpp>

namespace parley::api {

namespace {
using Kind = Field::Kind;

Field make(std::string_view name, Kind kind) {
  Field field;
  field.name = name;
  field.kind = kind;
  return field;
}

std::string wrong_text(const Field& field, std::string_view value) {
  if (static_cast<std::int64_t>(value.size()) < field.low) {
    return field.low == 1 ? "must not be empty" : fmt::format("needs at least {} bytes", field.low);
  }
  if (static_cast<std::int64_t>(value.size()) > field.high) return fmt::format("has more than {} bytes", field.high);
  if (field.digits && !std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; }))
    return "takes digits only";
  const auto control = [&field](char c) {
    if (field.lines && (c == '\n' || c == '\t')) return false;
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  };
  return std::ranges::any_of(value, control) ? "holds a control character" : "";
}

std::string wrong_number(const Field& field, double value) {
  if (value >= static_cast<double>(field.low) && value <= static_cast<double>(field.high)) return "";
  return fmt::format("must be from {} to {}", field.low, field.high);
}

/// "" when fine; otherwise what is wrong, to be read after the member's name.
std::string wrong(const Field& field, const json::value& value) {
  switch (field.kind) {
    case Kind::Text: return value.is_string() ? wrong_text(field, value.get_string()) : "must be text";
    case Kind::Integer:
      return value.is_int64() ? wrong_number(field, static_cast<double>(value.get_int64())) : "must be a whole number";
    case Kind::Number: return value.is_number() ? wrong_number(field, value.to_number<double>()) : "must be a number";
    case Kind::Truth: return value.is_bool() ? "" : "must be true or false";
    case Kind::Choice: {
      const bool known = value.is_string() &&
                         std::ranges::find(field.choices, std::string_view(value.get_string())) != field.choices.end();
      return known ? "" : fmt::format("must be one of {}", fmt::join(field.choices, ", "));
    }
    case Kind::Id: return value.is_string() && Uuid::parse(value.get_string()) ? "" : "must be an id (UUID)";
    case Kind::Time: return value.is_string() && from_rfc3339(value.get_string()) ? "" : "must be a time (RFC 3339)";
    case Kind::Object: return value.is_object() ? "" : "must be an object";
    case Kind::List:
    case Kind::TextList: {
      if (!value.is_array()) return "must be a list";
      if (static_cast<std::int64_t>(value.get_array().size()) > field.high)
        return fmt::format("has more than {} items", field.high);
      if (field.kind == Kind::List) return "";
      for (const auto& item : value.get_array()) {
        if (!item.is_string() || item.get_string().size() > 200) return "must be a list of texts";
      }
      return "";
    }
    case Kind::Anything: return "";
  }
  return "";
}

std::string remedy(const Field& field) {
  switch (field.kind) {
    case Kind::Text:
      return fmt::format("write {} to {} {}", field.low, field.high, field.digits ? "digits" : "bytes of text");
    case Kind::Integer: return fmt::format("write a whole number from {} to {}", field.low, field.high);
    case Kind::Number: return fmt::format("write a number from {} to {}", field.low, field.high);
    case Kind::Truth: return "write true or false";
    case Kind::Choice: return fmt::format("write one of {}", fmt::join(field.choices, ", "));
    case Kind::Id: return "write an id as the API shows it";
    case Kind::Time: return "write a time such as 2030-01-31T12:00:00Z";
    case Kind::Object: return "write names with values";
    case Kind::List: return fmt::format("write a list of {} things at most", field.high);
    case Kind::TextList: return fmt::format("write a list of {} texts at most", field.high);
    case Kind::Anything: break;
  }
  return "write a value";
}
}  // namespace

Field text(std::string_view name) { return make(name, Kind::Text); }
Field integer(std::string_view name) { return make(name, Kind::Integer).between(0, 1'000'000'000); }
Field number(std::string_view name) { return make(name, Kind::Number).between(-1'000'000'000, 1'000'000'000); }
Field truth(std::string_view name) { return make(name, Kind::Truth); }
Field choice(std::string_view name, std::vector<std::string_view> choices) {
  Field field = make(name, Kind::Choice);
  field.choices = std::move(choices);
  return field;
}
Field id(std::string_view name) { return make(name, Kind::Id); }
Field time(std::string_view name) { return make(name, Kind::Time); }
Field object(std::string_view name, const Schema& schema) {
  Field field = make(name, Kind::Object);
  field.schema = &schema;
  return field;
}
Field list_of(std::string_view name, const Schema& schema) {
  Field field = make(name, Kind::List).between(0, 10'000);
  field.schema = &schema;
  return field;
}
Field texts(std::string_view name) { return make(name, Kind::TextList).between(0, 100); }
Field anything(std::string_view name) { return make(name, Kind::Anything); }

void find_faults(const Schema& schema, const json::object& body, bool partial, const std::string& prefix,
                 std::vector<Fault>& faults) {
  for (const auto& member : body) {
    const std::string_view name = member.key();
    if (schema.open || std::ranges::find(schema.fields, name, &Field::name) != schema.fields.end()) continue;
    std::vector<std::string_view> known;
    for (const auto& field : schema.fields) known.push_back(field.name);
    faults.push_back({Problem::UnknownField, prefix + std::string(name.substr(0, 100)), "there is no such field",
                      fmt::format("known are {}", fmt::join(known, ", "))});
  }
  for (const auto& field : schema.fields) {
    if (faults.size() > kMaxFaults) return;
    const auto* value = body.if_contains(field.name);
    const std::string path = prefix + std::string(field.name);
    const auto fault = [&](std::string at, std::string what) {
      faults.push_back({Problem::InvalidValue, std::move(at), std::move(what), remedy(field)});
    };
    if (value == nullptr) {
      if (field.required && !partial) fault(path, "is missing");
      continue;
    }
    if (value->is_null() && field.nullable) continue;
    if (auto what = wrong(field, *value); !what.empty()) {
      fault(path, std::move(what));
      continue;
    }
    if (field.schema == nullptr) continue;
    if (field.kind == Kind::Object) {
      find_faults(*field.schema, value->get_object(), partial, path + ".", faults);
      continue;
    }
    std::size_t index = 0;
    for (const auto& item : value->get_array()) {
      const auto place = fmt::format("{}[{}]", path, index++);
      if (item.is_object()) {
        find_faults(*field.schema, item.get_object(), partial, place + ".", faults);
      } else {
        fault(place, "must be an object");
      }
    }
  }
}

std::optional<Refusal> check(const Schema& schema, const json::object& body, bool partial) {
  std::vector<Fault> faults;
  find_faults(schema, body, partial, {}, faults);
  if (faults.empty()) return std::nullopt;
  return refusal_of(std::move(faults));
}

namespace {
json::object reference(const Schema& schema) { return {{"$ref", fmt::format("#/components/schemas/{}", schema.name)}}; }

json::object described(const Field& field) {
  json::object out;
  const auto type = [&field](std::string_view name) {
    return field.nullable ? json::value(json::array{name, "null"}) : json::value(name);
  };
  switch (field.kind) {
    case Kind::Text:
      out["type"] = type("string");
      if (field.low > 0) out["minLength"] = field.low;
      out["maxLength"] = field.high;
      if (field.digits) out["pattern"] = "^[0-9]*$";
      break;
    case Kind::Integer:
    case Kind::Number:
      out["type"] = type(field.kind == Kind::Integer ? "integer" : "number");
      out["minimum"] = field.low;
      out["maximum"] = field.high;
      break;
    case Kind::Truth: out["type"] = type("boolean"); break;
    case Kind::Choice: {
      out["type"] = type("string");
      json::array choices(field.choices.begin(), field.choices.end());
      if (field.nullable) choices.emplace_back(nullptr);
      out["enum"] = std::move(choices);
      break;
    }
    case Kind::Id: out = {{"type", type("string")}, {"format", "uuid"}}; break;
    case Kind::Time: out = {{"type", type("string")}, {"format", "date-time"}}; break;
    case Kind::Object:
      if (field.nullable) {
        out["anyOf"] = json::array{reference(*field.schema), json::object{{"type", "null"}}};
      } else {
        out = reference(*field.schema);
      }
      break;
    case Kind::List: out = {{"type", type("array")}, {"items", reference(*field.schema)}}; break;
    case Kind::TextList: out = {{"type", type("array")}, {"items", {{"type", "string"}}}}; break;
    case Kind::Anything: break;
  }
  if (!field.about.empty()) out["description"] = field.about;
  return out;
}
}  // namespace

json::object to_json_schema(const Schema& schema) {
  json::object properties;
  json::array required;
  for (const auto& field : schema.fields) {
    properties[field.name] = described(field);
    if (field.required) required.emplace_back(field.name);
  }
  json::object out{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  if (!schema.open) out["additionalProperties"] = false;
  return out;
}

void collect(const Schema& schema, std::vector<const Schema*>& out) {
  if (std::ranges::find(out, &schema) != out.end()) return;
  out.push_back(&schema);
  for (const auto& field : schema.fields) {
    if (field.schema != nullptr) collect(*field.schema, out);
  }
}

}  // namespace parley::api
