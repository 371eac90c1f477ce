#include <algorithm>

#include <base/metrics.hpp>
#include <pbx/call_events.hpp>
#include <pbx/registrar.hpp>
#include <pbx/sip_methods.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kMaxContactText = 1024;
constexpr std::size_t kMaxUserAgentText = 200;

metrics::Counter& result_counter(std::string_view result) {
  return metrics::counter("parley_sip_registrations_total", "REGISTER requests served", {{"result", result}});
}

}  // namespace

sip::Flow flow_of_contact(const sip::Uri& contact, const sip::Flow& source) {
  if (source.connection != 0) return source;  // a stream is the way back (RFC 5626)
  const auto address = IpAddress::parse(contact.host);
  if (!address || *address != source.remote.address) return source;
  sip::Flow flow = source;
  flow.transport = contact.transport().value_or(source.transport);
  if (flow.transport != sip::Transport::Udp && flow.transport != sip::Transport::Tcp) return source;
  flow.remote.port = contact.port_or_default();
  return flow;
}

Result<std::vector<Registrar::Wish>, unsigned> Registrar::wishes(const sip::Message& request) const {
  std::vector<Wish> out;
  const auto& options = shared_.options;
  for (const auto& contact : request.name_addrs(sip::Header::Contact)) {
    if (contact.is_star) return std::unexpected(400U);  // serve() has dealt with a lone one
    if (contact.uri.scheme != sip::Scheme::Sip || contact.uri.text.size() > kMaxContactText)
      return std::unexpected(400U);
    auto asked = contact.expires();
    if (!asked) asked = request.expires();
    const Duration lifetime = asked ? Duration(std::chrono::seconds(*asked)) : options.default_expires;
    if (lifetime > Duration::zero() && lifetime < options.min_expires) return std::unexpected(423U);
    out.push_back({std::string(contact.uri.text), flow_of_contact(contact.uri, request.source),
                   std::min(lifetime, options.max_expires)});
  }
  return out;
}

sip::Outgoing Registrar::serve(const sip::Message& request, const Identity& identity, std::string_view to_tag,
                               TimePoint now, WallTime wall) {
  const auto refuse = [&](unsigned status) {
    result_counter("refused").add();
    sip::ResponseBuilder response(request, status, to_tag);
    if (status == 423)
      response.header(
          sip::Header::MinExpires,
          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(shared_.options.min_expires).count()));
    return std::move(response).finish();
  };
  const auto user = request.to().uri.user_text();
  if (user != identity.device->username && user != identity.extension->number) return refuse(403);
  const auto extension = identity.extension->id;
  const auto device = identity.device->id;

  const auto contacts = request.name_addrs(sip::Header::Contact);
  const bool star = std::ranges::any_of(contacts, &sip::NameAddr::is_star);
  if (star) {
    if (contacts.size() != 1 || request.expires() != 0U) return refuse(400);
    gone(shared_.locations.unbind_all(extension, device), "unregistered", wall);
  } else {
    const auto wanted = wishes(request);
    if (!wanted) return refuse(wanted.error());
    for (const auto& wish : *wanted) {
      const auto cseq = request.cseq().number;
      if (wish.lifetime == Duration::zero()) {
        const auto removed = shared_.locations.unbind(extension, device, wish.contact, request.call_id(), cseq);
        if (removed) {
          gone({*removed}, "unregistered", wall);
        } else if (removed.error().code == Errc::Conflict) {
          return refuse(500);
        }
        continue;
      }
      Binding binding;
      binding.organisation = identity.organisation->id;
      binding.extension = extension;
      binding.device = device;
      binding.contact = wish.contact;
      binding.flow = wish.flow;
      binding.call_id = request.call_id();
      binding.cseq = cseq;
      binding.expires = now + std::chrono::duration_cast<TimePoint::duration>(wish.lifetime);
      binding.expires_wall = wall + std::chrono::duration_cast<std::chrono::milliseconds>(wish.lifetime);
      binding.user_agent = request.value(sip::Header::UserAgent).value_or("").substr(0, kMaxUserAgentText);
      const auto change = shared_.locations.bind(binding);
      if (!change) return refuse(change.error().code == Errc::Limited ? 403 : 500);
      shared_.ledger.keep_binding(binding);
      if (*change == LocationTable::Change::Added) tell("registration.added", binding, wall, "registered");
    }
  }

  result_counter("ok").add();
  sip::ResponseBuilder response(request, 200, to_tag);
  for (const auto& binding : shared_.locations.of_device(extension, device, now)) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(binding.expires - now).count();
    response.contact("<" + binding.contact + ">;expires=" + std::to_string(left));
  }
  response.header(sip::Header::Allow, kAllow);
  return std::move(response).finish();
}

void Registrar::gone(const std::vector<Binding>& bindings, std::string_view reason, WallTime wall) {
  for (const auto& binding : bindings) {
    shared_.ledger.forget_binding(binding);
    tell("registration.removed", binding, wall, reason);
  }
}

void Registrar::tell(std::string_view type, const Binding& binding, WallTime wall, std::string_view reason) {
  shared_.ledger.publish(registration_event(type, binding, wall, reason, shared_.clock, shared_.random), false);
}

}  // namespace parley::pbx
