#include <atomic>
#include <deque>
#include <map>
#include <unordered_map>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <net/reactor.hpp>
#include <net/tcp.hpp>
#include <net/udp_socket.hpp>
#include <pbx/local_address.hpp>
#include <pbx/sip_edge.hpp>
#include <sip/framer.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {
namespace {

constexpr std::chrono::milliseconds kAnswersGoOut{200};  // of a broken stream, before it is closed
constexpr std::size_t kMaxConnectQueue = 64;             // messages waiting for one connection that is being opened

struct Counters {
  metrics::Counter& udp_in =
      metrics::counter("parley_sip_messages_total", "SIP messages", {{"direction", "in"}, {"transport", "udp"}});
  metrics::Counter& tcp_in =
      metrics::counter("parley_sip_messages_total", "SIP messages", {{"direction", "in"}, {"transport", "tcp"}});
  metrics::Counter& udp_out =
      metrics::counter("parley_sip_messages_total", "SIP messages", {{"direction", "out"}, {"transport", "udp"}});
  metrics::Counter& tcp_out =
      metrics::counter("parley_sip_messages_total", "SIP messages", {{"direction", "out"}, {"transport", "tcp"}});
  metrics::Counter& handed_over =
      metrics::counter("parley_sip_handed_over_total", "Messages passed to the reactor that owns their call");
  metrics::Counter& banned = metrics::counter("parley_sip_dropped_total", "Messages dropped", {{"reason", "banned"}});
  metrics::Counter& malformed =
      metrics::counter("parley_sip_dropped_total", "Messages dropped", {{"reason", "malformed"}});
  metrics::Counter& oversized =
      metrics::counter("parley_sip_dropped_total", "Messages dropped", {{"reason", "oversized"}});
  metrics::Counter& lost = metrics::counter("parley_sip_dropped_total", "Messages dropped", {{"reason", "no_way"}});
  metrics::Counter& connections_refused =
      metrics::counter("parley_sip_connections_refused_total", "TCP connections over a limit");
  metrics::Gauge& connections = metrics::gauge("parley_sip_connections", "Open TCP connections");
};

constexpr std::uint64_t kReactorShift = 40;  // a connection's number carries its reactor's, plus one

unsigned reactor_of_connection(std::uint64_t connection) {
  return static_cast<unsigned>(connection >> kReactorShift) - 1;
}

struct Stream {
  std::shared_ptr<net::TcpConnection> socket;
  sip::StreamFramer framer;
  TimePoint last_byte{};
  TimePoint began{};     // of the incomplete message, or of the connection
  bool counted = false;  // in the limits (accepted ones)
  bool broken = false;   // can no longer be cut: nothing is read any more, it will be closed
};

struct Opening {
  std::deque<std::string> queue;
};

}  // namespace

struct SipEdge::Impl {
  struct Reactor final : Wire {
    Reactor(Impl& owner, unsigned n, net::Reactor& r) : impl(owner), number(n), reactor(r) {}

    bool send(std::string_view bytes, const sip::Flow& flow) override;
    Endpoint own_endpoint(const sip::Flow& flow) override;

    void on_datagram(BytesView bytes, const Endpoint& from);
    std::uint64_t adopt(std::shared_ptr<net::TcpConnection> socket, bool counted);
    void accept(std::shared_ptr<net::TcpConnection> socket);
    void on_stream_bytes(std::uint64_t id, BytesView bytes);
    void on_stream_closed(std::uint64_t id);
    void receive(std::string bytes, sip::Framing framing, const sip::Flow& source);
    bool send_on_connection(std::uint64_t id, std::string_view bytes);
    bool open_and_send(const Endpoint& to, std::string_view bytes);
    void sweep();

    Impl& impl;
    unsigned number;
    net::Reactor& reactor;
    std::unique_ptr<net::UdpSocket> udp;
    std::unique_ptr<net::TcpListener> tcp;
    std::unordered_map<std::uint64_t, Stream> streams;
    std::map<Endpoint, Opening> opening;
    std::map<Endpoint, std::uint64_t> by_remote;  // connections that we opened
    std::uint64_t next_stream = 1;
    LocalAddress local_address;
    Deliver deliver;
    ConnectionClosed closed;
  };

