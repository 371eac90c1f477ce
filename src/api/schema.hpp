#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include <api/problem.hpp>

namespace parley::api {

namespace json = boost::json;

struct Schema;

/// One member of a JSON object: what is checked on the way in and what OpenAPI tells.
struct Field {
  enum class Kind : std::uint8_t { Text, Integer, Number, Truth, Choice, Id, Time, Object, List, TextList, Anything };

  std::string_view name;
  Kind kind = Kind::Text;
  bool required = false;
  bool nullable = false;
  bool lines = false;       // text: line breaks are allowed
  bool digits = false;      // text: digits only
  std::int64_t low = 0;     // text: fewest bytes; number: least
  std::int64_t high = 200;  // text: most bytes; number: greatest; list: most items
  std::vector<std::string_view> choices;
  const Schema* schema = nullptr;  // object, or items of a list
  std::string_view about;

  Field& need() { return required = true, *this; }
  Field& null() { return nullable = true, *this; }
  Field& multiline() { return lines = true, *this; }
  Field& only_digits() { return digits = true, *this; }
  Field& between(std::int64_t least, std::int64_t most) { return low = least, high = most, *this; }
  Field& says(std::string_view text) { return about = text, *this; }
};

[[nodiscard]] Field text(std::string_view name);
[[nodiscard]] Field integer(std::string_view name);
[[nodiscard]] Field number(std::string_view name);
[[nodiscard]] Field truth(std::string_view name);
[[nodiscard]] Field choice(std::string_view name, std::vector<std::string_view> choices);
[[nodiscard]] Field id(std::string_view name);
[[nodiscard]] Field time(std::string_view name);
[[nodiscard]] Field object(std::string_view name, const Schema& schema);
[[nodiscard]] Field list_of(std::string_view name, const Schema& schema);
[[nodiscard]] Field texts(std::string_view name);
[[nodiscard]] Field anything(std::string_view name);

/// The shape of a JSON object. `open`: members that are not listed are let through (documents made elsewhere).
struct Schema {
  std::string_view name;
  std::vector<Field> fields;
  bool open = false;
};

/// Checks a request body. `partial`: required members may be absent (PATCH). Names every member that is wrong; members
/// that the schema does not list are refused (T-27: no smuggled role or organisation).
[[nodiscard]] std::optional<Refusal> check(const Schema& schema, const json::object& body, bool partial = false);
/// The same for a part of a body, whose place is `prefix`; adds to `faults`, little more than kMaxFaults.
void find_faults(const Schema& schema, const json::object& body, bool partial, const std::string& prefix,
                 std::vector<Fault>& faults);

/// JSON Schema (2020-12, as OpenAPI 3.1 has it) of one schema; references go to #/components/schemas.
[[nodiscard]] json::object to_json_schema(const Schema& schema);
/// The schemas that it refers to, itself first.
void collect(const Schema& schema, std::vector<const Schema*>& out);

}  // namespace parley::api
