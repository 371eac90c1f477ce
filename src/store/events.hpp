#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

/// The envelope of DESIGN "Events". `seq` counts per organisation; 0: a passing event (call.ringing,
/// transcript.progress, transcript.partial) that is not stored.
struct Event {
  EventId id;
  std::string type;
  OrganisationId organisation;
  WallTime time{};
  std::optional<CallId> call_id;
  std::uint64_t seq = 0;
  std::string data = "{}";  // JSON
};

/// In-process fan-out.   Thread: any. Subscribers run on the publisher's thread, under no lock: they post and return.
/// Lifetime: after a Subscription's destructor returns its function is not running and runs no more.
class EventBus {
 public:
  using Subscriber = std::function<void(const Event&)>;
  class Subscription {
   public:
    Subscription() = default;
    Subscription(Subscription&&) noexcept = default;
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription() { cancel(); }
    void cancel();

   private:
    friend class EventBus;
    struct Slot;
    std::shared_ptr<Slot> slot_;
  };
  EventBus();
  ~EventBus();
  /// An empty organisation subscribes to all.
  [[nodiscard]] Subscription subscribe(std::optional<OrganisationId> organisation, Subscriber subscriber);
  void publish(const Event& event);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Durable events: written with the change that they tell of (the outbox), published on the bus once that is durable,
/// kept 72 h, resumable by seq. Their data is sealed with the call's key, or the organisation's when there is no call.
/// Thread: any, blocking.
class EventLog {
 public:
  static constexpr std::chrono::hours kKept{72};
  EventLog(Database& database, vault::Keyring& keyring, EventBus& bus, Random& random)
      : database_(database), keyring_(keyring), bus_(bus), random_(random) {}

  Result<void> append(Event event);
  /// Within the caller's transaction: `prepare` seals before, `insert` gives the seq and publishes after the commit.
  struct Prepared {
    Event event;
    std::string sealed;
  };
  Result<Prepared> prepare(Event event);
  void insert(Session& session, const Prepared& event);
  void insert(Session& session, OrganisationId organisation, const std::vector<const Prepared*>& events);

  /// Oldest first. Events of calls that were erased meanwhile are gone.
  Result<std::vector<Event>> after(OrganisationId organisation, std::uint64_t seq, std::size_t limit);
  Result<std::uint64_t> last_seq(OrganisationId organisation);
  Result<std::uint64_t> remove_old();
  [[nodiscard]] EventBus& bus() noexcept { return bus_; }

 private:
  Database& database_;
  vault::Keyring& keyring_;
  EventBus& bus_;
  Random& random_;
};

}  // namespace parley::store
