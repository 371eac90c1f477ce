#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <base/clock.hpp>

/// The notifier's side of a subscription as tables: the tables decide, Subscription keeps time, its owner sends. What
/// is not listed does not happen. Pure.
namespace parley::sip {

/// Where the subscription stands (RFC 6665 Figure 3; nobody is asked for consent here, so there is no pending).
enum class SubscriptionPhase : std::uint8_t {
  New,
  Active,
  Ending,  // over for both; the NOTIFY that says so is due or on the way
  Over,
};
enum class SubscriptionInput : std::uint8_t {
  Subscribe,    // SUBSCRIBE with a lifetime: initial or refresh
  Unsubscribe,  // ... with Expires 0: a fetch, or the end
  Change,       // there is something new to say
  Expire,
  End,         // we end it
  Lost,        // the subscriber is gone: nothing more is said
  LastPassed,  // the last NOTIFY was answered
};
enum class SubscriptionAction : std::uint8_t { None, TellAll, TellNews, TellEnd };

/// Its NOTIFYs: one on the way at a time, what happens meanwhile is told by the next one (RFC 6665 §4.2.2).
enum class NotifyPhase : std::uint8_t { Quiet, Due, Running, RunningDue };
enum class NotifyInput : std::uint8_t {
  Want,
  Send,
  Withdraw,  // what was due is not worth telling any more
  Answered,
  Postpone,  // it failed for now: the same again later
  Stop,
};

struct SubscriptionStep {
  SubscriptionPhase phase;
  SubscriptionInput input;
  SubscriptionPhase next;
  SubscriptionAction action;
};
struct NotifyStep {
  NotifyPhase phase;
  NotifyInput input;
  NotifyPhase next;
};
[[nodiscard]] std::span<const SubscriptionStep> subscription_table() noexcept;
[[nodiscard]] std::span<const NotifyStep> notify_table() noexcept;
[[nodiscard]] std::optional<SubscriptionStep> next(SubscriptionPhase phase, SubscriptionInput input) noexcept;
[[nodiscard]] std::optional<NotifyPhase> next(NotifyPhase phase, NotifyInput input) noexcept;

/// Why a subscription ended (RFC 6665 §4.1.3), in Subscription-State.
enum class EndReason : std::uint8_t {
  Timeout,      // it ran out, or its subscriber ended it
  Deactivated,  // subscribe again at once
  Probation,    // ... after a while
  Rejected,     // never again
  NoResource,   // there is nothing to watch any more
};
[[nodiscard]] std::string_view to_string(EndReason reason) noexcept;

/// How long subscriptions (and publications) may last.
struct EventLifetimes {
  std::chrono::seconds least{60}, most{3600}, usual{3600};
};
/// What is granted for Expires: 0 as it is, too short is refused with the least (423, Min-Expires), too long is cut.
[[nodiscard]] std::expected<std::chrono::seconds, std::chrono::seconds> grant(std::optional<std::uint32_t> asked,
                                                                              const EventLifetimes& lifetimes) noexcept;

/// One subscription as its notifier keeps it.
///   subscribe() -> take() -> [NOTIFY] -> passed() / failed() / postpone()      change(), end(), on_time() at any time
/// Changes are told at most once every `spacing` in the long run, `burst` of them at once; what a SUBSCRIBE asks for,
/// and the end, at once. Source: RFC 6665 §4.2.   Thread: its owner's.   Lifetime: until over().
class Subscription {
 public:
  struct Pace {
    Duration spacing = std::chrono::seconds(1);
    unsigned burst = 4;
  };
  explicit Subscription(Pace pace) : pace_(pace) {}

  /// A SUBSCRIBE that was accepted; `granted` 0 ends it with a last look. False: it is over (481).
  [[nodiscard]] bool subscribe(std::chrono::seconds granted, TimePoint now);
  void change() { apply(SubscriptionInput::Change); }
  void end(EndReason reason);
  void on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  struct Notify {
    std::string state;   // the value of Subscription-State
    bool whole = false;  // all that there is to see, not only what is new
    bool last = false;
    std::optional<EndReason> reason;
  };
  /// The NOTIFY to send now; one was then sent until told otherwise. nullopt: nothing, or not yet.
  [[nodiscard]] std::optional<Notify> take(TimePoint now);
  /// What take() gave is not sent, for it would say nothing. Not for one that is whole or the last.
  void withdraw() { step(NotifyInput::Withdraw); }
  void passed();
  /// Refused for good, or never answered (§4.2.2).
  void failed();
  /// Could not be sent, or the subscriber asked for patience (Retry-After): again after that, until it runs out.
  void postpone(Duration wait, TimePoint now);

  [[nodiscard]] SubscriptionPhase phase() const noexcept { return phase_; }
  [[nodiscard]] bool is_active() const noexcept { return phase_ == SubscriptionPhase::Active; }
  [[nodiscard]] bool over() const noexcept { return phase_ == SubscriptionPhase::Over; }
  /// Something is still to be said and has not been sent.
  [[nodiscard]] bool owes() const noexcept { return notify_ == NotifyPhase::Due || notify_ == NotifyPhase::RunningDue; }

 private:
  bool apply(SubscriptionInput input);
  void step(NotifyInput input);
  [[nodiscard]] TimePoint due_at() const;

  Pace pace_;
  SubscriptionPhase phase_ = SubscriptionPhase::New;
  NotifyPhase notify_ = NotifyPhase::Quiet;
  bool whole_ = false;    // of what is due
  bool at_once_ = false;  // ... and it does not wait for its turn
  EndReason reason_ = EndReason::Timeout;
  TimePoint expires_{}, not_before_{};
  TimePoint paid_until_{};  // of the pace: changes told so far use up the time until then
};

}  // namespace parley::sip
