// Calls that both phones have left without a word: nothing is heard of either, so nobody will ever say BYE.
#include <pbx/call.hpp>

namespace parley::pbx {
namespace {

constexpr std::string_view kSilent = "Reason: SIP;cause=408;text=\"No media from either phone\"";

}  // namespace

void Call::hold_changed(bool held) {
  for (auto* leg : {near_, callee_})
    if (leg != nullptr) on_state(*leg);  // who watches it sees which side it is
  if ((view_.state == LiveState::Held) == held) return;
  story_.step(held ? "held" : "resumed", now());
  show([&](LiveCall& view) { view.state = held ? LiveState::Held : LiveState::Answered; });
  tell(held ? "call.held" : "call.resumed");
  for (auto& entry : legs_) entry.silent = false;  // both phones have just agreed to it
  look_for_silence();
}

void Call::on_silence(CallLeg& leg, bool silent) {
  if (!find_entry(leg)) return;
  entry_of(leg).silent = silent;
  look_for_silence();
}

/// One silent phone may be muted; of a held call neither need say anything, for longer.
void Call::look_for_silence() {
  core_.reactor().cancel(silence_timer_);
  silence_timer_ = {};
  const auto is_silent = [this](const CallLeg* leg) {
    if (leg == nullptr) return true;  // a call app of ours
    const auto* entry = find_entry(*leg);
    return entry && (entry->silent || !leg->media().speaks());
  };
  const bool talking = state_ == CallState::Talking || state_ == CallState::Notice;
  if (!talking || transfer_ || !is_silent(near_) || !is_silent(callee_)) {
    silent_since_.reset();
    return;
  }
  if (!silent_since_) silent_since_ = now();
  const bool held = bridge_ && bridge_->held();
  const auto limit = core_.shared().options.held_silence_limit;
  if (held && limit <= Duration::zero()) return;
  if (held && now() < *silent_since_ + limit) {
    silence_timer_ = core_.reactor().at(*silent_since_ + limit, [this] { look_for_silence(); });
    return;
  }
  finish({store::Disposition::Failed, store::HangupSide::System, "media silence", 200}, kSilent);
}

}  // namespace parley::pbx
