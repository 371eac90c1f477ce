#include <array>
#include <utility>

#include <base/log.hpp>
#include <ice/stun.hpp>
#include <net/http_server.hpp>
#include <net/reactor.hpp>
#include <net/tcp.hpp>
#include <net/udp_socket.hpp>
#include <pbx/local_address.hpp>
#include <pbx/rate_limit.hpp>
#include <pbx/sip_edge.hpp>
#include <pbx/sip_streams.hpp>
#include <pbx/sip_websocket.hpp>
#include <sip/minted.hpp>
#include <sip/reconnect.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kLargestDatagram = 1300;  // of a request, while the path's MTU is not known (RFC 3261 §18.1.1)
constexpr auto kRememberNoStream = std::chrono::minutes(10);
constexpr std::size_t kMaxRememberedNoStream = 4096;
constexpr auto kSweepEvery = std::chrono::seconds(5);

IpAddress any_v6() {
  IpAddress address;
  address.v6 = true;
  return address;
}

}  // namespace

struct SipEdge::Impl {
  /// The sockets of one address on one reactor.
  struct Door {
    IpAddress address;
    std::unique_ptr<net::UdpSocket> udp;
    std::unique_ptr<net::TcpListener> tcp, tls;
  };

  struct Reactor final : Wire, SipStreams::Owner {
    Reactor(Impl& owner, unsigned n, net::Reactor& r)
        : impl(owner), number(n), reactor(r), streams(owner.shared, r, n, *this) {}

    // Wire
    bool send(std::string_view bytes, const sip::Flow& flow) override;
    bool wants_stream(std::size_t bytes, const sip::Flow& flow) override;
    Endpoint own_endpoint(const sip::Flow& flow) override;
    void connect(const sip::Flow& to, const std::string& identity,
                 UniqueFunction<void(Result<sip::Flow>)> done) override;
    bool opened(const sip::Flow& flow) override;
    void expect_keep_alive(const sip::Flow& flow, Duration within) override;
    // SipStreams::Owner
    void receive(sip::Message&& message) override;
    void lost(const sip::Flow& flow) override;

    Result<void> open(const IpAddress& address, std::uint16_t& port, std::uint16_t& tls_port);
    void on_datagram(BytesView bytes, const Endpoint& from, const Door& door);
    void on_stun(BytesView bytes, const Endpoint& from, net::UdpSocket& socket);
    void unsent(BytesView bytes, const Endpoint& to, const Door& door);
    void open_inbox();
    [[nodiscard]] net::UdpSocket* socket_for(const sip::Flow& flow);
    bool send_on(const sip::Flow& flow, std::string_view bytes);
    void sweep();

    Impl& impl;
    unsigned number;
    net::Reactor& reactor;
    SipStreams streams;
    std::vector<std::unique_ptr<Door>> doors;
    std::unordered_map<Endpoint, TimePoint> no_stream;  // peers that took no TCP, and until when we believe it
    AddressRateLimit stun_limit{{.per_second = 10, .burst = 40, .all_per_second = 5000}};
    LocalAddress local_address;
    Guarded<std::vector<sip::Message>> inbox;  // what came to other reactors, of calls that are here
    Deliver deliver;
    FlowLost flow_lost;
  };

  Impl(const SipEdgeOptions& options, SourceGuard& guard) : shared(options, guard) {}
  EdgeShared shared;
  std::vector<std::unique_ptr<Reactor>> reactors;
  std::atomic<unsigned> next_web = 0;
};

// ---- out ----

