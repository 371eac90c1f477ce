#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include <base/assert.hpp>
#include <sip/deadline_heap.hpp>
#include <sip/derived.hpp>
#include <sip/minted.hpp>
#include <sip/transaction.hpp>
#include <sip/transaction_key.hpp>
#include <sip/transaction_layer.hpp>
#include <sip/transaction_tables.hpp>

namespace parley::sip {
struct TransactionLayer::Impl {
  Impl(Options o, TransactionUser& u, Wire& w, Random& r) : options(std::move(o)), user(u), wire(w), random(r) {}

  Options options;
  TransactionUser& user;
  Wire& wire;
  Random& random;
  Counters counters;
  std::deque<Transaction> slots;  // addresses stay when it grows
  std::vector<std::uint32_t> free;
  TransactionKeys clients{slots}, servers{slots};
  std::unordered_map<std::uint64_t, std::uint32_t> origins;        // of live server transactions outside dialogs
  std::unordered_map<std::uint64_t, std::uint32_t> on_connection;  // live transactions per stream connection
  DeadlineHeap deadlines;
  std::string key;                                  // scratch
  std::vector<std::unique_ptr<Message>> graveyard;  // requests that a callback on the stack may still look at
  unsigned depth = 0;
  /// Slot and generation of what has had its final response and only waits for repetitions, the oldest first.
  std::deque<std::pair<std::uint32_t, std::uint32_t>> lingering;

  /// While one is alive, ended requests are kept.
  struct Inside {
    Impl& impl;
    explicit Inside(Impl& i) : impl(i) {
      if (impl.depth++ == 0) impl.graveyard.clear();
    }
    ~Inside() { --impl.depth; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
  };

  // ---- keys ----

  std::string_view client_key(std::string_view branch, std::string_view method) {
    key.assign(branch).append("|").append(method);
    return key;
  }

  std::string_view server_key(const Message& m) {
    server_transaction_key(m, key);
    return key;
  }

  // ---- life of a transaction ----

  std::uint32_t make(TransactionKind kind, const Flow& flow, std::string own_key) {
    std::uint32_t slot = 0;
    if (free.empty()) {
      slot = static_cast<std::uint32_t>(slots.size());
      slots.emplace_back();
    } else {
      slot = free.back();
      free.pop_back();
    }
    Transaction& t = slots[slot];
    const auto generation = t.generation + 1;
    t = Transaction{};
    t.generation = generation;
    t.kind = kind;
    t.live = true;
    t.flow = flow;
    t.key = std::move(own_key);
    (t.is_client() ? clients : servers).add(slot);
    if (flow.connection != 0) ++on_connection[flow.connection];
    return slot;
  }

  void drop(std::uint32_t slot) {
    Transaction& t = slots[slot];
    deadlines.erase(slot);
    (t.is_client() ? clients : servers).remove(slot);
    if (const auto found = on_connection.find(t.flow.connection); found != on_connection.end() && --found->second == 0)
      on_connection.erase(found);
    if (t.request) graveyard.push_back(std::move(t.request));
    if (const auto found = origins.find(t.origin); t.origin != 0 && found != origins.end() && found->second == slot)
      origins.erase(found);
    t.live = false;
    t.state = State::Terminated;
    t.key.clear();
    std::string().swap(t.bytes);  // an assignment would keep the memory, in every slot
    std::string().swap(t.ack);
    free.push_back(slot);
  }

  Transaction* find(std::uint32_t slot, std::uint32_t generation, bool client) {
    if (slot >= slots.size()) return nullptr;
    Transaction& t = slots[slot];
    return t.live && t.generation == generation && t.is_client() == client ? &t : nullptr;
  }

  [[nodiscard]] bool is_live(const std::pair<std::uint32_t, std::uint32_t>& entry) const {
    const Transaction& t = slots[entry.first];
    return t.live && t.generation == entry.second;
  }

  /// The final response is known: what was needed to get there goes, since most transactions spend nearly all of their
  /// time here.
  void linger(std::uint32_t slot) {
    Transaction& t = slots[slot];
    if (t.is_client()) std::string().swap(t.bytes);
    // What may come merged by another way is known by its request; of registrations there are too many to keep it.
    if (t.kind == TransactionKind::NonInviteServer && t.request && t.origin == 0)
      graveyard.push_back(std::move(t.request));
    while (!lingering.empty() && !is_live(lingering.front())) lingering.pop_front();
    lingering.emplace_back(slot, t.generation);
  }

