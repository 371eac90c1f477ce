#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <base/config.hpp>

extern char** environ;  // NOLINT: POSIX names it so

namespace parley {

namespace {

std::string env_name(std::string_view section, std::string_view key) {
  std::string out = fmt::format("PARLEY_{}_{}", section, key);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

std::size_t distance(std::string_view a, std::string_view b) {  // Levenshtein, for "did you mean"
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t before = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, before + (a[i - 1] == b[j - 1] ? 0 : 1)});
      before = above;
    }
  }
  return row[b.size()];
}

/// Takes settings out of the file and the environment one by one, notes what is wrong, and in the end what nobody asked
/// for.
class Reader {
 public:
  Reader(const toml::table* table, std::string_view file, const Environment& environment, bool list_only)
      : table_(table), file_(file), environment_(environment), list_only_(list_only) {}

  void section(std::string_view name) { section_ = name; }

  void text(std::string_view key, std::string& out, std::string_view about) {
    take(key, "text", fmt::format("\"{}\"", out), about, [&](std::string_view v) { return out = v, std::string{}; });
  }
  void truth(std::string_view key, bool& out, std::string_view about) {
    take(key, "true or false", out ? "true" : "false", about, [&](std::string_view v) -> std::string {
      if (v != "true" && v != "false") return "write true or false";
      out = v == "true";
      return {};
    });
  }
  template <class Int>
  void number(std::string_view key, Int& out, std::int64_t low, std::int64_t high, std::string_view about) {
    const auto kind = fmt::format("{} to {}", low, high);
    take(key, kind, std::to_string(out), about, [&](std::string_view v) -> std::string {
      std::int64_t value = 0;
      const auto [end, failure] = std::from_chars(v.data(), v.data() + v.size(), value);
      if (failure != std::errc{} || end != v.data() + v.size() || value < low || value > high) {
        return fmt::format("write a whole number from {} to {}", low, high);
      }
      out = static_cast<Int>(value);
      return {};
    });
  }
  void address(std::string_view key, IpAddress& out, std::string_view about) {
    take(key, "IP address", fmt::format("\"{}\"", out.text()), about, [&](std::string_view v) -> std::string {
      const auto parsed = IpAddress::parse(v);
      if (!parsed) return R"(write an IP address as "192.0.2.1" or "::")";
      out = *parsed;
      return {};
    });
  }
  void addresses(std::string_view key, std::vector<IpAddress>& out, std::string_view about) {
    list(
        key, "list of IP addresses", about, [&] { out.clear(); },
        [&](std::string_view v) -> std::string {
          const auto parsed = IpAddress::parse(v);
          if (!parsed) return R"(write addresses as ["192.0.2.1", "192.0.2.2"])";
          out.push_back(*parsed);
          return {};
        });
  }
  void ranges(std::string_view key, std::vector<IpRange>& out, std::string_view about) {
    list(
        key, "list of IP addresses or ranges", about, [&] { out.clear(); },
        [&](std::string_view v) -> std::string {
          const auto parsed = IpRange::parse(v);
          if (!parsed) return R"(write addresses and ranges as ["192.0.2.1", "198.51.100.0/24"])";
          out.push_back(*parsed);
          return {};
        });
  }
  /// An address alone means `port`.
  void endpoints(std::string_view key, std::vector<Endpoint>& out, std::uint16_t port, std::string_view about) {
    list(
        key, "list of IP addresses, with or without port", about, [&] { out.clear(); },
        [&](std::string_view v) -> std::string {
          const auto address = IpAddress::parse(v);
          const auto parsed = address ? std::optional(Endpoint{*address, port}) : Endpoint::parse(v);
          if (!parsed || parsed->port == 0) return R"(write addresses as ["192.0.2.1", "[2001:db8::1]:5300"])";
          out.push_back(*parsed);
          return {};
        });
  }
  void texts(std::string_view key, std::vector<std::string>& out, std::string_view about) {
    list(
        key, "list of texts", about, [&] { out.clear(); },
        [&](std::string_view v) { return out.emplace_back(v), std::string{}; });
  }
  template <class T>
  void choice(std::string_view key, T& out, std::initializer_list<std::pair<std::string_view, T>> choices,
              std::string_view about) {
    std::string names;
    std::string_view now;
    for (const auto& [name, value] : choices) {
      names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
      if (value == out) now = name;
    }
    take(key, names, fmt::format("\"{}\"", now), about, [&](std::string_view v) -> std::string {
      for (const auto& [name, value] : choices) {
        if (name == v) return out = value, std::string{};
      }
      return fmt::format("write one of: {}", names);
    });
  }

