#include <sip/transaction_tables.hpp>

namespace parley::sip {
namespace {

using enum State;
using enum Input;
using enum Action;

// RFC 3261 figure 5 with RFC 6026 §8.4 (Accepted, timer M).
constexpr Transition kInviteClient[] = {
    {Calling, TimerA, Calling, Retransmit},
    {Calling, TimerB, Terminated, Timeout},
    {Calling, TransportError, Terminated, Failed},
    {Calling, Response1xx, Proceeding, ToUser},
    {Calling, Response2xx, Accepted, ToUser},
    {Calling, ResponseFinal, Completed, ToUserAck},
    {Proceeding, Response1xx, Proceeding, ToUser},
    {Proceeding, Response2xx, Accepted, ToUser},
    {Proceeding, ResponseFinal, Completed, ToUserAck},
    {Proceeding, TimerB, Terminated, Timeout},         // armed by CANCEL only (§9.1)
    {Proceeding, TransportError, Terminated, Failed},  // ours: nothing else would ever end it
    {Accepted, Response2xx, Accepted, ToUser},
    {Accepted, TimerM, Terminated, None},
    {Completed, ResponseFinal, Completed, SendAck},
    {Completed, TransportError, Terminated, None},  // the user has its final response
    {Completed, TimerD, Terminated, None},
};

// RFC 3261 figure 6.
constexpr Transition kNonInviteClient[] = {
    {Trying, TimerE, Trying, Retransmit},
    {Trying, TimerF, Terminated, Timeout},
    {Trying, TransportError, Terminated, Failed},
    {Trying, Response1xx, Proceeding, ToUser},
    {Trying, Response2xx, Completed, ToUser},
    {Trying, ResponseFinal, Completed, ToUser},
    {Proceeding, TimerE, Proceeding, Retransmit},
    {Proceeding, TimerF, Terminated, Timeout},
    {Proceeding, TransportError, Terminated, Failed},
    {Proceeding, Response1xx, Proceeding, ToUser},
    {Proceeding, Response2xx, Completed, ToUser},
    {Proceeding, ResponseFinal, Completed, ToUser},
    {Completed, Response2xx, Completed, None},
    {Completed, ResponseFinal, Completed, None},
    {Completed, TimerK, Terminated, None},
};

// RFC 3261 figure 7 with RFC 6026 §8.5 (Accepted, timer L).
constexpr Transition kInviteServer[] = {
    {Proceeding, Request, Proceeding, Retransmit},
    {Proceeding, Timer100, Proceeding, SendTrying},
    {Proceeding, Send1xx, Proceeding, Send},
    {Proceeding, Send2xx, Accepted, Send},
    {Proceeding, SendFinal, Completed, Send},
    {Proceeding, TransportError, Terminated, Failed},
    {Accepted, Request, Accepted, None},
    {Accepted, Ack, Accepted, ToUser},
    {Accepted, Send2xx, Accepted, Send},
    {Accepted, TransportError, Accepted, None},  // the dialog repeats the 2xx, or gives up
    {Accepted, TimerL, Terminated, None},
    {Completed, Request, Completed, Retransmit},
    {Completed, Ack, Confirmed, None},
    {Completed, TimerG, Completed, Retransmit},
    {Completed, TimerH, Terminated, Timeout},
    {Completed, TransportError, Terminated, Failed},
    {Confirmed, Ack, Confirmed, None},
    {Confirmed, Request, Confirmed, None},
    {Confirmed, TimerI, Terminated, None},
};

// RFC 3261 figure 8. Timer J also ends a transaction whose user never answers: the client has given up by then (RFC
// 4320).
constexpr Transition kNonInviteServer[] = {
    {Trying, Request, Trying, None},
    {Trying, Send1xx, Proceeding, Send},
    {Trying, Send2xx, Completed, Send},
    {Trying, SendFinal, Completed, Send},
    {Trying, TransportError, Terminated, Failed},
    {Trying, TimerJ, Terminated, None},
    {Proceeding, Request, Proceeding, Retransmit},
    {Proceeding, Send1xx, Proceeding, Send},
    {Proceeding, Send2xx, Completed, Send},
    {Proceeding, SendFinal, Completed, Send},
    {Proceeding, TransportError, Terminated, Failed},
    {Proceeding, TimerJ, Terminated, None},
    {Completed, Request, Completed, Retransmit},
    {Completed, TransportError, Terminated, Failed},
    {Completed, TimerJ, Terminated, None},
};

constexpr std::span<const Transition> kTables[] = {kInviteClient, kNonInviteClient, kInviteServer, kNonInviteServer};
constexpr std::size_t kKinds = std::size(kTables);

constexpr std::uint8_t kNotListed = 0xff;
constexpr auto kIndex = [] {
  std::array<std::array<std::array<std::uint8_t, kInputs>, kStates>, kKinds> index{};
  for (auto& kind : index)
    for (auto& state : kind) state.fill(kNotListed);
  for (std::size_t kind = 0; kind < kKinds; ++kind)
    for (std::size_t row = 0; row < kTables[kind].size(); ++row) {
      const auto& transition = kTables[kind][row];
      auto& cell = index[kind][static_cast<std::size_t>(transition.state)][static_cast<std::size_t>(transition.input)];
      if (cell != kNotListed) throw "a pair of state and input is listed twice";
      cell = static_cast<std::uint8_t>(row);
    }
  return index;
}();

constexpr const Transition* look_up(TransactionKind kind, State state, Input input) {
  const auto k = static_cast<std::size_t>(kind);
  const auto row = kIndex[k][static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
  return row == kNotListed ? nullptr : &kTables[k][row];
}

static_assert(look_up(TransactionKind::InviteClient, Calling, Response2xx)->next == Accepted);
static_assert(look_up(TransactionKind::InviteServer, Proceeding, Send2xx)->next == Accepted);
static_assert(look_up(TransactionKind::NonInviteClient, Completed, TimerE) == nullptr);

}  // namespace

std::span<const Transition> table_of(TransactionKind kind) noexcept { return kTables[static_cast<std::size_t>(kind)]; }
const Transition* next(TransactionKind kind, State state, Input input) noexcept { return look_up(kind, state, input); }

Input response_input(unsigned status) noexcept {
  return status < 200 ? Input::Response1xx : status < 300 ? Input::Response2xx : Input::ResponseFinal;
}
Input send_input(unsigned status) noexcept {
  return status < 200 ? Input::Send1xx : status < 300 ? Input::Send2xx : Input::SendFinal;
}

Input retransmit_timer(TransactionKind kind, State state) noexcept {
  switch (kind) {
    case TransactionKind::InviteClient: return Input::TimerA;
    case TransactionKind::NonInviteClient: return Input::TimerE;
    default: return state == State::Proceeding ? Input::Timer100 : Input::TimerG;
  }
}

Input expiry_timer(TransactionKind kind, State state) noexcept {
  switch (kind) {
    case TransactionKind::InviteClient:
      return state == State::Accepted ? Input::TimerM : state == State::Completed ? Input::TimerD : Input::TimerB;
    case TransactionKind::NonInviteClient: return state == State::Completed ? Input::TimerK : Input::TimerF;
    case TransactionKind::InviteServer:
      return state == State::Accepted ? Input::TimerL : state == State::Confirmed ? Input::TimerI : Input::TimerH;
    default: return Input::TimerJ;
  }
}

std::string_view to_string(TransactionKind kind) noexcept {
  constexpr std::string_view kNames[] = {"INVITE client", "non-INVITE client", "INVITE server", "non-INVITE server"};
  return kNames[static_cast<std::size_t>(kind)];
}
std::string_view to_string(State state) noexcept {
  constexpr std::string_view kNames[] = {"Calling",   "Trying",    "Proceeding", "Accepted",
                                         "Completed", "Confirmed", "Terminated"};
  static_assert(std::size(kNames) == kStates);
  return kNames[static_cast<std::size_t>(state)];
}
std::string_view to_string(Input input) noexcept {
  constexpr std::string_view kNames[] = {"1xx",      "2xx",      "3xx-6xx",      "request",         "ACK",
                                         "send 1xx", "send 2xx", "send 3xx-6xx", "transport error", "timer 100",
                                         "timer A",  "timer B",  "timer D",      "timer M",         "timer E",
                                         "timer F",  "timer K",  "timer G",      "timer H",         "timer I",
                                         "timer L",  "timer J"};
  static_assert(std::size(kNames) == kInputs);
  return kNames[static_cast<std::size_t>(input)];
}
std::string_view to_string(Action action) noexcept {
  constexpr std::string_view kNames[] = {"nothing",    "to user",  "to user and ACK", "ACK",   "send",
                                         "retransmit", "send 100", "time-out",        "failed"};
  return kNames[static_cast<std::size_t>(action)];
}

}  // namespace parley::sip
