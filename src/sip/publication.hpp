#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sip/message.hpp>
#include <sip/subscription.hpp>

/// What a PUBLISH wants, as a table.   Source: RFC 3903 §4.1 table 1, §6.   Pure.
namespace parley::sip {

enum class PublishKind : std::uint8_t { Initial, Refresh, Modify, Remove };

struct PublishRequest {
  PublishKind kind = PublishKind::Initial;
  std::string etag;  // SIP-If-Match; "" if Initial
  std::chrono::seconds granted{};
};
/// What to answer one that cannot be served.
struct PublishRefusal {
  unsigned status = 400;
  std::string header_line;
};
/// Judges all but the event package, the body's content and whether the entity tag is known (412).
/// Errors: 400 (neither an entity tag nor a body, or an unreadable tag), 423 with Min-Expires.
[[nodiscard]] std::expected<PublishRequest, PublishRefusal> read_publish(const Message& publish,
                                                                         const EventLifetimes& lifetimes);

}  // namespace parley::sip
