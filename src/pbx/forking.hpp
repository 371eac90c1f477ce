#pragma once
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <pbx/call_leg.hpp>
#include <pbx/directory.hpp>
#include <pbx/location.hpp>

namespace parley::pbx {

inline constexpr std::string_view kCompletedElsewhere = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"";

/// What the registered devices of one extension are rung with.
struct RingOrder {
  const DirectoryExtension& callee;
  Shown shown;  // of who calls
  unsigned max_forwards = 70;
  const std::vector<HeaderText>& headers;
  /// What a device is told of the call's way to its contact.
  const std::function<std::vector<HeaderText>(const Binding&)>& history;
  /// The offer for a device's leg; nullopt: it cannot be made.
  const std::function<std::optional<std::string>(CallLeg&)>& offer;
  /// Told of each leg that rings.
  const std::function<void(CallLeg&, const Binding&)>& rings;
};

/// The devices that ring for one call: the first 2xx wins, the others are cancelled (RFC 3261 §16.7 as far as a B2BUA
/// needs it, RFC 3326 Reason). Owns the legs, also the losers until they are finished. Thread: the call's reactor.
/// Lifetime: its Call.
class Forking {
 public:
  CallLeg& add(std::unique_ptr<CallLeg> leg) { return *legs_.emplace_back(std::move(leg)); }
  /// Rings the devices of an extension; their count. Bound: options.max_forks in all.
  std::size_t ring(Core& core, LegOwner& owner, const RingOrder& order);
  /// Rings one place, by the first of its flows that can be had at all. False: by none.
  bool ring(Core& core, LegOwner& owner, const RingOrder& order, LocationTable::Place place);
  /// The place that a leg over an outbound flow was for, with its other flows (RFC 5626 §7); once.
  [[nodiscard]] std::optional<LocationTable::Place> take_flow(const CallLeg& leg);
  [[nodiscard]] bool has(const CallLeg& leg) const;
  /// Hands all legs over, e.g. those of a transfer that is done to its call.
  [[nodiscard]] std::vector<std::unique_ptr<CallLeg>> release() { return std::exchange(legs_, {}); }
  [[nodiscard]] bool any_ringing() const;
  /// A fork was refused. Returns the status for the caller once none is left that could answer.
  struct Failure {
    unsigned status = 480;
    std::string contact;  // of a 3xx
    std::string reason;   // a whole Reason header line (RFC 3326), or ""
  };
  [[nodiscard]] std::optional<Failure> refused(CallLeg& leg, unsigned status, const sip::Message* response);
  /// Cancels all but `winner` (nullptr: all).
  void cancel_others(const CallLeg* winner, std::string_view reason_line);
  [[nodiscard]] bool finished() const;
  [[nodiscard]] const std::vector<std::unique_ptr<CallLeg>>& legs() const noexcept { return legs_; }

 private:
  std::vector<std::unique_ptr<CallLeg>> legs_;
  std::unordered_map<const CallLeg*, LocationTable::Place> flows_;
  std::optional<Failure> best_;
};

/// Which of two final statuses tells the caller more: a decline by a person, a redirection, busy, then the rest; lower
/// is better.
[[nodiscard]] int rank_of_status(unsigned status) noexcept;

}  // namespace parley::pbx