bool SipEdge::Impl::Reactor::send(std::string_view bytes, const sip::Flow& flow) {
  auto& counters = impl.shared.counters;
  const bool nowhere = flow.connection == 0 && (flow.remote.port == 0 || flow.remote.address.is_unspecified() ||
                                                flow.remote.address.is_multicast());
  if (nowhere || flow.transport == sip::Transport::Other) {
    counters.no_way.add();
    return false;
  }
  if (flow.transport == sip::Transport::Udp) {
    auto* const socket = socket_for(flow);
    if (!socket) return false;
    counters.out[index_of(flow.transport)]->add();
    socket->send_soon(as_bytes(bytes), flow.remote);
    return true;
  }
  auto to = flow;
  if (to.connection == 0)
    impl.shared.aliases.with([&](const auto& map) {
      if (const auto alias = map.find({flow.transport, flow.remote}); alias != map.end()) to.connection = alias->second;
    });
  if (to.connection == 0) return send_on(to, bytes);
  const auto owner = reactor_of_connection(to.connection);
  if (owner == number) return send_on(to, bytes);
  if (owner >= impl.reactors.size()) return false;
  auto& other = *impl.reactors[owner];
  other.reactor.post([&other, this, to, copy = std::string(bytes)] {
    if (!other.send_on(to, copy)) reactor.post([this, to] { lost(to); });
  });
  return true;
}

/// There is no way to that address. Who waits for an answer need not; a response is nobody's to repeat elsewhere.
void SipEdge::Impl::Reactor::unsent(BytesView bytes, const Endpoint& to, const Door& door) {
  impl.shared.counters.no_way.add();
  if (as_text(bytes).starts_with("SIP/2.0 ")) return;
  reactor.post([this, flow = sip::Flow{sip::Transport::Udp, {door.address, impl.shared.port}, to, 0}] { lost(flow); });
}

/// On the reactor that the connection belongs to, or that opens one.
bool SipEdge::Impl::Reactor::send_on(const sip::Flow& flow, std::string_view bytes) {
  if (flow.connection != 0) {
    if (streams.send(flow.connection, bytes) || streams.send_again(flow, bytes)) return true;
    const auto anew = sip::reconnect_for(sip::Message::parse(std::string(bytes), sip::Framing::Stream), flow);
    if (anew && streams.send_to(*anew, bytes, &flow)) return true;
  } else if (sip::is_reliable(flow.transport) && streams.send_to(flow, bytes)) {
    return true;
  }
  impl.shared.counters.no_way.add();
  return false;
}

bool SipEdge::Impl::Reactor::wants_stream(std::size_t bytes, const sip::Flow& flow) {
  if (flow.transport != sip::Transport::Udp || bytes <= kLargestDatagram || !impl.shared.options.tcp) return false;
  const auto known = no_stream.find(flow.remote);
  if (known != no_stream.end() && known->second > reactor.now()) return false;
  impl.shared.counters.by_stream.add();
  return true;
}

void SipEdge::Impl::Reactor::connect(const sip::Flow& to, const std::string& identity,
                                     UniqueFunction<void(Result<sip::Flow>)> done) {
  switch (to.transport) {
    case sip::Transport::Udp: return reactor.post([to, done = std::move(done)]() mutable { done(to); });
    case sip::Transport::Tcp:
    case sip::Transport::Tls: return streams.open(to, identity, std::move(done));
    default:
      reactor.post([done = std::move(done)]() mutable {
        done(fail(Errc::Invalid, "connections of this transport come from clients only"));
      });
  }
}

bool SipEdge::Impl::Reactor::opened(const sip::Flow& flow) {
  return flow.connection != 0 && reactor_of_connection(flow.connection) == number && streams.opened(flow.connection);
}

void SipEdge::Impl::Reactor::expect_keep_alive(const sip::Flow& flow, Duration within) {
  if (flow.connection == 0) return;
  const auto owner = reactor_of_connection(flow.connection);
  if (owner >= impl.reactors.size()) return;
  auto& other = *impl.reactors[owner];
  other.reactor.post([&other, id = flow.connection, within] { other.streams.expect_within(id, within); });
}

Endpoint SipEdge::Impl::Reactor::own_endpoint(const sip::Flow& flow) {
  const auto& edge = impl.shared;
  const bool web = flow.transport == sip::Transport::Ws || flow.transport == sip::Transport::Wss;
  const auto port = web ? edge.web_port.load() : flow.transport == sip::Transport::Tls ? edge.tls_port : edge.port;
  const auto& peer = flow.remote.address;
  for (const auto& address : edge.options.advertised)
    if (address.v6 == peer.v6) return {address, port};
  if (!flow.local.address.is_unspecified() && flow.local.address.v6 == peer.v6) return {flow.local.address, port};
  for (const auto& door : doors)
    if (door->address.v6 == peer.v6 && !door->address.is_unspecified()) return {door->address, port};
  return {local_address.towards(peer, reactor.now()), port};
}

