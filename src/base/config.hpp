#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <base/endpoint.hpp>
#include <base/ip_range.hpp>
#include <base/log.hpp>
#include <base/result.hpp>

namespace parley {

/// Everything that can be set, with values that work when nothing is. One TOML file and the environment fill it
/// (PARLEY_SECTION_KEY, which wins over the file). docs/configuration.md is made from settings().
struct Config {
  struct Server {
    std::string data_dir;   // empty: see default_data_dir()
    std::string web_dir;    // the console's files; empty: found beside the program
    unsigned reactors = 0;  // threads for calls; 0: one per core, at most 8
  } server;
  struct Http {
    IpAddress bind;  // all v4 addresses
    std::uint16_t port = 8443;
    std::string certificate;  // empty: self-signed, made at first start
    std::string key;
    std::string public_url;               // as browsers see it, behind a proxy; empty: the Host that they ask for
    std::vector<std::string> host_names;  // for the self-signed certificate, beside this machine's own
  } http;
  enum class ClientCertificates : std::uint8_t { Off, Optional, Required };
  struct Sip {
    std::vector<IpAddress> bind;  // empty: all of this machine, IPv4 and IPv6
    std::uint16_t port = 5060;
    bool udp = true;
    bool tcp = true;
    bool tls = true;
    std::uint16_t tls_port = 0;  // 0: the one after `port`, or any free one if that is 0
    std::string certificate;     // empty: that of http
    std::string key;
    ClientCertificates client_certificates = ClientCertificates::Off;
    std::string client_ca;
    std::string ca;         // whom TLS servers that we call must be vouched for by; empty: the system's
    bool websocket = true;  // at /sip of the HTTPS port
    std::uint16_t ws_port = 0, wss_port = 0;  // ports of their own; 0: none
    std::vector<std::string> websocket_origins;
    std::vector<IpAddress> advertised_addresses;
    std::vector<IpAddress> trusted_addresses;
    std::vector<IpRange> never_banned;
    unsigned trace_bytes = 16 * 1024 * 1024;
    unsigned probe_interval = 0;  // seconds; 0: phones are not probed
  } sip;
  struct Calls {
    unsigned silence_limit = 300;  // seconds; 0: silence ends nothing
    unsigned held_silence_limit = 7200;
    unsigned session_interval = 1800, session_interval_least = 90;  // seconds, RFC 4028
    bool intercom = true;
    bool pickup = true;
  } calls;
  struct Dns {
    std::vector<Endpoint> servers;  // none: the system's
  } dns;
  struct Rtp {
    IpAddress bind;
    std::uint16_t first_port = 20000;
    std::uint16_t last_port = 29999;
    bool kernel_relay = true;
  } rtp;
  struct Log {
    log::Level level = log::Level::Info;
    bool json = false;
    std::string file;
    bool personal_data = false;  // PBX-14
  } log;
  struct Speech {
    bool enabled = true;
    std::string models;       // empty: found beside the program
    unsigned live_calls = 2;  // transcribed while they go on, at a time; 0: none
  } speech;
  struct Vault {
    std::string root_key_file;  // empty: <data_dir>/root.key
    std::string root_key_command;
  } vault;
  struct Prove {
    bool nightly = true;
    unsigned hour = 3;  // UTC
  } prove;
  struct Limits {
    unsigned calls = 1000;
    unsigned calls_per_extension = 10;
    unsigned sip_connections = 4096;
    unsigned sip_connections_per_address = 64;
    unsigned http_connections = 2000;
    unsigned http_connections_per_address = 100;
    unsigned http_body_bytes = 1024 * 1024;
    unsigned sign_ins_per_minute = 10;  // wrong ones, per address and per account
  } limits;
};

/// One thing that is wrong, with what to do about it.
struct ConfigProblem {
  std::string where;  // "parley.toml:12" or "PARLEY_HTTP_PORT"
  std::string what;
  std::string remedy;
  [[nodiscard]] std::string text() const;
};

using Environment = std::map<std::string, std::string, std::less<>>;

/// `toml` as read from the file `name`; both empty without a file. Reports every problem, not the first alone; with any
/// problem nothing of it is used.
[[nodiscard]] std::expected<Config, std::vector<ConfigProblem>> parse_config(std::string_view toml,
                                                                             std::string_view name,
                                                                             const Environment& environment);
/// Reads the file, if one is named; an empty `file` means none.
[[nodiscard]] std::expected<Config, std::vector<ConfigProblem>> load_config(const std::string& file,
                                                                            const Environment& environment);
/// The PARLEY_… variables of this process.
[[nodiscard]] Environment process_environment();

/// /var/lib/parley for root; else $XDG_STATE_HOME/parley or ~/.local/state/parley.
[[nodiscard]] std::string default_data_dir();

struct Setting {
  std::string section, key, kind, fallback, about;
};
/// What can be set, for documentation and shell completion.
[[nodiscard]] std::vector<Setting> settings();

}  // namespace parley