  void problem(std::string where, std::string what, std::string remedy) {
    problems_.push_back({std::move(where), std::move(what), std::move(remedy)});
  }
  /// Where a setting was given, for problems that concern several of them.
  [[nodiscard]] std::string place(std::string_view section_name, std::string_view key) const {
    if (const auto name = env_name(section_name, key); environment_.contains(name)) return name;
    const auto* found = table_ == nullptr ? nullptr : table_->at_path(fmt::format("{}.{}", section_name, key)).node();
    return found == nullptr ? env_name(section_name, key) : line_of(*found);
  }

  void report_unknown() {
    std::set<std::string> sections;
    for (const auto& setting : known_) sections.insert(setting.section);
    if (table_ != nullptr) {
      for (const auto& [name, node] : *table_) {
        const std::string section_name(name.str());
        if (!sections.contains(section_name)) {
          problem(line_of(node), fmt::format("there is no section [{}]", section_name),
                  nearest(section_name, sections));
        } else if (const auto* inner = node.as_table(); inner == nullptr) {
          problem(line_of(node), fmt::format("{} is a section", section_name), fmt::format("write [{}]", section_name));
        } else {
          report_unknown_keys(section_name, *inner);
        }
      }
    }
    for (const auto& [name, value] : environment_) {
      const bool ours =
          std::ranges::any_of(sections, [&](const std::string& s) { return name.starts_with(env_name(s, "")); });
      const bool known =
          std::ranges::any_of(known_, [&](const Setting& s) { return name == env_name(s.section, s.key); });
      if (!ours || known) continue;
      std::set<std::string> names;
      for (const auto& setting : known_) names.insert(env_name(setting.section, setting.key));
      problem(name, "there is no such setting", nearest(name, names));
    }
  }

  std::vector<ConfigProblem> problems_;
  std::vector<Setting> known_;

 private:
  [[nodiscard]] std::string line_of(const toml::node& node) const {
    return fmt::format("{}:{}", file_, node.source().begin.line);
  }
  [[nodiscard]] static std::string nearest(const std::string& wrong, const std::set<std::string>& names) {
    const auto best = std::ranges::min_element(names, {}, [&](const std::string& n) { return distance(wrong, n); });
    if (best != names.end() && distance(wrong, *best) <= 3) return fmt::format("did you mean {}?", *best);
    return fmt::format("known are: {}", fmt::join(names, ", "));
  }
  void report_unknown_keys(const std::string& section_name, const toml::table& table) {
    std::set<std::string> keys;
    for (const auto& setting : known_) {
      if (setting.section == section_name) keys.insert(setting.key);
    }
    for (const auto& [key, node] : table) {
      if (const std::string name(key.str()); !keys.contains(name)) {
        problem(line_of(node), fmt::format("[{}] has no setting {}", section_name, name), nearest(name, keys));
      }
    }
  }

