#pragma once
#include <optional>
#include <string_view>

#include <sip/header_name.hpp>
#include <sip/parse_error.hpp>

namespace parley::sip {

/// What a server does with a field whose value breaks its grammar: RFC 3261 §8.2.2 has it ignore what it does not need.
enum class Malformed : std::uint8_t {
  Refused,  // 400: the field decides what happens, or who is asked to do what
  Ignored,  // as if it were not there; told in the report of a message, never a reason to refuse a call
};

/// Where a header field is defined, and what becomes of a bad one.
struct HeaderRule {
  Malformed malformed = Malformed::Ignored;
  std::string_view source;  // "RFC 3261 §20.10"
};
[[nodiscard]] HeaderRule rule_of(Header id) noexcept;

/// The first fault in one field's value, by the field's own grammar, list or single; nullopt: none, or a field that has
/// no grammar here. One table behind the server's checks, the command's report and the fuzzers.
/// Errors: offset into `value`.   Nothing throws, nothing allocates.
[[nodiscard]] std::optional<ParseError> grammar_fault(Header id, std::string_view value) noexcept;

}  // namespace parley::sip
