#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <parleyd/demo_door.hpp>
#include <parleyd/housekeeping.hpp>
#include <parleyd/machine.hpp>
#include <parleyd/notices.hpp>
#include <parleyd/recovery.hpp>
#include <parleyd/server.hpp>

#include <api/api.hpp>
#include <base/log.hpp>
#include <insight/pipeline.hpp>
#include <media/media_engine.hpp>
#include <media/prompt.hpp>
#include <media/recorder.hpp>
#include <net/http_server.hpp>
#include <net/reactor.hpp>
#include <net/tls.hpp>
#include <pbx/pbx.hpp>
#include <pbx/sip_websocket.hpp>
#include <pbx/store_ledger.hpp>
#include <privacy/eraser.hpp>
#include <privacy/prove.hpp>
#include <store/executor.hpp>
#include <store/store.hpp>

namespace parley::server {

namespace fs = std::filesystem;

namespace {
constexpr std::uint64_t kEnoughDisk = 64ULL * 1024 * 1024;

net::TlsFiles tls_files(const Config& config, const Places& places) {
  if (!config.http.certificate.empty()) return {config.http.certificate, config.http.key};
  return {places.data / "tls" / "certificate.pem", places.data / "tls" / "key.pem"};
}

Result<std::shared_ptr<net::TlsContext>> open_tls(const Config& config, const Places& places) {
  const auto files = tls_files(config, places);
  if (config.http.certificate.empty() && (!fs::exists(files.certificate) || !fs::exists(files.key))) {
    std::error_code failure;
    fs::create_directories(places.data / "tls", failure);
    std::vector<std::string> names{"localhost"};
    if (const auto host = host_name(); !host.empty() && host != "localhost") names.insert(names.begin(), host);
    for (const auto& address : own_addresses()) names.push_back(address.text());
    names.insert(names.end(), config.http.host_names.begin(), config.http.host_names.end());
    if (auto made = net::make_self_signed(files, names); !made) return std::unexpected(made.error());
    log::info("tls.certificate_made", {{"file", files.certificate}});
  }
  return net::TlsContext::server(files);
}

/// SIP over TLS: the certificate of [http] unless it has one of its own. Made after open_tls(), which makes that.
Result<std::shared_ptr<net::TlsContext>> open_sip_tls(const Config& config, const Places& places) {
  net::TlsServerOptions options;
  options.files = tls_files(config, places);
  if (!config.sip.certificate.empty()) {
    options.files = {config.sip.certificate, config.sip.key};
    options.settings = "sip";
  }
  switch (config.sip.client_certificates) {
    case Config::ClientCertificates::Off: break;
    case Config::ClientCertificates::Optional: options.clients = net::ClientCertificates::Optional; break;
    case Config::ClientCertificates::Required: options.clients = net::ClientCertificates::Required; break;
  }
  options.client_ca = config.sip.client_ca;
  options.alpn = "sip/2";
  options.alpn_only = true;  // a browser that was led to this port meant another service
  return net::TlsContext::server(std::move(options));
}

Result<std::shared_ptr<net::TlsContext>> open_sip_tls_client(const Config& config, const Places& places) {
  net::TlsClientOptions options;
  options.ca_file = config.sip.ca;
  options.certificate = tls_files(config, places);
  if (!config.sip.certificate.empty()) options.certificate = {config.sip.certificate, config.sip.key};
  return net::TlsContext::client(std::move(options));
}

Result<void> write_ports(const fs::path& file, const boost::json::object& ports) {
  const fs::path aside = file.string() + ".new";
  std::ofstream out(aside);
  out << boost::json::serialize(ports) << '\n';
  out.close();
  std::error_code failure;
  fs::rename(aside, file, failure);
  if (!out || failure) return fail(Errc::Io, fmt::format("{} cannot be written", file.string()));
  return {};
}

std::unique_ptr<vault::RootKeyOptions> root_key_options(const Config& config) {
  auto out = std::make_unique<vault::RootKeyOptions>();
  out->file = config.vault.root_key_file;
  out->command = config.vault.root_key_command;
  if (const char* value = std::getenv("PARLEY_ROOT_KEY"); value != nullptr) {
    out->environment_value = value;
    ::unsetenv("PARLEY_ROOT_KEY");  // children have no use for it
  }
  return out;
}
}  // namespace

/// In the order of their making; taken down in the other one.
struct Server::Impl {
  explicit Impl(const Config& c) : config(c), places(find_places(c)) {}
  ~Impl() { stop(); }

