#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <base/result.hpp>

namespace parley::media {

/// One direction of a call whose packets the kernel relays: from `remote` to our end `local`, and on from our end of
/// the other leg (`out_local`) to the other party. The headers of a packet change by the same shifts as in
/// OutgoingStream.
struct RelayRule {
  Endpoint local, remote, out_local, out_remote;  // of one family; never unspecified
  std::uint8_t type_in = 0, type_out = 0;         // RTP payload type of the audio; all others go up
  std::uint8_t traffic_class = 0;
  std::uint32_t ssrc_in = 0, ssrc_out = 0;
  std::uint16_t sequence_shift = 0;
  std::uint32_t timestamp_shift = 0;
  std::uint32_t clock_rate = 8000;  // Hz
  // Where the reception stands (rtp::SequenceTracker, rtp::Reception).
  std::uint64_t highest = 0, seen = 0;
  std::uint32_t jitter_q4 = 0;
};

/// What became of a rule's packets since it was added.
struct RelayCount {
  std::uint64_t highest = 0, seen = 0;              // as in the rule, now
  std::uint64_t packets = 0, octets = 0;            // relayed; octets of payload
  std::uint64_t repeated = 0;                       // dropped
  std::uint32_t jitter_q4 = 0;                      // in units of the clock rate, times 16 (RFC 3550 A.8)
  std::uint32_t timestamp = 0;                      // of `highest`
  std::optional<TimePoint> last_at = std::nullopt;  // by CLOCK_MONOTONIC; nullopt: nothing came
};

/// RTP relayed by the kernel at the interface where it arrives, for 0.7 instead of 3 to 4 us a packet
/// (relay.bpf.c). What is not plain audio from the known source goes up to the sockets as ever. The program goes with
/// the process, however that ends (TCX links), and rests when keep_alive() stays out.
/// It works before the packet filter (netfilter): what firewall rules say of RTP is not asked for relayed packets.
/// Thread: one at a time. Lifetime: removes all rules when destroyed.
/// Errors: Unsupported where the kernel (Linux 6.6, TCX), the privileges (CAP_BPF, CAP_NET_ADMIN) or an interface do
/// not allow it: the message says which.
class KernelRelay {
 public:
  [[nodiscard]] static Result<std::unique_ptr<KernelRelay>> load(unsigned max_rules);
  ~KernelRelay();
  KernelRelay(const KernelRelay&) = delete;
  KernelRelay& operator=(const KernelRelay&) = delete;

  /// From now on the kernel relays this direction, if the rule before (same `local`) is gone.
  [[nodiscard]] Result<void> add(const RelayRule& rule);
  [[nodiscard]] std::optional<RelayCount> read(const Endpoint& local) const;
  /// The next packet comes up again.
  std::optional<RelayCount> remove(const Endpoint& local);
  /// The rules hold for kTrust from `now` on; at least once a second.
  void keep_alive(TimePoint now);

  static constexpr auto kTrust = std::chrono::seconds(5);

 private:
  struct Impl;
  explicit KernelRelay(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::media
