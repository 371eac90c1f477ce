#include <algorithm>

#include <pbx/number_format.hpp>
#include <pbx/trunk_calls.hpp>

namespace parley::pbx {
namespace {

bool comes_from(const DirectoryTrunk& trunk, const TrunkBoard& board, const IpAddress& source) {
  return std::ranges::any_of(trunk.addresses, [&](const IpRange& range) { return range.contains(source); }) ||
         board.has_server(trunk.settings.id, source);
}

const DirectoryTrunk::Inbound* inbound_of(const DirectoryTrunk& trunk, const std::string& number) {
  const auto found = std::ranges::find_if(
      trunk.inbound, [&](const DirectoryTrunk::Inbound& one) { return one.pattern.matches(number); });
  return found == trunk.inbound.end() ? nullptr : &*found;
}

}  // namespace

const DirectoryTrunk* trunk_of(const Directory& directory, const TrunkBoard& board, const sip::Message& invite) {
  const auto& source = invite.source.remote.address;
  const auto user = invite.request_uri().user_text();
  const DirectoryTrunk* by_number = nullptr;
  for (const auto& trunk : directory.trunks()) {
    if (!trunk->settings.enabled || !comes_from(*trunk, board, source)) continue;
    if (user == trunk->contact_user) return trunk.get();
    if (!by_number && inbound_of(*trunk, number_called(*trunk, invite))) by_number = trunk.get();
  }
  return by_number;
}

std::string number_called(const DirectoryTrunk& trunk, const sip::Message& invite) {
  const bool to_contact = invite.request_uri().user_text() == trunk.contact_user;
  return from_carrier(trunk.settings, dialled_number(to_contact ? invite.to().uri : invite.request_uri()));
}

CarrierCaller caller_of(const DirectoryTrunk& trunk, const sip::Message& invite) {
  const auto asserted = invite.first_name_addr(sip::Header::PAssertedIdentity);
  const auto& from = asserted ? *asserted : invite.from();
  return {from_carrier(trunk.settings, dialled_number(from.uri)), from.display_text()};
}

Route route_from_trunk(const DirectoryTrunk& trunk, const std::string& number) {
  Route out;
  const auto* inbound = inbound_of(trunk, number);
  if (!inbound) {
    out.cause = "no number of trunk " + trunk.settings.name;
    return out;
  }
  const auto* extension = trunk.organisation->extension(inbound->extension);
  if (!extension) {
    out.cause = "trunk " + trunk.settings.name + " leads to an extension that is not there";
  } else if (!extension->enabled) {
    out.status = 480;
    out.cause = "extension switched off";
  } else {
    out.kind = Route::Kind::Extension;
    out.extension = extension;
  }
  return out;
}

}  // namespace parley::pbx
