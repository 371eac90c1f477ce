#include <algorithm>

#include <pbx/trunk_states.hpp>

namespace parley::pbx {
namespace {

using S = TrunkState;
using I = TrunkInput;
using A = TrunkAction;

constexpr TrunkStep kTable[] = {
    {S::Off, I::Start, S::Locating, A::Locate},

    {S::Locating, I::Targets, S::Trying, A::Send},
    {S::Locating, I::NoTargets, S::Waiting, A::BackOff},
    {S::Locating, I::Stop, S::Off, A::End},

    {S::Trying, I::Success, S::Registered, A::Accept},
    {S::Trying, I::Challenge, S::Proving, A::Prove},
    {S::Trying, I::WrongCredentials, S::Refused, A::GiveUp},
    {S::Trying, I::OtherPlace, S::Refused, A::GiveUp},
    {S::Trying, I::TooBrief, S::Trying, A::Send},
    {S::Trying, I::Forbidden, S::Refused, A::GiveUp},
    {S::Trying, I::NextFailed, S::Trying, A::SendNext},
    {S::Trying, I::LastFailed, S::Waiting, A::BackOff},
    {S::Trying, I::Stop, S::Off, A::End},

    {S::Proving, I::Success, S::Registered, A::Accept},
    {S::Proving, I::Challenge, S::Proving, A::Prove},  // the nonce was stale
    {S::Proving, I::WrongCredentials, S::Refused, A::GiveUp},
    {S::Proving, I::OtherPlace, S::Refused, A::GiveUp},
    {S::Proving, I::TooBrief, S::Trying, A::Send},
    {S::Proving, I::Forbidden, S::Refused, A::GiveUp},
    {S::Proving, I::NextFailed, S::Trying, A::SendNext},
    {S::Proving, I::LastFailed, S::Waiting, A::BackOff},
    {S::Proving, I::Stop, S::Leaving, A::Leave},  // the registrar may have taken it by now

    {S::Registered, I::RefreshDue, S::Locating, A::Locate},
    {S::Registered, I::Start, S::Locating, A::Locate},
    {S::Registered, I::Stop, S::Leaving, A::Leave},

    {S::Waiting, I::RetryDue, S::Locating, A::Locate},
    {S::Waiting, I::Start, S::Locating, A::Locate},
    {S::Waiting, I::Stop, S::Off, A::End},

    {S::Refused, I::Start, S::Locating, A::Locate},
    {S::Refused, I::Stop, S::Off, A::End},

    {S::Leaving, I::Challenge, S::Leaving, A::Prove},
    {S::Leaving, I::Success, S::Off, A::End},
    {S::Leaving, I::WrongCredentials, S::Off, A::End},
    {S::Leaving, I::OtherPlace, S::Off, A::End},
    {S::Leaving, I::TooBrief, S::Off, A::End},
    {S::Leaving, I::Forbidden, S::Off, A::End},
    {S::Leaving, I::NextFailed, S::Off, A::End},
    {S::Leaving, I::LastFailed, S::Off, A::End},
};

constexpr const TrunkStep* find(TrunkState state, TrunkInput input) {
  for (const auto& step : kTable)
    if (step.state == state && step.input == input) return &step;
  return nullptr;
}
static_assert(find(S::Proving, I::WrongCredentials)->next == S::Refused);
static_assert(find(S::Refused, I::RetryDue) == nullptr);

}  // namespace

std::span<const TrunkStep> trunk_table() noexcept { return kTable; }
const TrunkStep* next(TrunkState state, TrunkInput input) noexcept { return find(state, input); }

std::string_view to_string(TrunkState state) noexcept {
  switch (state) {
    case S::Off: return "off";
    case S::Locating: return "locating";
    case S::Trying: return "trying";
    case S::Proving: return "proving";
    case S::Registered: return "registered";
    case S::Waiting: return "waiting";
    case S::Refused: return "refused";
    case S::Leaving: return "leaving";
  }
  return "?";
}

std::string_view to_string(TrunkInput input) noexcept {
  switch (input) {
    case I::Start: return "start";
    case I::Stop: return "stop";
    case I::Targets: return "targets";
    case I::NoTargets: return "no targets";
    case I::Success: return "success";
    case I::Challenge: return "challenge";
    case I::WrongCredentials: return "wrong credentials";
    case I::OtherPlace: return "challenge of another place";
    case I::TooBrief: return "interval too brief";
    case I::Forbidden: return "forbidden";
    case I::NextFailed: return "failed";
    case I::LastFailed: return "last failed";
    case I::RefreshDue: return "refresh due";
    case I::RetryDue: return "retry due";
  }
  return "?";
}

}  // namespace parley::pbx
