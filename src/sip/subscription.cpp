#include <algorithm>
#include <array>
#include <utility>

#include <sip/subscription.hpp>

namespace parley::sip {
namespace {

using P = SubscriptionPhase;
using I = SubscriptionInput;
using A = SubscriptionAction;
using N = NotifyPhase;

constexpr SubscriptionStep kSubscription[] = {
    {P::New, I::Subscribe, P::Active, A::TellAll},
    {P::New, I::Unsubscribe, P::Ending, A::TellEnd},  // a fetch (RFC 6665 §4.4.3)
    {P::Active, I::Subscribe, P::Active, A::TellAll},
    {P::Active, I::Unsubscribe, P::Ending, A::TellEnd},
    {P::Active, I::Change, P::Active, A::TellNews},
    {P::Active, I::Expire, P::Ending, A::TellEnd},
    {P::Active, I::End, P::Ending, A::TellEnd},
    {P::Active, I::Lost, P::Over, A::None},
    {P::Ending, I::Lost, P::Over, A::None},
    {P::Ending, I::LastPassed, P::Over, A::None},
};

constexpr NotifyStep kNotify[] = {
    {N::Quiet, NotifyInput::Want, N::Due},          {N::Due, NotifyInput::Want, N::Due},
    {N::Due, NotifyInput::Send, N::Running},        {N::Running, NotifyInput::Want, N::RunningDue},
    {N::Running, NotifyInput::Answered, N::Quiet},  {N::Running, NotifyInput::Withdraw, N::Quiet},
    {N::Running, NotifyInput::Postpone, N::Due},    {N::RunningDue, NotifyInput::Want, N::RunningDue},
    {N::RunningDue, NotifyInput::Answered, N::Due}, {N::RunningDue, NotifyInput::Withdraw, N::Due},
    {N::RunningDue, NotifyInput::Postpone, N::Due}, {N::Due, NotifyInput::Stop, N::Quiet},
    {N::Running, NotifyInput::Stop, N::Quiet},      {N::RunningDue, NotifyInput::Stop, N::Quiet},
};

constexpr std::array<std::string_view, 5> kReasons{"timeout", "deactivated", "probation", "rejected", "noresource"};
constexpr std::uint32_t kHour = 3600;

}  // namespace

std::span<const SubscriptionStep> subscription_table() noexcept { return kSubscription; }
std::span<const NotifyStep> notify_table() noexcept { return kNotify; }

std::optional<SubscriptionStep> next(SubscriptionPhase phase, SubscriptionInput input) noexcept {
  const auto* const found =
      std::ranges::find_if(kSubscription, [&](const auto& row) { return row.phase == phase && row.input == input; });
  return found == std::end(kSubscription) ? std::nullopt : std::optional(*found);
}

std::optional<NotifyPhase> next(NotifyPhase phase, NotifyInput input) noexcept {
  const auto* const found =
      std::ranges::find_if(kNotify, [&](const auto& row) { return row.phase == phase && row.input == input; });
  return found == std::end(kNotify) ? std::nullopt : std::optional(found->next);
}

std::string_view to_string(EndReason reason) noexcept { return kReasons.at(static_cast<std::size_t>(reason)); }

std::expected<std::chrono::seconds, std::chrono::seconds> grant(std::optional<std::uint32_t> asked,
                                                                const EventLifetimes& lifetimes) noexcept {
  if (!asked) return lifetimes.usual;
  const std::chrono::seconds wanted(*asked);
  if (wanted.count() == 0) return wanted;
  if (wanted < lifetimes.least && *asked < kHour) return std::unexpected(lifetimes.least);  // RFC 6665 §4.2.1.1
  return std::min(wanted, lifetimes.most);
}

bool Subscription::apply(SubscriptionInput input) {
  const auto row = next(phase_, input);
  if (!row) return false;
  phase_ = row->next;
  switch (row->action) {
    case SubscriptionAction::None: step(NotifyInput::Stop); break;
    case SubscriptionAction::TellAll:
    case SubscriptionAction::TellEnd:
      whole_ = at_once_ = true;
      not_before_ = {};
      step(NotifyInput::Want);
      break;
    case SubscriptionAction::TellNews: step(NotifyInput::Want); break;
  }
  return true;
}

void Subscription::step(NotifyInput input) {
  if (const auto to = next(notify_, input)) notify_ = *to;
}

bool Subscription::subscribe(std::chrono::seconds granted, TimePoint now) {
  reason_ = EndReason::Timeout;
  if (granted.count() == 0) return apply(SubscriptionInput::Unsubscribe);
  if (!apply(SubscriptionInput::Subscribe)) return false;
  expires_ = now + granted;
  return true;
}

void Subscription::end(EndReason reason) {
  if (apply(SubscriptionInput::End)) reason_ = reason;
}

void Subscription::on_time(TimePoint now) {
  if (phase_ == SubscriptionPhase::Active && now >= expires_) {
    reason_ = EndReason::Timeout;
    apply(SubscriptionInput::Expire);
  }
}

TimePoint Subscription::due_at() const {
  if (at_once_) return not_before_;
  const auto turn = paid_until_ - (pace_.burst - 1) * pace_.spacing;
  return std::max(not_before_, turn);
}

std::optional<TimePoint> Subscription::next_deadline() const {
  std::optional<TimePoint> due;
  if (phase_ == SubscriptionPhase::Active) due = expires_;
  if (notify_ == NotifyPhase::Due) due = due ? std::min(*due, due_at()) : due_at();
  return due;
}

std::optional<Subscription::Notify> Subscription::take(TimePoint now) {
  if (notify_ != NotifyPhase::Due || now < due_at()) return std::nullopt;
  step(NotifyInput::Send);
  Notify out;
  out.whole = std::exchange(whole_, false);
  if (!std::exchange(at_once_, false)) paid_until_ = std::max(paid_until_, now) + pace_.spacing;
  if (phase_ == SubscriptionPhase::Ending) {
    out.last = true;
    out.reason = reason_;
    out.state = "terminated;reason=" + std::string(to_string(reason_));
  } else {
    const auto left = std::chrono::ceil<std::chrono::seconds>(expires_ - now).count();
    out.state = "active;expires=" + std::to_string(std::max<long>(left, 0));
  }
  return out;
}

void Subscription::passed() {
  step(NotifyInput::Answered);
  if (notify_ == NotifyPhase::Quiet) apply(SubscriptionInput::LastPassed);
}

void Subscription::failed() { apply(SubscriptionInput::Lost); }

void Subscription::postpone(Duration wait, TimePoint now) {
  step(NotifyInput::Postpone);
  whole_ = true;  // whatever it would have said
  not_before_ = now + wait;
  // There is nobody left to be patient for: what could not be told of the end stays untold.
  if (phase_ == SubscriptionPhase::Ending) apply(SubscriptionInput::Lost);
}

}  // namespace parley::sip
