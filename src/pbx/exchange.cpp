#include <algorithm>
#include <array>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <pbx/exchange.hpp>
#include <pbx/publish.hpp>
#include <pbx/sip_methods.hpp>
#include <pbx/trunk_calls.hpp>
#include <sip/builder.hpp>
#include <sip/derived.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {
namespace {

constexpr unsigned kTakeAttempts = 20;  // while the leg has a re-INVITE under way
constexpr auto kTakeAgain = std::chrono::milliseconds(100);
constexpr auto kSeenFor = std::chrono::milliseconds(500);
constexpr auto kServeFor = std::chrono::milliseconds(1);  // of new work, before sockets and timers have their turn
constexpr unsigned kServeAtOnce = 32;
/// Transactions end by the thousand a second; those of some milliseconds end together, instead of one a wake-up.
constexpr auto kTimerRest = std::chrono::milliseconds(5);
constexpr std::size_t kMaxRequestsOfLeg = 64;  // remembered server transactions of one leg

sip::TransactionLayer::Options layer_options(unsigned reactor) {
  sip::TransactionLayer::Options options;
  options.reactor = reactor;
  options.check = served();
  options.server = "Parley";
  return options;
}

/// Made once: a look-up by labels costs more than what it counts.
metrics::Counter& request_counter(sip::Method method) {
  static const auto made = [] {
    std::array<metrics::Counter*, static_cast<std::size_t>(sip::Method::Other) + 1> all{};
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto name = sip::to_string(static_cast<sip::Method>(i));
      all[i] = &metrics::counter("parley_sip_requests_total", "SIP requests served",
                                 {{"method", name.empty() ? "other" : name}});
    }
    return all;
  }();
  return *made.at(static_cast<std::size_t>(method));
}

metrics::Counter& dropped_counter(std::string_view reason) {
  return metrics::counter("parley_sip_dropped_total", "Messages dropped", {{"reason", reason}});
}

/// Is asked for outside any dialog, and may wait. What helps to end something (ACK) never does, nor a call for help.
bool is_new_work(const sip::Message& message) {
  if (!message.is_request() || !message.to().tag().empty() || message.is(sip::Method::Ack)) return false;
  if (!message.is(sip::Method::Invite)) return true;
  const auto& uri = message.request_uri();
  return !is_emergency_number(dialled_number(uri)) && !uri.text.starts_with("urn:service:sos");
}

}  // namespace

Exchange::Exchange(Shared& shared, SharedDigest& digest, net::Reactor& reactor, Wire& wire)
    : shared_(shared),
      reactor_(reactor),
      wire_(wire),
      transactions_(layer_options(reactor.number()), *this, wire, shared.random),
      authenticator_(shared, digest),
      registrar_(shared, wire),
      messages_(*this),
      probe_(*this),
      subscriptions_(*this) {}

Exchange::~Exchange() {
  calls_.clear();
  reactor_.cancel(timer_);
  reactor_.cancel(load_timer_);
}

media::Poster Exchange::poster() {
  return [&reactor = reactor_](std::function<void()> work) { reactor.post(std::move(work)); };
}

void Exchange::receive(sip::Message&& message) {
  if (!moved_.empty() && sent_after(message)) return;
  const auto now = reactor_.now();
  trace(true, message.source, message.bytes(), now);
  if (message.fault()) shared_.guard.malformed(message.source.remote.address, now);
  if (admission_.behind() && is_new_work(message)) {
    const auto work = work_of(message);
    admission_.add(work, std::move(message), now);
    if (!std::exchange(serving_, true)) reactor_.post([this] { serve_waiting(); });
    return;
  }
  take(std::move(message), now);
}

void Exchange::take(sip::Message&& message, TimePoint now) {
  static auto& unanswerable = dropped_counter("unanswerable");
  static auto& unmatched = dropped_counter("unmatched_response");
  const auto& counters = transactions_.counters();
  const auto dropped = counters.dropped, strays = counters.unmatched_responses;
  inside_ = true;
  transactions_.receive(std::move(message), now);
  inside_ = false;
  if (counters.dropped != dropped) unanswerable.add();
  if (counters.unmatched_responses != strays) unmatched.add();
  touch();
}