  Result<void> start();
  Result<void> start_store();
  Result<void> start_telephony();
  Result<void> start_doors();
  Result<void> start_websocket_doors();
  [[nodiscard]] boost::json::object ports() const;
  [[nodiscard]] std::optional<net::HttpResponse> upgrade(net::HttpRequest& request,
                                                         const std::shared_ptr<net::WebSocketSession>& session);
  Result<void> configuration_changed();
  void stop();
  [[nodiscard]] std::string console() const;
  [[nodiscard]] api::SipAddress sip_address() const;

  Config config;
  const Places places;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<privacy::Eraser> eraser;
  std::unique_ptr<privacy::Prover> prover;
  std::unique_ptr<store::Executor> executor;
  std::unique_ptr<media::Recorder> recorder;
  std::unique_ptr<media::MediaEngine> media;
  std::unique_ptr<media::PromptStore> prompts;
  std::unique_ptr<Notices> notices;
  std::unique_ptr<pbx::Ledger> ledger;
  std::unique_ptr<net::ReactorPool> reactors;
  std::unique_ptr<pbx::Pbx> pbx;
  store::EventBus::Subscription erased;  // calls: their traces go too
  std::unique_ptr<insight::Pipeline> pipeline;
  std::unique_ptr<DemoDoor> demo;
  std::shared_ptr<net::TlsContext> tls, sip_tls, sip_tls_client;
  std::unique_ptr<api::Api> api;
  std::unique_ptr<net::HttpServer> http;
  std::unique_ptr<net::HttpServer> web_doors;  // ports of their own for SIP over WebSocket
  std::unique_ptr<Housekeeping> housekeeping;
  std::optional<std::string> welcome;
  bool stopped = false;
};

Result<void> Server::Impl::start() {
  if (auto done = start_store(); !done) return done;
  auto fresh = make_demo_organisation(*store);
  if (!fresh) return std::unexpected(fresh.error());
  if (auto done = start_telephony(); !done) return done;
  if (auto done = start_doors(); !done) return done;
  if (*fresh) {
    const bool own = config.http.certificate.empty();
    const auto fingerprint =
        own ? net::certificate_fingerprint(tls_files(config, places).certificate) : Result<std::string>("");
    const auto sip = sip_address();
    welcome = welcome_text(**fresh, console(), fmt::format("{}:{}", sip.host, sip.port), fingerprint.value_or(""));
  }
  return write_ports(places.data / "ports.json", ports());
}

Result<void> Server::Impl::start_store() {
  store::StoreOptions options;
  options.folder = places.data;
  options.root_key = std::move(*root_key_options(config));
  auto opened = store::Store::open(std::move(options));
  if (!opened) return std::unexpected(opened.error());
  store = std::move(*opened);
  eraser = std::make_unique<privacy::Eraser>(*store);
  if (auto resumed = eraser->resume(); !resumed) {
    log::error("erasure.not_resumed", {{"error", resumed.error().text}});
  } else if (*resumed > 0) {
    log::info("erasure.resumed", {{"count", *resumed}});
  }
  const auto recovered = recover(*store);
  if (!recovered) return std::unexpected(recovered.error());
  if (recovered->calls + recovered->recordings + recovered->lost > 0) {
    log::warning("recovered",
                 {{"calls", recovered->calls}, {"recordings", recovered->recordings}, {"lost", recovered->lost}});
  }
  privacy::ProveInputs inputs;
  inputs.console_folder = places.web;
  inputs.content_security_policy = api::Api::content_security_policy();
  inputs.cookies = api::Api::cookies();
  if (!config.log.file.empty()) inputs.logs.emplace_back(config.log.file);
  prover = std::make_unique<privacy::Prover>(*store, std::move(inputs));
  return {};
}

Result<void> Server::Impl::start_telephony() {
  auto context = open_tls(config, places);
  if (!context) return std::unexpected(context.error());
  tls = std::move(*context);
  executor = std::make_unique<store::Executor>(4U);
  recorder = std::make_unique<media::Recorder>(store->clock, store->random);
  media::EngineOptions engine;
  engine.bind_address = config.rtp.bind;
  engine.first_port = config.rtp.first_port;
  engine.last_port = config.rtp.first_port == 0 ? std::uint16_t{0} : config.rtp.last_port;
  engine.kernel_relay = config.rtp.kernel_relay;
  engine.inactivity_timeout = std::chrono::seconds(config.calls.silence_limit);
  auto started = media::MediaEngine::start(engine, store->clock, store->random);
  if (!started) return std::unexpected(started.error());
  media = std::move(*started);
  prompts = std::make_unique<media::PromptStore>(places.prompts);
  for (const auto& [name, error] : prompts->preload())
    log::warning("prompt.unusable", {{"name", name}, {"error", error.text}});
  if (!prompts->get("recording_notice")) {
    log::error("prompt.no_recording_notice", {{"folder", places.prompts.string()}, {"effect", "nothing is recorded"}});
  }
  notices = std::make_unique<Notices>(*store, *prompts, speech::ModelFolder{places.models});
  if (auto queued = executor->submit([this] { notices->refresh(); }); !queued) return queued;
  ledger = pbx::make_store_ledger(*store, *executor, *recorder);
  const unsigned cores = std::clamp(usable_cores(), 1U, 8U);
  reactors =
      std::make_unique<net::ReactorPool>(config.server.reactors == 0 ? cores : config.server.reactors, store->clock);
  pbx::PbxOptions options;
  options.bind = config.sip.bind;
  options.sip_port = config.sip.port;
  options.tls_port = config.sip.tls_port;
  options.udp = config.sip.udp;
  options.tcp = config.sip.tcp;
  if (config.sip.tls) {
    auto shown = open_sip_tls(config, places);
    if (!shown) return std::unexpected(shown.error());
    options.tls = sip_tls = std::move(*shown);
    auto trusted = open_sip_tls_client(config, places);
    if (!trusted) return std::unexpected(trusted.error());
    options.tls_client = sip_tls_client = std::move(*trusted);
  }
  options.advertised = config.sip.advertised_addresses;
  options.web_origins = config.sip.websocket_origins;
  options.public_url = config.http.public_url;
  options.max_connections = config.limits.sip_connections;
  options.max_connections_per_address = config.limits.sip_connections_per_address;
  options.trusted_addresses = config.sip.trusted_addresses;
  options.never_banned = config.sip.never_banned;
  options.trace.bytes = config.sip.trace_bytes;
  options.probe_interval = std::chrono::seconds(config.sip.probe_interval);
  options.held_silence_limit = std::chrono::seconds(config.calls.held_silence_limit);
  options.session_expires = std::chrono::seconds(config.calls.session_interval);
  options.min_session_expires = std::chrono::seconds(config.calls.session_interval_least);
  options.intercom = config.calls.intercom;
  options.pickup = config.calls.pickup;
  for (const auto& server : config.dns.servers)
    options.dns_servers += (options.dns_servers.empty() ? "" : ",") + server.text();
  options.max_calls = config.limits.calls;
  options.max_calls_per_extension = config.limits.calls_per_extension;
  auto telephony = pbx::Pbx::start(options, {*reactors, *media, *prompts, *ledger, store->clock, store->random});
  if (!telephony) return std::unexpected(telephony.error());
  pbx = std::move(*telephony);
  erased = store->bus.subscribe(std::nullopt, [this](const store::Event& event) {
    if (event.type != "call.deleted") return;
    boost::system::error_code failure;
    const auto data = boost::json::parse(event.data, failure);
    const auto* thing = failure || !data.is_object() ? nullptr : data.get_object().if_contains("thing");
    if (thing == nullptr || !thing->is_string()) return;
    if (const auto call = CallId::parse(std::string(thing->get_string()))) pbx->trace().forget(*call);
  });
  reactors->start();
  if (config.speech.enabled) {
    insight::Pipeline::Options options_of_jobs;
    options_of_jobs.live.calls = config.speech.live_calls;
    pipeline = insight::make_pipeline(*store, speech::ModelFolder{places.models}, options_of_jobs);
    pipeline->start();
  }
  const IpAddress bound = config.sip.bind.empty() ? IpAddress{} : config.sip.bind.front();
  const IpAddress local = bound.is_unspecified() ? *IpAddress::parse(bound.v6 ? "::1" : "127.0.0.1") : bound;
  demo = std::make_unique<DemoDoor>(*store, pbx->switchboard(), Endpoint{local, pbx->sip_port()}, places.conversation);
  return {};
}

Result<void> Server::Impl::configuration_changed() {
  auto reloaded = pbx->reload_directory();
  if (auto queued = executor->submit([this] { notices->refresh(); }); !queued)
    log::warning("notice.not_queued", {{"error", queued.error().text}});
  const auto organisations = store->organisations.list();
  for (const auto& organisation : organisations.value_or(std::vector<store::Organisation>{})) {
    store::Event event;
    event.id = EventId::make(store->clock, store->random);
    event.type = "configuration.changed";
    event.organisation = organisation.id;
    event.time = store->clock.wall();
    store->bus.publish(event);
  }
  return reloaded;
}

Result<void> Server::Impl::start_doors() {
  api::ApiParts parts{.store = *store,
                      .switchboard = pbx->switchboard(),
                      .bans = pbx->bans(),
                      .trace = pbx->trace(),
                      .prover = *prover,
                      .eraser = *eraser,
                      .demo = *demo,
                      .clock = store->clock,
                      .configuration_changed = [this] { return configuration_changed(); },
                      .speech = [this]() -> api::SpeechStatus {
                        if (!pipeline) return {false, "", "switched off by speech.enabled"};
                        auto status = pipeline->status();
                        return {status.available, std::move(status.engine), std::move(status.reason)};
                      },
                      .sip_address = [this] { return sip_address(); },
                      .recording_ok =
                          [this] {
                            return store->blobs.free_bytes().value_or(0) > kEnoughDisk &&
                                   prompts->get("recording_notice").has_value();
                          },
                      .version = PARLEY_VERSION,
                      .public_url = config.http.public_url,
                      .console_folder = places.web,
                      .sign_ins_per_minute = config.limits.sign_ins_per_minute};
  api = std::make_unique<api::Api>(std::move(parts));
  net::HttpServerOptions options;
  options.listeners.push_back({Endpoint{config.http.bind, config.http.port}, tls});
  options.unix_socket = places.data / "parleyd.sock";
  options.limits.read.body = config.limits.http_body_bytes;
  options.limits.connections = config.limits.http_connections;
  options.limits.connections_per_address = config.limits.http_connections_per_address;
  options.headers = api::Api::security_headers();
  options.tls_headers = api::Api::tls_headers();
  options.body_limit = [general = options.limits.read.body](const net::HttpRequest& head) {
    return api::Api::body_limit(head, general);
  };
  options.make_error = [](int status, std::string_view text) { return api::to_response(status, text); };
  auto listening = net::HttpServer::start(
      std::move(options), [this](net::HttpRequest& request) { return api->handle(request); },
      [this](net::HttpRequest& request, const std::shared_ptr<net::WebSocketSession>& session) {
        return upgrade(request, session);
      });
  if (!listening) return std::unexpected(listening.error());
  http = std::move(*listening);
  log::info("http.listening", {{"address", http->local().front().text()}});
  pbx->web_port(http->local().front().port);
  if (auto done = start_websocket_doors(); !done) return done;
  housekeeping =
      std::make_unique<Housekeeping>(Housekeeping::Parts{*store, *prover, config.prove, [this] { api->tick(); }});
  housekeeping->start();
  return {};
}

/// SIP over WebSocket at /sip of the HTTPS port, everything else to the API.
std::optional<net::HttpResponse> Server::Impl::upgrade(net::HttpRequest& request,
                                                       const std::shared_ptr<net::WebSocketSession>& session) {
  if (config.sip.websocket && request.path == pbx::kSipWebPath) return pbx->upgrade(request, session);
  return api->upgrade(request, session);
}

/// Ports of their own for it, where they are set: any path there, and nothing but SIP.
Result<void> Server::Impl::start_websocket_doors() {
  net::HttpServerOptions options;
  const auto add = [&](std::uint16_t port, const std::shared_ptr<net::TlsContext>& shown) {
    if (port == 0) return;
    for (const auto& address : config.sip.bind.empty() ? std::vector{IpAddress{}} : config.sip.bind)
      options.listeners.push_back({Endpoint{address, port}, shown});
  };
  add(config.sip.ws_port, nullptr);
  add(config.sip.wss_port, tls);
  if (options.listeners.empty()) return {};
  options.limits.workers = 2;
  options.limits.connections = config.limits.sip_connections;
  options.limits.connections_per_address = config.limits.sip_connections_per_address;
  options.headers = api::Api::security_headers();
  options.tls_headers = api::Api::tls_headers();
  auto listening = net::HttpServer::start(
      std::move(options),
      [](net::HttpRequest&) { return net::HttpResponse::text(426, "This port speaks SIP over WebSocket.\n"); },
      [this](net::HttpRequest& request, const std::shared_ptr<net::WebSocketSession>& session) {
        return pbx->upgrade(request, session);
      });
  if (!listening) return std::unexpected(listening.error());
  web_doors = std::move(*listening);
  return {};
}

boost::json::object Server::Impl::ports() const {
  boost::json::object out{{"http", http->local().front().port}, {"sip", pbx->sip_port()}};
  if (pbx->tls_port() != 0) out["sip_tls"] = pbx->tls_port();
  if (config.sip.ws_port != 0) out["sip_ws"] = config.sip.ws_port;
  if (config.sip.wss_port != 0) out["sip_wss"] = config.sip.wss_port;
  return out;
}

api::SipAddress Server::Impl::sip_address() const {
  api::SipAddress out;
  const IpAddress first = config.sip.bind.empty() ? IpAddress{} : config.sip.bind.front();
  const IpAddress bound = first.is_unspecified() ? primary_address() : first;
  const auto& advertised = config.sip.advertised_addresses;
  out.host = (advertised.empty() ? bound : advertised.front()).text();
  out.port = pbx->sip_port();
  out.transport = config.sip.udp ? "udp" : config.sip.tcp ? "tcp" : "tls";
  if (out.transport == "tls") out.port = pbx->tls_port();
  out.tls_port = pbx->tls_port();
  if (config.sip.websocket) {
    auto origin = console();
    out.websocket_url = "wss" + origin.substr(origin.find("://")) + std::string(pbx::kSipWebPath);
  }
  return out;
}

std::string Server::Impl::console() const {
  if (!config.http.public_url.empty()) return config.http.public_url;
  const Endpoint bound = http->local().front();
  return fmt::format("https://{}",
                     Endpoint{bound.address.is_unspecified() ? primary_address() : bound.address, bound.port}.text());
}

void Server::Impl::stop() {
  if (std::exchange(stopped, true)) return;
  if (demo) demo->stop();
  if (pbx) {
    if (const auto left = pbx->drain(std::chrono::seconds(8)); left > 0) log::warning("calls.left", {{"count", left}});
  }
  if (housekeeping) housekeeping->stop();
  if (api) api->stop();
  if (web_doors) web_doors->stop();
  if (http) http->stop();
  if (pipeline) pipeline->stop();
  if (reactors) reactors->stop();
  if (executor) executor->drain();
  erased.cancel();
  demo.reset();
  web_doors.reset();
  http.reset();
  api.reset();
  pbx.reset();
  media.reset();
  recorder.reset();
  if (executor) executor->stop();
  std::error_code ignored;
  fs::remove(places.data / "ports.json", ignored);
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const Config& config) {
  auto impl = std::make_unique<Impl>(config);
  if (auto done = impl->start(); !done) return std::unexpected(done.error());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::reload(const Config& config) {
  for (const auto& context : {impl_->tls, impl_->sip_tls, impl_->sip_tls_client})
    if (context)
      if (auto done = context->reload(); !done) log::error("tls.not_reloaded", {{"error", done.error().text}});
  if (auto done = impl_->configuration_changed(); !done)
    log::error("directory.not_reloaded", {{"error", done.error().text}});
  log::configure({config.log.level, config.log.json, config.log.personal_data, config.log.file});
  log::info("reloaded");
}

void Server::stop() { impl_->stop(); }
const std::optional<std::string>& Server::welcome() const noexcept { return impl_->welcome; }
std::string Server::console_address() const { return impl_->console(); }

}  // namespace parley::server
