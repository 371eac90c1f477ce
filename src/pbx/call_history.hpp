#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pbx/directory.hpp>
#include <pbx/header_policy.hpp>
#include <sip/message.hpp>

namespace parley::pbx {

/// Why a call went on to somebody else.   Source: RFC 5806 §5.
enum class DiversionReason : std::uint8_t {
  Unknown,
  UserBusy,
  NoAnswer,
  Unavailable,
  Unconditional,
  TimeOfDay,
  DoNotDisturb,
  Deflection,
  FollowMe,
  OutOfService,
  Away,
};
[[nodiscard]] std::string_view to_string(DiversionReason reason) noexcept;
/// The one of a redirection: what its own Diversion says, else by whether the phone rang before.
[[nodiscard]] DiversionReason diversion_reason(const sip::Message& redirection, bool rang);

/// From whom to whom a call was diverted, in the words of Diversion and History-Info. Who reads it are the phones that
/// ring next; the addresses of phones are no part of it. What the caller's INVITE brings of both counts against loops,
/// whoever says it; it is passed on elsewhere (header_policy.hpp).
/// Source: RFC 5806, RFC 7044 §5, §9, §10 (of the retargetings alone).   Thread: the call's reactor.   Pure.
/// Lifetime: its Call.   Bounds: kMost diversions in all.
class CallHistory {
 public:
  static constexpr std::size_t kMost = 8;

  void begin(const sip::Message& invite);
  struct Cause {
    DiversionReason reason = DiversionReason::Unknown;
    unsigned status = 0;  // the redirection's; 0: none
    bool hidden = false;  // who diverts wants not to be seen
  };
  /// Not too often, and not to where it was before it came here.
  [[nodiscard]] bool may_divert(const DirectoryExtension& to) const;
  void divert(const DirectoryExtension& from, const DirectoryExtension& to, Cause cause);
  /// What a phone of `at` is told; nothing if the call was not diverted to it. `quiet`: the caller wants no story told.
  /// Peers inside get that too, marked private; others do not.
  [[nodiscard]] std::vector<HeaderText> headers(const DirectoryExtension& at, PeerClass to, bool quiet) const;

 private:
  struct Hop {
    const DirectoryExtension* at = nullptr;
    std::size_t from = 0;  // index of the one before; its own: the first
    Cause cause;           // of the step from there
  };
  std::vector<Hop> hops_;
  std::vector<std::string> before_;  // "user@host" of what the INVITE named
  std::size_t count_before_ = 0;
};

}  // namespace parley::pbx
