#include <algorithm>

#include <pbx/number_format.hpp>
#include <pbx/trunk_calls.hpp>
#include <sip/uri.hpp>

namespace parley::pbx {
namespace {

constexpr int kIsServer = 129;  // more than any prefix

/// How surely the carrier speaks from there: its servers, then the narrower network. 0: it does not.
int nearness(const DirectoryTrunk& trunk, const TrunkBoard& board, const sip::Flow& flow) {
  if (trunk.place.transport == sip::Transport::Tls && flow.transport != sip::Transport::Tls) return 0;
  const auto& source = flow.remote.address;
  if (board.has_server(trunk.settings.id, source)) return kIsServer;
  int nearest = 0;
  for (const auto& range : trunk.addresses)
    if (range.contains(source)) nearest = std::max(nearest, 1 + range.prefix);
  return nearest;
}

/// A call within another organisation's domain is that of one of its telephones: what addresses a trunk claims is up to
/// the organisation that made it, and must not bring it the calls of others.
bool is_within_other(const Directory& directory, const DirectoryTrunk& trunk, const sip::Message& invite) {
  const auto& from = invite.from().uri.host;
  const auto& to = invite.request_uri().host;
  const auto of_other = [&](std::string_view host) {
    const auto* organisation = directory.domain(host);
    return organisation != nullptr && organisation != trunk.organisation;
  };
  const bool from_address = sip::host_address(from).has_value();
  if (!sip::host_address(to)) return of_other(to) || (!from_address && of_other(from));
  // Our address is what carriers write who know no domain, and what the first organisation's telephones write twice.
  return from_address ? from == to && directory.first() != trunk.organisation : of_other(from);
}

const DirectoryTrunk::Inbound* inbound_of(const DirectoryTrunk& trunk, const std::string& number) {
  const auto found = std::ranges::find_if(
      trunk.inbound, [&](const DirectoryTrunk::Inbound& one) { return one.pattern.matches(number); });
  return found == trunk.inbound.end() ? nullptr : &*found;
}

}  // namespace

const DirectoryTrunk* trunk_of(const Directory& directory, const TrunkBoard& board, const sip::Message& invite) {
  const auto user = invite.request_uri().user_text();
  const DirectoryTrunk* by_number = nullptr;
  int nearest = 0;
  for (const auto& trunk : directory.trunks()) {
    const auto near = trunk->settings.enabled ? nearness(*trunk, board, invite.source) : 0;
    if (near == 0) continue;
    if (user == trunk->contact_user) return trunk.get();
    if (near < nearest || is_within_other(directory, *trunk, invite)) continue;
    if (near == nearest && by_number->settings.created <= trunk->settings.created) continue;
    if (!inbound_of(*trunk, number_called(*trunk, invite))) continue;
    by_number = trunk.get();
    nearest = near;
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
