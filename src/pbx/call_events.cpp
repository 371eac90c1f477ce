#include <boost/json.hpp>

#include <pbx/call_events.hpp>

namespace parley::pbx {
namespace {

namespace json = boost::json;

json::object party(const LiveParty& who) {
  json::object out{{"number", who.number}, {"name", who.name}};
  if (who.extension) out["extension"] = who.extension->text();
  return out;
}

store::Event envelope(std::string_view type, OrganisationId organisation, WallTime now, const Clock& clock,
                      Random& random, const json::object& data) {
  store::Event event;
  event.id = EventId::make(clock, random);
  event.type = type;
  event.organisation = organisation;
  event.time = now;
  event.data = json::serialize(data);
  return event;
}

}  // namespace

store::Event call_event(std::string_view type, const LiveCall& call, WallTime now, const Clock& clock, Random& random,
                        std::initializer_list<std::pair<std::string_view, std::string>> more) {
  json::object data{{"state", to_string(call.state)},
                    {"recording", to_string(call.recording)},
                    {"started_at", to_rfc3339(call.started)},
                    {"caller", party(call.caller)},
                    {"callee", party(call.callee)}};
  if (call.answered) data["answered_at"] = to_rfc3339(*call.answered);
  for (const auto& [name, value] : more) data[name] = value;
  auto event = envelope(type, call.organisation, now, clock, random, data);
  event.call_id = call.id;
  return event;
}

store::Event security_event(const Ban& ban, BanList::Change change, const Clock& clock, Random& random) {
  const bool added = change == BanList::Change::Added;
  const bool bans = ban.kind == Ban::Kind::Ban;
  json::object data{{"id", ban.id.text()},
                    {"address", ban.range.text()},
                    {"reason", ban.reason},
                    {"by", ban.by},
                    {"expired", change == BanList::Change::Expired},
                    {"until", ban.until ? json::value(to_rfc3339(*ban.until)) : json::value(nullptr)}};
  const auto* const type =
      bans ? (added ? "security.banned" : "security.unbanned") : (added ? "security.allowed" : "security.disallowed");
  return envelope(type, {}, clock.wall(), clock, random, data);
}

store::Event registration_event(std::string_view type, const Binding& binding, WallTime now, std::string_view reason,
                                const Clock& clock, Random& random) {
  return envelope(type, binding.organisation, now, clock, random,
                  {{"extension", binding.extension.text()},
                   {"device", binding.device.text()},
                   {"contact", binding.contact},
                   {"transport", binding.flow.transport == sip::Transport::Tcp ? "tcp" : "udp"},
                   {"source", binding.flow.remote.text()},
                   {"expires_at", to_rfc3339(binding.expires_wall)},
                   {"reason", reason}});
}

store::Event trunk_event(std::string_view type, OrganisationId organisation, TrunkId trunk, std::string_view name,
                         std::string_view state, std::string_view reason, WallTime now, const Clock& clock,
                         Random& random) {
  return envelope(type, organisation, now, clock, random,
                  {{"trunk", trunk.text()}, {"name", name}, {"state", state}, {"reason", reason}});
}

}  // namespace parley::pbx
