#pragma once
#include <array>
#include <memory>

#include <base/random.hpp>
#include <pbx/conference_board.hpp>
#include <pbx/contact_health.hpp>
#include <pbx/directory.hpp>
#include <pbx/event_board.hpp>
#include <pbx/event_package.hpp>
#include <pbx/ledger.hpp>
#include <pbx/live_calls.hpp>
#include <pbx/location.hpp>
#include <pbx/media_gate.hpp>
#include <pbx/pbx.hpp>
#include <pbx/publications.hpp>
#include <pbx/rate_limit.hpp>
#include <pbx/sip_trace.hpp>
#include <pbx/source_guard.hpp>
#include <pbx/trunk_board.hpp>
#include <pbx/wire.hpp>
#include <sip/transaction_layer.hpp>

namespace parley::net {
class Reactor;
}
namespace parley::media {
class PromptStore;
}
namespace parley::pbx {

class Exchange;

/// What all reactors share. Every part of it may be used from any thread.
struct Shared {
  const PbxOptions& options;
  DirectoryHolder& directory;
  LocationTable& locations;
  SourceGuard& guard;
  SipTrace& trace;
  LiveCalls& live;
  TrunkBoard& trunks;
  MediaGate& media;
  media::PromptStore& prompts;
  Ledger& ledger;
  const Clock& clock;
  Random& random;
  std::vector<Exchange*> exchanges;  // by reactor; complete before the reactors start
  Guarded<HealthTable> health{};
  Guarded<MessageRateLimit> message_rate{MessageRateLimit::Rates{.per_second = 5, .burst = 50, .all_per_second = 2000}};
  EventBoard events{};
  Publications publications{};
  ConferenceBoard conferences{media, {options.max_conferences_per_organisation, options.max_conference_participants}};
};

/// Tells the subscriptions of all reactors that there is something new about an extension. Thread: any.
void announce(Shared& shared, ExtensionId extension, EventPackages packages);

/// Who is told of the responses to a request of ours. Thread: the reactor's.
class ClientUser {
 public:
  virtual void on_response(sip::ClientId id, const sip::Message& response) = 0;
  virtual void on_client_failure(sip::ClientId id, sip::TransactionFailure failure) = 0;

 protected:
  ~ClientUser() = default;
};

class CallLeg;
struct CallAddress;
struct MovedLeg;
struct TakeOrder;
struct TakenLeg;

/// One reactor as its calls see it: time, timers, transactions, and the tables by which messages find their leg.
/// Thread: the reactor's.
class Core {
 public:
  virtual ~Core() = default;
  [[nodiscard]] virtual Shared& shared() = 0;
  [[nodiscard]] virtual net::Reactor& reactor() = 0;
  [[nodiscard]] virtual Wire& wire() = 0;
  [[nodiscard]] virtual sip::TransactionLayer& transactions() = 0;
  /// Posts to this reactor from anywhere.
  [[nodiscard]] virtual media::Poster poster() = 0;

  /// Sends a request; its responses go to `user` until forget(). Errors: as TransactionLayer::send_request.
  virtual Result<sip::ClientId> send(sip::Outgoing request, const sip::Flow& flow, ClientUser& user) = 0;
  /// No response of any transaction of this user is wanted any more.
  virtual void forget(ClientUser& user) = 0;
  /// Arms the transaction layer's timer; after every direct use of transactions().
  virtual void touch() = 0;

  /// A phone's flow turned out to lead nowhere (430, RFC 5626 §7.1): it is registered no more.
  virtual void forget_flow(const Binding& binding) = 0;

  /// Requests to this local tag, and CANCELs of this INVITE, go to the leg until dropped.
  virtual void adopt(const std::string& local_tag, CallLeg& leg) = 0;
  virtual void adopt(sip::ServerId invite, CallLeg& leg) = 0;
  virtual void drop(CallLeg& leg) = 0;
  /// Takes the leg that talks to the named dialog out of its call, on whichever reactor that is; `done` runs here,
  /// perhaps at once.
  virtual void take_leg(const TakeOrder& order, std::function<void(TakenLeg)> done) = 0;
  /// Asks a call that rings for the place of who rings there; the same way.
  virtual void take_place(const CallAddress& where, OrganisationId organisation,
                          std::function<void(TakenLeg)> done) = 0;
  /// Brings the leg that takes the place; nullptr: it will not come. Once for each place taken.
  virtual void join(const CallAddress& where, std::unique_ptr<MovedLeg> leg) = 0;
};

}  // namespace parley::pbx