  /// A full table forgets the oldest that only waits for repetitions, rather than refuse what is new.
  bool make_room() {
    if (clients.size() + servers.size() < options.max_transactions) return true;
    while (!lingering.empty()) {
      const auto oldest = lingering.front();
      lingering.pop_front();
      if (!is_live(oldest)) continue;
      ++counters.forgotten;
      drop(oldest.first);
      return true;
    }
    ++counters.overloaded;
    return false;
  }

  bool send(std::string_view bytes, const Flow& flow) {
    ++counters.sent;
    user.on_sent(bytes, flow);
    if (wire.send(bytes, flow)) return true;
    ++counters.transport_errors;
    return false;
  }

  void schedule(std::uint32_t slot) {
    const Transaction& t = slots[slot];
    const auto at = std::min(t.retransmit_at, t.expires_at);
    if (at == kNever) {
      deadlines.erase(slot);
    } else {
      deadlines.set(slot, at);
    }
  }

  /// Arms the timers that a state begins with (RFC 3261 table 4).
  void enter(Transaction& t, TimePoint now) {
    const auto& timers = options.timers;
    const bool reliable = is_reliable(t.flow.transport);
    const auto wait = [&](std::chrono::milliseconds unreliable) { return reliable ? now : now + unreliable; };
    t.retransmit_at = t.expires_at = kNever;
    t.interval = timers.t1;
    const auto retransmit = [&] {
      if (!reliable) t.retransmit_at = now + timers.t1;
    };
    switch (t.kind) {
      case TransactionKind::InviteClient:
        if (t.state == State::Calling) {
          retransmit();                       // A
          t.expires_at = now + timers.t64();  // B
        } else if (t.state == State::Accepted) {
          t.expires_at = now + timers.t64();  // M
        } else if (t.state == State::Completed) {
          t.expires_at = wait(std::max(timers.t64(), std::chrono::milliseconds(32'000)));  // D
        }
        break;
      case TransactionKind::NonInviteClient:
        if (t.state == State::Completed) t.expires_at = wait(timers.t4);  // K
        break;  // E and F run on from Trying into Proceeding, see begin()
      case TransactionKind::InviteServer:
        if (t.state == State::Accepted) {
          t.expires_at = now + timers.t64();  // L
        } else if (t.state == State::Completed) {
          retransmit();                       // G
          t.expires_at = now + timers.t64();  // H
        } else if (t.state == State::Confirmed) {
          t.expires_at = wait(timers.t4);  // I
        }
        break;
      case TransactionKind::NonInviteServer:
        if (t.state == State::Completed) t.expires_at = wait(timers.t64());  // J
        break;
    }
  }

  /// The first state, and what runs in it.
  void begin(std::uint32_t slot, State state, TimePoint now) {
    Transaction& t = slots[slot];
    t.state = state;
    enter(t, now);
    if (t.kind == TransactionKind::NonInviteClient) {
      if (!is_reliable(t.flow.transport)) t.retransmit_at = now + options.timers.t1;  // E
      t.expires_at = now + options.timers.t64();                                      // F
    } else if (t.kind == TransactionKind::InviteServer) {
      t.retransmit_at = now + options.timers.trying;
    } else if (t.kind == TransactionKind::NonInviteServer) {
      t.expires_at = now + options.timers.t64();
    }
    schedule(slot);
  }

  // ---- the tables at work ----

  /// A large request found nobody who takes TCP: as a datagram after all (§18.1.1). False: that was not it.
  bool fall_back(std::uint32_t slot, TimePoint now) {
    Transaction& t = slots[slot];
    if ((t.state != State::Calling && t.state != State::Trying) || !std::exchange(t.switched, false)) return false;
    if (!switch_transport(t.bytes, t.flow, Transport::Udp)) return false;
    begin(slot, t.state, now);
    return send(t.bytes, t.flow);
  }

  /// Feeds one input. `message`: what was received, for the user. False: a send failed.
  bool feed(std::uint32_t slot, Input input, TimePoint now, const Message* message = nullptr) {
    Transaction& t = slots[slot];
    if (input == Input::TransportError && fall_back(slot, now)) return true;
    const auto generation = t.generation;
    const Transition* const transition = next(t.kind, t.state, input);
    if (transition == nullptr) {
      ++counters.ignored;
      return true;
    }
    const bool keep_timers = t.kind == TransactionKind::NonInviteClient && transition->next == State::Proceeding;
    const bool keep_expiry = t.kind == TransactionKind::NonInviteServer && transition->next == State::Proceeding;
    const bool moves = transition->next != t.state;
    if (moves) {
      const auto expires_at = t.expires_at;
      t.state = transition->next;
      if (!keep_timers) enter(t, now);
      if (keep_expiry) t.expires_at = expires_at;
      if (t.state != State::Terminated) schedule(slot);
    }
    bool sent = true;
    switch (transition->action) {
      case Action::None:
        if (input == Input::Request || input == Input::Response2xx || input == Input::ResponseFinal)
          ++counters.absorbed;
        break;
      case Action::Send:
        t.retransmit_at = t.state == State::Completed ? t.retransmit_at : kNever;  // no 100 any more
        schedule(slot);
        sent = send(t.bytes, t.flow);
        break;
      case Action::Retransmit: sent = retransmit(slot, input, now); break;
      case Action::SendTrying: sent = send_trying(slot); break;
      case Action::SendAck:
        ++counters.absorbed;
        ++counters.retransmitted;
        sent = send(t.ack, t.flow);
        break;
      case Action::ToUser:
      case Action::ToUserAck:
        if (transition->action == Action::ToUserAck) sent = acknowledge(t, *message);
        to_user(slot, input, message, now);
        break;
      case Action::Timeout: return end(slot, TransactionFailure::Timeout);
      case Action::Failed: return end(slot, TransactionFailure::Transport);
    }
    Transaction* const still = slots[slot].generation == generation && slots[slot].live ? &slots[slot] : nullptr;
    if (still == nullptr) return sent;
    if (!sent) {
      feed(slot, Input::TransportError, now);
      return false;
    }
    if (still->state == State::Terminated) {
      drop(slot);
    } else if (still->expires_at <= now && is_reliable(still->flow.transport)) {
      feed(slot, expiry_timer(still->kind, still->state), now);  // timers D, I, J, K are zero on a stream
    } else if (moves && still->only_repeats()) {
      linger(slot);
    }
    return true;
  }

  bool end(std::uint32_t slot, TransactionFailure failure) {
    const Transaction& t = slots[slot];
    const bool client = t.is_client();
    const bool silent = t.quiet || t.internal;
    const auto generation = t.generation;
    if (failure == TransactionFailure::Timeout) ++counters.timeouts;
    drop(slot);
    if (silent) return failure != TransactionFailure::Transport;
    if (client) {
      user.on_client_failure({slot, generation}, failure);
    } else {
      user.on_server_failure({slot, generation}, failure);
    }
    return true;
  }

  bool retransmit(std::uint32_t slot, Input input, TimePoint now) {
    Transaction& t = slots[slot];
    if (input == Input::Request) {
      ++counters.absorbed;
      if (t.bytes.empty()) return true;  // nothing said yet
    } else {
      const bool flat = t.kind == TransactionKind::NonInviteClient && t.state == State::Proceeding;
      t.interval = flat ? options.timers.t2 : t.interval * 2;
      if (t.kind != TransactionKind::InviteClient) t.interval = std::min(t.interval, options.timers.t2);
      t.retransmit_at = now + t.interval;
      schedule(slot);
    }
    ++counters.retransmitted;
    return send(t.bytes, t.flow);
  }

  bool send_trying(std::uint32_t slot) {
    Transaction& t = slots[slot];
    t.retransmit_at = kNever;
    schedule(slot);
    t.bytes = ResponseBuilder(*t.request, 100, {}).finish().bytes;
    return send(t.bytes, t.flow);
  }

  bool acknowledge(Transaction& t, const Message& response) {
    t.ack = derived_request(Method::Ack, Message::parse(t.bytes), response.to().text);
    return send(t.ack, t.flow);
  }

  void to_user(std::uint32_t slot, Input input, const Message* message, TimePoint now) {
    Transaction& t = slots[slot];
    if (!t.is_client()) return user.on_ack(*message);  // the only thing that a server passes up by its table
    if (t.internal) return;
    if (input == Input::Response1xx && t.cancelled && !t.cancel_sent) send_cancel(slot, now);
    user.on_response(id_of<ClientId>(t, slot), *message);
  }

  void send_cancel(std::uint32_t slot, TimePoint now) {
    Transaction& t = slots[slot];
    t.cancel_sent = true;
    t.expires_at = now + options.timers.t64();  // §9.1: then the INVITE counts as dead
    schedule(slot);
    const Message invite = Message::parse(t.bytes);
    auto bytes = derived_request(Method::Cancel, invite, invite.to().text, t.cancel_line);
    const auto own_key = client_key(invite.top_via().branch, "CANCEL");
    if (clients.contains(own_key)) return;
    const auto cancel = make(TransactionKind::NonInviteClient, t.flow, std::string(own_key));
    slots[cancel].internal = true;
    slots[cancel].bytes = std::move(bytes);
    begin(cancel, State::Trying, now);
    const auto generation = slots[cancel].generation;
    if (!send(slots[cancel].bytes, slots[cancel].flow) && find(cancel, generation, true) != nullptr) drop(cancel);
  }

  // ---- what comes in ----

  void on_response(const Message& response, TimePoint now) {
    const auto found = clients.find(client_key(response.top_via().branch, response.cseq().method_text));
    if (!found) {
      ++counters.unmatched_responses;
      return;
    }
    feed(*found, response_input(response.status()), now, &response);
  }

  void answer(const Message& request, unsigned status, std::string_view tag, std::string_view header_line) {
    ResponseBuilder builder(request, status, tag);
    builder.header_line(header_line);
    if (!options.server.empty()) builder.header(Header::Server, options.server);
    send(builder.finish().bytes, response_flow(request));
  }

  void on_ack(const Message& ack, TimePoint now) {
    const auto found = servers.find(server_key(ack));
    if (!found) {
      if (!is_stateless_tag(ack.to().tag())) user.on_ack(ack);
      return;
    }
    const Transaction& t = slots[*found];
    const bool old_style = !ack.top_via().has_rfc3261_branch();
    if (old_style && !t.bytes.empty() && Message::parse(t.bytes).to().tag() != ack.to().tag()) return user.on_ack(ack);
    feed(*found, Input::Ack, now, &ack);
  }

  void on_cancel(const Message& cancel) {
    const auto found = servers.find(server_key(cancel));
    // From another address it is somebody else's: a branch seen on the wire must not suffice to end a call.
    const bool ours = found && slots[*found].request->source.remote.address == cancel.source.remote.address;
    if (!ours) {
      ++counters.unmatched_cancels;
      return answer(cancel, 481, stateless_tag(cancel), {});
    }
    const auto slot = *found;
    Transaction& t = slots[slot];
    const auto said = t.bytes.empty() ? Message() : Message::parse(t.bytes);  // the same To tag as the INVITE's (§9.2)
    answer(cancel, 200, said.to().tag().empty() ? stateless_tag(cancel) : std::string(said.to().tag()), {});
    if (t.state != State::Proceeding || t.cancelled) return;
    t.cancelled = true;
    user.on_cancel(id_of<ServerId>(t, slot), cancel);
  }

  void on_request(Message&& request, TimePoint now) {
    const auto own_key = server_key(request);
    if (const auto found = servers.find(own_key)) {
      feed(*found, Input::Request, now, &request);
      return;
    }
    if (const auto screening = user.screen(request, now); screening.kind != TransactionUser::Screening::Kind::Serve) {
      ++counters.screened;
      if (screening.kind == TransactionUser::Screening::Kind::Answer)
        send(screening.answer.bytes, response_flow(request));
      return;
    }
    if (!make_room()) return answer(request, 503, stateless_tag(request), "Retry-After: 5");
    // Of a registration nothing is left to compare with, see linger().
    const bool single = !request.to().tag().empty() || request.is(Method::Register);
    const auto origin = single ? 0 : origin_of(request);
    if (const auto merged = origins.find(origin); merged != origins.end()) {
      const Transaction& other = slots[merged->second];
      if (other.request && same_origin(*other.request, request) && !other.was_challenged()) {
        ++counters.merged;
        return answer(request, 482, stateless_tag(request), {});
      }
    }
    const bool invite = request.is(Method::Invite);
    const auto slot = make(invite ? TransactionKind::InviteServer : TransactionKind::NonInviteServer,
                           response_flow(request), std::string(own_key));
    slots[slot].request = std::make_unique<Message>(std::move(request));
    if (origin != 0) {
      slots[slot].origin = origin;
      origins.insert_or_assign(origin, slot);
    }
    begin(slot, invite ? State::Proceeding : State::Trying, now);
    user.on_request(id_of<ServerId>(slots[slot], slot), *slots[slot].request);
  }
};

TransactionLayer::TransactionLayer(Options options, TransactionUser& user, Wire& wire, Random& random)
    : impl_(std::make_unique<Impl>(std::move(options), user, wire, random)) {}
TransactionLayer::~TransactionLayer() = default;

void TransactionLayer::receive(Message&& message, TimePoint now) {
  const Impl::Inside inside(*impl_);
  auto& counters = impl_->counters;
  ++counters.received;
  const auto verdict = check(message, impl_->options.check);
  if (verdict.outcome == Outcome::Drop) {
    ++counters.dropped;
  } else if (verdict.outcome == Outcome::Reply) {
    ++counters.refused;
    impl_->answer(message, verdict.status, stateless_tag(message), verdict.header);
  } else if (message.is_response()) {
    impl_->on_response(message, now);
  } else if (message.is(Method::Ack)) {
    impl_->on_ack(message, now);
  } else if (message.is(Method::Cancel)) {
    impl_->on_cancel(message);
  } else {
    impl_->on_request(std::move(message), now);
  }
}

std::string TransactionLayer::mint_branch() { return sip::mint_branch(impl_->options.reactor, impl_->random); }

Result<ClientId> TransactionLayer::send_request(Outgoing request, const Flow& flow, TimePoint now) {
  auto& impl = *impl_;
  PARLEY_ASSERT(request.status == 0 && request.method != Method::Ack);
  if (!impl.make_room()) return fail(Errc::Limited, "too many SIP transactions");
  const auto key = impl.client_key(request.branch(), to_string(request.method));
  if (impl.clients.contains(key)) return fail(Errc::Conflict, "the branch is in use");
  const bool invite = request.method == Method::Invite;
  auto way = flow;
  const bool switched =
      impl.wire.wants_stream(request.bytes.size(), flow) && switch_transport(request.bytes, way, Transport::Tcp);
  const auto slot =
      impl.make(invite ? TransactionKind::InviteClient : TransactionKind::NonInviteClient, way, std::string(key));
  Transaction& t = impl.slots[slot];
  t.bytes = std::move(request.bytes);
  t.switched = switched;
  impl.begin(slot, invite ? State::Calling : State::Trying, now);
  const auto id = id_of<ClientId>(t, slot);
  t.quiet = true;
  bool sent = impl.send(t.bytes, t.flow);
  const bool alive =
      impl.find(id.slot, id.generation, true) != nullptr;  // the wire may have told us of its end already
  if (!sent && alive) sent = impl.fall_back(id.slot, now);
  t.quiet = false;
  if (sent && alive) return id;
  if (alive) impl.drop(slot);
  return fail(Errc::Unavailable, "the request could not be sent");
}

Result<void> TransactionLayer::cancel(ClientId id, TimePoint now, std::string_view header_line) {
  Transaction* const t = impl_->find(id.slot, id.generation, true);
  if (t == nullptr || t->kind != TransactionKind::InviteClient) return fail(Errc::NotFound, "no such INVITE");
  if (t->cancelled || (t->state != State::Calling && t->state != State::Proceeding)) return {};
  t->cancelled = true;
  t->cancel_line = header_line;
  if (t->state == State::Proceeding) impl_->send_cancel(id.slot, now);
  return {};
}

bool TransactionLayer::send_stateless(std::string_view bytes, const Flow& flow) { return impl_->send(bytes, flow); }

Result<void> TransactionLayer::respond(ServerId id, Outgoing response, TimePoint now) {
  Transaction* const t = impl_->find(id.slot, id.generation, false);
  if (t == nullptr) return fail(Errc::NotFound, "the transaction is over");
  PARLEY_ASSERT(response.status >= 100);
  const auto input = send_input(response.status);
  if (next(t->kind, t->state, input) == nullptr) return fail(Errc::Conflict, "a final response was sent already");
  t->bytes = std::move(response.bytes);
  t->quiet = true;
  const bool sent = impl_->feed(id.slot, input, now);
  t->quiet = false;
  if (!sent) return fail(Errc::Unavailable, "the response could not be sent");
  return {};
}

Result<void> TransactionLayer::respond(ServerId id, unsigned status, std::string_view to_tag, TimePoint now,
                                       std::string_view header_line) {
  const Message* const message = request(id);
  if (message == nullptr) return fail(Errc::NotFound, "the transaction is over");
  ResponseBuilder builder(*message, status, to_tag);
  builder.header_line(header_line);
  if (!impl_->options.server.empty()) builder.header(Header::Server, impl_->options.server);
  return respond(id, builder.finish(), now);
}

Result<void> TransactionLayer::respond_once(ServerId id, const Outgoing& response) {
  Transaction* const t = impl_->find(id.slot, id.generation, false);
  if (t == nullptr) return fail(Errc::NotFound, "the transaction is over");
  PARLEY_ASSERT(response.status >= 200);
  if (t->state != State::Trying && t->state != State::Proceeding)
    return fail(Errc::Conflict, "a final response was sent already");
  const auto flow = t->flow;
  impl_->drop(id.slot);
  if (!impl_->send(response.bytes, flow)) return fail(Errc::Unavailable, "the response could not be sent");
  return {};
}
std::string TransactionLayer::stateless_tag(const Message& request) { return sip::stateless_tag(request); }

void TransactionLayer::acknowledged(ServerId id) {
  Transaction* const t = impl_->find(id.slot, id.generation, false);
  if (t == nullptr || t->kind != TransactionKind::InviteServer || t->state != State::Accepted || t->settled) return;
  t->settled = true;
  impl_->linger(id.slot);
}

const Message* TransactionLayer::request(ServerId id) const {
  const Transaction* const t = impl_->find(id.slot, id.generation, false);
  return t == nullptr ? nullptr : t->request.get();
}

bool TransactionLayer::is_open(ServerId id) const {
  const Transaction* const t = impl_->find(id.slot, id.generation, false);
  return t != nullptr && (t->state == State::Trying || t->state == State::Proceeding);
}

bool TransactionLayer::is_open(ClientId id) const {
  const Transaction* const t = impl_->find(id.slot, id.generation, true);
  return t != nullptr && (t->state == State::Calling || t->state == State::Trying || t->state == State::Proceeding);
}

void TransactionLayer::on_transport_error(const Flow& flow, TimePoint now) {
  const Impl::Inside inside(*impl_);
  if (flow.connection != 0 && !impl_->on_connection.contains(flow.connection)) return;
  const bool web = flow.transport == Transport::Ws || flow.transport == Transport::Wss;
  const auto hit = [&](const Transaction& t) {
    if (!t.live || t.flow.transport != flow.transport || (!t.is_client() && !web)) return false;
    return t.flow.connection == flow.connection && (flow.connection != 0 || t.flow.remote == flow.remote);
  };
  std::vector<std::pair<std::uint32_t, std::uint32_t>> waiting;
  for (std::uint32_t slot = 0; slot < impl_->slots.size(); ++slot)
    if (hit(impl_->slots[slot])) waiting.emplace_back(slot, impl_->slots[slot].generation);
  for (const auto& [slot, generation] : waiting) {
    const Transaction& t = impl_->slots[slot];
    if (t.live && t.generation == generation) impl_->feed(slot, Input::TransportError, now);
  }
}

std::optional<TimePoint> TransactionLayer::next_deadline() const { return impl_->deadlines.next(); }

void TransactionLayer::on_time(TimePoint now) {
  const Impl::Inside inside(*impl_);
  while (const auto at = impl_->deadlines.next()) {
    if (*at > now) break;
    const auto slot = impl_->deadlines.top();
    Transaction& t = impl_->slots[slot];
    const bool expired = t.expires_at <= now;  // after a long pause it does not retransmit first
    const Input input = expired ? expiry_timer(t.kind, t.state) : retransmit_timer(t.kind, t.state);
    (expired ? t.expires_at : t.retransmit_at) = kNever;
    impl_->schedule(slot);
    impl_->feed(slot, input, now);
  }
}

const TransactionLayer::Counters& TransactionLayer::counters() const { return impl_->counters; }
std::size_t TransactionLayer::size() const { return impl_->clients.size() + impl_->servers.size(); }

}  // namespace parley::sip