/// A slice at a time: what was begun is read from the sockets between two of them.
void Exchange::serve_waiting() {
  auto now = reactor_.now();
  const auto until = now + kServeFor;
  for (unsigned served = 0; served < kServeAtOnce && now <= until; ++served, now = reactor_.now()) {
    auto next = admission_.next(now);
    if (!next) {
      serving_ = false;
      return;
    }
    refusing_ = next->refuse;
    take(std::move(next->message), now);
    refusing_ = false;
  }
  reactor_.post([this] { serve_waiting(); });
}

void Exchange::watch_load(UniqueFunction<double()> occupancy) {
  occupancy_ = std::move(occupancy);
  const auto due = reactor_.now() + Admission::kEvery;
  load_timer_ = reactor_.at(due, [this, due] { sample_load(due); });
}

void Exchange::sample_load(TimePoint due) {
  static auto& waiting = metrics::gauge("parley_sip_waiting", "New requests that wait, on all reactors");
  const auto now = reactor_.now();
  admission_.sample(now, now - due, occupancy_());
  waiting.add(static_cast<double>(admission_.waiting()) -
              static_cast<double>(std::exchange(told_waiting_, admission_.waiting())));
  count_transactions();
  const auto next = now + Admission::kEvery;
  load_timer_ = reactor_.at(next, [this, next] { sample_load(next); });
}

void Exchange::count_transactions() {
  static auto& forgotten =
      metrics::counter("parley_sip_transactions_forgotten_total", "Transactions ended early since the table was full");
  static auto& refused =
      metrics::counter("parley_sip_transactions_refused_total", "Requests refused since the table was full");
  const auto& now = transactions_.counters();
  if (now.forgotten != counted_.forgotten) forgotten.add(static_cast<double>(now.forgotten - counted_.forgotten));
  if (now.overloaded != counted_.overloaded) refused.add(static_cast<double>(now.overloaded - counted_.overloaded));
  counted_ = now;
}

Work Exchange::work_of(const sip::Message& request) const {
  const auto& source = request.source.remote.address;
  if (request.has(sip::Header::Authorization) || request.has(sip::Header::ProxyAuthorization)) return Work::Signed;
  if (request.is(sip::Method::Register))
    return shared_.guard.is_known(source, reactor_.now()) ? Work::Refresh : Work::NewRegistration;
  const bool calls = request.is(sip::Method::Invite) || request.is(sip::Method::Message);
  if (calls && trunk_of(*shared_.directory.get(), shared_.trunks, request)) return Work::Signed;
  return calls || request.is(sip::Method::Cancel) ? Work::NewCall : Work::Probe;
}

void Exchange::trace(bool incoming, const sip::Flow& flow, std::string_view bytes, TimePoint now) {
  const auto& peer = flow.remote.address;
  auto& seen = seen_[std::hash<IpAddress>{}(peer) % seen_.size()];
  if (seen.until <= now || seen.peer != peer)
    seen = {peer, now + kSeenFor, !shared_.guard.is_known(peer, now) && !shared_.guard.bans().allowed(peer)};
  shared_.trace.record(reactor_.number(), seen.stranger, incoming, flow, bytes, reactor_.wall());
}

void Exchange::on_sent(std::string_view bytes, const sip::Flow& flow) { trace(false, flow, bytes, reactor_.now()); }

void Exchange::touch() {
  if (inside_) return;
  auto due = transactions_.next_deadline();
  // The earliest deadline goes with nearly every message: a timer that then comes early is cheaper than one set anew.
  if (!due || (armed_for_ && *armed_for_ <= *due)) return;
  due = std::max(*due, timer_ran_ + kTimerRest);
  if (armed_for_ && *armed_for_ <= *due) return;
  if (armed_for_) reactor_.cancel(timer_);
  armed_for_ = due;
  timer_ = reactor_.at(*due, [this] { on_timer(); });
}

