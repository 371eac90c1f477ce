#include <algorithm>

#include <base/metrics.hpp>
#include <pbx/event_subscription.hpp>
#include <pbx/own_contact.hpp>
#include <pbx/registrar.hpp>
#include <pbx/sip_methods.hpp>
#include <sip/builder.hpp>
#include <sip/event_headers.hpp>

namespace parley::pbx {
namespace {

constexpr auto kUnreachableWait = std::chrono::seconds(30);
constexpr auto kMostPatience = std::chrono::seconds(600);

metrics::Counter& notify_counter(std::string_view result) {
  return metrics::counter("parley_sip_notifies_total", "NOTIFYs of subscriptions", {{"result", result}});
}

}  // namespace

sip::EventLifetimes event_lifetimes(const PbxOptions& options) {
  const auto seconds = [](Duration length) { return std::chrono::duration_cast<std::chrono::seconds>(length); };
  return {seconds(options.min_expires), seconds(options.max_expires), seconds(options.max_expires)};
}

EventSubscription::EventSubscription(Core& core, SubscriptionOwner& owner, SubscriptionOrder order,
                                     const sip::Message& subscribe, const std::string& local_tag)
    : core_(core),
      owner_(owner),
      order_(std::move(order)),
      flow_(subscribe.source),
      dialog_(sip::Dialog::from_request(subscribe, local_tag,
                                        own_contact(core.wire(), subscribe.source, order_.watched_user))),
      state_(rule_of(order_.package).pace),
      document_(make_event_document(order_.package, core.shared(), order_.watched, order_.entity)) {
  dialog_.confirm();
}

EventSubscription::~EventSubscription() {
  core_.reactor().cancel(timer_);
  core_.forget(*this);
}

void EventSubscription::begin(sip::ServerId id, const sip::Message& subscribe, std::chrono::seconds granted) {
  (void)state_.subscribe(granted, now());
  accept(id, subscribe, granted);
}

void EventSubscription::accept(sip::ServerId id, const sip::Message& subscribe, std::chrono::seconds granted) {
  // Behind a proxy the way back is its; else as for a registered contact (NAT: never to a third address).
  flow_ = subscribe.source;
  if (const auto target = sip::parse_uri(dialog_.remote_target()); target && dialog_.route_set().empty())
    flow_ = flow_of_contact(*target, subscribe.source);
  sip::ResponseBuilder response(subscribe, 200, local_tag());
  response.contact(dialog_.contact()).header(sip::Header::Expires, std::to_string(granted.count()));
  (void)core_.transactions().respond(id, std::move(response).finish(), now());
  core_.touch();
  run();
}

void EventSubscription::refuse(sip::ServerId id, unsigned status, std::string_view header_line) {
  (void)core_.transactions().respond(id, status, local_tag(), now(), header_line);
  core_.touch();
}

void EventSubscription::on_request(sip::ServerId id, const sip::Message& request) {
  if (!dialog_.owns_request(request) || request.is(sip::Method::Bye)) return refuse(id, 481);  // RFC 6665 §4.4.1
  if (!request.is(sip::Method::Subscribe)) return refuse(id, 405, "Allow: SUBSCRIBE");
  const auto event = sip::parse_event(request.value(sip::Header::Event).value_or(""));
  if (!event || !find_package(event->type)) return refuse(id, 489, kAllowEventsLine);
  if (const auto own = sip::parse_event(order_.event); !own || !own->same_as(*event)) return refuse(id, 481);
  const auto granted = sip::grant(request.expires(), event_lifetimes(core_.shared().options));
  if (!granted) return refuse(id, 423, "Min-Expires: " + std::to_string(granted.error().count()));
  if (const auto refused = dialog_.on_request(request)) return refuse(id, *refused);
  if (!state_.subscribe(*granted, now())) return refuse(id, 481);
  accept(id, request, *granted);
}

void EventSubscription::changed() {
  if (!document_->differs(now())) return;
  state_.change();
  run();
}

void EventSubscription::end(sip::EndReason reason) {
  state_.end(reason);
  run();
}

void EventSubscription::run() {
  state_.on_time(now());
  while (const auto notify = state_.take(now())) {
    if (notify->whole || notify->last || document_->differs(now())) {
      send(*notify);
    } else {
      state_.withdraw();  // it changed back
    }
  }
  core_.reactor().cancel(timer_);
  timer_ = {};
  if (state_.over()) {
    if (!std::exchange(told_over_, true)) owner_.on_over(*this);
    return;
  }
  if (const auto due = state_.next_deadline()) timer_ = core_.reactor().at(*due, [this] { run(); });
}

sip::Flow EventSubscription::flow() const {
  if (!order_.device || !dialog_.route_set().empty()) return flow_;
  const auto target = sip::parse_uri(dialog_.remote_target());
  sip::Flow best = flow_;
  TimePoint latest{};
  for (const auto& binding : core_.shared().locations.of_device(order_.subscriber, *order_.device, now())) {
    const auto contact = sip::parse_uri(binding.contact);
    const bool same = target && contact && sip::equivalent(*target, *contact);
    if (!same || binding.flow_gone || !binding.path.empty() || binding.refreshed < latest) continue;
    latest = binding.refreshed;
    best = binding.flow;
  }
  return best;
}

void EventSubscription::send(const sip::Subscription::Notify& notify) {
  static auto& sent = notify_counter("sent");
  static auto& unsent = notify_counter("unsent");
  const auto way = flow();
  const auto sent_by = sip::host_port(core_.wire().own_endpoint(way));
  const auto branch = core_.transactions().mint_branch();
  auto request = dialog_.request(sip::Method::Notify, {way.transport, sent_by, branch});
  request.header(sip::Header::Event, order_.event)
      .header(sip::Header::SubscriptionState, notify.state)
      .header(sip::Header::Allow, kAllow);
  // What ended because there is nothing to see, or nobody may, shows nothing.
  if (!notify.reason || *notify.reason == sip::EndReason::Timeout) {
    const auto& rule = rule_of(order_.package);
    request.body(std::string(rule.type) + "/" + std::string(rule.subtype), document_->tell(notify.whole, now()));
  }
  core_.forget(*this);  // the one before is over: a subscription lives long
  if (core_.send(std::move(request).finish(), way, *this)) return sent.add();
  unsent.add();
  state_.postpone(kUnreachableWait, now());
}

void EventSubscription::on_response(sip::ClientId, const sip::Message& response) {
  static auto& refused = notify_counter("refused");
  if (response.status() < 200) return;
  dialog_.on_response(response);
  const auto later = sip::parse_retry_after(response.value(sip::Header::RetryAfter).value_or(""));
  if (response.status() < 300) {
    state_.passed();
  } else if (later && response.status() != 481) {  // RFC 6665 §4.2.2
    state_.postpone(std::clamp<Duration>(std::chrono::seconds(later->seconds), std::chrono::seconds(1), kMostPatience),
                    now());
  } else {
    refused.add();
    state_.failed();
  }
  run();
}

void EventSubscription::on_client_failure(sip::ClientId, sip::TransactionFailure failure) {
  static auto& unanswered = notify_counter("unanswered");
  if (failure == sip::TransactionFailure::Timeout) {
    unanswered.add();
    state_.failed();
  } else {  // its connection is gone: it may come back by another one
    state_.postpone(kUnreachableWait, now());
  }
  run();
}

}  // namespace parley::pbx
