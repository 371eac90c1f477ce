// RFC 4733: packets as they would come, and the digits that must come of them, each once.
#include <base/clock.hpp>
#include <rtp/packet.hpp>
#include <rtp/telephone_event.hpp>

#include "check.hpp"

namespace parley::vectors {

void check_dtmf(const std::filesystem::path& folder, Rows& rows) {
  const auto all = read(folder / "rfc4733.json");
  const auto event_type = number_at(all.as_object(), "payload_type", 101);
  each("dtmf", all.at("cases").as_array(), rows, [&](const json::object& one) -> std::string {
    rtp::TelephoneEventDecoder decoder;
    FakeClock clock;
    std::string digits;
    for (const auto& packet : one.at("packets").as_array()) {
      const auto bytes = from_hex(std::string_view(packet.as_string()));
      const auto parsed = bytes ? rtp::RtpPacket::parse(*bytes) : std::unexpected(rtp::RtpErrc::Truncated);
      if (parsed && parsed->payload_type == event_type) {
        const auto presses =
            decoder.on_packet(parsed->ssrc, parsed->timestamp, parsed->marker, parsed->payload, clock.now());
        for (unsigned i = 0; i < presses.count; ++i) digits += presses.items.at(i).key;
      }
      clock.advance(std::chrono::milliseconds(number_at(one, "interval_ms", 20)));
    }
    clock.advance(std::chrono::seconds(1));
    if (const auto last = decoder.on_time(clock.now())) digits += last->key;
    const auto wanted = text_at(one, "expected_digits");
    return digits == wanted ? "" : "\"" + digits + "\" instead of \"" + wanted + "\"";
  });
}

}  // namespace parley::vectors
