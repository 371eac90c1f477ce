#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <base/metrics.hpp>
#include <base/scope.hpp>
#include <pbx/call_events.hpp>
#include <pbx/registrar.hpp>
#include <pbx/sip_methods.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kMaxContactText = 1024;
constexpr std::size_t kMaxUserAgentText = 200;
constexpr std::size_t kMaxInstanceText = 200;
constexpr std::size_t kMaxCallIdText = 512;
constexpr std::size_t kMaxPathHops = 8;
constexpr std::size_t kMaxPathText = 1024;  // all hops
constexpr auto kFlowGrace = std::chrono::seconds(30);

metrics::Counter& result_counter(std::string_view result) {
  return metrics::counter("parley_sip_registrations_total", "REGISTER requests served", {{"result", result}});
}
metrics::Counter& accepted_counter() {
  static auto& counter = result_counter("ok");
  return counter;
}
metrics::Counter& refused_counter() {
  static auto& counter = result_counter("refused");
  return counter;
}

std::uint32_t reg_id_of(const sip::NameAddr& contact) {
  const auto value = sip::parse_number(contact.params.value("reg-id"), 0x7fffffffU);
  return value.value_or(0);
}

std::string date_text(WallTime wall) {  // RFC 3261 §20.17
  const auto seconds = std::chrono::system_clock::to_time_t(wall);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", parts);
}

std::string contact_text(const Binding& binding, TimePoint now) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(binding.expires - now).count();
  std::string text;
  text.reserve(binding.contact.size() + binding.instance.size() + 64);
  text.append("<").append(binding.contact).append(">;expires=").append(fmt::format_int(left).c_str());
  if (binding.q != 1000) text += fmt::format(";q=0.{:03}", binding.q);
  if (!binding.instance.empty()) text += ";+sip.instance=" + sip::quote(binding.instance);
  if (binding.reg_id != 0) text += fmt::format(";reg-id={}", binding.reg_id);
  return text;
}

}  // namespace

sip::Flow flow_of_contact(const sip::Uri& contact, const sip::Flow& source) {
  if (source.connection != 0 || contact.params.has("ob")) return source;  // that is the way back (RFC 5626)
  const auto address = IpAddress::parse(contact.host);
  if (!address || !same_host(*address, source.remote.address)) return source;
  sip::Flow flow = source;
  flow.transport = contact.transport().value_or(source.transport);
  if (flow.transport != sip::Transport::Udp && flow.transport != sip::Transport::Tcp) return source;
  flow.remote.port = contact.port_or_default();
  return flow;
}

/// Path, and whether flows can be registered along it (RFC 3327 §5.3, RFC 5626 §6).
Result<Registrar::Route, Registrar::Refused> Registrar::route_of(const sip::Message& request) {
  Route route;
  std::size_t size = 0;
  bool broken = false;
  request.each_element(sip::Header::Path, [&](std::string_view element) {
    const auto hop = sip::parse_name_addr(element);
    size += element.size();
    broken = broken || !hop || !hop->bracketed || !hop->uri.is_sip() || size > kMaxPathText ||
             route.path.size() >= kMaxPathHops;
    if (!broken) route.path.emplace_back(element);
  });
  if (broken) return std::unexpected(Refused{400, {}});
  const auto supports = [&](std::string_view tag) {
    return request.lists(sip::Header::Supported, tag) || request.lists(sip::Header::Require, tag);
  };
  // Few phones say so, and a proxy in front adds Path for all of them: it is kept, and told to those who know it.
  route.tell_path = supports("path");
  if (!supports("outbound")) return route;
  route.outbound = true;
  if (request.via_count() > 1) {  // a proxy stands between: it must keep the flow and say so
    const auto edge = route.path.empty() ? std::nullopt : std::optional(sip::parse_name_addr(route.path.back()));
    if (!edge || !*edge || !(*edge)->uri.params.has("ob")) route.outbound = false;
  }
  return route;
}

