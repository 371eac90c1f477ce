#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <base/endpoint.hpp>

namespace parley::rtp {

/// Decides whose packets a leg takes and where it sends: only what signalling vouched for.
/// RTP bleed and RTP inject (CVE-2017-14099, CVE-2025-53399) are attacks on exactly this; so it is a table.
///
///   Unknown    no usable address: nothing is sent or taken
///   Signalled  sent to the signalled address (unless it is a private one behind NAT); waiting for the first packet
///   Latched    the peer sends from another port or, behind NAT, from the signalling's IP: sent there
///   Locked     final until new signalling
///
/// Pure; the owner classifies nothing and only asks. Thread: the owner's.
class SourceLearning {
 public:
  enum class State : std::uint8_t { Unknown, Signalled, Latched, Locked };
  enum class Input : std::uint8_t {
    NewAddress,  // signalling named a usable address, other than before
    NoAddress,   // signalling named none (port 0, 0.0.0.0, multicast)
    Exact,       // packet from the signalled address and port
    SameIp,      // ... from another port of the signalled IP (symmetric RTP, RFC 4961)
    Vouched,     // ... from the IP of the signalling, while the signalled IP is private
    Learned,     // ... from where we latched
    Stranger,    // ... from anywhere else
    Settle,      // the time is over in which the exact address may take over from a latched one
  };
  enum class Action : std::uint8_t { None, Take, TakeAndMove, Refuse };
  struct Transition {
    State from;
    Input input;
    State to;
    Action action;
  };

  /// What the table says; what is not listed is refused for packets, ignored for the rest, and keeps the state.
  [[nodiscard]] static Transition next(State state, Input input) noexcept;

  /// From SDP, after each offer/answer. The same address keeps what was learned.
  void on_signalled(const Endpoint& address, const std::optional<IpAddress>& signalling_source) noexcept;
  /// Whether to take a packet of this source. `moved` is set when destination() changed.
  [[nodiscard]] bool on_packet(const Endpoint& from, bool* moved = nullptr) noexcept;
  void on_settled() noexcept { apply(Input::Settle); }

  [[nodiscard]] std::optional<Endpoint> destination() const noexcept { return destination_; }
  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] Input classify(const Endpoint& from) const noexcept;

  static const std::array<Transition, 16> kTable;

 private:
  Action apply(Input input) noexcept;

  State state_ = State::Unknown;
  Endpoint signalled_;
  std::optional<IpAddress> vouching_;  // only while signalled_ is private
  std::optional<Endpoint> destination_;
};

/// RFC 1918, RFC 6598, link-local and RFC 4193: addresses that mean another host elsewhere. Not loopback.
[[nodiscard]] bool is_private(const IpAddress& address) noexcept;
[[nodiscard]] std::string_view to_string(SourceLearning::State state) noexcept;

}  // namespace parley::rtp