/// The socket that the flow came by; else one of the peer's family.
net::UdpSocket* SipEdge::Impl::Reactor::socket_for(const sip::Flow& flow) {
  net::UdpSocket* of_family = nullptr;
  for (const auto& door : doors) {
    if (!door->udp || door->address.v6 != flow.remote.address.v6) continue;
    if (door->address == flow.local.address) return door->udp.get();
    if (!of_family) of_family = door->udp.get();
  }
  return of_family;
}

// ---- in ----

void SipEdge::Impl::Reactor::on_datagram(BytesView bytes, const Endpoint& from, const Door& door) {
  auto& edge = impl.shared;
  if (!edge.guard.admits(from.address, reactor.now())) return edge.counters.banned.add();
  if (bytes.size() > edge.options.max_message_bytes) return edge.counters.oversized.add();
  const auto text = as_text(bytes);
  if (text.find_first_not_of("\r\n") == std::string_view::npos) return;  // a keep-alive
  if (ice::is_stun(bytes)) return on_stun(bytes, from, *door.udp);
  edge.counters.in[index_of(sip::Transport::Udp)]->add();
  auto message = sip::Message::parse(std::string(text), sip::Framing::Datagram);
  message.source = {sip::Transport::Udp, {door.address, edge.port}, from, 0};
  receive(std::move(message));
}

/// Keep-alives of RFC 5626 §8. A forged source gets little more than was sent, and little often.
void SipEdge::Impl::Reactor::on_stun(BytesView bytes, const Endpoint& from, net::UdpSocket& socket) {
  auto& counters = impl.shared.counters;
  const auto request = ice::parse_binding_request(bytes);
  if (!request) return counters.malformed.add();
  if (!stun_limit.allow(from.address, reactor.now())) return counters.stun_limited.add();
  counters.stun_answered.add();
  socket.send_soon(ice::answer(*request, from), from);
}

void SipEdge::Impl::Reactor::receive(sip::Message&& message) {
  // What is broken has no call: it is answered here, before its connection is closed. A REGISTER makes no call, and
  // bindings belong to no reactor: whoever has it serves it; its repetition comes from the same source, which the
  // kernel gives to the same socket.
  const auto owner = message.fault() || message.is(sip::Method::Register)
                         ? number
                         : sip::owner_of(message, static_cast<unsigned>(impl.reactors.size()));
  if (owner == number) {
    if (deliver) deliver(std::move(message));
    return;
  }
  impl.shared.counters.handed_over.add();
  auto& other = *impl.reactors[owner];
  const bool first = other.inbox.with([&](std::vector<sip::Message>& inbox) {
    inbox.push_back(std::move(message));
    return inbox.size() == 1;
  });
  if (first) other.reactor.post([&other] { other.open_inbox(); });  // one wake-up for all that come until then
}

void SipEdge::Impl::Reactor::open_inbox() {
  auto messages = inbox.with([](std::vector<sip::Message>& waiting) { return std::exchange(waiting, {}); });
  for (auto& message : messages)
    if (deliver) deliver(std::move(message));
}

void SipEdge::Impl::Reactor::lost(const sip::Flow& flow) {
  if (flow.connection == 0 && flow.transport == sip::Transport::Tcp) {
    if (no_stream.size() >= kMaxRememberedNoStream) no_stream.clear();
    no_stream[flow.remote] = reactor.now() + kRememberNoStream;
  }
  if (flow_lost) flow_lost(flow);
}

void SipEdge::Impl::Reactor::sweep() {
  streams.sweep();
  reactor.after(kSweepEvery, [this] { sweep(); });
}

// ---- binding ----

