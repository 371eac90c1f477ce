#include <pbx/event_subscription.hpp>
#include <pbx/refer_report.hpp>
#include <sip/builder.hpp>
#include <sip/event_headers.hpp>

namespace parley::pbx {
namespace {

constexpr auto kLasts = std::chrono::seconds(180);  // as long as anybody rings

}  // namespace

ReferReport::ReferReport(Core& core, CallLeg& leg, bool reports, CallLeg::ReferId id)
    : core_(core),
      leg_(leg),
      reports_(reports),
      id_(id),
      state_({.spacing = Duration::zero(), .burst = 1}) {  // each step at once
  if (!reports_) return;
  (void)state_.subscribe(kLasts, now());
  run();  // RFC 3515 §2.4.4: at once
}

ReferReport::~ReferReport() { core_.reactor().cancel(timer_); }

void ReferReport::progress(unsigned status) {
  if (status == status_) return;
  status_ = status;
  state_.change();
  run();
}

void ReferReport::end(unsigned status) {
  if (!state_.is_active()) return;
  status_ = status;
  state_.end(sip::EndReason::NoResource);
  run();
}

bool ReferReport::is_for(const CallLeg& leg, const sip::Event& event) const {
  if (&leg != &leg_ || !reports_ || !event.is("refer")) return false;
  return event.id.empty() ? id_.first : event.id == std::to_string(id_.cseq);
}

void ReferReport::serve(sip::ServerId request, const sip::Message& subscribe) {
  auto lifetimes = event_lifetimes(core_.shared().options);
  lifetimes.usual = kLasts;
  const auto granted = sip::grant(subscribe.expires(), lifetimes);
  if (!granted) return leg_.respond(request, 423, "Min-Expires: " + std::to_string(granted.error().count()));
  if (!state_.subscribe(*granted, now())) return leg_.respond(request, 481);
  leg_.accept_subscribe(request, *granted);
  run();
}

void ReferReport::run() {
  state_.on_time(now());
  while (const auto notify = state_.take(now())) send(*notify);
  core_.reactor().cancel(timer_);
  timer_ = {};
  if (const auto due = state_.next_deadline(); due && !state_.over())
    timer_ = core_.reactor().at(*due, [this] { run(); });
}

void ReferReport::send(const sip::Subscription::Notify& notify) {
  const auto event = id_.first ? std::string("refer") : "refer;id=" + std::to_string(id_.cseq);
  const auto frag = "SIP/2.0 " + std::to_string(status_) + " " + std::string(sip::reason_phrase_of(status_)) + "\r\n";
  const auto sent = leg_.request(sip::Method::Notify, {{"Event", event}, {"Subscription-State", notify.state}},
                                 "message/sipfrag;version=2.0", frag,
                                 [this, alive = std::weak_ptr<int>(alive_)](unsigned answer, const std::string&) {
                                   if (!alive.lock()) return;
                                   answer < 300 ? state_.passed() : state_.failed();  // it does not want to know
                                   run();
                                 });
  if (!sent) state_.failed();
}

}  // namespace parley::pbx
