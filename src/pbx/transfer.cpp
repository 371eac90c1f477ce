#include <algorithm>

#include <pbx/transfer.hpp>

namespace parley::pbx {

Transfer::Transfer(Core& core, Host& host, CallLeg& transferor, CallLeg& remaining, ReferOrder order,
                   CallLeg::ReferId report_id)
    : core_(core),
      host_(host),
      transferor_(transferor),
      remaining_(remaining),
      order_(std::move(order)),
      report_(core, transferor, order_.reports, report_id) {}

Transfer::~Transfer() { core_.reactor().cancel(ring_timer_); }

void Transfer::ring(const DirectoryExtension& target) {
  if (host_.ring_for(*this, target) == 0) return fail(480);
  wait_for_answer(std::min(target.ring_timeout, core_.shared().options.max_ring_time));
}

void Transfer::ring_out(LegOwner& owner, TrunkRing::Host& trunks, TrunkRing::Order order) {
  way_out_ = std::make_unique<TrunkRing>(core_, owner, trunks, std::move(order));
  if (!way_out_->next()) return fail(503);
  wait_for_answer(core_.shared().options.max_ring_time);
}

void Transfer::wait_for_answer(Duration limit) {
  ring_timer_ = core_.reactor().after(limit, [this] {
    give_up({});
    fail(480);
  });
}

void Transfer::give_up(std::string_view reason_line) {
  if (way_out_) way_out_->stop();
  forking_.cancel_others(nullptr, reason_line);
}

void Transfer::stop_ringing(std::string_view reason_line) {
  core_.reactor().cancel(ring_timer_);
  give_up(reason_line);
}

void Transfer::fail(unsigned status) {
  core_.reactor().cancel(ring_timer_);
  if (way_out_) way_out_->stop();
  report_.end(status);
  host_.not_joined(*this, status);
}

void Transfer::on_answer(CallLeg& leg, const std::string& sdp) {
  if (!leg.media().agree(sdp, true, leg.flow().remote.address)) {
    leg.hang_up(488);
    return on_refused(leg, 488, nullptr);
  }
  core_.reactor().cancel(ring_timer_);
  if (way_out_) way_out_->stop();
  forking_.cancel_others(&leg, kCompletedElsewhere);
  done();
  host_.joined(*this, leg);
}

void Transfer::on_refused(CallLeg& leg, unsigned status, const sip::Message* response) {
  if (way_out_ && way_out_->on_refused(leg, status, response)) return;
  if (const auto failure = forking_.refused(leg, status, response)) {
    // Redirections of a transfer are not followed: the transferor hears of them (RFC 3515 §2.4.5).
    const bool own_business = failure->status == 401 || failure->status == 407;
    fail(way_out_ ? way_out_->told(failure->status).status : own_business ? 480 : failure->status);
  }
}

}  // namespace parley::pbx
