#include <base/metrics.hpp>
#include <pbx/recording_control.hpp>

namespace parley::pbx {
namespace {

metrics::Counter& outcome_counter(std::string_view outcome) {
  return metrics::counter("parley_recordings_total", "Recordings by outcome", {{"outcome", outcome}});
}

}  // namespace

Pending<media::PlayOutcome> play(Core& core, CallLeg& leg, std::shared_ptr<const media::Prompt> prompt) {
  Pending<media::PlayOutcome> heard;
  core.shared().media.play(leg.media().handle(), std::move(prompt), false,
                           [heard](media::LegHandle, media::PlayOutcome outcome) { heard.resolve(outcome); });
  return heard;
}

Result<void> RecordingControl::begin(CallLeg& caller, CallLeg& callee, std::shared_ptr<const media::Prompt> notice,
                                     ExtensionId opted_in) {
  if (status_ != RecordingStatus::Off && status_ != RecordingStatus::Failed)
    return fail(Errc::Conflict, "the call is being recorded already");
  status_ = RecordingStatus::Notice;
  caller_ = &caller;
  callee_ = &callee;
  host_.recording_changed("recording.notice", {});
  app_ = run(caller, callee, std::move(notice), opted_in);
  return {};
}

CallApp RecordingControl::run(CallLeg& caller, CallLeg& callee, std::shared_ptr<const media::Prompt> notice,
                              ExtensionId opted_in) {
  host_.part_parties();
  const auto by_caller = play(core_, caller, notice), by_callee = play(core_, callee, notice);  // both at once
  const auto caller_heard = co_await by_caller;
  const auto callee_heard = co_await by_callee;
  if (host_.is_over()) co_return;
  if (caller_heard != media::PlayOutcome::Finished || callee_heard != media::PlayOutcome::Finished) {
    failed("the notice could not be played to both parties");
    host_.join_parties();
    co_return;
  }
  const auto recording = co_await make_durable(opted_in);
  if (host_.is_over()) {
    if (recording) recording->stop();
    co_return;
  }
  if (recording) {
    recording_ = recording;
    core_.shared().media.record(caller.media().handle(), recording, media::Party::Caller);
    core_.shared().media.record(callee.media().handle(), recording, media::Party::Callee);
    outcome_counter("started").add();
    change(RecordingStatus::On, "recording.started");
  } else {
    failed(durable_error_);
  }
  host_.join_parties();
}

Pending<std::shared_ptr<media::Recording>> RecordingControl::make_durable(ExtensionId opted_in) {
  Pending<std::shared_ptr<media::Recording>> made;
  RecordingOrder order;
  order.call = host_.record_so_far();
  order.recording = RecordingId::make(core_.shared().clock, core_.shared().random);
  order.notice_ended = core_.shared().clock.wall();
  order.opted_in = opted_in;
  ++unsettled_;
  std::weak_ptr<int> alive = alive_;
  core_.shared().ledger.start_recording(
      std::move(order), core_.poster(),
      [this, alive, made](Result<std::shared_ptr<media::Recording>> result) {
        if (!alive.lock()) {
          if (result) (*result)->stop();
          return;
        }
        if (!result) {
          --unsettled_;
          durable_error_ = result.error().text;
          made.resolve(nullptr);
          if (host_.is_over() && settled()) host_.recording_settled();
          return;
        }
        made.resolve(*result);
      },
      [this, alive](const media::RecordingSummary& summary) {
        if (alive.lock()) ended(summary);
      });
  return made;
}

void RecordingControl::ended(const media::RecordingSummary& summary) {
  --unsettled_;
  if (summary.length > Duration::zero()) finished_.push_back(summary.recording);
  if (recording_ && recording_->id() == summary.recording) {  // not by our order: the disk failed
    recording_.reset();
    core_.shared().media.stop_recording(caller_->media().handle());
    core_.shared().media.stop_recording(callee_->media().handle());
    failed(summary.failure.empty() ? "the recording ended by itself" : summary.failure);
  }
  if (settled()) host_.recording_settled();
}

void RecordingControl::failed(const std::string& reason) {
  outcome_counter("failed").add();
  change(RecordingStatus::Failed, "recording.failed", reason);
}

void RecordingControl::fail_before_notice(const std::string& reason) { failed(reason); }

void RecordingControl::change(RecordingStatus status, std::string_view event, const std::string& reason) {
  status_ = status;
  host_.recording_changed(event, reason);
}

Result<void> RecordingControl::pause() {
  if (status_ != RecordingStatus::On) return fail(Errc::Conflict, "no recording is running");
  recording_->pause();
  change(RecordingStatus::Paused, "recording.paused");
  announce("recording_paused");
  return {};
}

Result<void> RecordingControl::resume() {
  if (status_ != RecordingStatus::Paused) return fail(Errc::Conflict, "the recording is not paused");
  recording_->resume();
  change(RecordingStatus::On, "recording.resumed");
  announce("recording_resumed");
  return {};
}

Result<void> RecordingControl::stop() {
  if (status_ != RecordingStatus::On && status_ != RecordingStatus::Paused)
    return fail(Errc::Conflict, "no recording is running");
  core_.shared().media.stop_recording(caller_->media().handle());
  core_.shared().media.stop_recording(callee_->media().handle());
  std::exchange(recording_, nullptr)->stop();
  change(RecordingStatus::Off, "recording.stopped");
  announce("recording_stopped");
  return {};
}

void RecordingControl::announce(std::string_view prompt) {
  const auto sound = core_.shared().prompts.get(prompt);
  if (!sound) return;
  for (auto* leg : {caller_, callee_})
    core_.shared().media.play(leg->media().handle(), *sound, false, [](media::LegHandle, media::PlayOutcome) {});
}

void RecordingControl::toggle_pause() { (void)(status_ == RecordingStatus::Paused ? resume() : pause()); }

void RecordingControl::parties_change() {
  if (recording_) {
    core_.shared().media.stop_recording(caller_->media().handle());
    core_.shared().media.stop_recording(callee_->media().handle());
    std::exchange(recording_, nullptr)->stop();
    change(RecordingStatus::Off, "recording.stopped", "the parties change");
  } else if (status_ == RecordingStatus::Notice) {
    app_ = {};  // nothing is captured, and whoever is not to hear the notice any more does not
    for (auto* leg : {caller_, callee_}) core_.shared().media.stop_play(leg->media().handle());
    change(RecordingStatus::Off, "recording.stopped", "the parties change");
  }
}

void RecordingControl::call_ended() {
  if (recording_) {
    std::exchange(recording_, nullptr)->stop();
    change(RecordingStatus::Off, "recording.stopped");
  }
}

}  // namespace parley::pbx
