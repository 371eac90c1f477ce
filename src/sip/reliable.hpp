#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <base/clock.hpp>
#include <sip/dialog_headers.hpp>
#include <sip/message.hpp>

/// Reliable provisional responses (100rel), both sides.   Source: RFC 3262.   Pure: time is an argument.
namespace parley::sip {

/// The RSeq of a response that wants a PRACK: 101-199 with Require: 100rel and a number in it. nullopt: unreliable.
[[nodiscard]] std::optional<std::uint32_t> reliable_rseq(const Message& response) noexcept;

/// UAS side: one reliable provisional at a time is repeated from T1 on, doubling, until its PRACK or for 64*T1 (§3).
/// Thread, lifetime: its leg's.
class ReliableSender {
 public:
  enum class Due : std::uint8_t { Nothing, Send, GiveUp };  // GiveUp: no PRACK came; refuse the INVITE
  explicit ReliableSender(std::chrono::milliseconds t1 = std::chrono::milliseconds(500)) : t1_(t1) {}

  /// The RSeq for the next one: the first between 1 and 2^31-1 by chance (`random`), then one more each (§3).
  [[nodiscard]] std::uint32_t next_rseq(std::uint64_t random) noexcept;
  /// That one was sent for an INVITE of this CSeq. Only while not waiting().
  void start(std::uint32_t invite_cseq, TimePoint now) noexcept;
  /// True: this PRACK acknowledges what was being repeated (stops). False: 481 (§3).
  [[nodiscard]] bool on_prack(const Rack& rack) noexcept;
  void stop() noexcept { waiting_ = false; }
  [[nodiscard]] bool waiting() const noexcept { return waiting_; }
  [[nodiscard]] std::optional<TimePoint> next_deadline() const noexcept;
  [[nodiscard]] Due on_time(TimePoint now) noexcept;

 private:
  std::chrono::milliseconds t1_, interval_{};
  std::uint32_t rseq_ = 0, cseq_ = 0;
  bool waiting_ = false;
  TimePoint repeat_at_{}, give_up_at_{};
};

/// UAC side, one per early dialog: takes reliable provisionals in their order (§4).
class ReliableReceiver {
 public:
  enum class Take : std::uint8_t { Serve, Repeated, OutOfOrder };  // only Serve gets a PRACK
  [[nodiscard]] Take on_response(std::uint32_t rseq) noexcept;

 private:
  std::optional<std::uint32_t> last_;
};

}  // namespace parley::sip
