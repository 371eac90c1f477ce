#include <algorithm>
#include <utility>

#include <base/scope.hpp>
#include <net/reactor.hpp>
#include <net/sip_identity.hpp>
#include <pbx/sip_streams.hpp>
#include <pbx/sip_websocket.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kMaxConnectQueue = 64;             // messages that wait for one connection that is being opened
constexpr std::size_t kMaxOpening = 1024;                // connections that are being opened
constexpr std::size_t kMaxGiven = 4096;                  // connections whose peers are remembered
constexpr std::size_t kMaxAliases = 4;                   // of one connection
constexpr std::chrono::milliseconds kAnswersGoOut{200};  // of a broken stream, before it is closed
constexpr auto kConnectWithin = std::chrono::seconds(4);
constexpr std::string_view kLabels[kTransports] = {"udp", "tcp", "tls", "ws", "wss"};

metrics::Counter& dropped(std::string_view reason) {
  return metrics::counter("parley_sip_dropped_total", "Messages dropped", {{"reason", reason}});
}

constexpr bool is_web(sip::Transport transport) {
  return transport == sip::Transport::Ws || transport == sip::Transport::Wss;
}

}  // namespace

EdgeCounters::EdgeCounters()
    : handed_over(
          metrics::counter("parley_sip_handed_over_total", "Messages passed to the reactor that owns their call")),
      banned(dropped("banned")),
      malformed(dropped("malformed")),
      oversized(dropped("oversized")),
      no_way(dropped("no_way")),
      refused(metrics::counter("parley_sip_connections_refused_total", "Connections over a limit")),
      connect_failures(metrics::counter("parley_sip_connect_failures_total", "Connections that could not be opened")),
      by_stream(metrics::counter("parley_sip_large_requests_total",
                                 "Requests too large for a datagram that went by TCP (RFC 3261 §18.1.1)")),
      stun_answered(metrics::counter("parley_sip_stun_total", "STUN binding requests", {{"result", "answered"}})),
      stun_limited(metrics::counter("parley_sip_stun_total", "STUN binding requests", {{"result", "limited"}})) {
  for (std::size_t i = 0; i < kTransports; ++i) {
    in[i] = &metrics::counter("parley_sip_messages_total", "SIP messages",
                              {{"direction", "in"}, {"transport", kLabels[i]}});
    out[i] = &metrics::counter("parley_sip_messages_total", "SIP messages",
                               {{"direction", "out"}, {"transport", kLabels[i]}});
    if (i != index_of(sip::Transport::Udp))
      connections[i] = &metrics::gauge("parley_sip_connections", "Open SIP connections", {{"transport", kLabels[i]}});
  }
}

void SipStreams::Stream::close(bool after_send) const {
  if (socket) after_send ? socket->close_after_send() : socket->close();
  if (const auto session = web.lock()) session->close(1008, "not SIP as this server takes it");
}

// ---- connections that come ----

bool SipStreams::admit(const IpAddress& address) {
  const auto count_one_more = [&](auto& map) {
    auto& count = map[address];
    const bool room = count < shared_.options.max_connections_per_address;
    if (room) ++count;
    return room;
  };
  const bool room = shared_.connections.load() < shared_.options.max_connections &&
                    !shared_.guard.banned(address, reactor_.now()) && shared_.by_address.with(count_one_more);
  if (!room) shared_.counters.refused.add();
  return room;
}

SipStreams::Stream& SipStreams::keep(std::uint64_t& id, const sip::Flow& flow, bool counted) {
  id = (std::uint64_t{number_ + 1} << kReactorShift) | next_++;
  auto& stream = streams_[id];
  stream.flow = flow;
  stream.flow.connection = id;
  stream.counted = counted;
  stream.last_byte = stream.began = reactor_.now();
  ++shared_.connections;
  shared_.counters.connections[index_of(flow.transport)]->add(1);
  return stream;
}

void SipStreams::accept(std::shared_ptr<net::TcpConnection> socket, sip::Transport transport) {
  if (!admit(socket->remote().address)) return socket->close();
  std::uint64_t id = 0;
  adopt_socket(std::move(socket), transport, true, id);
}

void SipStreams::adopt_socket(std::shared_ptr<net::TcpConnection> socket, sip::Transport transport, bool counted,
                              std::uint64_t& id) {
  auto& stream = keep(id, {transport, socket->local(), socket->remote(), 0}, counted);
  stream.socket = std::move(socket);
  stream.socket->start([this, id = id](BytesView bytes) { on_bytes(id, bytes); },
                       [this, id = id](const std::string&) { on_closed(id); });
}

std::uint64_t SipStreams::adopt(const std::shared_ptr<net::WebSocketSession>& web, const sip::Flow& flow) {
  if (!admit(flow.remote.address)) return 0;
  std::uint64_t id = 0;
  keep(id, flow, true).web = web;
  return id;
}

// ---- bytes that come ----

void SipStreams::deliver(std::uint64_t id, sip::Message message) {
  auto& stream = streams_.at(id);
  stream.spoke = true;
  shared_.counters.in[index_of(stream.flow.transport)]->add();
  message.source = stream.flow;
  if (stream.counted && message.is_request()) take_alias(id, message);
  owner_.receive(std::move(message));
}

