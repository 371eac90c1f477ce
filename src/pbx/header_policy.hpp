#pragma once
#include <string>
#include <utility>
#include <vector>

#include <sip/message.hpp>

namespace parley::pbx {

/// What stands at the other end of a leg, and so how far its words are believed.
enum class PeerClass : std::uint8_t {
  Device,  // a telephone or browser of an organisation, proven by digest
  Trunk,   // a provider
  Inner,   // our own: another node, a gateway whose address is trusted
  Public,  // nobody that we know
};

/// A header field as text, ready for RequestBuilder::header(name, value).
using HeaderText = std::pair<std::string, std::string>;

/// Whether a field may come in from, or go out to, a peer of that class. What the table does not list passes nowhere:
/// identities that a device asserts itself, routes, X- headers, vias and whatever else shows the inside.
/// Source: RFC 3325 §5 (trust domain), threats T-10, T-11, T-12.   Pure.
[[nodiscard]] bool may_enter(PeerClass from, sip::Header header, std::string_view name) noexcept;
[[nodiscard]] bool may_leave(PeerClass to, sip::Header header, std::string_view name) noexcept;

/// The fields of a message from one leg that its counterpart on the other leg carries, by canonical name, in their
/// order. What dialogs, transactions and bodies need is no part of it: each leg makes its own. Bounds: 32 fields, 1 KB
/// each, 4 KB in all; the rest is left out.
[[nodiscard]] std::vector<HeaderText> passed_on(const sip::Message& message, PeerClass from, PeerClass to);

}  // namespace parley::pbx