  template <class F>
  void take(std::string_view key, std::string_view kind, std::string_view fallback, std::string_view about, F&& set) {
    known_.push_back(
        {std::string(section_), std::string(key), std::string(kind), std::string(fallback), std::string(about)});
    if (list_only_) return;
    if (const toml::node* node = find(key); node != nullptr) {  // checked although the environment may win
      const auto written = as_written(*node);
      auto remedy = written ? set(std::string_view(*written)) : fmt::format("write {}", kind);
      if (!remedy.empty())
        problem(line_of(*node), fmt::format("{}.{} is not {}", section_, key, kind), std::move(remedy));
    }
    if (const auto found = environment_.find(env_name(section_, key)); found != environment_.end()) {
      if (auto remedy = set(std::string_view(found->second)); !remedy.empty())
        problem(found->first, fmt::format("'{}' is not {}", found->second, kind), std::move(remedy));
    }
  }
  /// The file's items are checked although the environment's may take their place, whole.
  template <class Clear, class F>
  void list(std::string_view key, std::string_view kind, std::string_view about, Clear&& clear, F&& add) {
    known_.push_back({std::string(section_), std::string(key), std::string(kind), "[]", std::string(about)});
    if (list_only_) return;
    if (const toml::node* node = find(key); node != nullptr) items_of_file(*node, key, kind, add);
    const auto found = environment_.find(env_name(section_, key));
    if (found == environment_.end()) return;
    clear();
    std::string_view rest = found->second;
    while (!rest.empty()) {
      std::string_view item = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), item.size() + 1));
      while (item.starts_with(' ')) item.remove_prefix(1);
      if (auto remedy = add(item); !remedy.empty())
        problem(found->first, fmt::format("'{}' is not {}", item, kind), "write them with commas between");
    }
  }
  template <class F>
  void items_of_file(const toml::node& node, std::string_view key, std::string_view kind, F&& add) {
    if (const auto* one = node.as_string(); one != nullptr) {  // a list of one may be written without brackets
      if (auto remedy = add(std::string_view(one->get())); !remedy.empty())
        problem(line_of(node), fmt::format("{}.{} is not {}", section_, key, kind), std::move(remedy));
      return;
    }
    const auto* array = node.as_array();
    if (array == nullptr)
      return problem(line_of(node), fmt::format("{}.{} is not a list", section_, key), R"(write ["…", "…"])");
    for (const auto& item : *array) {
      const auto* value = item.as_string();
      auto remedy = value == nullptr ? std::string(R"(write ["…", "…"])") : add(std::string_view(value->get()));
      if (!remedy.empty())
        problem(line_of(item), fmt::format("{}.{} is not {}", section_, key, kind), std::move(remedy));
    }
  }
  [[nodiscard]] const toml::node* find(std::string_view key) const {
    if (table_ == nullptr) return nullptr;
    const auto* table = table_->get_as<toml::table>(section_);
    return table == nullptr ? nullptr : table->get(key);
  }
  [[nodiscard]] static std::optional<std::string> as_written(const toml::node& node) {
    if (const auto* value = node.as_string()) return value->get();
    if (const auto* value = node.as_integer()) return std::to_string(value->get());
    if (const auto* value = node.as_boolean()) return value->get() ? "true" : "false";
    return std::nullopt;
  }

  const toml::table* table_;
  std::string_view file_;
  const Environment& environment_;
  bool list_only_;
  std::string_view section_;
};