Result<LocationTable::Update, Registrar::Refused> Registrar::update_of(const sip::Message& request,
                                                                       const Identity& identity, const Route& route,
                                                                       TimePoint now, WallTime wall) const {
  const auto& options = shared_.options;
  LocationTable::Update update;
  update.extension = identity.extension->id;
  update.device = identity.device->id;
  update.call_id = request.call_id();
  update.cseq = request.cseq().number;
  const auto contacts = request.name_addrs(sip::Header::Contact);
  if (request.call_id().size() > kMaxCallIdText) return std::unexpected(Refused{400, {}});
  if (std::ranges::any_of(contacts, &sip::NameAddr::is_star)) {
    if (contacts.size() != 1 || request.expires() != 0U) return std::unexpected(Refused{400, {}});
    update.all = true;
    return update;
  }
  const auto agent = request.value(sip::Header::UserAgent).value_or("").substr(0, kMaxUserAgentText);
  std::size_t flows = 0;
  for (const auto& contact : contacts) {
    if (!contact.uri.is_sip() || contact.uri.text.size() > kMaxContactText) return std::unexpected(Refused{400, {}});
    auto asked = contact.expires();
    if (!asked) asked = request.expires();
    const Duration lifetime = asked ? Duration(std::chrono::seconds(*asked)) : options.default_expires;
    if (lifetime > Duration::zero() && lifetime < options.min_expires)
      return std::unexpected(
          Refused{423, fmt::format("Min-Expires: {}",
                                   std::chrono::duration_cast<std::chrono::seconds>(options.min_expires).count())});
    Binding binding;
    binding.organisation = identity.organisation->id;
    binding.extension = update.extension;
    binding.device = update.device;
    binding.contact = contact.uri.text;
    binding.call_id = request.call_id();
    binding.cseq = update.cseq;
    binding.user_agent = agent;
    binding.q = static_cast<std::uint16_t>(contact.q_thousandths());
    binding.path = route.path;
    binding.instance = sip::unquote(contact.params.value("+sip.instance"));
    if (binding.instance.size() > kMaxInstanceText) return std::unexpected(Refused{400, {}});
    if (!binding.instance.empty()) binding.reg_id = reg_id_of(contact);
    if (binding.reg_id != 0) {
      const bool asked_for =
          request.lists(sip::Header::Supported, "outbound") || request.lists(sip::Header::Require, "outbound");
      if (asked_for && !route.outbound) return std::unexpected(Refused{439, {}});
      if (!asked_for) binding.reg_id = 0;
    }
    if (binding.reg_id != 0 && ++flows > 1) return std::unexpected(Refused{400, {}});  // RFC 5626 §6
    if (binding.reg_id != 0) {
      binding.flow = request.source;
    } else if (route.path.empty()) {
      binding.flow = flow_of_contact(contact.uri, request.source);
    } else {
      binding.flow = flow_of_contact(sip::parse_name_addr(route.path.front())->uri, request.source);
    }
    const auto granted = std::min(lifetime, options.max_expires);
    binding.refreshed = now;
    binding.expires = now + std::chrono::duration_cast<TimePoint::duration>(granted);
    binding.expires_wall = wall + std::chrono::duration_cast<std::chrono::milliseconds>(granted);
    (lifetime == Duration::zero() ? update.unbind : update.bind).push_back(std::move(binding));
  }
  return update;
}

const std::string& Registrar::date_at(WallTime wall) {
  const auto second = std::chrono::floor<std::chrono::seconds>(wall);
  if (second != date_of_) date_ = date_text(wall);
  date_of_ = second;
  return date_;
}

sip::Outgoing Registrar::serve(const sip::Message& request, const Identity& identity, std::string_view to_tag,
                               TimePoint now, WallTime wall) {
  const auto refuse = [&](const Refused& refused) {
    refused_counter().add();
    sip::ResponseBuilder response(request, refused.status, to_tag);
    response.header_line(refused.header_line);
    return std::move(response).finish();
  };
  const auto user = request.to().uri.user_text();
  if (user != identity.device->username && user != identity.extension->number) return refuse({403, {}});
  const auto route = route_of(request);
  if (!route) return refuse(route.error());
  auto update = update_of(request, identity, *route, now, wall);
  if (!update) return refuse(update.error());
  const auto applied = shared_.locations.apply(std::move(*update));
  if (!applied) return refuse({applied.error().code == Errc::Limited ? 403U : 500U, {}});

  for (const auto& binding : applied->replaced) shared_.ledger.forget_binding(binding);
  gone(applied->removed, "unregistered", wall);
  bool flow = false;
  for (const auto& [binding, change] : applied->bound) {
    if (change != LocationTable::Change::Repeated)
      shared_.ledger.keep_binding(binding, change == LocationTable::Change::Refreshed);
    if (change == LocationTable::Change::Added) tell("registration.added", binding, wall, "registered");
    if (change == LocationTable::Change::Moved) announce(shared_, binding.extension, {EventPackage::Reg});
    flow = flow || binding.reg_id != 0;
  }

  accepted_counter().add();
  sip::ResponseBuilder response(request, 200, to_tag);
  if (applied->of_device == applied->bound.size()) {  // as nearly always: no need to ask again
    for (const auto& [binding, change] : applied->bound) response.contact(contact_text(binding, now));
  } else {
    for (const auto& binding : shared_.locations.of_device(identity.extension->id, identity.device->id, now))
      response.contact(contact_text(binding, now));
  }
  if (route->tell_path)
    for (const auto& hop : route->path) response.header(sip::Header::Path, hop);
  if (flow) {
    response.header(sip::Header::Require, "outbound");
    response.header("Flow-Timer", std::to_string(kFlowTimer.count()));
    if (route->path.empty()) wire_.expect_keep_alive(request.source, kFlowTimer + kFlowGrace);
  }
  response.header(sip::Header::Supported, "path, outbound");
  response.header(sip::Header::Allow, kAllow);
  response.header(sip::Header::Date, date_at(wall));
  return std::move(response).finish();
}

void Registrar::gone(const std::vector<Binding>& bindings, std::string_view reason, WallTime wall) {
  for (const auto& binding : bindings) {
    shared_.ledger.forget_binding(binding);
    tell("registration.removed", binding, wall, reason);
  }
}

void Registrar::tell(std::string_view type, const Binding& binding, WallTime wall, std::string_view reason) {
  announce(shared_, binding.extension, {EventPackage::Reg, EventPackage::Presence});
  shared_.ledger.publish(registration_event(type, binding, wall, reason, shared_.clock, shared_.random), false);
}

}  // namespace parley::pbx
