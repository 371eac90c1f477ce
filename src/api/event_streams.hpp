#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <api/route.hpp>
#include <base/guarded.hpp>

namespace parley::net {
class WebSocketSession;
}

namespace parley::api {

class EventStream;

/// The /v1/events WebSockets: each gets the events of one organisation, from `after_seq` on without gap or repetition,
/// then live; users hear of their own calls alone (own_calls.hpp). They end with the sign-in that opened them. Thread:
/// any. Bounds: kMost streams; a client that does not read is cut off by the WebSocket's queue.
class EventStreams {
 public:
  static constexpr std::size_t kMost = 1000;
  static constexpr Duration kSignInWithin = std::chrono::seconds(10);

  explicit EventStreams(const ApiParts& parts) : parts_(parts) {}
  ~EventStreams();

  struct Door {
    OrganisationId organisation;
    std::optional<std::uint64_t> after_seq;
    std::optional<Caller> caller;  // nullopt: the first message brings the token
  };
  using Authenticate = std::function<std::optional<Caller>(const std::string& token)>;
  /// False: there are too many.
  [[nodiscard]] bool open(const std::shared_ptr<net::WebSocketSession>& session, Door door, Authenticate authenticate);
  void close_token(std::string_view token);
  void close_user(UserId user);
  void tick();
  void stop();

 private:
  template <class Pred>
  void close_if(Pred&& pred, const char* why);
  const ApiParts& parts_;
  Guarded<std::vector<std::shared_ptr<EventStream>>> streams_;
};

/// May this caller hear the events of that organisation?
[[nodiscard]] bool may_hear(const Caller& caller, OrganisationId organisation);

}  // namespace parley::api
