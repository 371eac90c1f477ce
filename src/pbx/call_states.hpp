#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// The lives of a leg and of a call as tables: the tables decide, CallLeg and Call act. What is not listed does not
/// happen (the owner ignores the input). Pure; walked in whole by a test.
namespace parley::pbx {

enum class LegState : std::uint8_t {
  Idle,        // made, nothing sent
  Calling,     // outgoing: INVITE sent
  Offered,     // incoming: INVITE here, no final answer yet
  Early,       // outgoing: a provisional response with a tag came
  Cancelling,  // outgoing: CANCEL asked for, the final response is awaited
  Answered,    // incoming: 2xx sent, ACK awaited
  Up,          // the dialog is confirmed
  Ended,
};
enum class LegInput : std::uint8_t {
  SendInvite,
  ReceiveInvite,
  MoveIn,  // it was up in another call
  Progress,
  Answer,
  Ack,
  Refuse,
  Cancel,
  Bye,
  Lost,
};

enum class CallState : std::uint8_t {
  Routing,    // who is called?
  Ringing,    // forks are out
  Accepting,  // one answered, the caller's ACK is awaited
  Notice,     // both hear that the call is recorded, not yet each other (PBX-4)
  Talking,
  Ended,
};
enum class CallInput : std::uint8_t { Forked, CalleeAnswered, CallerReady, NoticeBegins, NoticeOver, End };

template <class S, class I>
struct LifeStep {
  S state;
  I input;
  S next;
};

[[nodiscard]] std::span<const LifeStep<LegState, LegInput>> leg_table() noexcept;
[[nodiscard]] std::span<const LifeStep<CallState, CallInput>> call_table() noexcept;
[[nodiscard]] std::optional<LegState> next(LegState state, LegInput input) noexcept;
[[nodiscard]] std::optional<CallState> next(CallState state, CallInput input) noexcept;
[[nodiscard]] std::string_view to_string(LegState state) noexcept;
[[nodiscard]] std::string_view to_string(CallState state) noexcept;

}  // namespace parley::pbx
