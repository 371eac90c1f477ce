#pragma once
#include <functional>
#include <memory>
#include <vector>

#include <media/mixer.hpp>

namespace parley::media {

class Leg;
class Courier;

/// What a room does by itself. Any of it may be empty.
struct RoomOptions {
  std::shared_ptr<const Prompt> on_enter{}, on_leave{};  // heard by all
  std::shared_ptr<const Prompt> alone{};                 // repeated while there is one party
  /// The one who talks now; no leg: nobody is known. Runs on a thread of the engine's that may block.
  std::function<void(RoomHandle, LegHandle)> on_speaker{};
};

/// Legs that hear each other: a mixer with their packets.
/// Thread: the media thread's, but for construction and destruction. Lifetime: legs leave before they go.
class Room {
 public:
  Room(RoomHandle handle, RoomOptions options, Courier& courier);
  ~Room();
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  void enter(Leg& leg, MixSettings settings);
  void leave(Leg& leg);
  /// The leg's formats are others now.
  void renew(Leg& leg);
  void everybody_out();
  /// Every 20 ms.
  void tick(TimePoint now);
  [[nodiscard]] RoomHandle handle() const noexcept { return handle_; }
  [[nodiscard]] bool empty() const noexcept { return seats_.empty(); }

 private:
  struct Seat {
    Leg* leg;
    std::unique_ptr<MixParty> party;  // null: nothing is negotiated yet
  };
  void sit_down(Seat& seat, MixSettings settings);
  void stand_up(Seat& seat);
  void tell_speaker();
  void count_changed();

  RoomHandle handle_;
  RoomOptions options_;
  Courier& courier_;
  Mixer mixer_;
  std::vector<Seat> seats_;
  LegHandle told_{};
  bool alone_ = false;
};

}  // namespace parley::media
