#pragma once
#include <functional>
#include <memory>
#include <vector>

#include <pbx/await.hpp>
#include <pbx/call_leg.hpp>
#include <pbx/switchboard.hpp>

namespace parley::pbx {

/// Plays a prompt to one party; resolves when it was heard to the end, or not.
[[nodiscard]] Pending<media::PlayOutcome> play(Core& core, CallLeg& leg, std::shared_ptr<const media::Prompt> prompt);

/// The recording of one call (PBX-4). Off until begin(); then, in this order and never another:
///   both parties hear the notice -> rows and keys are durable -> capture begins -> the parties hear each other.
/// If the notice cannot be played to both, or nothing can be made durable, nothing is recorded and the call goes on.
/// Thread: the call's reactor.   Lifetime: its Call, which tells it when the call ends.
class RecordingControl {
 public:
  /// What it needs from its call.
  class Host {
   public:
    virtual void recording_changed(std::string_view event, const std::string& reason) = 0;  // recording.started, …
    [[nodiscard]] virtual store::CallRecord record_so_far() const = 0;
    [[nodiscard]] virtual bool is_over() const = 0;
    virtual void part_parties() = 0;  // nobody hears the other while the notice plays
    virtual void join_parties() = 0;
    virtual void recording_settled() = 0;  // the last recording's row says how it ended

   protected:
    ~Host() = default;
  };
  RecordingControl(Core& core, Host& host) : core_(core), host_(host) {}

  /// `opted_in`: whose setting allows it (PBX-4).
  [[nodiscard]] Result<void> begin(CallLeg& caller, CallLeg& callee, std::shared_ptr<const media::Prompt> notice,
                                   ExtensionId opted_in);
  /// The notice could not even be tried.
  void fail_before_notice(const std::string& reason);
  /// Errors: Conflict in any other status than the one that the order needs.
  [[nodiscard]] Result<void> pause();
  [[nodiscard]] Result<void> resume();
  [[nodiscard]] Result<void> stop();
  void toggle_pause();
  void call_ended();
  /// Somebody else takes a party's place: what runs ends here, the notice too; begin() starts anew with the new ones.
  void parties_change();

  [[nodiscard]] RecordingStatus status() const noexcept { return status_; }
  /// Nothing is being written, and no row is waiting for its end.
  [[nodiscard]] bool settled() const noexcept { return unsettled_ == 0; }
  /// Recordings that hold audio.
  [[nodiscard]] const std::vector<RecordingId>& finished() const noexcept { return finished_; }

 private:
  CallApp run(CallLeg& caller, CallLeg& callee, std::shared_ptr<const media::Prompt> notice, ExtensionId opted_in);
  [[nodiscard]] Pending<std::shared_ptr<media::Recording>> make_durable(ExtensionId opted_in);
  void ended(const media::RecordingSummary& summary);
  void failed(const std::string& reason);
  /// Tells both parties what somebody did to the recording, if there is a prompt for it.
  void announce(std::string_view prompt);
  void change(RecordingStatus status, std::string_view event, const std::string& reason = {});

  Core& core_;
  Host& host_;
  RecordingStatus status_ = RecordingStatus::Off;
  std::shared_ptr<media::Recording> recording_;
  CallLeg* caller_ = nullptr;
  CallLeg* callee_ = nullptr;
  std::vector<RecordingId> finished_;
  unsigned unsettled_ = 0;
  std::string durable_error_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  CallApp app_;
};

}  // namespace parley::pbx