void read_all(Reader& in, Config& c) {
  in.section("server");
  in.text("data_dir", c.server.data_dir, "where everything is kept: database, keys, recordings");
  in.text("web_dir", c.server.web_dir, "the console's files");
  in.number("reactors", c.server.reactors, 0, 64, "threads for calls; 0: one per core, at most 8");
  in.section("http");
  in.address("bind", c.http.bind, "address of console and API");
  in.number("port", c.http.port, 0, 65535, "its port; 0: any free one");
  in.text("certificate", c.http.certificate, "PEM file with the certificate chain; without one a self-signed is made");
  in.text("key", c.http.key, "PEM file with its key");
  in.text("public_url", c.http.public_url, "how browsers reach the console when a proxy stands before it");
  in.texts("host_names", c.http.host_names, "more names and addresses for the self-signed certificate");
  in.section("sip");
  in.addresses("bind", c.sip.bind, "addresses for phones; empty: all of this machine, IPv4 and IPv6");
  in.number("port", c.sip.port, 0, 65535, "their port, UDP and TCP; 0: any free one");
  in.truth("udp", c.sip.udp, "SIP over UDP");
  in.truth("tcp", c.sip.tcp, "SIP over TCP");
  in.truth("tls", c.sip.tls, "SIP over TLS");
  in.number("tls_port", c.sip.tls_port, 0, 65535, "its port; 0: the one after sip.port");
  in.text("certificate", c.sip.certificate, "PEM file with the certificate chain for TLS; empty: that of [http]");
  in.text("key", c.sip.key, "PEM file with its key");
  in.choice<Config::ClientCertificates>("client_certificates", c.sip.client_certificates,
                                        {{"off", Config::ClientCertificates::Off},
                                         {"optional", Config::ClientCertificates::Optional},
                                         {"required", Config::ClientCertificates::Required}},
                                        "whether phones and trunks must show one over TLS");
  in.text("client_ca", c.sip.client_ca, "PEM file with the CAs of these certificates");
  in.text("ca", c.sip.ca, "PEM file with the CAs of TLS servers that we call; empty: the system's");
  in.truth("websocket", c.sip.websocket, "SIP over WebSocket, at /sip of the HTTPS port");
  in.number("ws_port", c.sip.ws_port, 0, 65535, "a port of its own for WebSocket in clear, behind a proxy; 0: none");
  in.number("wss_port", c.sip.wss_port, 0, 65535, "a port of its own for WebSocket over TLS; 0: none");
  in.texts("websocket_origins", c.sip.websocket_origins,
           "origins of pages that may speak SIP, beside the console's; \"*\": any");
  in.addresses("advertised_address", c.sip.advertised_addresses,
               "what we call ourselves in SIP and SDP, behind NAT; one for each family");
  in.addresses("trusted_addresses", c.sip.trusted_addresses, "sources whose calls need no password: an inner gateway");
  in.number("trace_bytes", c.sip.trace_bytes, 0, std::int64_t{1024} * 1024 * 1024,
            "memory for the last SIP messages (parley sip trace); 0: none are kept");
  in.ranges("never_banned", c.sip.never_banned,
            "sources that are never banned or cut off, whatever they send: a proxy in front, a monitor");
  in.number("probe_interval", c.sip.probe_interval, 0, 86400,
            "seconds between OPTIONS to each registered phone, for its latency and whether it is there; 0: none");
  in.section("calls");
  in.number("silence_limit", c.calls.silence_limit, 0, 86400,
            "seconds after which a call ends when neither phone sends any media; 0: never");
  in.number("held_silence_limit", c.calls.held_silence_limit, 0, 604800, "the same while one is on hold; 0: never");
  in.number("session_interval", c.calls.session_interval, 90, 86400,
            "seconds within which a call must be refreshed, where phones can (RFC 4028)");
  in.number("session_interval_least", c.calls.session_interval_least, 90, 86400,
            "the least that a phone may ask for; shorter gets 422");
  in.truth("intercom", c.calls.intercom, "phones of an organisation may ask one another to answer by themselves");
  in.truth("pickup", c.calls.pickup, "extensions may pick up one another's ringing calls: *8 and the number");
  in.section("dns");
  in.endpoints("servers", c.dns.servers, 53, "name servers that are asked for carriers; none: the system's");
  in.section("rtp");
  in.address("bind", c.rtp.bind, "address for audio");
  in.number("first_port", c.rtp.first_port, 0, 65534, "first of the ports for audio; 0: any free ones");
  in.number("last_port", c.rtp.last_port, 0, 65535, "last of them");
  in.truth("kernel_relay", c.rtp.kernel_relay,
           "let the kernel relay calls that need nothing else, where it may (Linux 6.6, CAP_BPF, CAP_NET_ADMIN)");
  in.section("log");
  in.choice<log::Level>("level", c.log.level,
                        {{"debug", log::Level::Debug},
                         {"info", log::Level::Info},
                         {"warning", log::Level::Warning},
                         {"error", log::Level::Error}},
                        "how much is logged");
  in.choice<bool>("format", c.log.json, {{"text", false}, {"json", true}}, "for people or for programs");
  in.text("file", c.log.file, "where to; empty: standard error");
  in.truth("personal_data", c.log.personal_data, "names and numbers in the log; for debugging only (PBX-14)");
  in.section("speech");
  in.truth("enabled", c.speech.enabled, "transcribe and analyse recordings");
  in.text("models", c.speech.models, "folder with the speech models");
  in.number("live_calls", c.speech.live_calls, 0, 100, "recorded calls that are transcribed while they go on; 0: none");
  in.section("vault");
  in.text("root_key_file", c.vault.root_key_file, "the root key; made at first start with mode 0600");
  in.text("root_key_command", c.vault.root_key_command,
          "a command that prints the root key in base64, from a KMS for instance");
  in.section("prove");
  in.truth("nightly", c.prove.nightly, "check every promise each night");
  in.number("hour", c.prove.hour, 0, 23, "at this hour, UTC");
  in.section("limits");
  in.number("calls", c.limits.calls, 1, 100000, "calls at the same time");
  in.number("calls_per_extension", c.limits.calls_per_extension, 1, 10000, "calls of one extension at the same time");
  in.number("sip_connections", c.limits.sip_connections, 10, 1000000, "open SIP connections: TCP, TLS, WebSocket");
  in.number("sip_connections_per_address", c.limits.sip_connections_per_address, 1, 100000, "of them from one address");
  in.number("http_connections", c.limits.http_connections, 10, 100000, "open HTTP connections");
  in.number("http_connections_per_address", c.limits.http_connections_per_address, 1, 10000,
            "of them from one address");
  in.number("http_body_bytes", c.limits.http_body_bytes, 1024, std::int64_t{64} * 1024 * 1024, "largest request body");
  in.number("sign_ins_per_minute", c.limits.sign_ins_per_minute, 1, 1000,
            "wrong passwords per address and per account");
}

