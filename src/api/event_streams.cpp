#include <deque>
#include <mutex>

#include <boost/json/parse.hpp>

#include <api/event_streams.hpp>
#include <api/own_calls.hpp>
#include <base/json_text.hpp>
#include <base/log.hpp>
#include <net/http_server.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
constexpr std::size_t kBatch = 500;
constexpr std::size_t kMaxWaiting = 10'000;
constexpr int kPolicy = 1008;  // RFC 6455 §7.4.1

std::string envelope(const store::Event& event) {
  boost::system::error_code failure;
  auto data = json::parse(event.data, failure);
  if (failure) data = json::object{};
  return json_text(json::object{{"id", event.id.text()},
                                {"type", event.type},
                                {"organisation", event.organisation.text()},
                                {"time", to_rfc3339(event.time)},
                                {"call_id", event.call_id ? json::value(event.call_id->text()) : json::value(nullptr)},
                                {"seq", event.seq},
                                {"data", std::move(data)}});
}
}  // namespace

/// One subscriber: what happens while the past is read waits, then follows.
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(std::shared_ptr<net::WebSocketSession> session, EventStreams::Door door, TimePoint now)
      : session_(std::move(session)), door_(std::move(door)), opened_(now) {}

  void begin(const ApiParts& parts) {
    if (!may_hear(*door_.caller, door_.organisation)) return close("no such organisation");
    begun_ = true;
    if (door_.caller->role == store::Role::User) {
      own_ = own_calls(parts);
      if (!own_) return close("the calls cannot be read now");
    }
    subscription_ = parts.store.bus.subscribe(door_.organisation, [weak = weak_from_this()](const store::Event& event) {
      if (const auto self = weak.lock()) self->on_event(event);
    });
    if (door_.caller->is_platform())  // security.banned and what else is of no organisation
      platform_ = parts.store.bus.subscribe(OrganisationId{}, [weak = weak_from_this()](const store::Event& event) {
        if (const auto self = weak.lock()) self->on_event(event);
      });
    std::uint64_t last = door_.after_seq.value_or(0);
    while (door_.after_seq && session_->is_open()) {
      const auto batch = parts.store.events.after(door_.organisation, last, kBatch);
      if (!batch) return close("the events cannot be read now");
      for (const auto& event : *batch) {
        last = std::max(last, event.seq);
        if (own_ && !own_->heard(event)) continue;
        if (!session_->send_text(envelope(event))) return;
      }
      if (batch->size() < kBatch) break;
    }
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [last](const auto& event) { return event.seq != 0 && event.seq <= last; });
    settled_ = true;
    if (!stale_) flow();
  }

  /// After a change of who has which extension: what waited since then is heard by those who have them now.
  void refresh(const ApiParts& parts) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      if (!settled_ || !stale_) return;
      seen = changes_;
    }
    auto fresh = own_calls(parts);
    const std::lock_guard lock(mutex_);
    if (!fresh || seen != changes_) return;  // the next turn tries again
    own_ = std::move(fresh);
    stale_ = false;
    flow();
  }

  void take(Caller caller) { door_.caller = std::move(caller); }
  void close(const std::string& why) { session_->close(kPolicy, why); }
  void end() {
    subscription_.cancel();
    platform_.cancel();
  }

  [[nodiscard]] bool is_open() const { return session_->is_open(); }
  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] TimePoint opened() const { return opened_; }
  [[nodiscard]] const std::optional<Caller>& caller() const { return door_.caller; }
  [[nodiscard]] std::shared_ptr<net::WebSocketSession> session() const { return session_; }

 private:
  /// nullptr: the store did not answer.
  [[nodiscard]] std::unique_ptr<OwnCalls> own_calls(const ApiParts& parts) const {
    auto own = std::make_unique<OwnCalls>(parts, door_.caller->user);
    return own->learn() ? std::move(own) : nullptr;
  }
  void tell(const store::Event& event) {
    if (!own_ || own_->hears(event)) (void)session_->send_text(envelope(event));
  }
  void flow() {  // with mutex_ held
    for (const auto& event : waiting_) tell(event);
    waiting_.clear();
    live_ = true;
  }
  void on_event(const store::Event& event) {
    const std::lock_guard lock(mutex_);
    if (own_ && event.type == "configuration.changed") {
      live_ = false;
      stale_ = true;
      ++changes_;
    } else if (live_) {
      tell(event);
    } else if (waiting_.size() < kMaxWaiting) {
      waiting_.push_back(event);
    } else {
      session_->close(1013, "too many events at once");
    }
  }

  std::shared_ptr<net::WebSocketSession> session_;
  EventStreams::Door door_;
  TimePoint opened_;
  std::atomic<bool> begun_ = false;
  store::EventBus::Subscription subscription_, platform_;
  std::unique_ptr<OwnCalls> own_;  // of users; until settled_ begin() alone looks into it, then who holds mutex_
  std::mutex mutex_;               // guards what follows
  bool live_ = false;
  bool settled_ = false;
  bool stale_ = false;  // extensions may have changed hands
  std::uint64_t changes_ = 0;
  std::deque<store::Event> waiting_;
};

