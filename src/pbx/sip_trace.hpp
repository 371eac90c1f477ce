#pragma once
#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <base/clock.hpp>
#include <base/guarded.hpp>
#include <base/ids.hpp>
#include <pbx/trace_ring.hpp>
#include <sip/transport.hpp>

namespace parley::pbx {

/// One SIP message as it passed the wire.
struct TracedMessage {
  std::uint64_t number = 0;  // counts over the process: what came after this one
  WallTime at{};
  bool incoming = false;
  sip::Transport transport = sip::Transport::Udp;
  Endpoint peer;
  std::string text;
};

/// What may be shown of a message. Digest answers and media keys never are.
enum class TraceView : std::uint8_t {
  Whole,
  Masked,  // without names, numbers, addresses and bodies
};
[[nodiscard]] std::string shown(std::string_view message, TraceView view);

/// The last SIP messages of this process, so that an administrator sees why a call failed or a telephone cannot
/// register. In memory only; one ring a reactor for those who signed in, and one for strangers, who cannot push the
/// others out. The content of a MESSAGE is not kept. Gone with the process, after a day, and with the erasure of their
/// call. Thread: record() the reactor's; everything else any. Bounds: `bytes` in all, the oldest go first; `calls`
/// remembered.
class SipTrace {
 public:
  struct Limits {
    std::size_t bytes = 16 * 1024 * 1024;  // 0: nothing is kept
    std::size_t longest = 8 * 1024;        // more of a message is cut off
    std::size_t calls = 20'000;
    std::chrono::hours age{24};
  };
  SipTrace(unsigned reactors, const Limits& limits);

  void record(unsigned reactor, bool stranger, bool incoming, const sip::Flow& flow, std::string_view message,
              WallTime at);
  /// That the dialog with this Call-ID is a leg of the call.
  void belongs(std::string_view sip_call_id, OrganisationId organisation, CallId call);
  /// Every message of the call goes (RET-9, RIGHT-3).
  void forget(CallId call);
  /// Drops what is older than a day; now and then.
  void expire(WallTime now);

  /// Oldest first. `after`: only those with a greater number.
  [[nodiscard]] std::vector<TracedMessage> of_call(OrganisationId organisation, CallId call,
                                                   std::uint64_t after = 0) const;
  struct Filter {
    std::size_t last = 50;
    std::string address{};  // begin of the peer's address
    std::string account{};  // user part of From or To
    std::string sip_call_id{};
    std::uint64_t after = 0;
    /// Whose domain From, To or the Request-URI must name, or whose call it must be; nullopt: anybody's.
    std::optional<OrganisationId> organisation{};
    std::string domain{};
  };
  [[nodiscard]] std::vector<TracedMessage> find(const Filter& filter) const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Owner {
    OrganisationId organisation;
    CallId call;
  };
  struct Calls {
    std::unordered_map<std::uint64_t, Owner> owners;  // by hash of the SIP Call-ID
    std::unordered_map<CallId, std::vector<std::uint64_t>> dialogs;
    std::deque<CallId> order;
  };
  template <class F>
  void each(F&& use) const;

  Limits limits_;
  std::vector<std::unique_ptr<Guarded<TraceRing>>> rings_;  // two a reactor: signed in, strangers
  Guarded<Calls> calls_;
  std::atomic<std::uint64_t> number_ = 0;
};

}  // namespace parley::pbx
