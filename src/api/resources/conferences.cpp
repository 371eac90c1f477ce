#include <api/route.hpp>
#include <pbx/switchboard.hpp>

namespace parley::api {

namespace {
const Schema kParticipant{
    "ConferenceParticipant",
    {id("id").need(), id("call").need(), text("number").need(), text("name").need(), time("joined_at").need(),
     truth("muted").need().says("nobody hears it"), truth("deaf").need().says("it is sent nothing"),
     integer("gain_percent").need(), truth("speaking").need().says("talks now, or talked last")}};
const Schema kConference{
    "Conference",
    {text("room").need(), time("since").need(), integer("most").need().says("participants that it takes"),
     list_of("participants", kParticipant).need()}};
const Schema kChange{
    "ConferenceParticipantChange",
    {truth("muted"), truth("deaf"), integer("gain_percent").between(0, 800).says("of what it says; 100: as it comes")}};

json::object to_json(const pbx::ConferenceParticipant& one) {
  return {{"id", one.id.text()},
          {"call", one.call.text()},
          {"number", one.who.number},
          {"name", one.who.name},
          {"joined_at", to_rfc3339(one.joined)},
          {"muted", one.mix.muted},
          {"deaf", one.mix.deaf},
          {"gain_percent", one.mix.gain_percent},
          {"speaking", one.speaking}};
}

Answer list(Request& request) {
  json::array items;
  for (const auto& room : request.parts.switchboard.conferences(request.organisation)) {
    json::array participants;
    for (const auto& one : room.participants) participants.push_back(to_json(one));
    items.push_back({{"room", room.room},
                     {"since", to_rfc3339(room.since)},
                     {"most", room.most},
                     {"participants", std::move(participants)}});
  }
  return ok(page(std::move(items)));
}

Answer change(Request& request) {
  const auto id = request.id<LegId>("participant");
  pbx::ParticipantChange wanted{request.truth("muted"), request.truth("deaf"), std::nullopt};
  if (const auto percent = request.integer("gain_percent")) wanted.gain_percent = static_cast<unsigned>(*percent);
  const auto changed = request.parts.switchboard.adjust_participant(request.organisation, id, wanted);
  if (!changed) return refuse(changed.error());
  if (auto done = request.audit("conference.participant_changed", "call", changed->call.text(),
                                {{"muted", changed->mix.muted}, {"deaf", changed->mix.deaf}});
      !done)
    return refuse(done.error());
  return ok(to_json(*changed));
}

Answer remove(Request& request) {
  const auto id = request.id<LegId>("participant");
  if (auto done = request.parts.switchboard.remove_participant(request.organisation, id); !done)
    return refuse(done.error());
  if (auto done = request.audit("conference.participant_removed", "leg", id.text()); !done) return refuse(done.error());
  return no_content();
}
}  // namespace

void add_conference_routes(std::vector<Route>& out) {
  constexpr std::string_view kOne = "/v1/organisations/{organisation}/conference-participants/{participant}";
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/conferences",
                 .permission = Permission::CallsControl,
                 .summary = "Conferences with somebody in them; which there can be, routes say",
                 .response = &kConference,
                 .list = true,
                 .handler = list,
                 .query = {}});
  out.push_back({.method = "PATCH",
                 .path = kOne,
                 .permission = Permission::CallsControl,
                 .summary = "Mute a participant, make it deaf, louder or quieter; audited",
                 .request = &kChange,
                 .response = &kParticipant,
                 .handler = change,
                 .query = {}});
  out.push_back({.method = "DELETE",
                 .path = kOne,
                 .permission = Permission::CallsControl,
                 .summary = "Put a participant out of the conference: its call ends; audited",
                 .status = 204,
                 .handler = remove,
                 .query = {}});
}

}  // namespace parley::api
