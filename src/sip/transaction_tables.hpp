#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// The four state machines of RFC 3261 §17 with the Accepted states of RFC 6026, as data. The tables decide, the
/// TransactionLayer acts. What is not listed is ignored and counted.
namespace parley::sip {

enum class TransactionKind : std::uint8_t { InviteClient, NonInviteClient, InviteServer, NonInviteServer };

enum class State : std::uint8_t { Calling, Trying, Proceeding, Accepted, Completed, Confirmed, Terminated };

enum class Input : std::uint8_t {
  Response1xx,
  Response2xx,
  ResponseFinal,  // received by a client; Final is 300-699
  Request,
  Ack,  // received by a server: the same request again; ACK
  Send1xx,
  Send2xx,
  SendFinal,  // the user of a server answers
  TransportError,
  Timer100,  // 200 ms without an answer to an INVITE
  TimerA,
  TimerB,
  TimerD,
  TimerM,  // INVITE client
  TimerE,
  TimerF,
  TimerK,  // non-INVITE client
  TimerG,
  TimerH,
  TimerI,
  TimerL,  // INVITE server
  TimerJ,  // non-INVITE server
};
inline constexpr std::size_t kInputs = static_cast<std::size_t>(Input::TimerJ) + 1;
inline constexpr std::size_t kStates = static_cast<std::size_t>(State::Terminated) + 1;

enum class Action : std::uint8_t {
  None,
  ToUser,      // hand the message to the user
  ToUserAck,   // ... and acknowledge it (client, 300-699)
  SendAck,     // acknowledge a repeated final response
  Send,        // send what the user gave, and keep it for retransmission
  Retransmit,  // send the kept bytes again
  SendTrying,  // 100 by ourselves
  Timeout,     // tell the user that nothing came
  Failed,      // tell the user that the transport failed
};

struct Transition {
  State state;
  Input input;
  State next;
  Action action;
};

[[nodiscard]] std::span<const Transition> table_of(TransactionKind kind) noexcept;
/// Pure look-up; nullptr: not listed.
[[nodiscard]] const Transition* next(TransactionKind kind, State state, Input input) noexcept;
/// What a response is to the tables: one that came in, one that the user sends.
[[nodiscard]] Input response_input(unsigned status) noexcept;
[[nodiscard]] Input send_input(unsigned status) noexcept;
/// Which timer of the RFC runs out in a state: of those that repeat, and of those that end it.
[[nodiscard]] Input retransmit_timer(TransactionKind kind, State state) noexcept;
[[nodiscard]] Input expiry_timer(TransactionKind kind, State state) noexcept;

[[nodiscard]] std::string_view to_string(TransactionKind kind) noexcept;
[[nodiscard]] std::string_view to_string(State state) noexcept;
[[nodiscard]] std::string_view to_string(Input input) noexcept;
[[nodiscard]] std::string_view to_string(Action action) noexcept;

}  // namespace parley::sip
