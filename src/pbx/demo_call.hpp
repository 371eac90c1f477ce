#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <base/ids.hpp>
#include <base/random.hpp>
#include <base/result.hpp>
#include <pbx/switchboard.hpp>

namespace parley::pbx {

struct DemoAccount {
  std::string number;  // of its extension
  std::string user, password, display_name;
};

struct DemoCallOptions {
  OrganisationId organisation;
  Endpoint server;     // SIP over UDP, as reached from this host: 127.0.0.1:5060
  IpAddress address;   // of the softphones' sockets: 127.0.0.1
  std::string domain;  // the organisation's SIP domain
  DemoAccount caller, callee;
  std::filesystem::path conversation;  // stereo WAV: channel 0 caller, 1 callee
  Duration at_most = std::chrono::minutes(5);
};

struct DemoProgress {
  enum class State : std::uint8_t { Idle, Running, Done, Failed };
  State state = State::Idle;
  std::string step;     // "registering", "calling", "notice", "talking", "ending", "done", or why it failed
  double progress = 0;  // 0 to 1
  std::optional<CallId> call;
};
[[nodiscard]] std::string_view to_string(DemoProgress::State state) noexcept;  // "idle", "running", "done", "failed"

/// Parley calls Parley: two softphones register over real SIP, the one calls the other, recording is switched on (with
/// its notice, PBX-4), both say their channel of the conversation in real time, the caller hangs up, both unregister.
/// The call is like any other: CDR, recording, transcript. Thread:   any; runs on a thread of its own, where
/// `on_progress` is called (a few times a second at most). Lifetime: the switchboard outlives it; the destructor stops
/// a running call. Errors:   Conflict (one is running), and of the file: NotFound, Corrupt, Invalid (not two channels).
class DemoCall {
 public:
  DemoCall(Switchboard& switchboard, const Clock& clock, Random& random);
  ~DemoCall();
  DemoCall(const DemoCall&) = delete;
  DemoCall& operator=(const DemoCall&) = delete;

  [[nodiscard]] Result<void> start(const DemoCallOptions& options,
                                   std::function<void(const DemoProgress&)> on_progress = {});
  [[nodiscard]] DemoProgress progress() const;
  /// Hangs up and waits for the end.
  void stop();

 private:
  struct Run;
  Switchboard& switchboard_;
  const Clock& clock_;
  Random& random_;
  std::unique_ptr<Run> run_;
};

}  // namespace parley::pbx
