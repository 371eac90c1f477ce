#include <pbx/leg_progress.hpp>

namespace parley::pbx {
namespace {

constexpr auto kEveryMinute = std::chrono::minutes(1);

}  // namespace

void LegProgress::begin(const sip::Message& invite) {
  required_ = invite.lists(sip::Header::Require, "100rel");
  supported_ = required_ || invite.lists(sip::Header::Supported, "100rel");
  invite_cseq_ = invite.cseq().number;
}

/// Proxies give a call up that says nothing for three minutes: something every minute (RFC 3261 §13.3.1.1).
void LegProgress::keep_alive() {
  core_.reactor().cancel(minute_timer_);
  minute_timer_ = core_.reactor().after(kEveryMinute, [this] { send(last_.status, {}, false); });
}

void LegProgress::send(unsigned status, const std::string& sdp, bool reliably) {
  keep_alive();
  last_.status = sender_.waiting() ? last_.status : status;
  if (!required_ && !(supported_ && (reliably || !sdp.empty()))) return write_(status, sdp, 0);
  if (!sender_.waiting()) return send_reliably(status, sdp);
  if (waiting_.size() < kMaxWaiting) waiting_.push_back({status, sdp});
}

void LegProgress::send_reliably(unsigned status, const std::string& sdp) {
  rseq_ = sender_.next_rseq(core_.shared().random.next());
  last_ = {status, described_ ? std::string() : sdp};
  if (!last_.sdp.empty()) described_ = description_unacknowledged_ = true;
  sender_.start(invite_cseq_, core_.reactor().now());
  write_(last_.status, last_.sdp, rseq_);
  arm();
}

void LegProgress::arm() {
  core_.reactor().cancel(timer_);
  timer_ = {};
  const auto due = sender_.next_deadline();
  if (!due) return;
  timer_ = core_.reactor().at(*due, [this] {
    switch (sender_.on_time(core_.reactor().now())) {
      case sip::ReliableSender::Due::Send: write_(last_.status, last_.sdp, rseq_); break;
      case sip::ReliableSender::Due::GiveUp: return lost_();
      case sip::ReliableSender::Due::Nothing: break;
    }
    arm();
  });
}

bool LegProgress::on_prack(const sip::Message& prack) {
  const auto text = prack.value(sip::Header::Rack);
  if (!text) return false;
  const auto rack = sip::parse_rack(*text);
  if (!rack || !sender_.on_prack(*rack)) return false;
  description_unacknowledged_ = false;
  core_.reactor().cancel(timer_);
  timer_ = {};
  return true;
}

void LegProgress::go_on() {
  if (sender_.waiting() || waiting_.empty()) return;
  const auto next = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  send_reliably(next.status, next.sdp);
}

void LegProgress::stop() {
  sender_.stop();
  waiting_.clear();
  for (auto* timer : {&timer_, &minute_timer_}) {
    core_.reactor().cancel(*timer);
    *timer = {};
  }
}

}  // namespace parley::pbx
