#pragma once
#include <string>
#include <string_view>

#include <sip/message.hpp>

namespace parley::sip {

/// CANCEL (RFC 3261 §9.1) or the ACK for a 300-699 (§17.1.1.3): made of the INVITE that was sent. Same Request-URI, top
/// Via, Route, From, Call-ID and CSeq number; `to` is the INVITE's or the response's To value.
[[nodiscard]] std::string derived_request(Method method, const Message& invite, std::string_view to,
                                          std::string_view header_line = {});

/// The To tag of answers that no transaction remembers: the same for a request and its retransmission, and recognised
/// in the ACK that may follow.
[[nodiscard]] std::string stateless_tag(const Message& request);
[[nodiscard]] bool is_stateless_tag(std::string_view tag) noexcept;

/// Turns a request that RequestBuilder made, and the flow that it takes, from UDP to TCP or back: its top Via says
/// which. False: there is no such Via, and nothing was changed.
[[nodiscard]] bool switch_transport(std::string& request, Flow& flow, Transport to);

}  // namespace parley::sip