void Exchange::on_timer() {
  armed_for_.reset();
  inside_ = true;
  timer_ran_ = reactor_.now();
  transactions_.on_time(timer_ran_);
  inside_ = false;
  touch();
}

void Exchange::flow_lost(const sip::Flow& flow) {
  transactions_.on_transport_error(flow, reactor_.now());
  touch();
}

void Exchange::connection_closed(std::uint64_t connection) {
  registrar_.gone(shared_.locations.drop_connection(connection), "connection closed", reactor_.wall());
}

void Exchange::forget_flow(const Binding& binding) {
  registrar_.gone(shared_.locations.drop_flow(binding), "flow failed", reactor_.wall());
}

void Exchange::expire_bindings() {
  registrar_.gone(shared_.locations.expire(reactor_.now()), "expired", reactor_.wall());
}

void Exchange::expire_publications() {
  for (const auto& extension : shared_.publications.expire(reactor_.now()))
    announce(shared_, extension, {EventPackage::Presence});
}

void Exchange::state_changed(ExtensionId extension, EventPackages packages) {
  reactor_.post([this, extension, packages] { subscriptions_.changed(extension, packages); });
}

Call* Exchange::find(CallId id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : found->second.get();
}

void Exchange::hang_up_all(const std::string& cause) {
  std::vector<Call*> all;
  all.reserve(calls_.size());
  for (const auto& [id, call] : calls_) all.push_back(call.get());
  for (auto* call : all) call->hang_up(cause, 503);
}

// ---- tables ----

Result<sip::ClientId> Exchange::send(sip::Outgoing request, const sip::Flow& flow, ClientUser& user) {
  auto id = transactions_.send_request(std::move(request), flow, reactor_.now());
  touch();
  if (!id) return id;
  clients_[*id] = &user;
  clients_of_user_[&user].push_back(*id);
  return id;
}

void Exchange::forget(ClientUser& user) {
  const auto found = clients_of_user_.find(&user);
  if (found == clients_of_user_.end()) return;
  for (const auto id : found->second) clients_.erase(id);
  clients_of_user_.erase(found);
}

void Exchange::adopt(const std::string& local_tag, CallLeg& leg) {
  legs_by_tag_[local_tag] = &leg;
  tag_of_leg_[&leg] = local_tag;
}

void Exchange::adopt(sip::ServerId invite, CallLeg& leg) {
  auto& servers = servers_of_leg_[&leg];
  if (servers.size() >= kMaxRequestsOfLeg) {
    legs_by_server_.erase(servers.front());
    servers.erase(servers.begin());
  }
  servers.push_back(invite);
  legs_by_server_[invite] = &leg;
}

void Exchange::drop(CallLeg& leg) {
  if (const auto tag = tag_of_leg_.find(&leg); tag != tag_of_leg_.end()) {
    if (sip::reactor_of(tag->second) != reactor_.number()) note_moved(tag->second, std::nullopt);
    legs_by_tag_.erase(tag->second);
    tag_of_leg_.erase(tag);
  }
  const auto found = servers_of_leg_.find(&leg);
  if (found == servers_of_leg_.end()) return;
  for (const auto id : found->second) legs_by_server_.erase(id);
  servers_of_leg_.erase(found);
}

// ---- legs that move between calls ----

void Exchange::take_leg(const TakeOrder& order, std::function<void(TakenLeg)> done) {
  const auto owner = sip::reactor_of(order.name.local_tag);
  if (!owner || *owner >= shared_.exchanges.size()) return done({});
  auto* there = shared_.exchanges[*owner];
  if (there == this) return give_leg(order, reactor_.number(), kTakeAttempts, std::move(done));
  there->reactor_.post([this, there, order, done = std::move(done)] {
    there->give_leg(order, reactor_.number(), kTakeAttempts, [this, done](TakenLeg taken) {
      reactor_.post([done, taken = std::move(taken)]() mutable { done(std::move(taken)); });
    });
  });
}