void SipStreams::on_bytes(std::uint64_t id, BytesView bytes) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const auto socket = found->second.socket;
  if (shared_.guard.banned(found->second.flow.remote.address, reactor_.now())) {
    shared_.counters.banned.add();
    return socket->close();
  }
  if (found->second.broken) return;
  found->second.framer.append(bytes);
  found->second.last_byte = reactor_.now();
  for (;;) {
    const auto stream = streams_.find(id);  // whom it was delivered to may have closed it
    if (stream == streams_.end()) return;
    auto message = stream->second.framer.next();
    for (auto pings = stream->second.framer.take_pings(); pings > 0; --pings) (void)socket->send(as_bytes("\r\n"));
    if (!message) {
      shared_.counters.malformed.add();
      // What came before it may be with other reactors still: their answers go out first.
      stream->second.broken = true;
      (void)reactor_.after(kAnswersGoOut, [socket] { socket->close_after_send(); });
      return deliver(id, sip::Message::parse(stream->second.framer.take_broken(), sip::Framing::Stream));
    }
    if (!*message) return;
    stream->second.began = reactor_.now();
    deliver(id, sip::Message::parse(std::move(**message), sip::Framing::Stream));
  }
}

void SipStreams::web_message(std::uint64_t id, std::string bytes) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  auto& stream = found->second;
  if (shared_.guard.banned(stream.flow.remote.address, reactor_.now())) {
    shared_.counters.banned.add();
    return stream.close(false);
  }
  stream.last_byte = reactor_.now();
  if (bytes.find_first_not_of("\r\n") == std::string::npos) {  // a keep-alive (RFC 7118 §6, RFC 5626 §4.4.1)
    if (bytes.size() >= 4) (void)send(id, "\r\n");
    return;
  }
  const auto size = bytes.size();
  auto message = sip::Message::parse(std::move(bytes), sip::Framing::Datagram);
  // One message a frame (RFC 7118 §5.2): nothing may stand behind its body.
  const auto body = message.body();
  if (!message.fault() && message.offset_of(body) + body.size() != size) {
    shared_.counters.malformed.add();
    return stream.close(false);
  }
  deliver(id, std::move(message));
}

/// A peer says that requests to its sent-by may come by this connection (RFC 5923 §8). It is believed where it cannot
/// take what is meant for another: in clear its own address must stand there, under TLS what its certificate proves.
void SipStreams::take_alias(std::uint64_t id, const sip::Message& request) {
  auto& stream = streams_.at(id);
  const auto& via = request.top_via();
  if (is_web(stream.flow.transport) || !via.params.has("alias") || stream.aliases.size() >= kMaxAliases) return;
  const auto address = IpAddress::parse(via.host);
  const bool own = address && same_host(*address, stream.flow.remote.address);
  const bool proven =
      stream.flow.transport == sip::Transport::Tls && net::is_identity(stream.socket->peer_identities(), via.host);
  if (stream.flow.transport == sip::Transport::Tls ? !proven : !own) return;
  const Way way{stream.flow.transport,
                {stream.flow.remote.address, via.port != 0 ? via.port : sip::default_port(stream.flow.transport)}};
  if (std::ranges::find(stream.aliases, way) != stream.aliases.end()) return;
  stream.aliases.push_back(way);
  shared_.aliases.with([&](auto& map) { map[way] = id; });
}

// ---- the end ----

void SipStreams::on_closed(std::uint64_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const auto stream = std::move(found->second);
  streams_.erase(found);
  const auto& flow = stream.flow;
  if (stream.counted)
    shared_.by_address.with([&](auto& map) {
      if (const auto count = map.find(flow.remote.address); count != map.end() && --count->second == 0)
        map.erase(count);
    });
  shared_.aliases.with([&](auto& map) {
    for (const auto& way : stream.aliases)
      if (const auto alias = map.find(way); alias != map.end() && alias->second == id) map.erase(alias);
  });
  const bool ours = std::erase_if(opened_, [&](const auto& one) { return one.second == id; }) > 0;
  --shared_.connections;
  shared_.counters.connections[index_of(flow.transport)]->add(-1);
  owner_.lost(flow);
  auto any = flow;  // those that were sent to wherever leads to the peer wait on it as well
  any.connection = 0;
  if (ours) owner_.lost(any);
  for (const auto& [transport, remote] : stream.aliases) {
    any.remote = remote;
    owner_.lost(any);
  }
}

void SipStreams::web_closed(std::uint64_t id) { on_closed(id); }

void SipStreams::expect_within(std::uint64_t id, Duration limit) {
  if (const auto found = streams_.find(id); found != streams_.end()) found->second.idle = limit;
}

