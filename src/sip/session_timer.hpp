#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <base/clock.hpp>
#include <sip/builder.hpp>
#include <sip/dialog_headers.hpp>
#include <sip/message.hpp>

/// Session timers: a call whose party vanished without BYE ends.   Source: RFC 4028.   Pure: time is an argument.
namespace parley::sip {

enum class RefreshedBy : std::uint8_t { Nobody, Us, Them };  // Nobody: not agreed yet

struct SessionTimerPolicy {
  std::chrono::seconds interval{1800};  // what we ask for
  std::chrono::seconds least{90};       // shorter gets 422
};

/// The session timer of one dialog, whichever side it is on. Thread, lifetime: its leg's.
///   outgoing: request_headers() into the INVITE, on_success() with its 2xx; a 422 raises what is asked: on_too_small()
///   incoming: judge() the INVITE, response_headers() into its 2xx
///   later:    the same for each re-INVITE and UPDATE; next_deadline(), on_time()
class SessionTimer {
 public:
  static constexpr std::chrono::seconds kLeast{90};  // §4
  explicit SessionTimer(SessionTimerPolicy policy = {}) : policy_(policy), wanted_(policy.interval) {}

  /// A received INVITE or UPDATE: nullopt: fine; else its interval is too small: 422 with this Min-SE (§9).
  [[nodiscard]] std::optional<std::chrono::seconds> judge(const Message& request) const;
  /// We answer that request with 2xx: the headers that the answer must carry; starts, or starts anew (§9).
  void accept(const Message& request, TimePoint now);
  void response_headers(ResponseBuilder& response) const;

  /// Supported, Session-Expires and Min-SE of an INVITE or UPDATE of ours (§7.1, §7.4).
  void request_headers(RequestBuilder& request) const;
  /// A 2xx to it (§7.2).
  void on_success(const Message& response, TimePoint now);
  /// A 422: true: ask again, with more (§7.3).
  [[nodiscard]] bool on_too_small(const Message& response);

  [[nodiscard]] RefreshedBy refresher() const noexcept { return refresher_; }
  [[nodiscard]] std::chrono::seconds interval() const noexcept { return interval_; }
  [[nodiscard]] bool running() const noexcept { return refresher_ != RefreshedBy::Nobody; }

  enum class Due : std::uint8_t { Nothing, Refresh, Expired };  // Expired: BYE (§10)
  [[nodiscard]] std::optional<TimePoint> next_deadline() const noexcept;
  [[nodiscard]] Due on_time(TimePoint now) noexcept;

 private:
  void start(std::chrono::seconds interval, RefreshedBy refresher, TimePoint now);

  SessionTimerPolicy policy_;
  std::chrono::seconds wanted_, interval_{};
  std::optional<std::chrono::seconds> raised_;  // Min-SE that somebody on the way asked for
  RefreshedBy refresher_ = RefreshedBy::Nobody;
  bool peer_knows_ = false, in_answer_ = false;
  unsigned retries_ = 0;
  std::optional<TimePoint> refresh_at_;
  TimePoint expires_at_{};
};

}  // namespace parley::sip