  Impl(const SipEdgeOptions& o, AccessGuard& g) : options(o), guard(g) {}
  SipEdgeOptions options;
  AccessGuard& guard;
  Counters counters;
  std::uint16_t port = 0;
  Guarded<std::unordered_map<IpAddress, unsigned>> connections_by_address;
  std::atomic<unsigned> connections = 0;
  std::vector<std::unique_ptr<Reactor>> reactors;
};

bool SipEdge::Impl::Reactor::send(std::string_view bytes, const sip::Flow& flow) {
  if (flow.remote.port == 0 || flow.remote.address.is_unspecified() || flow.remote.address.is_multicast()) {
    impl.counters.lost.add();
    return false;
  }
  if (flow.transport == sip::Transport::Udp) {
    if (!udp) return false;
    impl.counters.udp_out.add();
    const auto sent = udp->send(as_bytes(bytes), flow.remote);
    return sent || sent.error().code == Errc::Full;
  }
  if (flow.transport != sip::Transport::Tcp) return false;
  impl.counters.tcp_out.add();
  if (flow.connection == 0) return open_and_send(flow.remote, bytes);
  const auto owner = reactor_of_connection(flow.connection);
  if (owner == number) return send_on_connection(flow.connection, bytes);
  if (owner >= impl.reactors.size()) return false;
  auto& other = *impl.reactors[owner];
  other.reactor.post([&other, id = flow.connection, copy = std::string(bytes)] { other.send_on_connection(id, copy); });
  return true;
}

bool SipEdge::Impl::Reactor::send_on_connection(std::uint64_t id, std::string_view bytes) {
  const auto found = streams.find(id);
  if (found == streams.end() || !found->second.socket->send(as_bytes(bytes))) {
    impl.counters.lost.add();
    return false;
  }
  return true;
}

bool SipEdge::Impl::Reactor::open_and_send(const Endpoint& to, std::string_view bytes) {
  if (const auto open = by_remote.find(to); open != by_remote.end()) return send_on_connection(open->second, bytes);
  const auto [entry, fresh] = opening.try_emplace(to);
  if (entry->second.queue.size() >= kMaxConnectQueue) {
    impl.counters.lost.add();
    return false;
  }
  entry->second.queue.emplace_back(bytes);
  if (!fresh) return true;
  net::TcpConnection::connect(reactor, to, {}, [this, to](Result<std::shared_ptr<net::TcpConnection>> made) {
    auto waiting = std::move(opening[to].queue);
    opening.erase(to);
    if (!made) {
      impl.counters.lost.add(static_cast<double>(waiting.size()));
      return;
    }
    const auto id = adopt(std::move(*made), false);
    by_remote[to] = id;
    for (const auto& message : waiting) send_on_connection(id, message);
  });
  return true;
}

Endpoint SipEdge::Impl::Reactor::own_endpoint(const sip::Flow& flow) {
  if (impl.options.advertised_address) return {*impl.options.advertised_address, impl.port};
  if (!impl.options.bind_address.is_unspecified()) return {impl.options.bind_address, impl.port};
  return {local_address.towards(flow.remote.address, reactor.now()), impl.port};
}

void SipEdge::Impl::Reactor::on_datagram(BytesView bytes, const Endpoint& from) {
  if (impl.guard.banned(from.address, reactor.now())) return impl.counters.banned.add();
  if (bytes.size() > impl.options.max_message_bytes) return impl.counters.oversized.add();
  const auto text = as_text(bytes);
  if (text.find_first_not_of("\r\n") == std::string_view::npos) return;  // a keep-alive
  impl.counters.udp_in.add();
  receive(std::string(text), sip::Framing::Datagram, {sip::Transport::Udp, {{}, impl.port}, from, 0});
}

