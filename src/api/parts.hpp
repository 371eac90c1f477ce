#pragma once
#include <functional>
#include <optional>
#include <string>

#include <base/clock.hpp>
#include <base/ids.hpp>
#include <base/result.hpp>

namespace parley::store {
class Store;
}
namespace parley::pbx {
class Switchboard;
class BanList;
class SipTrace;
}  // namespace parley::pbx
namespace parley::privacy {
class Prover;
class Eraser;
}  // namespace parley::privacy

namespace parley::api {

struct SpeechStatus {
  bool available = false;
  std::string engine;
  std::string reason;
};

struct DemoState {
  std::string state = "idle";  // idle, running, done, failed
  std::string step;
  int progress = 0;  // percent
  std::optional<CallId> call;
  std::string error;
};

/// The demo call: two built-in phones that hold a recorded conversation (parleyd has the real one).
class DemoCalls {
 public:
  virtual ~DemoCalls() = default;
  /// Errors: Conflict while one runs, Unavailable.
  virtual Result<DemoState> start(OrganisationId organisation) = 0;
  virtual DemoState state(OrganisationId organisation) = 0;
};

/// What a phone must dial to reach us.
struct SipAddress {
  std::string host;
  std::uint16_t port = 5060;
  std::string transport = "udp";
  std::uint16_t tls_port = 0;   // 0: no TLS
  std::string websocket_url{};  // "" if SIP over WebSocket is off
};

/// What the API is a door to. All of it outlives the Api; every function may be called from any thread and may block.
struct ApiParts {
  store::Store& store;
  pbx::Switchboard& switchboard;
  pbx::BanList& bans;
  pbx::SipTrace& trace;
  privacy::Prover& prover;
  privacy::Eraser& eraser;
  DemoCalls& demo;
  const Clock& clock;
  /// After a change of organisations, extensions, devices or policies.
  std::function<Result<void>()> configuration_changed;
  std::function<SpeechStatus()> speech;
  std::function<SipAddress()> sip_address;
  std::function<bool()> recording_ok;
  std::string version;
  std::string public_url;      // an Origin that is ours beside the Host of the request
  std::string console_folder;  // "": no console
  unsigned sign_ins_per_minute = 10;
  bool cheap_passwords = false;  // tests: argon2id at its least cost
};

}  // namespace parley::api