void SipStreams::sweep() {
  const auto now = reactor_.now();
  const auto& options = shared_.options;
  std::vector<std::uint64_t> stale;
  for (auto& [id, stream] : streams_) {
    // Slowloris: a message must end within the limit after its first byte, the first after the connection's begin.
    const bool begun = stream.framer.buffered() > 0 || (stream.counted && !stream.spoke);
    const bool stalls = begun && now - stream.began > options.message_within;
    const auto idle = stream.idle > Duration::zero() ? stream.idle : options.idle_after;
    if (stalls || now - stream.last_byte > idle) stale.push_back(id);
    if (!begun) stream.began = now;
  }
  for (const auto id : stale)
    if (const auto found = streams_.find(id); found != streams_.end()) found->second.close(false);
}

// ---- what goes out ----

bool SipStreams::send(std::uint64_t id, std::string_view bytes) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return false;
  const auto& stream = found->second;
  bool sent = false;
  if (stream.socket) {
    sent = stream.socket->send(as_bytes(bytes)).has_value();
  } else if (const auto session = stream.web.lock()) {
    sent = session->send(std::string(bytes), !is_utf8(bytes)).has_value();
  }
  if (sent) shared_.counters.out[index_of(stream.flow.transport)]->add();
  return sent;
}

bool SipStreams::send_to(const sip::Flow& flow, std::string_view bytes, const sip::Flow* instead_of) {
  const Way way{flow.transport, flow.remote};
  const auto found = opened_.lower_bound({way, {}});  // whoever is proven there: to it we were told to send
  if (found != opened_.end() && found->first.way == way) return send(found->second, bytes);
  if (flow.transport == sip::Transport::Tls && !shared_.options.tls_client) return false;
  const Goal goal{way, flow.transport == sip::Transport::Tls ? flow.remote.address.text() : std::string()};
  const auto open = opening_.find(goal);
  if (open == opening_.end() && opening_.size() >= kMaxOpening) return false;
  auto& opening = open == opening_.end() ? opening_[goal] : open->second;
  if (opening.queue.size() >= kMaxConnectQueue) return false;
  opening.queue.emplace_back(bytes);
  if (instead_of) opening.instead_of.push_back(*instead_of);
  if (open == opening_.end()) begin_opening(goal, flow);
  return true;
}

void SipStreams::open(const sip::Flow& to, const std::string& identity, Opened done) {
  const bool tls = to.transport == sip::Transport::Tls;
  const Goal goal{{to.transport, to.remote}, tls ? identity : std::string()};
  if (const auto found = opened_.find(goal); found != opened_.end()) {
    remember(found->second, to, goal.identity);
    return reactor_.post([done = std::move(done), flow = streams_.at(found->second).flow]() mutable { done(flow); });
  }
  const auto open = opening_.find(goal);
  const bool full =
      open == opening_.end() ? opening_.size() >= kMaxOpening : open->second.asked.size() >= kMaxConnectQueue;
  if (full || (tls && !shared_.options.tls_client)) {
    return reactor_.post([done = std::move(done)]() mutable {
      done(fail(Errc::Unavailable, "no connections of this kind are opened now"));
    });
  }
  const bool fresh = open == opening_.end();
  opening_[goal].asked.push_back(std::move(done));
  if (fresh) begin_opening(goal, to);
}

/// Only the newest are remembered: whoever still speaks over an older one finds no way (lost()).
void SipStreams::remember(std::uint64_t id, const sip::Flow& to, const std::string& identity) {
  if (!given_.try_emplace(id, Given{to, identity}).second || given_.size() <= kMaxGiven) return;
  given_.erase(given_.begin());
}

bool SipStreams::send_again(const sip::Flow& gone, std::string_view bytes) {
  const auto given = given_.find(gone.connection);
  if (given == given_.end()) return false;
  const auto [to, identity] = given->second;
  open(to, identity, [this, gone, copy = std::string(bytes)](Result<sip::Flow> way) {
    if (!way || !send(way->connection, copy)) owner_.lost(gone);
  });
  return true;
}

void SipStreams::begin_opening(const Goal& goal, const sip::Flow& flow) {
  net::TcpConnection::Options options;
  options.connect_within = kConnectWithin;
  options.from = flow.local;
  if (flow.transport == sip::Transport::Tls) {
    options.tls = shared_.options.tls_client;
    options.identity = goal.identity;
  }
  net::TcpConnection::connect(reactor_, flow.remote, options,
                              [this, goal, flow](Result<std::shared_ptr<net::TcpConnection>> made) {
                                auto waiting = std::move(opening_[goal]);
                                opening_.erase(goal);
                                if (!made) {
                                  shared_.counters.connect_failures.add();
                                  shared_.counters.no_way.add(static_cast<double>(waiting.queue.size()));
                                  for (auto& asked : waiting.asked) asked(std::unexpected(made.error()));
                                  auto failed = flow;
                                  failed.connection = 0;
                                  owner_.lost(failed);
                                  for (const auto& gone : waiting.instead_of) owner_.lost(gone);
                                  return;
                                }
                                std::uint64_t id = 0;
                                adopt_socket(std::move(*made), goal.way.first, false, id);
                                opened_[goal] = id;
                                if (!waiting.asked.empty()) remember(id, flow, goal.identity);
                                for (const auto& message : waiting.queue) (void)send(id, message);
                                const auto way = streams_.at(id).flow;
                                for (auto& asked : waiting.asked) asked(way);
                              });
}

}  // namespace parley::pbx
