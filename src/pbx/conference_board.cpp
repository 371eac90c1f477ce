#include <algorithm>

#include <base/ascii.hpp>
#include <base/metrics.hpp>
#include <pbx/conference_board.hpp>
#include <pbx/conference_sounds.hpp>

namespace parley::pbx {
namespace {

void refused(std::string_view limit) {
  metrics::counter("parley_conference_refusals_total", "Calls that a conference had no room for", {{"limit", limit}})
      .add();
}

}  // namespace

ConferenceBoard::~ConferenceBoard() {
  held_->with([this](Held& held) {
    for (const auto& [key, room] : held.rooms) media_.close_room(room.room);
  });
}

void ConferenceBoard::count(const Held& held) {
  static auto& rooms = metrics::gauge("parley_conferences", "Conferences with somebody in them");
  static auto& people = metrics::gauge("parley_conference_participants", "Calls in conferences");
  std::size_t all = 0;
  for (const auto& [key, room] : held.rooms) all += room.places.size();
  rooms.set(static_cast<double>(held.rooms.size()));
  people.set(static_cast<double>(all));
}

std::expected<ConferenceBoard::Seat, ConferenceBoard::Refusal> ConferenceBoard::take_seat(OrganisationId organisation,
                                                                                          const std::string& name,
                                                                                          unsigned most, WallTime now) {
  Key key{organisation, ascii_lower(name)};
  const auto number = held_->with([&](Held& held) -> std::expected<std::uint64_t, Refusal> {
    auto found = held.rooms.find(key);
    if (found == held.rooms.end()) {
      const auto open =
          std::ranges::count_if(held.rooms, [&](const auto& one) { return one.first.first == organisation; });
      if (open >= static_cast<std::ptrdiff_t>(limits_.rooms_per_organisation))
        return std::unexpected(Refusal::TooManyRooms);
      media::RoomOptions options{conference_sound(ConferenceSound::Enter),
                                 conference_sound(ConferenceSound::Leave),
                                 conference_sound(ConferenceSound::Alone),
                                 {}};
      options.on_speaker = [held = held_](media::RoomHandle which, media::LegHandle leg) {
        held->with([&](Held& now) {
          for (auto& [k, room] : now.rooms)
            if (room.room == which) room.speaker = leg;
        });
      };
      found = held.rooms.emplace(key, Room{name, 0, now, media_.open_room(std::move(options)), {}, {}}).first;
    }
    auto& room = found->second;
    room.most = std::min(most, limits_.participants);
    if (room.places.size() >= room.most) return std::unexpected(Refusal::RoomFull);
    room.places.emplace(++held.last_seat, Place{});
    count(held);
    return held.last_seat;
  });
  if (!number) {
    refused(number.error() == Refusal::RoomFull ? "participants" : "rooms");
    return std::unexpected(number.error());
  }
  return Seat(*this, std::move(key), *number);
}

void ConferenceBoard::speak(const Key& key, std::uint64_t seat, media::LegHandle leg, ConferenceParticipant who) {
  held_->with([&](Held& held) {
    auto& room = held.rooms.at(key);
    auto& place = room.places.at(seat);
    place.leg = leg;
    place.who = std::move(who);
    media_.enter_room(leg, room.room, place.who->mix);
  });
}

void ConferenceBoard::leave(const Key& key, std::uint64_t seat) {
  held_->with([&](Held& held) {
    const auto found = held.rooms.find(key);
    auto& room = found->second;
    if (const auto& place = room.places.at(seat); place.leg) media_.leave_room(place.leg);
    room.places.erase(seat);
    if (room.places.empty()) {
      media_.close_room(room.room);
      held.rooms.erase(found);
    }
    count(held);
  });
}

ConferenceParticipant ConferenceBoard::shown(const Room& room, const Place& place) {
  auto out = *place.who;
  out.speaking = room.speaker && room.speaker == place.leg && !out.mix.muted;
  return out;
}

std::vector<Conference> ConferenceBoard::of(OrganisationId organisation) const {
  std::vector<Conference> out;
  held_->with([&](const Held& held) {
    for (const auto& [key, room] : held.rooms) {
      if (key.first != organisation) continue;
      auto& one = out.emplace_back(Conference{room.name, room.since, room.most, {}});
      for (const auto& [number, place] : room.places)
        if (place.who) one.participants.push_back(shown(room, place));
    }
  });
  return out;
}

std::optional<ConferenceParticipant> ConferenceBoard::find(OrganisationId organisation, LegId participant) const {
  for (const auto& room : of(organisation))
    for (const auto& one : room.participants)
      if (one.id == participant) return one;
  return std::nullopt;
}

Result<ConferenceParticipant> ConferenceBoard::adjust(OrganisationId organisation, LegId participant,
                                                      const ParticipantChange& change) {
  return held_->with([&](Held& held) -> Result<ConferenceParticipant> {
    for (auto& [key, room] : held.rooms)
      for (auto& [number, place] : room.places) {
        if (key.first != organisation || !place.who || place.who->id != participant) continue;
        auto& mix = place.who->mix;
        mix.muted = change.muted.value_or(mix.muted);
        mix.deaf = change.deaf.value_or(mix.deaf);
        mix.gain_percent = change.gain_percent.value_or(mix.gain_percent);
        media_.adjust(place.leg, mix);
        return shown(room, place);
      }
    return fail(Errc::NotFound, "nobody of that id is in a conference");
  });
}

}  // namespace parley::pbx
