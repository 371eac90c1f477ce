#pragma once
#include <optional>

#include <pbx/directory.hpp>
#include <pbx/forking.hpp>
#include <pbx/header_policy.hpp>
#include <sip/message.hpp>

namespace parley::pbx {

/// What a request or response asks about who may learn who sent it.
struct PrivacyWish {
  bool anonymous = false;      // nobody may be shown who it is: Privacy: id, user or header, or an anonymous From
  bool without_story = false;  // nor from whom the call came to whom (Privacy: history)
  unsigned refusal = 0;        // 400: not readable; 500: critical, and something that we cannot give
};
/// Source: RFC 3323 §4.1-§5, RFC 3325 §7, RFC 7044 §5.   Pure.
[[nodiscard]] PrivacyWish privacy_of(const sip::Message& message);

/// Nobody, as who asked for anonymity is shown (RFC 3323 §4.1.1.3).
[[nodiscard]] Shown nobody();
/// What others see of an extension: its caller ID, or `by_number` its number. Nothing that a phone says of itself.
[[nodiscard]] Shown shown_as(const DirectoryExtension& extension, bool by_number = false);
/// Of the two identities that an account may show its phone prefers the number: P-Preferred-Identity names it
/// (RFC 3325 §9.2). Any other preference counts for nothing.
[[nodiscard]] bool asks_for_number(const DirectoryExtension& extension, const sip::Message& message);

[[nodiscard]] std::string uri_of(const Shown& who);
/// P-Asserted-Identity as our own table has it, for peers that may learn it; nullopt: of nobody (RFC 3325 §5).
[[nodiscard]] std::optional<HeaderText> asserted_identity(const Shown& who);

}  // namespace parley::pbx