namespace {

bool no_such_family(const Error& error) { return error.code == Errc::Io || error.code == Errc::Invalid; }

/// SO_REUSEPORT would let a second server of the same user share the port without a word, each getting half of the
/// messages.
Result<void> nobody_else_listens(const SipEdgeOptions& options, const IpAddress& address, std::uint16_t port,
                                 bool stream_only, net::Reactor& reactor) {
  const Endpoint local{address, port};
  if (options.udp && !stream_only)
    if (const auto alone = net::UdpSocket::bind(reactor, local, {}); !alone) return std::unexpected(alone.error());
  if (options.tcp || stream_only)
    if (const auto alone =
            net::TcpListener::listen(reactor, local, {}, [](const std::shared_ptr<net::TcpConnection>&) {});
        !alone)
      return std::unexpected(alone.error());
  return {};
}

/// The addresses to bind: those that are set, else all; IPv6 is left out where the host has none.
std::vector<IpAddress> addresses_of(const SipEdgeOptions& options, net::Reactor& reactor) {
  if (!options.bind.empty()) return options.bind;
  std::vector<IpAddress> out{IpAddress::v4_any()};
  const auto probe = net::UdpSocket::bind(reactor, {any_v6(), 0}, {});
  if (probe || !no_such_family(probe.error())) out.push_back(any_v6());
  return out;
}

std::uint16_t wanted_tls_port(const SipEdgeOptions& options) {
  if (options.tls_port != 0 || options.port == 0) return options.tls_port;
  return static_cast<std::uint16_t>(options.port + 1);
}

}  // namespace

Result<void> SipEdge::Impl::Reactor::open(const IpAddress& address, std::uint16_t& port, std::uint16_t& tls_port) {
  const auto& options = impl.shared.options;
  auto& door = *doors.emplace_back(std::make_unique<Door>());
  door.address = address;
  if (options.udp) {
    auto socket = net::UdpSocket::bind(reactor, {address, port}, {.reuse_port = true});
    if (!socket) return std::unexpected(socket.error());
    door.udp = std::move(*socket);
    port = door.udp->local().port;
  }
  const auto listen = [&](std::unique_ptr<net::TcpListener>& listener, std::uint16_t& at, sip::Transport transport,
                          const std::shared_ptr<net::TlsContext>& tls) -> Result<void> {
    net::TcpListener::Options listening;
    listening.reuse_port = true;
    listening.connection.tls = tls;
    auto made = net::TcpListener::listen(reactor, {address, at}, listening,
                                         [this, transport](std::shared_ptr<net::TcpConnection> socket) {
                                           streams.accept(std::move(socket), transport);
                                         });
    if (!made) return std::unexpected(made.error());
    listener = std::move(*made);
    at = listener->local().port;
    return {};
  };
  if (options.tcp)
    if (auto opened = listen(door.tcp, port, sip::Transport::Tcp, nullptr); !opened) return opened;
  if (options.tls)
    if (auto opened = listen(door.tls, tls_port, sip::Transport::Tls, options.tls); !opened) return opened;
  return {};
}