bool may_hear(const Caller& caller, OrganisationId organisation) {
  if (!allowed(caller.role, Permission::EventsRead)) return false;
  return caller.is_platform() || caller.user.organisation == organisation;
}

EventStreams::~EventStreams() { stop(); }

bool EventStreams::open(const std::shared_ptr<net::WebSocketSession>& session, Door door, Authenticate authenticate) {
  const bool known = door.caller.has_value();
  auto stream = std::make_shared<EventStream>(session, std::move(door), parts_.clock.now());
  const bool room = streams_.with([&](auto& streams) {
    std::erase_if(streams, [](const auto& one) { return !one->is_open(); });
    if (streams.size() >= kMost) return false;
    streams.push_back(stream);
    return true;
  });
  if (!room) return false;
  session->on_close([weak = std::weak_ptr(stream)] {
    if (const auto self = weak.lock()) self->end();
  });
  session->on_text(
      [this, weak = std::weak_ptr(stream), authenticate = std::move(authenticate)](const std::string& text) {
        const auto self = weak.lock();
        if (!self || self->begun()) return;  // nothing else is expected of clients
        boost::system::error_code failure;
        const auto message = json::parse(text, failure);
        const auto* token = failure || !message.is_object() ? nullptr : message.get_object().if_contains("token");
        auto caller =
            token != nullptr && token->is_string() ? authenticate(std::string(token->get_string())) : std::nullopt;
        if (!caller) return self->close("wrong token");
        self->take(std::move(*caller));
        self->begin(parts_);
      });
  if (known) stream->begin(parts_);
  return true;
}

template <class Pred>
void EventStreams::close_if(Pred&& pred, const char* why) {
  std::vector<std::shared_ptr<EventStream>> gone;
  streams_.with([&](auto& streams) {
    std::erase_if(streams, [&](const auto& one) {
      if (!one->is_open()) return true;
      if (!pred(*one)) return false;
      gone.push_back(one);
      return true;
    });
  });
  for (const auto& one : gone) {
    one->end();
    one->close(why);
  }
}

void EventStreams::close_token(std::string_view token) {
  close_if([&](const EventStream& one) { return one.caller() && !token.empty() && one.caller()->token == token; },
           "signed out");
}

void EventStreams::close_user(UserId user) {
  close_if(
      [&](const EventStream& one) {
        return one.caller() && one.caller()->kind == Caller::Kind::User && one.caller()->user.id == user;
      },
      "signed out");
}

void EventStreams::tick() {
  const TimePoint now = parts_.clock.now();
  std::vector<std::string> ended;
  std::vector<std::string> tokens;
  streams_.with([&](auto& streams) {
    for (const auto& one : streams) {
      if (one->caller() && !one->caller()->token.empty()) tokens.push_back(one->caller()->token);
    }
  });
  for (const auto& token : tokens) {
    if (const auto valid = parts_.store.sessions.check(token); !valid && valid.error().code == Errc::Unauthorized) {
      close_token(token);
    }
  }
  for (const auto& one : streams_.with([](const auto& streams) { return streams; })) one->refresh(parts_);
  close_if([&](const EventStream& one) { return !one.begun() && now - one.opened() > kSignInWithin; }, "no token came");
}

void EventStreams::stop() {
  close_if([](const EventStream&) { return true; }, "the server stops");
}

}  // namespace parley::api
