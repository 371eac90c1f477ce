#pragma once
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <base/guarded.hpp>
#include <pbx/media_gate.hpp>
#include <pbx/switchboard.hpp>

namespace parley::pbx {

/// The conferences of all reactors: a room begins with its first call and ends with its last, whichever reactors these
/// are on. The room itself is the media engine's, so nobody owns it but this board.
/// Thread: any. What it orders of the engine, it orders under its lock, so that no order overtakes another.
/// Bounds: rooms of an organisation, and calls in a room, by Limits. Metrics: parley_conferences,
/// parley_conference_participants, parley_conference_refusals_total.
class ConferenceBoard {
 public:
  struct Limits {
    unsigned rooms_per_organisation = 20;
    unsigned participants = 500;  // whatever the room's own limit says
  };
  ConferenceBoard(MediaGate& media, Limits limits) : media_(media), limits_(limits) {}
  ~ConferenceBoard();
  ConferenceBoard(const ConferenceBoard&) = delete;
  ConferenceBoard& operator=(const ConferenceBoard&) = delete;

  using Key = std::pair<OrganisationId, std::string>;  // a room's name, in lower case

  /// A call's place in a room, kept from its INVITE on; its end leaves the room.
  class Seat {
   public:
    Seat(Seat&& other) noexcept
        : board_(std::exchange(other.board_, nullptr)), key_(std::move(other.key_)), number_(other.number_) {}
    Seat& operator=(Seat&&) = delete;
    Seat(const Seat&) = delete;
    ~Seat() {
      if (board_ != nullptr) board_->leave(key_, number_);
    }
    /// The call is up: its leg hears the others from now on, and they it.
    void speak(media::LegHandle leg, ConferenceParticipant who) { board_->speak(key_, number_, leg, std::move(who)); }

   private:
    friend class ConferenceBoard;
    Seat(ConferenceBoard& board, Key key, std::uint64_t number)
        : board_(&board), key_(std::move(key)), number_(number) {}
    ConferenceBoard* board_;
    Key key_;
    std::uint64_t number_;
  };

  enum class Refusal : std::uint8_t { RoomFull, TooManyRooms };
  /// `most`: participants of this room.
  [[nodiscard]] std::expected<Seat, Refusal> take_seat(OrganisationId organisation, const std::string& room,
                                                       unsigned most, WallTime now);

  [[nodiscard]] std::vector<Conference> of(OrganisationId organisation) const;  // by name
  [[nodiscard]] std::optional<ConferenceParticipant> find(OrganisationId organisation, LegId participant) const;
  /// Errors: NotFound.
  [[nodiscard]] Result<ConferenceParticipant> adjust(OrganisationId organisation, LegId participant,
                                                     const ParticipantChange& change);

 private:
  struct Place {
    std::optional<ConferenceParticipant> who;  // once it is up
    media::LegHandle leg{};
  };
  struct Room {
    std::string name;
    unsigned most = 0;
    WallTime since{};
    media::RoomHandle room;
    std::map<std::uint64_t, Place> places;  // in the order in which they came
    media::LegHandle speaker{};
  };
  struct Held {
    std::map<Key, Room> rooms;
    std::uint64_t last_seat = 0;
  };
  void speak(const Key& key, std::uint64_t seat, media::LegHandle leg, ConferenceParticipant who);
  void leave(const Key& key, std::uint64_t seat);
  static ConferenceParticipant shown(const Room& room, const Place& place);
  static void count(const Held& held);

  MediaGate& media_;
  Limits limits_;
  std::shared_ptr<Guarded<Held>> held_ = std::make_shared<Guarded<Held>>();  // shared with what the engine tells
};

}  // namespace parley::pbx
