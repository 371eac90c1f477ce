#pragma once
#include <functional>
#include <memory>
#include <vector>

#include <base/function.hpp>
#include <base/result.hpp>
#include <media/recorder.hpp>
#include <pbx/ban_list.hpp>
#include <pbx/directory.hpp>
#include <pbx/location.hpp>
#include <store/calls.hpp>
#include <store/events.hpp>

namespace parley::pbx {

/// What must be durable before the first packet is captured (PBX-4).
struct RecordingOrder {
  store::CallRecord call;  // as far as it is known: makes the open row and the call's key
  RecordingId recording;
  WallTime notice_ended{};
  ExtensionId opted_in;  // whose setting allows it
};

/// Everything that calls and registrations leave behind, and what they are made from. The one way from reactors to the
/// database, disk and keys: nothing here blocks its caller.
/// Thread: any. Callbacks run by the given poster (on the caller's reactor). Lifetime: outlives the Pbx.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// The only two that block: at start and on reload, never on a reactor.
  [[nodiscard]] virtual Result<DirectorySource> load_directory() = 0;
  /// `expires` is set from the wall time, as seen from `now`.
  [[nodiscard]] virtual Result<std::vector<Binding>> load_bindings(TimePoint now) = 0;

  /// `merely_refreshed`: all but its time is as it was kept before, so that writing it may wait.
  virtual void keep_binding(const Binding& binding, bool merely_refreshed) = 0;
  virtual void forget_binding(const Binding& binding) = 0;

  /// Bans and allowed addresses; load_bans() blocks, at start only.
  [[nodiscard]] virtual Result<std::vector<Ban>> load_bans() = 0;
  virtual void keep_ban(const Ban& ban) = 0;
  virtual void forget_ban(BanId ban) = 0;

  using RecordingMade = std::function<void(Result<std::shared_ptr<media::Recording>>)>;
  using RecordingEnded = std::function<void(const media::RecordingSummary&)>;
  /// Row of the call, row and key of the recording, then the file's header: all durable when `made` comes. `ended`
  /// comes once, after the recording's row says how it ended.
  virtual void start_recording(RecordingOrder order, media::Poster post, RecordingMade made, RecordingEnded ended) = 0;

  /// The CDR (PBX-3): record, deadlines, follow-up jobs, event call.ended, in one transaction, or in the journal while
  /// the database is away. `recordings`: those that can be transcribed.
  virtual void close_call(const store::CallRecord& call, std::vector<RecordingId> recordings, media::Poster post,
                          std::function<void(Result<void>)> done) = 0;

  /// `durable`: kept for 72 h and given a sequence number; otherwise only told to who listens now.
  virtual void publish(store::Event event, bool durable) = 0;
};

}  // namespace parley::pbx
