#pragma once
#include <memory>
#include <optional>
#include <string>

#include <pbx/call_leg.hpp>

namespace parley::pbx {

/// What a party wants us to do with the other one.   Source: RFC 3515, RFC 3891, RFC 3892, RFC 4488.
struct ReferOrder {
  std::string target;  // a URI without headers
  std::optional<DialogName> replaces;
  bool reports = true;      // NOTIFY how it goes; false: Refer-Sub: false
  std::string referred_by;  // for who is called; "" if the party said nothing
};
/// Error: the status to answer (400: no usable Refer-To; 403: another method than INVITE; 416: another scheme).
[[nodiscard]] std::expected<ReferOrder, unsigned> read_refer(const sip::Message& refer);
[[nodiscard]] std::optional<DialogName> read_replaces(std::string_view text);
[[nodiscard]] std::optional<DialogName> read_join(std::string_view text);

/// The implicit subscription of a REFER: NOTIFYs with message/sipfrag, one at a time, the last one ends it.
/// Source: RFC 3515 §2.4.4-§2.4.5.   Thread: the call's reactor.   Lifetime: its Transfer; what it sent may be answered
/// later.
class ReferReport {
 public:
  /// `id`: the CSeq of the REFER where the dialog had one before (§2.4.6).
  ReferReport(CallLeg& leg, bool reports, std::optional<std::uint32_t> id);
  void progress(unsigned status);
  void end(unsigned status);

 private:
  struct State;
  static void send(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace parley::pbx