void check_together(Reader& in, const Config& c) {
  if (c.http.certificate.empty() != c.http.key.empty()) {
    const auto given = c.http.certificate.empty() ? "key" : "certificate";
    in.problem(in.place("http", given), "http.certificate and http.key belong together",
               "set both, or none for a self-signed certificate");
  }
  const bool ephemeral = c.rtp.first_port == 0;
  if (!ephemeral && c.rtp.last_port < c.rtp.first_port + 3) {
    in.problem(in.place("rtp", "last_port"), "the range of RTP ports has no room for one call",
               "a call takes four ports: set rtp.last_port higher");
  }
  if (c.calls.session_interval < c.calls.session_interval_least) {
    in.problem(in.place("calls", "session_interval"), "calls.session_interval is below the least that is allowed",
               "set it to calls.session_interval_least or more");
  }
  if (!c.sip.udp && !c.sip.tcp && !c.sip.tls) {
    in.problem(in.place("sip", "udp"), "neither UDP, TCP nor TLS for SIP",
               "set one of sip.udp, sip.tcp and sip.tls to true");
  }
  if (c.sip.tls && c.sip.tls_port != 0 && c.sip.tls_port == c.sip.port) {
    in.problem(in.place("sip", "tls_port"), "TCP and TLS on one port", "leave sip.tls_port to the one after sip.port");
  }
  if (c.sip.tls && c.sip.tls_port == 0 && c.sip.port == 65535) {
    in.problem(in.place("sip", "port"), "there is no port after this one for TLS", "set sip.tls_port");
  }
  const int tls_port = c.sip.tls_port != 0 || c.sip.port == 0 ? c.sip.tls_port : c.sip.port + 1;
  const bool taken = (c.sip.tcp && c.http.port == c.sip.port) || (c.sip.tls && c.http.port == tls_port);
  const auto meets = [&](const IpAddress& one) {
    return one == c.http.bind || one.is_unspecified() || c.http.bind.is_unspecified();
  };
  if (c.http.port != 0 && taken && (c.sip.bind.empty() || std::ranges::any_of(c.sip.bind, meets))) {
    in.problem(in.place("http", "port"), "SIP over TCP or TLS has this port on the same address",
               "write another http.port, sip.port or sip.tls_port");
  }
  if (c.sip.certificate.empty() != c.sip.key.empty()) {
    in.problem(in.place("sip", c.sip.certificate.empty() ? "key" : "certificate"),
               "sip.certificate and sip.key belong together", "set both, or none for the certificate of [http]");
  }
  if (c.sip.client_certificates != Config::ClientCertificates::Off && c.sip.client_ca.empty()) {
    in.problem(in.place("sip", "client_certificates"),
               "certificates of clients are asked for, but nobody vouches for them",
               "set sip.client_ca to the file with their CAs");
  }
  const auto& url = c.http.public_url;
  if (!url.empty() && (!url.starts_with("https://") || url.size() < 9 || url.find('/', 8) != std::string::npos)) {
    in.problem(in.place("http", "public_url"), "http.public_url is not an origin",
               R"(write it as "https://phone.example.com", nothing behind)");
  }
  if (!c.vault.root_key_command.empty() && !c.vault.root_key_file.empty()) {
    in.problem(in.place("vault", "root_key_command"), "two sources for the root key",
               "keep one of vault.root_key_file and vault.root_key_command");
  }
}
}  // namespace