void SipEdge::Impl::Reactor::accept(std::shared_ptr<net::TcpConnection> socket) {
  const auto address = socket->remote().address;
  const bool room = impl.connections.load() < impl.options.max_connections &&
                    !impl.guard.banned(address, reactor.now()) && impl.connections_by_address.with([&](auto& map) {
                      auto& count = map[address];
                      if (count >= impl.options.max_connections_per_address) return false;
                      ++count;
                      return true;
                    });
  if (!room) {
    impl.counters.connections_refused.add();
    socket->close();
    return;
  }
  adopt(std::move(socket), true);
}

std::uint64_t SipEdge::Impl::Reactor::adopt(std::shared_ptr<net::TcpConnection> socket, bool counted) {
  const auto id = (std::uint64_t{number + 1} << kReactorShift) | next_stream++;
  auto& stream = streams[id];
  stream.socket = std::move(socket);
  stream.counted = counted;
  stream.last_byte = stream.began = reactor.now();
  impl.counters.connections.set(++impl.connections);
  stream.socket->start([this, id](BytesView bytes) { on_stream_bytes(id, bytes); },
                       [this, id](const std::string&) { on_stream_closed(id); });
  return id;
}

void SipEdge::Impl::Reactor::on_stream_bytes(std::uint64_t id, BytesView bytes) {
  const auto found = streams.find(id);
  if (found == streams.end()) return;
  const auto socket = found->second.socket;
  const sip::Flow source{sip::Transport::Tcp, socket->local(), socket->remote(), id};
  if (impl.guard.banned(source.remote.address, reactor.now())) {
    impl.counters.banned.add();
    return socket->close();
  }
  if (found->second.broken) return;
  found->second.framer.append(bytes);
  found->second.last_byte = reactor.now();
  for (;;) {
    const auto stream = streams.find(id);  // receive() may close it
    if (stream == streams.end()) return;
    auto message = stream->second.framer.next();
    for (auto pings = stream->second.framer.take_pings(); pings > 0; --pings) (void)socket->send(as_bytes("\r\n"));
    if (!message) {
      impl.counters.malformed.add();
      // What came before it may be with other reactors still: their answers go out first.
      stream->second.broken = true;
      (void)reactor.after(kAnswersGoOut, [socket] { socket->close_after_send(); });
      return receive(stream->second.framer.take_broken(), sip::Framing::Stream, source);
    }
    if (!*message) break;
    stream->second.began = reactor.now();
    impl.counters.tcp_in.add();
    receive(std::move(**message), sip::Framing::Stream, source);
  }
}

void SipEdge::Impl::Reactor::on_stream_closed(std::uint64_t id) {
  const auto found = streams.find(id);
  if (found == streams.end()) return;
  const auto remote = found->second.socket->remote();
  if (found->second.counted)
    impl.connections_by_address.with([&](auto& map) {
      if (const auto count = map.find(remote.address); count != map.end() && --count->second == 0) map.erase(count);
    });
  streams.erase(found);
  if (const auto mine = by_remote.find(remote); mine != by_remote.end() && mine->second == id) by_remote.erase(mine);
  impl.counters.connections.set(--impl.connections);
  if (closed) closed(id);
}

void SipEdge::Impl::Reactor::receive(std::string bytes, sip::Framing framing, const sip::Flow& source) {
  auto message = sip::Message::parse(std::move(bytes), framing);
  message.source = source;
  // What is broken has no call: it is answered here, before its connection is closed.
  const auto owner = message.fault() ? number : sip::owner_of(message, static_cast<unsigned>(impl.reactors.size()));
  if (owner == number) {
    if (deliver) deliver(std::move(message));
    return;
  }
  impl.counters.handed_over.add();
  auto& other = *impl.reactors[owner];
  other.reactor.post([&other, message = std::make_unique<sip::Message>(std::move(message))] {
    if (other.deliver) other.deliver(std::move(*message));
  });
}

void SipEdge::Impl::Reactor::sweep() {
  const auto now = reactor.now();
  std::vector<std::shared_ptr<net::TcpConnection>> stale;
  for (auto& [id, stream] : streams) {
    const bool unfinished = stream.framer.buffered() > 0 && now - stream.began > impl.options.message_within;
    if (unfinished || now - stream.last_byte > impl.options.idle_after) stale.push_back(stream.socket);
    if (stream.framer.buffered() == 0) stream.began = now;
  }
  for (const auto& socket : stale) socket->close();
  reactor.after(std::chrono::seconds(5), [this] { sweep(); });
}

