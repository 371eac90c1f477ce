// Calls for help: who hears of them, and what else is tried where nobody takes one (PBX-12, PBX-24).
#include <base/log.hpp>
#include <base/metrics.hpp>
#include <pbx/call.hpp>
#include <pbx/call_events.hpp>

namespace parley::pbx {

/// Told before any limit is looked at, so that a call for help that fails is known of as well.
void Call::begin_emergency(const Route& to) {
  emergency_ = to.number;
  if (to.kind == Route::Kind::Extension && !to.trunks.empty()) {
    help_ = std::make_unique<Route>(to);
    help_->kind = Route::Kind::Trunk;
    help_->path.clear();
  }
  tell_emergency("emergency.placed");
}

/// As event (kept, resumable), in the log and as a metric. Numbers stand in the event alone (PBX-14).
void Call::tell_emergency(std::string_view event, const std::string& reason) {
  const auto what = event.substr(event.find('.') + 1);
  metrics::counter("parley_emergency_calls_total", "Calls to emergency numbers, by what became of them",
                   {{"event", what}})
      .add();
  log::warning(event, {{"organisation", identity_.organisation->id.text()}, {"call", id_.text()}, {"reason", reason}});
  auto& shared = core_.shared();
  shared.ledger.publish(call_event(event, view_, core_.reactor().wall(), shared.clock, shared.random,
                                   {{"number", emergency_}, {"reason", reason}}),
                        true);
}

/// Who was to take the call for help did not: from now on every trunk may. False: there is no other way.
bool Call::help_otherwise() {
  if (!help_ || ended()) return false;
  const auto to = std::exchange(help_, nullptr);
  core_.reactor().cancel(ring_timer_);
  forking_.cancel_others(nullptr, {});
  if (early_) core_.shared().media.unbridge(caller_->media().handle());
  early_ = nullptr;
  story_.step("emergency number: every trunk", now());
  ring_trunks(*to);
  return true;
}

void Call::not_reached(unsigned status, const std::string& cause) {
  if (!help_otherwise()) refuse(status, cause);
}

}  // namespace parley::pbx
