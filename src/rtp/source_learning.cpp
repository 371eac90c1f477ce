#include <algorithm>

#include <rtp/source_learning.hpp>

namespace parley::rtp {
namespace {
using State = SourceLearning::State;
using Input = SourceLearning::Input;
using Action = SourceLearning::Action;

bool is_packet(Input input) noexcept {
  return input == Input::Exact || input == Input::SameIp || input == Input::Vouched || input == Input::Learned ||
         input == Input::Stranger;
}

bool usable(const Endpoint& endpoint) noexcept {
  const auto& bytes = endpoint.address.bytes;
  const bool broadcast =
      !endpoint.address.v6 && bytes[0] == 255 && bytes[1] == 255 && bytes[2] == 255 && bytes[3] == 255;
  return endpoint.port != 0 && !endpoint.address.is_unspecified() && !endpoint.address.is_multicast() && !broadcast;
}
}  // namespace

constexpr std::array<SourceLearning::Transition, 16> SourceLearning::kTable{{
    {State::Unknown, Input::NewAddress, State::Signalled, Action::None},
    {State::Signalled, Input::NewAddress, State::Signalled, Action::None},
    {State::Signalled, Input::NoAddress, State::Unknown, Action::None},
    {State::Signalled, Input::Exact, State::Locked, Action::TakeAndMove},
    {State::Signalled, Input::SameIp, State::Latched, Action::TakeAndMove},
    {State::Signalled, Input::Vouched, State::Latched, Action::TakeAndMove},
    {State::Latched, Input::Learned, State::Latched, Action::Take},
    {State::Latched, Input::Exact, State::Locked, Action::TakeAndMove},  // the better vouched one wins
    {State::Latched, Input::Settle, State::Locked, Action::None},
    {State::Latched, Input::NewAddress, State::Signalled, Action::None},
    {State::Latched, Input::NoAddress, State::Unknown, Action::None},
    {State::Locked, Input::Learned, State::Locked, Action::Take},
    {State::Locked, Input::NewAddress, State::Signalled, Action::None},
    {State::Locked, Input::NoAddress, State::Unknown, Action::None},
    // Listed for the reader: once locked, even the signalled host cannot move the stream without signalling.
    {State::Locked, Input::Exact, State::Locked, Action::Refuse},
    {State::Locked, Input::SameIp, State::Locked, Action::Refuse},
}};

SourceLearning::Transition SourceLearning::next(State state, Input input) noexcept {
  const auto at =
      std::ranges::find_if(kTable, [&](const Transition& t) { return t.from == state && t.input == input; });
  if (at != kTable.end()) return *at;
  return {state, input, state, is_packet(input) ? Action::Refuse : Action::None};
}

SourceLearning::Action SourceLearning::apply(Input input) noexcept {
  const Transition transition = next(state_, input);
  state_ = transition.to;
  return transition.action;
}

SourceLearning::Input SourceLearning::classify(const Endpoint& from) const noexcept {
  const bool learned = state_ == State::Latched || state_ == State::Locked;
  if (learned && destination_ == from) return Input::Learned;
  if (from == signalled_) return Input::Exact;
  if (from.address == signalled_.address) return Input::SameIp;
  if (vouching_ == from.address) return Input::Vouched;
  return Input::Stranger;
}

void SourceLearning::on_signalled(const Endpoint& address, const std::optional<IpAddress>& signalling_source) noexcept {
  if (!usable(address)) {
    apply(Input::NoAddress);
    destination_.reset();
    vouching_.reset();
    return;
  }
  const bool behind_nat = signalling_source && is_private(address.address) && *signalling_source != address.address;
  const std::optional<IpAddress> vouching = behind_nat ? signalling_source : std::nullopt;
  if (state_ != State::Unknown && address == signalled_ && vouching == vouching_) return;
  apply(Input::NewAddress);
  signalled_ = address;
  vouching_ = vouching;
  // A private address named from a public one means a host in the phone's network, not the same number in ours.
  destination_ = behind_nat && !is_private(*signalling_source) ? std::nullopt : std::optional(address);
}

bool SourceLearning::on_packet(const Endpoint& from, bool* moved) noexcept {
  const Action action = apply(classify(from));
  if (action == Action::TakeAndMove) {
    if (moved != nullptr) *moved = destination_ != from;
    destination_ = from;
  }
  return action == Action::Take || action == Action::TakeAndMove;
}

bool is_private(const IpAddress& address) noexcept {
  const auto& b = address.bytes;
  if (address.v6) return (b[0] & 0xFEU) == 0xFC || (b[0] == 0xFE && (b[1] & 0xC0U) == 0x80);
  return b[0] == 10 || (b[0] == 172 && (b[1] & 0xF0U) == 16) || (b[0] == 192 && b[1] == 168) ||
         (b[0] == 100 && (b[1] & 0xC0U) == 64) || (b[0] == 169 && b[1] == 254);
}

std::string_view to_string(SourceLearning::State state) noexcept {
  switch (state) {
    case State::Unknown: return "unknown";
    case State::Signalled: return "signalled";
    case State::Latched: return "latched";
    case State::Locked: return "locked";
  }
  return "unknown";
}

}  // namespace parley::rtp
