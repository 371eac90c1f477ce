#pragma once
#include <string>
#include <vector>

#include <pbx/authenticator.hpp>
#include <sip/uri.hpp>

namespace parley::pbx {

/// What a dialled number means to this caller.
struct Route {
  enum class Kind : std::uint8_t { Extension, EchoTest, Refuse, Pickup, Trunk };
  Kind kind = Kind::Refuse;
  const DirectoryExtension* extension = nullptr;  // Extension, Pickup; lives in the identity's directory
  unsigned status = 404;                          // Kind::Refuse
  std::string cause;
  std::vector<std::string> path;  // the routes that led there, for the CDR and for who asks why
  /// Kind::Trunk, in the order to try them; Kind::Extension: what else may take an emergency call.
  std::vector<const DirectoryTrunk*> trunks{};
  std::string number{};    // what is dialled there; of an emergency always that number
  bool emergency = false;  // an emergency number: no limit of ours holds it up
};

inline constexpr std::string_view kEchoTestNumber = "600";  // an extension of that number takes precedence
inline constexpr std::string_view kPickupCode = "*8";       // *8102 picks up what rings at 102
inline constexpr unsigned kMaxReroutes = 5;                 // numbers that routes put in the place of one another

/// The numbers that telephones themselves take for emergency calls, with and without a SIM: 112, 911, 000, 08, 110,
/// 118, 119, 999. Source: 3GPP TS 22.101 §10.1.1.
[[nodiscard]] bool is_emergency_number(std::string_view number) noexcept;

/// The dialled number as the caller meant it: the URI's user without escapes and separators.
[[nodiscard]] std::string dialled_number(const sip::Uri& target);
/// Only inside the caller's own organisation; anything else is not found, also a number of another one's plan
/// (phone-context, RFC 3966 §5.1.5). Pure.
[[nodiscard]] Route route(const Identity& caller, const sip::Uri& target);

/// The same for a number. Extensions and their devices' user names come first (but not before an emergency number),
/// then the echo test and the pickup code before an extension's number, then the organisation's routes: the first that
/// is enabled, matches and is open to this caller, in the directory's order. What a route puts in the place of the
/// number goes through all of it again, kMaxReroutes times at most (then 482). Matched only routes that others may use:
/// 403. None matched: 404. An emergency number is refused by no route but one whose pattern is that number; when only
/// routes are left that other callers may use, it goes by the first of them; and after the trunks of its route, or if
/// there is no route or its extension is switched off, all other trunks of the organisation are tried. `caller`
/// nullptr: somebody of whom nothing is known. Pure.
[[nodiscard]] Route route_number(const DirectoryOrganisation& organisation, const DirectoryExtension* caller,
                                 std::string number);

}  // namespace parley::pbx
