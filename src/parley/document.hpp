#pragma once
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace parley::cli {

namespace json = boost::json;

enum class Notation : unsigned char { Yaml, Toml, Json };

/// By the file's ending; YAML when there is none that we know.
[[nodiscard]] Notation notation_of(std::string_view file_name);
/// Reads a configuration document. In YAML a plain scalar is what YAML 1.2's core schema says; but what stands under a
/// key that is always text (number, caller_id, login, …) stays the text that was written, so that 0041 keeps its zeros.
/// Errors: throws Failure with line and column.
[[nodiscard]] json::value read_document(std::string_view text, Notation notation, std::string_view name);
/// The same document that read_document makes the value of again. TOML has no null: such members are left out.
[[nodiscard]] std::string write_document(const json::value& value, Notation notation);

}  // namespace parley::cli