void Exchange::give_leg(const TakeOrder& order, unsigned to, unsigned attempts, std::function<void(TakenLeg)> done) {
  const auto& name = order.name;
  if (const auto moved = moved_.find(name.local_tag); moved != moved_.end()) {
    auto* there = shared_.exchanges[moved->second];
    return there->reactor_.post(
        [there, order, to, attempts, done = std::move(done)] { there->give_leg(order, to, attempts, done); });
  }
  const auto found = legs_by_tag_.find(name.local_tag);
  if (found == legs_by_tag_.end() || !found->second->is_dialog(name.call_id, name.local_tag, name.remote_tag))
    return done({});
  auto taken = found->second->owner().give_other_leg(*found->second, order);
  if (taken.status == 491 && attempts > 0) {
    reactor_.after(kTakeAgain,
                   [this, order, to, attempts, done = std::move(done)] { give_leg(order, to, attempts - 1, done); });
    return;
  }
  if (taken.leg) note_moved(taken.leg->dialog.local_tag(), to);
  done(std::move(taken));
}

void Exchange::take_place(const CallAddress& where, OrganisationId organisation, std::function<void(TakenLeg)> done) {
  auto* there = shared_.exchanges[where.reactor];
  there->reactor_.post([this, there, id = where.call, organisation, done = std::move(done)] {
    auto* call = there->find(id);
    auto taken = call ? call->give_place(organisation) : TakenLeg{};
    reactor_.post([done, taken = std::move(taken)]() mutable { done(std::move(taken)); });
  });
}

void Exchange::join(const CallAddress& where, std::unique_ptr<MovedLeg> leg) {
  if (leg) note_moved(leg->dialog.local_tag(), where.reactor);
  auto* there = shared_.exchanges[where.reactor];
  there->reactor_.post([there, id = where.call, leg = std::move(leg)]() mutable {
    if (auto* call = there->find(id)) return call->join(std::move(leg));
    if (!leg) return;
    const LegMedia ports(there->shared_.media, there->shared_.random, std::move(leg->media));  // given back
  });
}

void Exchange::note_moved(const std::string& tag, std::optional<unsigned> to) {
  const auto home = sip::reactor_of(tag);
  if (!home || *home >= shared_.exchanges.size()) return;
  if (*home != reactor_.number()) {
    auto* there = shared_.exchanges[*home];
    return there->reactor_.post([there, tag, to] { there->note_moved(tag, to); });
  }
  if (to && *to != reactor_.number()) {
    moved_.insert_or_assign(tag, *to);
  } else {
    moved_.erase(tag);
  }
}

bool Exchange::sent_after(sip::Message& message) {
  if (!message.is_request()) return false;
  const auto found = moved_.find(std::string(message.to().tag()));
  if (found == moved_.end()) return false;
  auto* there = shared_.exchanges[found->second];
  there->reactor_.post([there, moved = std::move(message)]() mutable { there->receive(std::move(moved)); });
  return true;
}

// ---- from the transaction layer ----

