#include <algorithm>

#include <media/leg.hpp>
#include <media/room.hpp>

namespace parley::media {

Room::Room(RoomHandle handle, RoomOptions options, Courier& courier)
    : handle_(handle), options_(std::move(options)), courier_(courier) {}
Room::~Room() = default;

void Room::sit_down(Seat& seat, MixSettings settings) {
  const auto formats = seat.leg->codecs();
  if (formats.empty()) return;
  seat.party = std::make_unique<MixParty>(formats, settings);
  mixer_.add(*seat.party);
}

void Room::stand_up(Seat& seat) {
  if (!seat.party) return;
  mixer_.remove(*seat.party);
  seat.leg->take_seat(this, nullptr);
  seat.party.reset();
}

void Room::enter(Leg& leg, MixSettings settings) {
  auto& seat = seats_.emplace_back(&leg, nullptr);
  sit_down(seat, settings);
  leg.take_seat(this, seat.party.get());
  count_changed();
  if (options_.on_enter && !alone_) mixer_.play(options_.on_enter, false);
}

void Room::leave(Leg& leg) {
  const auto found = std::ranges::find(seats_, &leg, &Seat::leg);
  if (found == seats_.end()) return;
  stand_up(*found);
  leg.take_seat(nullptr, nullptr);
  seats_.erase(found);
  count_changed();
  if (options_.on_leave && !alone_ && !seats_.empty()) mixer_.play(options_.on_leave, false);
}

void Room::renew(Leg& leg) {
  const auto found = std::ranges::find(seats_, &leg, &Seat::leg);
  if (found == seats_.end()) return;
  const auto settings = found->party ? found->party->settings : MixSettings{};
  stand_up(*found);
  sit_down(*found, settings);
  leg.take_seat(this, found->party.get());
}

void Room::everybody_out() {
  while (!seats_.empty()) leave(*seats_.back().leg);
}

void Room::count_changed() {
  const bool alone = seats_.size() == 1 && options_.alone != nullptr;
  if (alone && !alone_) mixer_.play(options_.alone, true);
  if (!alone && alone_) mixer_.stop();
  alone_ = alone;
}

void Room::tick(TimePoint now) {
  if (seats_.empty()) return;
  for (auto& seat : seats_)
    if (seat.party) seat.party->hears = !seat.party->settings.deaf && seat.leg->can_hear_room();
  mixer_.mix();
  for (auto& seat : seats_)
    if (seat.party && seat.party->hears) seat.leg->hear_room(mixer_.payload_for(*seat.party), now);
  if (options_.on_speaker) tell_speaker();
}

void Room::tell_speaker() {
  LegHandle now{};
  if (const auto* speaker = mixer_.speaker()) {
    const auto found = std::ranges::find_if(seats_, [&](const Seat& seat) { return seat.party.get() == speaker; });
    if (found != seats_.end()) now = found->leg->handle();
  }
  if (now == told_) return;
  told_ = now;
  courier_.send([tell = options_.on_speaker, room = handle_, now] { tell(room, now); });
}

}  // namespace parley::media
