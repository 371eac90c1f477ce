#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <net/http_server.hpp>
#include <net/reactor.hpp>
#include <pbx/call_events.hpp>
#include <pbx/exchange.hpp>
#include <pbx/pbx.hpp>
#include <pbx/sip_edge.hpp>
#include <pbx/trunk_service.hpp>

namespace parley::pbx {
namespace {

constexpr auto kOrderWithin = std::chrono::seconds(2);
constexpr auto kFarewellWithin = std::chrono::seconds(1);  // for the answers to the last NOTIFYs

std::string transport_text(sip::Transport transport) {
  std::string text(sip::to_string(transport));
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

vault::ShortKey fresh_secret(Random& random) {
  vault::ShortKey secret{};
  random.fill(secret);
  return secret;
}

}  // namespace

struct Pbx::Impl final : Switchboard {
  Impl(const PbxOptions& o, const PbxParts& p)
      : options(o),
        parts(p),
        guard(p.clock, p.random, options.guard),
        live(options.max_calls, options.max_calls_per_extension),
        gate(make_media_gate(p.media)),
        trace(p.reactors.size(), options.trace),
        shared{options, directory, locations, guard,   trace,    live, board,
               *gate,   p.prompts, p.ledger,  p.clock, p.random, {}},
        digest(fresh_secret(p.random)) {}

  Result<void> load() {
    auto source = parts.ledger.load_directory();
    if (!source) return std::unexpected(source.error());
    auto next = Directory::build(*source);
    if (next->skipped() > 0) log::warning("directory.rows_skipped", {{"count", next->skipped()}});
    directory.swap(next);
    return {};
  }

  /// Bindings of devices and extensions that are still there.
  void restore_bindings() {
    const auto now = parts.clock.now();
    auto bindings = parts.ledger.load_bindings(now);
    if (!bindings) return log::warning("registrations.not_restored", {{"reason", bindings.error().text}});
    const auto current = directory.get();
    std::size_t restored = 0;
    for (auto& binding : *bindings) {
      const auto* device = current->device(binding.device);
      if (device && device->extension->id == binding.extension && locations.bind(std::move(binding))) ++restored;
    }
    log::info("registrations.restored", {{"count", restored}});
  }

  /// What is banned and allowed: from the settings, and from before the restart. Changes are kept, told and counted.
  void restore_bans() {
    guard.bans().on_change([this](const Ban& ban, BanList::Change change) { on_ban_change(ban, change); });
    auto kept = parts.ledger.load_bans();
    if (!kept) log::warning("bans.not_restored", {{"reason", kept.error().text}});
    auto all = kept ? std::move(*kept) : std::vector<Ban>{};
    auto allow = options.never_banned;
    for (const auto& address : options.trusted_addresses) allow.push_back(IpRange::of_source(address));
    for (const auto& range : allow)
      all.push_back({BanId::make(parts.clock, parts.random), Ban::Kind::Allow, range, "in the settings", "settings",
                     parts.clock.wall(), std::nullopt});
    guard.bans().restore(std::move(all));
  }

  void on_ban_change(const Ban& ban, BanList::Change change) {
    static auto& found = metrics::counter("parley_sip_bans_total", "Addresses that the server banned");
    const bool added = change == BanList::Change::Added;
    if (ban.by != "settings") {
      if (added) {
        parts.ledger.keep_ban(ban);
      } else {
        parts.ledger.forget_ban(ban.id);
      }
    }
    if (added && ban.by == "parleyd") {
      found.add();
      log::warning("security.banned", {{"reason", ban.reason}, {"address", log::personal(ban.range.text())}});
    }
    parts.ledger.publish(security_event(ban, change, parts.clock, parts.random), false);
  }

  void drop_orphans() {
    const auto current = directory.get();
    auto gone = locations.retain([&](const Binding& binding) {
      const auto* device = current->device(binding.device);
      return device && device->extension->enabled && device->extension->id == binding.extension;
    });
    if (gone.empty()) return;
    parts.reactors[0].post(
        [this, gone = std::move(gone)] { exchanges[0]->registrar().gone(gone, "device removed", parts.clock.wall()); });
  }

  void tick() {
    exchanges[0]->expire_bindings();
    exchanges[0]->expire_publications();
    guard.bans().expire(parts.clock.now());
    trace.expire(parts.clock.wall());
    parts.reactors[0].after(std::chrono::seconds(1), [this] { tick(); });
  }

  void take_trunks() {
    parts.reactors[0].post([this] { trunks->take(directory.get()); });
  }

