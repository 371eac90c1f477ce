#pragma once
#include <string>

#include <pbx/directory.hpp>
#include <pbx/routing.hpp>
#include <pbx/trunk_board.hpp>
#include <sip/message.hpp>

namespace parley::pbx {

/// The carrier that an INVITE comes from; nullptr: none. By the source address, which must be one of the trunk's or of
/// its servers'; among several trunks at one address by our Contact there, else by who has a number for the call, the
/// nearer address first, then the older trunk. A telephone at the same address is not taken for the carrier, and nobody
/// gets the calls of another organisation's telephones by the addresses that its trunks claim.
[[nodiscard]] const DirectoryTrunk* trunk_of(const Directory& directory, const TrunkBoard& board,
                                             const sip::Message& invite);

/// The number that the carrier brings the call for: of the Request-URI, or of To where that names our Contact.
[[nodiscard]] std::string number_called(const DirectoryTrunk& trunk, const sip::Message& invite);

struct CarrierCaller {
  std::string number, name;
};
/// P-Asserted-Identity before From (RFC 3325: a carrier is believed); E.164 where that is known.
[[nodiscard]] CarrierCaller caller_of(const DirectoryTrunk& trunk, const sip::Message& invite);

/// Only to extensions by the trunk's own numbers, never on to another trunk: nobody telephones at our cost.
[[nodiscard]] Route route_from_trunk(const DirectoryTrunk& trunk, const std::string& number);

}  // namespace parley::pbx
