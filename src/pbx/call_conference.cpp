// A place in a conference: the call of one participant. The room is the board's (conference_board.hpp).
#include <pbx/call.hpp>
#include <pbx/call_events.hpp>
#include <pbx/call_room.hpp>

namespace parley::pbx {

bool Call::in_room() const noexcept { return room_ && (room_->seat || room_->own); }

void Call::start_conference(const Route& to) {
  const auto& name = to.conference->room;
  auto seat = core_.shared().conferences.take_seat(identity_.organisation->id, name, to.conference->participants,
                                                   core_.reactor().wall());
  if (!seat && seat.error() == ConferenceBoard::Refusal::RoomFull) return refuse(486, "the conference is full");
  if (!seat) return refuse(503, "too many conferences", "Retry-After: 30");
  room_ = std::make_unique<CallRoom>();
  room_->seat.emplace(std::move(*seat));
  // PBX-4: what is not recorded is said, where somebody may expect that it is.
  if (near_extension_ && near_extension_->recording) story_.step("not recorded: a conference", now());
  if (answer_by_app(to.number, name, "conference " + name)) app_ = conference(name);
}

CallApp Call::conference(std::string room) {
  co_await caller_is_ready_;
  if (ended()) co_return;
  room_->conference = room;
  ConferenceParticipant who;
  who.id = id_of(*caller_);
  who.call = id_;
  who.who = view_.caller;
  who.joined = core_.reactor().wall();
  room_->seat->speak(caller_->media().handle(), std::move(who));
  tell_participant("participant.joined", *caller_, room);
}

/// `room`: "" for the room of a call.
void Call::tell_participant(std::string_view event, const CallLeg& leg, const std::string& room) {
  auto& shared = core_.shared();
  const auto* extension = extension_of(leg);
  shared.ledger.publish(call_event(event, view_, core_.reactor().wall(), shared.clock, shared.random,
                                   {{"participant", id_of(leg).text()},
                                    {"extension", extension ? extension->id.text() : std::string()},
                                    {"room", room}}),
                        false);
}

void Call::leave_rooms() {
  if (!room_) return;
  if (!room_->conference.empty()) tell_participant("participant.left", *caller_, room_->conference);
  if (room_->own) core_.shared().media.close_room(room_->own);
  room_->own = {};
  room_->legs.clear();
  room_->conference.clear();
  room_->seat.reset();
}

}  // namespace parley::pbx
