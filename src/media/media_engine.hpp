#pragma once
#include <cstdint>
#include <functional>
#include <memory>

#include <base/clock.hpp>
#include <base/random.hpp>
#include <base/result.hpp>
#include <media/media_types.hpp>
#include <media/prompt.hpp>
#include <media/recorder.hpp>

namespace parley::media {

struct EngineOptions {
  IpAddress bind_address{};      // default: all v4 addresses
  std::uint16_t first_port = 0;  // RTP on even ports, RTCP on the odd one above; 0: ephemeral (tests)
  std::uint16_t last_port = 0;
  unsigned max_legs = 4096;
  bool kernel_relay = false;  // hand plain calls to the kernel where it may (kernel_relay.hpp)
  int realtime_priority = 5;  // SCHED_FIFO where permitted; 0: never
  Duration inactivity_timeout = std::chrono::seconds(30);  // neither RTP nor RTCP while we may receive; 0: never
  Duration rtcp_interval = std::chrono::seconds(5);
};

/// What a leg tells its owner, always by `post`. A callback already posted may still run after close(): capture a
/// handle, not a pointer. Any of them may be empty.
struct LegCallbacks {
  Poster post{};
  std::function<void(LegHandle, DtmfPress)> on_dtmf{};
  std::function<void(LegHandle)> on_inactive{};      // nothing received for inactivity_timeout; once until on_active
  std::function<void(LegHandle)> on_first_packet{};  // first accepted RTP packet of the leg
  std::function<void(LegHandle)> on_active{};        // something was received again, after on_inactive
};

struct LegOptions {
  std::string cname{};  // RTCP SDES; empty: a random one (RFC 7022). Never a name or number.
};

/// A leg's near end, known before anything was sent: what goes into our SDP.
struct OpenLeg {
  LegHandle handle;
  std::uint16_t rtp_port = 0;
  std::uint16_t rtcp_port = 0;
};

/// All RTP of this process: one thread (SCHED_FIFO where permitted), one UDP socket pair per leg.
/// Legs in a bridge hear each other: the same codec is relayed with rewritten headers, otherwise the payload is
/// transcoded. A packet is accepted only from an address that signalling vouches for, and nothing is sent elsewhere
/// (rtp/source_learning.hpp). RTCP ends here: each leg gets our own reports.
/// Source:   RFC 3550, 3551, 4733, 7587; DESIGN "One call" step 4.
/// Thread:   any for all functions. They queue a command and return; commands of one thread keep their order.
/// Lifetime: legs left open are closed by the destructor, their on_closed is not called then.
class MediaEngine {
 public:
  [[nodiscard]] static Result<std::unique_ptr<MediaEngine>> start(const EngineOptions& options, const Clock& clock,
                                                                  Random& random);
  ~MediaEngine();
  MediaEngine(const MediaEngine&) = delete;
  MediaEngine& operator=(const MediaEngine&) = delete;

  /// Binds the ports before it returns. Errors: Full (port range or max_legs used up), Io.
  [[nodiscard]] Result<OpenLeg> open_leg(LegOptions options, LegCallbacks callbacks);
  /// After each offer/answer. Keeps the far end's learned port if the address did not change.
  void set_remote(LegHandle leg, RemoteMedia remote);

  /// The two hear each other from now on; earlier bridges and echoes of either end. A == B is echo().
  void bridge(LegHandle a, LegHandle b);
  void unbridge(LegHandle leg);
  /// The leg hears itself (extension 600).
  void echo(LegHandle leg);

  /// Plays in place of the bridged audio. `repeat` goes on until stop_play (ringback, hold music).
  void play(LegHandle leg, std::shared_ptr<const Prompt> prompt, bool repeat,
            std::function<void(LegHandle, PlayOutcome)> on_done);
  void stop_play(LegHandle leg);
  /// RFC 4733 event to the peer, in place of audio while it lasts. Ignored if the peer did not negotiate it.
  void send_dtmf(LegHandle leg, char digit, Duration duration = std::chrono::milliseconds(160));
  /// Whether keys that this leg's peer presses are relayed to the other leg of the bridge (default yes).
  void relay_dtmf(LegHandle leg, bool on);

  /// From now on what this leg's peer sends is given to the recording as `party`. One recording per leg: replaces the
  /// last.
  void record(LegHandle leg, std::shared_ptr<Recording> recording, Party party);
  void stop_recording(LegHandle leg);

  /// Figures now; `on_result` is posted by the leg's poster. Not called for a leg that is closed already.
  void statistics(LegHandle leg, std::function<void(LegHandle, const LegStatistics&)> on_result);
  /// Sends RTCP BYE, gives the ports back, tells the figures.
  void close(LegHandle leg, std::function<void(LegHandle, const LegStatistics&)> on_closed = {});

  [[nodiscard]] unsigned open_legs() const;
  [[nodiscard]] bool realtime() const;      // SCHED_FIFO was granted
  [[nodiscard]] bool kernel_relay() const;  // the kernel relays plain calls

 private:
  class Impl;
  explicit MediaEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::media
