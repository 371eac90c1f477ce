#include <algorithm>

#include <pbx/transfer.hpp>

namespace parley::pbx {

Transfer::Transfer(Core& core, Host& host, CallLeg& transferor, CallLeg& remaining, ReferOrder order,
                   std::optional<std::uint32_t> report_id)
    : core_(core),
      host_(host),
      transferor_(transferor),
      remaining_(remaining),
      order_(std::move(order)),
      report_(transferor, order_.reports, report_id) {
  report_.progress(100);  // RFC 3515 §2.4.4: at once
}

Transfer::~Transfer() { core_.reactor().cancel(ring_timer_); }

void Transfer::ring(const DirectoryExtension& target) {
  if (host_.ring_for(*this, target) == 0) return fail(480);
  ring_timer_ = core_.reactor().after(std::min(target.ring_timeout, core_.shared().options.max_ring_time), [this] {
    forking_.cancel_others(nullptr, {});
    fail(480);
  });
}

void Transfer::stop_ringing(std::string_view reason_line) {
  core_.reactor().cancel(ring_timer_);
  forking_.cancel_others(nullptr, reason_line);
}

void Transfer::fail(unsigned status) {
  core_.reactor().cancel(ring_timer_);
  report_.end(status);
  host_.not_joined(*this, status);
}

void Transfer::on_answer(CallLeg& leg, const std::string& sdp) {
  if (!leg.media().agree(sdp, true, leg.flow().remote.address)) {
    leg.hang_up(488);
    return on_refused(leg, 488, nullptr);
  }
  core_.reactor().cancel(ring_timer_);
  forking_.cancel_others(&leg, kCompletedElsewhere);
  done();
  host_.joined(*this, leg);
}

void Transfer::on_refused(CallLeg& leg, unsigned status, const sip::Message* response) {
  if (const auto failure = forking_.refused(leg, status, response)) {
    // Redirections of a transfer are not followed: the transferor hears of them (RFC 3515 §2.4.5).
    const bool own_business = failure->status == 401 || failure->status == 407;
    fail(own_business ? 480 : failure->status);
  }
}

}  // namespace parley::pbx
