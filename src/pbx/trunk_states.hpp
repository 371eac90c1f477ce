#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// The life of a registration at a carrier as a table: the table decides, TrunkRegistration acts. What is not listed
/// does not happen. Pure; walked in whole by a test.   Source: RFC 3261 §10.2, §22; RFC 3263 §4.3.
namespace parley::pbx {

enum class TrunkState : std::uint8_t {
  Off,
  Locating,    // which servers are there?
  Trying,      // REGISTER sent
  Proving,     // REGISTER with credentials sent
  Registered,  // until the next refresh
  Waiting,     // nobody took it: again later
  Refused,     // taken by nobody for a reason that repetition does not cure: until somebody changes something
  Leaving,     // REGISTER with Expires: 0 sent
};
inline constexpr std::size_t kTrunkStates = static_cast<std::size_t>(TrunkState::Leaving) + 1;

enum class TrunkInput : std::uint8_t {
  Start,
  Stop,
  Targets,           // servers were found
  NoTargets,         // none were, or no name server answered
  Success,           // 2xx
  Challenge,         // 401, 407 that may be answered
  WrongCredentials,  // ... after an answer to the same
  OtherPlace,        // ... of another realm or host: never answered
  TooBrief,          // 423 with a longer time than asked for
  Forbidden,         // 403, 404 and other refusals of the account
  NextFailed,        // time-out, transport, 5xx and the rest; there is another server
  LastFailed,        // ... there is none
  RefreshDue,
  RetryDue,
};
inline constexpr std::size_t kTrunkInputs = static_cast<std::size_t>(TrunkInput::RetryDue) + 1;

enum class TrunkAction : std::uint8_t {
  Locate,
  Send,      // to the current server
  SendNext,  // to the one behind it
  Prove,     // again, with credentials
  Accept,    // note the time given, arm the refresh
  BackOff,   // arm the retry
  GiveUp,    // tell people
  Leave,     // Expires: 0
  End,
};

struct TrunkStep {
  TrunkState state;
  TrunkInput input;
  TrunkState next;
  TrunkAction action;
};
[[nodiscard]] std::span<const TrunkStep> trunk_table() noexcept;
/// nullptr: not listed.
[[nodiscard]] const TrunkStep* next(TrunkState state, TrunkInput input) noexcept;
[[nodiscard]] std::string_view to_string(TrunkState state) noexcept;
[[nodiscard]] std::string_view to_string(TrunkInput input) noexcept;

}  // namespace parley::pbx