sip::TransactionUser::Screening Exchange::screen(const sip::Message& request, TimePoint now) {
  if (!request.to().tag().empty()) return {};
  if (request.is(sip::Method::Invite) && shared_.live.draining()) return {};  // 503, see serve_invite()
  const auto& source = request.source.remote.address;
  if (refusing_) {
    static auto& refused = metrics::counter("parley_sip_overload_refusals_total", "Requests refused for overload");
    refused.add();
    std::array<std::uint8_t, 1> spread{};
    shared_.random.fill(spread);  // not all at once again
    sip::ResponseBuilder response(request, 503, sip::stateless_tag(request));
    response.header(sip::Header::RetryAfter, std::to_string(5 + spread[0] % 16));
    return {Screening::Kind::Answer, std::move(response).finish()};
  }
  const auto agent = request.value(sip::Header::UserAgent).value_or("");
  const auto refusal = authenticator_.at_the_door(request, reactor_.wall());
  const bool of_itself = request.is(sip::Method::Subscribe) || request.is(sip::Method::Publish);
  const auto name = request.is(sip::Method::Register) ? request.to().uri.user_text()
                    : of_itself ? request.from().uri.user_text()  // a telephone watches a hundred others
                                : request.request_uri().user_text();
  if (refusal && refusal->status == 401) {
    if (!shared_.guard.may_challenge(source, name, agent, now)) return {Screening::Kind::Ignore, {}};
  } else if (refusal || !authenticator_.signs_in(request)) {
    if (!shared_.guard.may_probe(source, name, agent, now)) return {Screening::Kind::Ignore, {}};
  }
  if (!refusal) return {};
  request_counter(request.method()).add();
  sip::ResponseBuilder response(request, refusal->status, sip::stateless_tag(request));
  for (const auto& [header, value] : refusal->headers) response.header(header, value);
  return {Screening::Kind::Answer, std::move(response).finish()};
}

void Exchange::on_request(sip::ServerId id, const sip::Message& request) {
  request_counter(request.method()).add();
  if (const auto to_tag = request.to().tag(); !to_tag.empty()) {
    const auto leg = legs_by_tag_.find(std::string(to_tag));
    if (leg != legs_by_tag_.end()) return leg->second->on_request(id, request);
    if (!subscriptions_.serve_in_dialog(id, request)) refuse(id, request, {481, {}});
    return;
  }
  switch (request.method()) {
    case sip::Method::Invite: return serve_invite(id, request);
    case sip::Method::Register: return serve_register(id, request);
    case sip::Method::Options: return serve_options(id, request);
    case sip::Method::Message: return serve_message(id, request);
    case sip::Method::Subscribe: return serve_subscribe(id, request);
    case sip::Method::Publish: return serve_publish(id, request);
    case sip::Method::Bye:
    case sip::Method::Info:
    case sip::Method::Notify:
    case sip::Method::Prack:
    case sip::Method::Update: return refuse(id, request, {481, {}});
    case sip::Method::Refer: return refuse(id, request, {403, {}});  // nobody may have us call from outside a call
    default: return reply(id, 405, std::string("Allow: ") + std::string(kAllow));
  }
}

void Exchange::on_cancel(sip::ServerId invite, const sip::Message& cancel) {
  const auto leg = legs_by_server_.find(invite);
  if (leg == legs_by_server_.end()) return reply(invite, 487);
  leg->second->on_cancel(invite, cancel);
}

void Exchange::on_ack(const sip::Message& ack) {
  const auto leg = legs_by_tag_.find(std::string(ack.to().tag()));
  if (leg != legs_by_tag_.end()) leg->second->on_ack(ack);
}

void Exchange::on_response(sip::ClientId id, const sip::Message& response) {
  const auto user = clients_.find(id);
  if (user != clients_.end()) user->second->on_response(id, response);
}

void Exchange::on_client_failure(sip::ClientId id, sip::TransactionFailure failure) {
  const auto user = clients_.find(id);
  if (user != clients_.end()) user->second->on_client_failure(id, failure);
}

void Exchange::on_server_failure(sip::ServerId id, sip::TransactionFailure) {
  const auto leg = legs_by_server_.find(id);
  if (leg != legs_by_server_.end()) leg->second->on_server_failure(id);
}

// ---- outside dialogs ----

std::string Exchange::tag() { return sip::mint_tag(reactor_.number(), shared_.random); }

void Exchange::reply(sip::ServerId id, unsigned status, std::string_view header_line) {
  (void)transactions_.respond(id, status, tag(), reactor_.now(), header_line);
  touch();
}

