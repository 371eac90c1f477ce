#pragma once
#include <pbx/authenticator.hpp>

namespace parley::pbx {

/// Serves an authenticated PUBLISH of presence: a device says how its own extension is. The response to send; watchers
/// are told. Source: RFC 3903 §6.   Thread: any reactor's.
/// Answers: 200 with SIP-ETag and Expires; 489, 403 (another's presence), 423, 400, 412, 415, 413.
[[nodiscard]] sip::Outgoing serve_publish(Shared& shared, const sip::Message& publish, const Identity& who,
                                          std::string_view to_tag, TimePoint now);

}  // namespace parley::pbx