  // Switchboard
  std::vector<LiveCall> live_calls(OrganisationId organisation) const override { return live.of(organisation); }
  std::optional<LiveCall> live_call(OrganisationId organisation, CallId call) const override {
    const auto entry = live.find(organisation, call);
    return entry ? std::optional(entry->call) : std::nullopt;
  }
  std::size_t live_call_count() const override { return live.count(); }
  std::size_t registration_count() const override { return locations.size(); }

  std::vector<RegistrationView> registrations(OrganisationId organisation) const override {
    const auto current = directory.get();
    std::vector<RegistrationView> out;
    for (const auto& binding : locations.of_organisation(organisation, parts.clock.now())) {
      const auto* device = current->device(binding.device);
      const auto* extension = current->extension(binding.extension);
      const auto health = shared.health.with([&](const HealthTable& table) { return table.of(binding); });
      auto& view = out.emplace_back(RegistrationView{
          binding.extension, extension ? extension->number : "", binding.device, device ? device->username : "",
          binding.contact, transport_text(binding.flow.transport), binding.user_agent, binding.flow.remote.text(),
          binding.expires_wall, binding.path, std::nullopt, std::nullopt});
      if (!health) continue;
      if (health->latency) view.latency_ms = static_cast<std::uint32_t>(health->latency->count());
      if (health->latency || health->dead()) view.answers = !health->dead();
    }
    return out;
  }

  /// Runs `order` on the call's reactor and waits for its answer.
  Result<void> order_call(OrganisationId organisation, CallId id, std::function<Result<void>(Call&)> order) {
    const auto entry = live.find(organisation, id);
    if (!entry) return fail(Errc::NotFound, "no such call");
    auto answer = std::make_shared<std::promise<Result<void>>>();
    auto result = answer->get_future();
    parts.reactors[entry->reactor].post(
        [exchange = exchanges[entry->reactor].get(), id, answer, order = std::move(order)] {
          auto* call = exchange->find(id);
          answer->set_value(call && !call->ended() ? order(*call) : fail(Errc::NotFound, "no such call"));
        });
    if (result.wait_for(kOrderWithin) != std::future_status::ready)
      return fail(Errc::Timeout, "the call did not answer in time");
    return result.get();
  }
  std::optional<TrunkStatus> trunk_status(TrunkId trunk) const override { return board.status(trunk); }
  void retry_trunk(TrunkId trunk) override {
    parts.reactors[0].post([this, trunk] { (void)trunks->retry(trunk); });
  }
  Result<void> hangup(OrganisationId organisation, CallId call) override {
    return order_call(organisation, call, [](Call& found) -> Result<void> {
      found.hang_up("ended by order");
      return {};
    });
  }
  Result<void> recording(OrganisationId organisation, CallId call, RecordingAction action) override {
    return order_call(organisation, call, [action](Call& found) { return found.control_recording(action); });
  }
  std::vector<Conference> conferences(OrganisationId organisation) const override {
    return shared.conferences.of(organisation);
  }
  Result<ConferenceParticipant> adjust_participant(OrganisationId organisation, LegId participant,
                                                   const ParticipantChange& change) override {
    return shared.conferences.adjust(organisation, participant, change);
  }
  Result<void> remove_participant(OrganisationId organisation, LegId participant) override {
    const auto found = shared.conferences.find(organisation, participant);
    if (!found) return fail(Errc::NotFound, "nobody of that id is in a conference");
    return order_call(organisation, found->call, [](Call& call) -> Result<void> {
      call.hang_up("removed from the conference");
      return {};
    });
  }