std::string ConfigProblem::text() const { return fmt::format("{}: {} ({})", where, what, remedy); }

std::expected<Config, std::vector<ConfigProblem>> parse_config(std::string_view toml, std::string_view name,
                                                               const Environment& environment) {
  toml::table table;
  try {
    table = toml::parse(toml, name);
  } catch (const toml::parse_error& error) {
    return std::unexpected(std::vector<ConfigProblem>{{fmt::format("{}:{}", name, error.source().begin.line),
                                                       std::string(error.description()),
                                                       "the file is TOML: [section], then key = value"}});
  }
  Config config;
  Reader in(&table, name, environment, false);
  read_all(in, config);
  in.report_unknown();
  if (in.problems_.empty()) check_together(in, config);
  if (!in.problems_.empty()) return std::unexpected(std::move(in.problems_));
  return config;
}

std::expected<Config, std::vector<ConfigProblem>> load_config(const std::string& file, const Environment& environment) {
  if (file.empty()) return parse_config("", "", environment);
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (!in || in.bad()) {
    return std::unexpected(
        std::vector<ConfigProblem>{{file, "the file cannot be read", "check its name and its permissions"}});
  }
  if (text.size() > std::size_t{1024} * 1024) {
    return std::unexpected(std::vector<ConfigProblem>{{file, "the file is larger than 1 MiB", "is it the right one?"}});
  }
  return parse_config(text, file, environment);
}

Environment process_environment() {
  Environment out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view pair(*entry);
    const std::size_t equals = pair.find('=');
    if (pair.starts_with("PARLEY_") && equals != std::string_view::npos) {
      out.emplace(pair.substr(0, equals), pair.substr(equals + 1));
    }
  }
  return out;
}

std::string default_data_dir() {
  if (::geteuid() == 0) return "/var/lib/parley";
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return std::string(state) + "/parley";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::string(home) + "/.local/state/parley";
  return "/var/lib/parley";
}

std::vector<Setting> settings() {
  Config config;
  Reader in(nullptr, "", {}, true);
  read_all(in, config);
  return std::move(in.known_);
}

}  // namespace parley
