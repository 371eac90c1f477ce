#include <boost/json.hpp>

#include <pbx/call_events.hpp>
#include <store/json_writer.hpp>

namespace parley::pbx {
namespace {

namespace json = boost::json;

void write(store::JsonWriter& to, std::string_view name, const LiveParty& who) {
  to.begin(name, '{');
  to.add("number", who.number);
  to.add("name", who.name);
  if (who.extension) to.add("extension", who.extension->text());
  to.end('}');
}

store::Event with_text(std::string_view type, OrganisationId organisation, WallTime now, const Clock& clock,
                       Random& random, std::string data) {
  store::Event event;
  event.id = EventId::make(clock, random);
  event.type = type;
  event.organisation = organisation;
  event.time = now;
  event.data = std::move(data);
  return event;
}

store::Event envelope(std::string_view type, OrganisationId organisation, WallTime now, const Clock& clock,
                      Random& random, const json::object& data) {
  return with_text(type, organisation, now, clock, random, json::serialize(data));
}

}  // namespace

store::Event call_event(std::string_view type, const LiveCall& call, WallTime now, const Clock& clock, Random& random,
                        std::initializer_list<std::pair<std::string_view, std::string>> more) {
  store::JsonWriter data;
  data.begin("", '{');
  data.add("state", to_string(call.state));
  data.add("recording", to_string(call.recording));
  data.add("started_at", to_rfc3339(call.started));
  write(data, "caller", call.caller);
  write(data, "callee", call.callee);
  if (call.answered) data.add("answered_at", to_rfc3339(*call.answered));
  for (const auto& [name, value] : more) data.add(name, value);
  data.end('}');
  auto event = with_text(type, call.organisation, now, clock, random, std::move(data).take());
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
