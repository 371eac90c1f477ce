#pragma once
#include <optional>
#include <vector>

#include <pbx/conference_board.hpp>

namespace parley::pbx {

class CallLeg;

/// A call's part in a room: a seat in a conference, or a room of its own, where its parties are more than two.
struct CallRoom {
  std::optional<ConferenceBoard::Seat> seat;
  std::string conference;  // of the seat; told when its party was heard
  media::RoomHandle own{};
  std::vector<CallLeg*> legs;  // in `own`, in the order in which they came
  unsigned promised = 0;       // places for who is about to join
};

}  // namespace parley::pbx
