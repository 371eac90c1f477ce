#pragma once
#include <array>
#include <memory>
#include <unordered_map>

#include <pbx/admission.hpp>
#include <pbx/authenticator.hpp>
#include <pbx/call.hpp>
#include <pbx/contact_probe.hpp>
#include <pbx/core.hpp>
#include <pbx/message_relay.hpp>
#include <pbx/registrar.hpp>
#include <pbx/subscriptions.hpp>

namespace parley::pbx {

/// Everything of one reactor: its transactions, its calls, its part of the registrar. Finds for each message the call,
/// leg or service that it is for. Thread: the reactor's.   Lifetime: the Pbx; made before and destroyed after the
/// reactors run.
class Exchange final : public Core, public sip::TransactionUser {
 public:
  Exchange(Shared& shared, SharedDigest& digest, net::Reactor& reactor, Wire& wire);
  ~Exchange() override;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void receive(sip::Message&& message);
  /// A connection is gone, or none can be had: what waits on it here fails now instead of by time-out. Told to every
  /// exchange.
  void flow_lost(const sip::Flow& flow);
  /// ... and its contacts with it. Told to the exchange of the connection's reactor.
  void connection_closed(std::uint64_t connection);
  /// From now on new work waits, and is refused, when the reactor is late or its buffer, as `occupancy` tells, fills
  /// up.
  void watch_load(UniqueFunction<double()> occupancy);
  /// Bindings that ran out, about once a second; one exchange of the process does it.
  void expire_bindings();
  /// Begins to ask contacts whether they are there; one exchange of the process does it.
  void probe_contacts() { probe_.start(); }
  [[nodiscard]] Registrar& registrar() noexcept { return registrar_; }
  /// Presence that ran out; one exchange of the process does it.
  void expire_publications();
  /// There is something new about an extension that this reactor's subscriptions watch. Thread: any.
  void state_changed(ExtensionId extension, EventPackages packages);
  [[nodiscard]] Subscriptions& subscriptions() noexcept { return subscriptions_; }

  [[nodiscard]] Call* find(CallId id);
  [[nodiscard]] std::size_t calls() const noexcept {
    return calls_.size();
  }  // also those whose last responses are awaited
  /// BYE to everybody.
  void hang_up_all(const std::string& cause);

  // Core
  Shared& shared() override { return shared_; }
  net::Reactor& reactor() override { return reactor_; }
  Wire& wire() override { return wire_; }
  sip::TransactionLayer& transactions() override { return transactions_; }
  media::Poster poster() override;
  Result<sip::ClientId> send(sip::Outgoing request, const sip::Flow& flow, ClientUser& user) override;
  void forget(ClientUser& user) override;
  void touch() override;
  void forget_flow(const Binding& binding) override;
  void adopt(const std::string& local_tag, CallLeg& leg) override;
  void adopt(sip::ServerId invite, CallLeg& leg) override;
  void drop(CallLeg& leg) override;
  void take_leg(const TakeOrder& order, std::function<void(TakenLeg)> done) override;
  void take_place(const CallAddress& where, OrganisationId organisation, std::function<void(TakenLeg)> done) override;
  void join(const CallAddress& where, std::unique_ptr<MovedLeg> leg) override;

 private:
  // sip::TransactionUser
  void on_sent(std::string_view bytes, const sip::Flow& flow) override;
  Screening screen(const sip::Message& request, TimePoint now) override;
  void on_request(sip::ServerId id, const sip::Message& request) override;
  void on_cancel(sip::ServerId invite, const sip::Message& cancel) override;
  void on_ack(const sip::Message& ack) override;
  void on_response(sip::ClientId id, const sip::Message& response) override;
  void on_client_failure(sip::ClientId id, sip::TransactionFailure failure) override;
  void on_server_failure(sip::ServerId id, sip::TransactionFailure failure) override;

  [[nodiscard]] bool is_loop(const sip::Message& request) const;
  void serve_invite(sip::ServerId id, const sip::Message& request);
  void serve_register(sip::ServerId id, const sip::Message& request);
  [[nodiscard]] std::optional<Identity> watcher(sip::ServerId id, const sip::Message& request);
  void serve_subscribe(sip::ServerId id, const sip::Message& request);
  void serve_publish(sip::ServerId id, const sip::Message& request);
  void serve_options(sip::ServerId id, const sip::Message& request);
  void serve_message(sip::ServerId id, const sip::Message& request);
  void refuse(sip::ServerId id, const sip::Message& request, const Refusal& refusal);
  void reply(sip::ServerId id, unsigned status, std::string_view header_line = {});
  [[nodiscard]] std::string tag();
  void on_timer();
  void give_leg(const TakeOrder& order, unsigned to, unsigned attempts, std::function<void(TakenLeg)> done);
  void note_moved(const std::string& tag, std::optional<unsigned> to);
  /// True: the message is for a leg that moved, and went after it.
  [[nodiscard]] bool sent_after(sip::Message& message);
  void sample_load(TimePoint due);
  void count_transactions();
  void take(sip::Message&& message, TimePoint now);
  void serve_waiting();
  [[nodiscard]] Work work_of(const sip::Message& request) const;
  void trace(bool incoming, const sip::Flow& flow, std::string_view bytes, TimePoint now);

  Shared& shared_;
  net::Reactor& reactor_;
  Wire& wire_;
  sip::TransactionLayer transactions_;
  Authenticator authenticator_;
  Registrar registrar_;
  /// Whether the last peers were strangers, asked once for many messages.
  struct Seen {
    IpAddress peer;
    TimePoint until{};
    bool stranger = true;
  };
  std::array<Seen, 64> seen_{};
  Admission admission_;
  std::size_t told_waiting_ = 0;             // how many wait in it, as the metric has it
  bool serving_ = false;                     // serve_waiting() is posted
  bool refusing_ = false;                    // the message in hand has waited too long
  sip::TransactionLayer::Counters counted_;  // those that the metrics have
  UniqueFunction<double()> occupancy_;
  net::Reactor::TimerHandle load_timer_;
  net::Reactor::TimerHandle timer_;
  std::optional<TimePoint> armed_for_;
  TimePoint timer_ran_{};
  bool inside_ = false;  // the layer is calling us: its timer is armed when it returns

  std::unordered_map<std::string, CallLeg*> legs_by_tag_;
  std::unordered_map<std::string, unsigned> moved_;  // tags of ours whose legs went to another reactor
  std::unordered_map<CallLeg*, std::string> tag_of_leg_;
  std::unordered_map<sip::ServerId, CallLeg*> legs_by_server_;
  std::unordered_map<CallLeg*, std::vector<sip::ServerId>> servers_of_leg_;
  std::unordered_map<sip::ClientId, ClientUser*> clients_;
  std::unordered_map<ClientUser*, std::vector<sip::ClientId>> clients_of_user_;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  MessageRelay messages_;  // these use the tables above
  ContactProbe probe_;
  Subscriptions subscriptions_;
};

}  // namespace parley::pbx
