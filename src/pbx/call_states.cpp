#include <pbx/call_states.hpp>

namespace parley::pbx {
namespace {

using L = LegState;
using C = CallState;

constexpr LifeStep<LegState, LegInput> kLeg[] = {
    {L::Idle, LegInput::SendInvite, L::Calling},
    {L::Idle, LegInput::ReceiveInvite, L::Offered},
    {L::Idle, LegInput::MoveIn, L::Up},
    {L::Idle, LegInput::Lost, L::Ended},
    {L::Calling, LegInput::Progress, L::Early},
    {L::Calling, LegInput::Answer, L::Up},
    {L::Calling, LegInput::Refuse, L::Ended},
    {L::Calling, LegInput::Cancel, L::Cancelling},
    {L::Calling, LegInput::Lost, L::Ended},
    {L::Early, LegInput::Progress, L::Early},
    {L::Early, LegInput::Answer, L::Up},
    {L::Early, LegInput::Refuse, L::Ended},
    {L::Early, LegInput::Cancel, L::Cancelling},
    {L::Early, LegInput::Lost, L::Ended},
    {L::Cancelling, LegInput::Answer, L::Ended},  // the 2xx crossed our CANCEL: ACK, then BYE (RFC 3261 §9.1)
    {L::Cancelling, LegInput::Refuse, L::Ended},
    {L::Cancelling, LegInput::Lost, L::Ended},
    {L::Offered, LegInput::Progress, L::Offered},
    {L::Offered, LegInput::Answer, L::Answered},
    {L::Offered, LegInput::Refuse, L::Ended},
    {L::Offered, LegInput::Cancel, L::Ended},
    {L::Offered, LegInput::Lost, L::Ended},
    {L::Answered, LegInput::Ack, L::Up},
    {L::Answered, LegInput::Bye, L::Ended},
    {L::Answered, LegInput::Lost, L::Ended},
    {L::Up, LegInput::Bye, L::Ended},
    {L::Up, LegInput::Lost, L::Ended},
};

constexpr LifeStep<CallState, CallInput> kCall[] = {
    {C::Routing, CallInput::Forked, C::Ringing},
    {C::Routing, CallInput::CalleeAnswered, C::Accepting},  // a call app of ours answers at once
    {C::Routing, CallInput::End, C::Ended},
    {C::Ringing, CallInput::CalleeAnswered, C::Accepting},
    {C::Ringing, CallInput::End, C::Ended},
    {C::Accepting, CallInput::CallerReady, C::Talking},
    {C::Accepting, CallInput::End, C::Ended},
    {C::Talking, CallInput::NoticeBegins, C::Notice},  // at the answer, or later when the API starts a recording
    {C::Talking, CallInput::End, C::Ended},
    {C::Notice, CallInput::NoticeOver, C::Talking},
    {C::Notice, CallInput::End, C::Ended},
};

template <class Table, class S, class I>
constexpr std::optional<S> find(const Table& table, S state, I input) {
  for (const auto& step : table)
    if (step.state == state && step.input == input) return step.next;
  return std::nullopt;
}

static_assert(find(kLeg, L::Cancelling, LegInput::Answer) == L::Ended);
static_assert(!find(kCall, C::Ended, CallInput::End));

}  // namespace

std::span<const LifeStep<LegState, LegInput>> leg_table() noexcept { return kLeg; }
std::span<const LifeStep<CallState, CallInput>> call_table() noexcept { return kCall; }
std::optional<LegState> next(LegState state, LegInput input) noexcept { return find(kLeg, state, input); }
std::optional<CallState> next(CallState state, CallInput input) noexcept { return find(kCall, state, input); }

std::string_view to_string(LegState state) noexcept {
  constexpr std::string_view kNames[] = {"idle",       "calling",  "offered", "early",
                                         "cancelling", "answered", "up",      "ended"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view to_string(CallState state) noexcept {
  constexpr std::string_view kNames[] = {"routing", "ringing", "accepting", "notice", "talking", "ended"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace parley::pbx