  PbxOptions options;
  PbxParts parts;
  DirectoryHolder directory;
  LocationTable locations;
  SourceGuard guard;
  LiveCalls live;
  std::unique_ptr<MediaGate> gate;
  SipTrace trace;
  TrunkBoard board;
  Shared shared;
  SharedDigest digest;
  std::unique_ptr<SipEdge> edge;
  std::vector<std::unique_ptr<Exchange>> exchanges;
  std::unique_ptr<TrunkService> trunks;  // on reactor 0
};

Pbx::Pbx(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pbx::~Pbx() = default;

Result<std::unique_ptr<Pbx>> Pbx::start(const PbxOptions& options, const PbxParts& parts) {
  auto impl = std::make_unique<Impl>(options, parts);
  if (auto loaded = impl->load(); !loaded) return std::unexpected(loaded.error());
  SipEdgeOptions edge;
  edge.bind = options.bind;
  edge.port = options.sip_port;
  edge.tls_port = options.tls_port;
  edge.udp = options.udp;
  edge.tcp = options.tcp;
  edge.tls = options.tls;
  edge.tls_client = options.tls_client;
  edge.advertised = options.advertised;
  edge.web_origins = options.web_origins;
  edge.public_url = options.public_url;
  edge.max_connections = options.max_connections;
  edge.max_connections_per_address = options.max_connections_per_address;
  edge.max_message_bytes = options.max_message_bytes;
  auto bound = SipEdge::bind(edge, parts.reactors, impl->guard);
  if (!bound) return std::unexpected(bound.error());
  impl->edge = std::move(*bound);
  impl->restore_bindings();
  impl->restore_bans();
  for (unsigned n = 0; n < parts.reactors.size(); ++n) {
    auto exchange = std::make_unique<Exchange>(impl->shared, impl->digest, parts.reactors[n], impl->edge->wire(n));
    impl->edge->on_message(n, [raw = exchange.get()](sip::Message&& message) { raw->receive(std::move(message)); });
    impl->edge->on_flow_lost(n, [raw = impl.get(), n](const sip::Flow& flow) {
      raw->exchanges[n]->connection_closed(flow.connection);
      for (unsigned other = 0; other < raw->parts.reactors.size(); ++other)
        raw->parts.reactors[other].post([exchange = raw->exchanges[other].get(), flow] { exchange->flow_lost(flow); });
      raw->parts.reactors[0].post([raw, flow] {
        if (raw->trunks) raw->trunks->flow_lost(flow);
      });
    });
    impl->shared.exchanges.push_back(exchange.get());
    exchange->watch_load([raw = impl.get(), n] { return raw->edge->occupancy(n); });
    impl->exchanges.push_back(std::move(exchange));
  }
  net::Resolver::Options dns;
  dns.servers = options.dns_servers;
  auto resolver = net::Resolver::make(parts.reactors[0], dns);
  if (!resolver) return std::unexpected(resolver.error());
  Reach reach;
  reach.udp = options.udp;
  reach.tcp = options.tcp;
  reach.tls = options.tls_client != nullptr;
  const auto is_v6 = [](const IpAddress& address) { return address.v6; };
  reach.v4 = options.bind.empty() || !std::ranges::all_of(options.bind, is_v6);
  reach.v6 = options.bind.empty() || std::ranges::any_of(options.bind, is_v6);
  impl->trunks = std::make_unique<TrunkService>(*impl->exchanges[0], std::move(*resolver), reach);
  impl->take_trunks();
  impl->parts.reactors[0].after(std::chrono::seconds(1), [raw = impl.get()] {
    raw->tick();
    raw->exchanges[0]->probe_contacts();
  });
  return std::unique_ptr<Pbx>(new Pbx(std::move(impl)));
}

Switchboard& Pbx::switchboard() { return *impl_; }
SipTrace& Pbx::trace() { return impl_->trace; }
BanList& Pbx::bans() { return impl_->guard.bans(); }
std::uint16_t Pbx::sip_port() const { return impl_->edge->port(); }
std::uint16_t Pbx::tls_port() const { return impl_->edge->tls_port(); }
std::optional<net::HttpResponse> Pbx::upgrade(net::HttpRequest& request,
                                              const std::shared_ptr<net::WebSocketSession>& session) {
  return impl_->edge->upgrade(request, session);
}
void Pbx::web_port(std::uint16_t port) { impl_->edge->web_port(port); }
bool Pbx::accepting() const { return !impl_->live.draining(); }

Result<void> Pbx::reload_directory() {
  if (auto loaded = impl_->load(); !loaded) return loaded;
  impl_->drop_orphans();
  impl_->take_trunks();
  for (unsigned n = 0; n < impl_->parts.reactors.size(); ++n)
    impl_->parts.reactors[n].post(
        [exchange = impl_->exchanges[n].get()] { exchange->subscriptions().directory_changed(); });
  return {};
}

std::size_t Pbx::drain(Duration limit) {
  impl_->live.drain();
  for (unsigned n = 0; n < impl_->parts.reactors.size(); ++n)
    impl_->parts.reactors[n].post([exchange = impl_->exchanges[n].get()] {
      exchange->hang_up_all("server is shutting down");
      exchange->subscriptions().end_all(sip::EndReason::Deactivated);
    });
  const auto begun = std::chrono::steady_clock::now();
  const auto busy = [&] {
    const auto passed = std::chrono::steady_clock::now() - begun;
    if (passed >= limit) return false;
    // A telephone that is switched off never answers its last NOTIFY: nobody waits for it as for a call.
    return impl_->live.unclosed() > 0 || (impl_->shared.events.subscriptions() > 0 && passed < kFarewellWithin);
  };
  while (busy()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return impl_->live.unclosed();
}

}  // namespace parley::pbx
