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

/// From whom to whom a call was diverted, in the words of Diversion and History-Info, for the phones that ring next,
/// for trunks that may know it, and for a caller that asked to be told (histinfo). Of contacts each phone sees its own
/// alone. What the caller's INVITE brings of both counts against loops, whoever says it; it is passed on elsewhere
/// (header_policy.hpp). Whoever wants not to be seen stands there as anonymous (RFC 7044 §10.1), and in no Diversion.
/// Source: RFC 5806, RFC 7044 §5, §9, §10.   Thread: the call's reactor.   Pure.
/// Lifetime: its Call.   Bounds: kMost diversions in all.
class CallHistory {
 public:
  static constexpr std::size_t kMost = 8;

  /// `believed`: the INVITE's own History-Info goes on with the call (it comes from a trunk or from inside).
  void begin(const sip::Message& invite, bool believed);
  /// The caller said that it understands History-Info: it is told whom it reached, and phones by which contact.
  [[nodiscard]] bool wanted() const noexcept { return wanted_; }
  struct Cause {
    DiversionReason reason = DiversionReason::Unknown;
    unsigned status = 0;  // the redirection's; 0: none
    bool hidden = false;  // who diverts wants not to be seen
  };
  /// Not too often, and not to where it was before it came here.
  [[nodiscard]] bool may_divert(const DirectoryExtension& to) const;
  /// ... to a number outside.
  [[nodiscard]] bool may_divert_out() const noexcept;
  void divert(const DirectoryExtension& from, const DirectoryExtension& to, Cause cause);
  void divert_out(const DirectoryExtension& from, const std::string& number, Cause cause);

  /// What a phone of `at` is told whose `contact` is called; nothing if the call was not diverted to it and nobody
  /// asked. `quiet`: the caller wants no story told. Peers inside get that too, marked private; others do not.
  [[nodiscard]] std::vector<HeaderText> headers(const DirectoryExtension& at, PeerClass to, bool quiet,
                                                std::string_view contact = {});
  /// What a trunk is told that is asked for `number`, as far as its settings let it know.
  [[nodiscard]] std::vector<HeaderText> headers_out(const std::string& number, const DirectoryTrunk& trunk,
                                                    bool quiet) const;
  /// History-Info for the caller: whom it reached. `at` nullptr: `uri`, outside.
  [[nodiscard]] std::string told_back(const DirectoryExtension* at, const std::string& uri, bool quiet) const;

 private:
  struct Hop {
    const DirectoryExtension* at = nullptr;  // nullptr: outside
    std::string number;                      // ... there
    std::size_t from = 0;                    // index of the one before; its own: the first
    Cause cause;                             // of the step from there
    std::string index;                       // "1.2"
    unsigned children = 0;                   // entries numbered below it
  };
  using Way = std::vector<std::size_t>;  // from a hop back to the first
  [[nodiscard]] static std::string below(Hop& hop) { return hop.index + "." + std::to_string(++hop.children); }
  void add(const DirectoryExtension& from, Hop to, Cause cause);
  [[nodiscard]] Way way_to(std::size_t hop) const;
  [[nodiscard]] bool hidden(const Way& way, std::size_t step, bool quiet) const;
  template <class UriOf>
  [[nodiscard]] std::string story_of(const Way& way, bool quiet, bool inside, const UriOf& uri_of) const;

  std::vector<Hop> hops_;
  std::vector<std::string> before_;  // "user@host" of what the INVITE named
  std::size_t count_before_ = 0;
  std::string last_index_;  // of the INVITE's own history
  bool wanted_ = false;
};

}  // namespace parley::pbx