void Exchange::refuse(sip::ServerId id, const sip::Message& request, const Refusal& refusal) {
  // Without credentials it is anybody's: answered once, by no transaction, so that a forged source gets no more than it
  // sent. With some the sender waits for the verdict on them, and its retransmission must not count as a second try.
  const bool anybody = !request.has(sip::Header::Authorization) && !request.has(sip::Header::ProxyAuthorization);
  sip::ResponseBuilder response(request, refusal.status,
                                anybody ? sip::TransactionLayer::stateless_tag(request) : tag());
  for (const auto& [header, value] : refusal.headers) response.header(header, value);
  const auto out = std::move(response).finish();
  if (anybody) {
    (void)transactions_.respond_once(id, out);
  } else {
    (void)transactions_.respond(id, out, reactor_.now());
  }
  touch();
}

/// Our own INVITE that came back to us, for whom it had been meant: a loop. For somebody else it is a spiral (RFC 3261
/// §16.3 step 4), which Max-Forwards bounds.
bool Exchange::is_loop(const sip::Message& request) const {
  const auto found = legs_by_tag_.find(std::string(request.from().tag()));
  if (found == legs_by_tag_.end() || found->second->sip_call_id() != request.call_id()) return false;
  return found->second->meant_for(request);
}

void Exchange::serve_invite(sip::ServerId id, const sip::Message& request) {
  if (is_loop(request)) return reply(id, 482);
  if (shared_.live.draining()) return reply(id, 503, "Retry-After: 30");
  auto caller = authenticator_.of_call(request, reactor_.now(), reactor_.wall());
  if (!caller) return refuse(id, request, caller.error());
  auto call = std::make_unique<Call>(*this, std::move(*caller), [this](CallId done) {
    reactor_.post([this, done] { calls_.erase(done); });  // later: a leg of it may be calling
  });
  auto& started = *call;
  calls_.emplace(started.id(), std::move(call));
  started.start(id, request);
}

void Exchange::serve_register(sip::ServerId id, const sip::Message& request) {
  const auto identity = authenticator_.of_register(request, reactor_.now(), reactor_.wall());
  if (!identity) return refuse(id, request, identity.error());
  (void)transactions_.respond(id, registrar_.serve(request, *identity, tag(), reactor_.now(), reactor_.wall()),
                              reactor_.now());
  touch();
}

void Exchange::serve_message(sip::ServerId id, const sip::Message& request) {
  const auto sender = authenticator_.of_call(request, reactor_.now(), reactor_.wall());
  if (!sender) return refuse(id, request, sender.error());
  messages_.serve(id, request, *sender);
}

/// An extension; a carrier watches nobody. nullopt: refused.
std::optional<Identity> Exchange::watcher(sip::ServerId id, const sip::Message& request) {
  auto who = authenticator_.of_call(request, reactor_.now(), reactor_.wall());
  if (who && who->extension) return std::move(*who);
  refuse(id, request, who ? Refusal{} : who.error());
  return std::nullopt;
}

void Exchange::serve_subscribe(sip::ServerId id, const sip::Message& request) {
  if (const auto who = watcher(id, request)) subscriptions_.serve(id, request, *who, tag());
}

void Exchange::serve_publish(sip::ServerId id, const sip::Message& request) {
  const auto who = watcher(id, request);
  if (!who) return;
  (void)transactions_.respond(id, pbx::serve_publish(shared_, request, *who, tag(), reactor_.now()), reactor_.now());
  touch();
}

void Exchange::serve_options(sip::ServerId id, const sip::Message& request) {
  // The same for every user, known or not; 503 tells a balancer that we are going away.
  sip::ResponseBuilder response(request, shared_.live.draining() ? 503 : 200, tag());
  response.header(sip::Header::Allow, kAllow)
      .header(sip::Header::Supported, kSupported)
      .header(sip::Header::AllowEvents, kAllowEvents)
      .header(sip::Header::Accept, std::string(kAccept) + ", application/pidf+xml");
  (void)transactions_.respond(id, std::move(response).finish(), reactor_.now());
  touch();
}

}  // namespace parley::pbx