SipEdge::SipEdge(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SipEdge::~SipEdge() {
  for (const auto& part : impl_->reactors) {  // whom it would tell is gone already
    part->deliver = nullptr;
    part->flow_lost = nullptr;
  }
}

Result<std::unique_ptr<SipEdge>> SipEdge::bind(const SipEdgeOptions& options, net::ReactorPool& reactors,
                                               SourceGuard& guard) {
  const auto addresses = addresses_of(options, reactors[0]);
  const auto failed = [&options](const Error& error) {
    return fail(error.code, "SIP port " + std::to_string(options.port) + ": " + error.text);
  };
  for (const auto& address : addresses) {
    if (options.port != 0)
      if (const auto alone = nobody_else_listens(options, address, options.port, false, reactors[0]); !alone)
        return failed(alone.error());
    if (const auto port = wanted_tls_port(options); options.tls && port != 0)
      if (const auto alone = nobody_else_listens(options, address, port, true, reactors[0]); !alone)
        return failed(alone.error());
  }
  // With port 0 the first socket picks a port and all others must get the same one, which somebody may hold: try some.
  Error last{Errc::Invalid, "neither UDP, TCP nor TLS is switched on"};
  for (int attempt = 0; attempt < (options.port == 0 ? 20 : 1); ++attempt) {
    auto impl = std::make_unique<Impl>(options, guard);
    auto port = options.port;
    auto tls_port = wanted_tls_port(options);
    bool bound = options.udp || options.tcp || options.tls;
    for (unsigned n = 0; n < reactors.size() && bound; ++n) {
      auto& part = *impl->reactors.emplace_back(std::make_unique<Impl::Reactor>(*impl, n, reactors[n]));
      for (const auto& address : addresses) {
        const auto opened = part.open(address, port, tls_port);
        if (opened) continue;
        last = opened.error();
        bound = false;
        break;
      }
    }
    if (!bound) continue;
    impl->shared.port = port;
    impl->shared.tls_port = options.tls ? tls_port : std::uint16_t{0};
    for (const auto& part : impl->reactors) {
      auto* const raw = part.get();
      for (const auto& door : part->doors) {
        if (!door->udp) continue;
        door->udp->on_datagram(
            [raw, at = door.get()](BytesView bytes, const Endpoint& from) { raw->on_datagram(bytes, from, *at); });
        door->udp->on_unsent(
            [raw, at = door.get()](BytesView bytes, const Endpoint& to) { raw->unsent(bytes, to, *at); });
      }
      raw->reactor.after(kSweepEvery, [raw] { raw->sweep(); });
    }
    log::info("sip.listening", {{"port", port},
                                {"udp", options.udp},
                                {"tcp", options.tcp},
                                {"tls_port", impl->shared.tls_port},
                                {"addresses", addresses.size()},
                                {"reactors", reactors.size()}});
    return std::unique_ptr<SipEdge>(new SipEdge(std::move(impl)));
  }
  return failed(last);
}

std::optional<net::HttpResponse> SipEdge::upgrade(net::HttpRequest& request,
                                                  const std::shared_ptr<net::WebSocketSession>& session) {
  const auto& options = impl_->shared.options;
  if (auto refused = refusal_of(request, options.public_url, options.web_origins)) return refused;
  session->subprotocol(std::string(kSipSubprotocol));
  const sip::Flow flow{request.tls ? sip::Transport::Wss : sip::Transport::Ws, {}, request.peer, 0};
  auto& part = *impl_->reactors[impl_->next_web++ % impl_->reactors.size()];
  const auto id = std::make_shared<std::uint64_t>(0);  // of the reactor's thread
  part.reactor.post([&part, session, flow, id] {
    *id = part.streams.adopt(session, flow);
    if (*id == 0) session->close(1013, "too many connections");
  });
  session->on_message([&part, id](std::string bytes, bool) {
    part.reactor.post(
        [&part, id, bytes = std::move(bytes)]() mutable { part.streams.web_message(*id, std::move(bytes)); });
  });
  session->on_close([&part, id] { part.reactor.post([&part, id] { part.streams.web_closed(*id); }); });
  return std::nullopt;
}

void SipEdge::web_port(std::uint16_t port) { impl_->shared.web_port = port; }

void SipEdge::on_message(unsigned reactor, Deliver deliver) { impl_->reactors[reactor]->deliver = std::move(deliver); }
void SipEdge::on_flow_lost(unsigned reactor, FlowLost lost) { impl_->reactors[reactor]->flow_lost = std::move(lost); }
Wire& SipEdge::wire(unsigned reactor) { return *impl_->reactors[reactor]; }
std::uint16_t SipEdge::port() const { return impl_->shared.port; }
std::uint16_t SipEdge::tls_port() const { return impl_->shared.tls_port; }
double SipEdge::occupancy(unsigned reactor) const {
  double fullest = 0;
  for (const auto& door : impl_->reactors[reactor]->doors)
    if (door->udp) fullest = std::max(fullest, door->udp->occupancy());
  return fullest;
}

}  // namespace parley::pbx
