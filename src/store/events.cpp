#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include <base/assert.hpp>
#include <store/events.hpp>
#include <store/insert_rows.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

constexpr std::size_t kMaxEvents = 1000;

std::string part_of(const Event& event) { return "event " + event.id.text(); }

}  // namespace

/// One subscriber. `running` counts calls under way, so that cancel() can wait for those of other threads.
struct EventBus::Subscription::Slot {
  std::optional<OrganisationId> organisation;
  Subscriber subscriber;
  std::mutex mutex;
  std::condition_variable idle;
  std::vector<std::thread::id> running;
  bool cancelled = false;
};

struct EventBus::State {
  std::mutex mutex;
  std::list<std::shared_ptr<Subscription::Slot>> slots;
};

EventBus::EventBus() : state_(std::make_shared<State>()) {}
EventBus::~EventBus() = default;

EventBus::Subscription& EventBus::Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) {
    cancel();
    slot_ = std::move(other.slot_);
  }
  return *this;
}

void EventBus::Subscription::cancel() {
  if (slot_ == nullptr) return;
  {
    std::unique_lock lock(slot_->mutex);
    slot_->cancelled = true;
    const auto self = std::this_thread::get_id();  // a subscriber may cancel itself
    slot_->idle.wait(lock, [&] { return std::ranges::all_of(slot_->running, [&](auto id) { return id == self; }); });
  }
  slot_.reset();
}

EventBus::Subscription EventBus::subscribe(std::optional<OrganisationId> organisation, Subscriber subscriber) {
  Subscription out;
  out.slot_ = std::make_shared<Subscription::Slot>();
  out.slot_->organisation = organisation;
  out.slot_->subscriber = std::move(subscriber);
  const std::lock_guard lock(state_->mutex);
  state_->slots.push_back(out.slot_);
  return out;
}

void EventBus::publish(const Event& event) {
  std::vector<std::shared_ptr<Subscription::Slot>> takers;
  {
    const std::lock_guard lock(state_->mutex);
    std::erase_if(state_->slots, [](const auto& slot) {
      const std::lock_guard inner(slot->mutex);
      return slot->cancelled;
    });
    for (const auto& slot : state_->slots) {
      if (!slot->organisation || *slot->organisation == event.organisation) takers.push_back(slot);
    }
  }
  for (const auto& slot : takers) {
    {
      const std::lock_guard lock(slot->mutex);
      if (slot->cancelled) continue;
      slot->running.push_back(std::this_thread::get_id());
    }
    slot->subscriber(event);
    const std::lock_guard lock(slot->mutex);
    slot->running.erase(std::ranges::find(slot->running, std::this_thread::get_id()));
    slot->idle.notify_all();
  }
}

Result<EventLog::Prepared> EventLog::prepare(Event event) {
  auto key = event.call_id ? keyring_.open(event.organisation, ThingKind::Call, event.call_id->uuid)
                           : keyring_.organisation(event.organisation);
  if (!key) return std::unexpected(key.error());
  if (event.id.is_nil()) event.id = EventId::make(system_clock(), random_);
  Prepared out;
  out.sealed = key->seal_text(part_of(event), event.data);
  out.event = std::move(event);
  return out;
}

void EventLog::insert(Session& session, const Prepared& prepared) {
  insert(session, prepared.event.organisation, {&prepared});
}

void EventLog::insert(Session& session, OrganisationId organisation, const std::vector<const Prepared*>& prepared) {
  if (prepared.empty()) return;
  session.execute(
      "INSERT INTO counters (organisation, name, value) VALUES (?, 'event', ?) ON CONFLICT (organisation, name) DO "
      "UPDATE SET value = counters.value + excluded.value",
      {organisation, prepared.size()});
  auto seq = static_cast<std::uint64_t>(session.count(
                 "SELECT value FROM counters WHERE organisation = ? AND name = 'event'", {organisation})) -
             prepared.size();
  Session::Values rows;
  for (const auto* one : prepared) {
    PARLEY_ASSERT(one->event.organisation == organisation);
    Event event = one->event;
    event.seq = ++seq;
    event.time = session.now();
    add_row(rows, organisation, event.seq, event.id, event.type, event.time, event.call_id, one->sealed);
    session.after_commit([&bus = bus_, event = std::move(event)] { bus.publish(event); });
  }
  insert_rows(session, "INSERT INTO events (organisation, seq, id, type, at, call_id, sealed)", 7, std::move(rows));
}

Result<void> EventLog::append(Event event) {
  const auto prepared = prepare(std::move(event));
  if (!prepared) return std::unexpected(prepared.error());
  return database_.transaction(prepared->event.organisation, [&](Session& session) -> Result<void> {
    insert(session, *prepared);
    return {};
  });
}

Result<std::vector<Event>> EventLog::after(OrganisationId organisation, std::uint64_t seq, std::size_t limit) {
  return database_.read([&](Session& session) -> Result<std::vector<Event>> {
    std::vector<Event> out;
    for (const auto& row : session.query("SELECT seq, id, type, at, call_id, sealed FROM events WHERE organisation = ? "
                                         "AND seq > ? ORDER BY seq LIMIT ?",
                                         {organisation, seq, std::clamp<std::size_t>(limit, 1, kMaxEvents)})) {
      Event event;
      event.organisation = organisation;
      event.seq = static_cast<std::uint64_t>(row.integer(0));
      event.id = row.id<EventId>(1);
      event.type = row.text(2);
      event.time = row.time(3);
      event.call_id = row.maybe_id<CallId>(4);
      const auto key = event.call_id ? keyring_.open(organisation, ThingKind::Call, event.call_id->uuid)
                                     : keyring_.organisation(organisation);
      if (!key && key.error().code == Errc::NotFound) continue;
      if (!key) return std::unexpected(key.error());
      auto data = key->open_text(part_of(event), row.text(5));
      if (!data) return std::unexpected(data.error());
      event.data = std::move(*data);
      out.push_back(std::move(event));
    }
    return out;
  });
}

Result<std::uint64_t> EventLog::last_seq(OrganisationId organisation) {
  return database_.read([&](Session& session) -> Result<std::uint64_t> {
    return static_cast<std::uint64_t>(
        session.count("SELECT value FROM counters WHERE organisation = ? AND name = 'event'", {organisation}));
  });
}

Result<std::uint64_t> EventLog::remove_old() {
  return database_.transaction({}, [&](Session& session) -> Result<std::uint64_t> {
    return session.execute("DELETE FROM events WHERE at <= ?", {session.now() - std::chrono::milliseconds(kKept)});
  });
}

}  // namespace parley::store