namespace {

/// SO_REUSEPORT would let a second server of the same user share the port without a word, each getting half of the
/// messages.
Result<void> nobody_else_listens(const SipEdgeOptions& options, net::Reactor& reactor) {
  const Endpoint local{options.bind_address, options.port};
  if (options.udp)
    if (const auto alone = net::UdpSocket::bind(reactor, local, {}); !alone) return std::unexpected(alone.error());
  if (options.tcp)
    if (const auto alone =
            net::TcpListener::listen(reactor, local, {}, [](const std::shared_ptr<net::TcpConnection>&) {});
        !alone)
      return std::unexpected(alone.error());
  return {};
}

}  // namespace

SipEdge::SipEdge(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SipEdge::~SipEdge() {
  for (const auto& part : impl_->reactors) {  // whom it would tell is gone already
    part->deliver = nullptr;
    part->closed = nullptr;
  }
}

Result<std::unique_ptr<SipEdge>> SipEdge::bind(const SipEdgeOptions& options, net::ReactorPool& reactors,
                                               AccessGuard& guard) {
  if (options.port != 0)
    if (const auto alone = nobody_else_listens(options, reactors[0]); !alone)
      return fail(alone.error().code, "SIP port " + std::to_string(options.port) + ": " + alone.error().text);
  // With port 0 UDP picks a port and TCP must get the same one, which somebody else may hold: try some.
  Error last{Errc::Invalid, "neither UDP nor TCP is switched on"};
  for (int attempt = 0; attempt < (options.port == 0 ? 20 : 1); ++attempt) {
    auto impl = std::make_unique<Impl>(options, guard);
    impl->port = options.port;
    bool bound = options.udp || options.tcp;
    for (unsigned n = 0; n < reactors.size() && bound; ++n) {
      auto part = std::make_unique<Impl::Reactor>(*impl, n, reactors[n]);
      auto* raw = part.get();
      if (options.udp) {
        auto socket = net::UdpSocket::bind(reactors[n], {options.bind_address, impl->port}, {.reuse_port = true});
        if (!socket) {
          last = socket.error();
          bound = false;
          break;
        }
        part->udp = std::move(*socket);
        impl->port = part->udp->local().port;
      }
      if (options.tcp) {
        net::TcpListener::Options listen;
        listen.reuse_port = true;
        auto listener = net::TcpListener::listen(
            reactors[n], {options.bind_address, impl->port}, listen,
            [raw](std::shared_ptr<net::TcpConnection> socket) { raw->accept(std::move(socket)); });
        if (!listener) {
          last = listener.error();
          bound = false;
          break;
        }
        part->tcp = std::move(*listener);
        impl->port = part->tcp->local().port;
      }
      impl->reactors.push_back(std::move(part));
    }
    if (!bound) continue;
    for (auto& part : impl->reactors) {
      auto* raw = part.get();
      if (raw->udp)
        raw->udp->on_datagram([raw](BytesView bytes, const Endpoint& from) { raw->on_datagram(bytes, from); });
      raw->reactor.after(std::chrono::seconds(5), [raw] { raw->sweep(); });
    }
    log::info("sip.listening",
              {{"port", impl->port}, {"udp", options.udp}, {"tcp", options.tcp}, {"reactors", reactors.size()}});
    return std::unique_ptr<SipEdge>(new SipEdge(std::move(impl)));
  }
  return fail(last.code, "SIP port " + std::to_string(options.port) + ": " + last.text);
}

void SipEdge::on_message(unsigned reactor, Deliver deliver) { impl_->reactors[reactor]->deliver = std::move(deliver); }
void SipEdge::on_connection_closed(unsigned reactor, ConnectionClosed closed) {
  impl_->reactors[reactor]->closed = std::move(closed);
}
Wire& SipEdge::wire(unsigned reactor) { return *impl_->reactors[reactor]; }
std::uint16_t SipEdge::port() const { return impl_->port; }

}  // namespace parley::pbx
