#include <algorithm>
#include <array>

#include <base/metrics.hpp>
#include <pbx/exchange.hpp>
#include <pbx/subscriptions.hpp>
#include <sip/check.hpp>
#include <sip/event_headers.hpp>

namespace parley::pbx {
namespace {

metrics::Gauge& gauge_of(EventPackage package) {
  static const auto made = [] {
    std::array<metrics::Gauge*, kEventPackages> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
      all.at(i) = &metrics::gauge("parley_sip_subscriptions", "Subscriptions to events",
                                  {{"package", rule_of(static_cast<EventPackage>(i)).name}});
    return all;
  }();
  return *made.at(static_cast<std::size_t>(package));
}

/// The extension that the request is for, if its sender may know of it.
const DirectoryExtension* watched_by(const Identity& who, const sip::Message& subscribe) {
  const auto& uri = subscribe.request_uri();
  if (!uri.is_sip() || who.directory->domain(uri.host) != who.organisation) return nullptr;
  const auto* extension = who.organisation->extension_of_user(uri.user_text());
  return extension && extension->enabled ? extension : nullptr;
}

}  // namespace

void announce(Shared& shared, ExtensionId extension, EventPackages packages) {
  for (const auto reactor : shared.events.watchers(extension))
    shared.exchanges[reactor]->state_changed(extension, packages);
}

Subscriptions::~Subscriptions() {
  auto& board = core_.shared().events;
  for (const auto& [tag, held] : by_tag_) {
    gauge_of(held->order().package).add(-1);
    board.leave(held->order().watched, held->order().subscriber, core_.reactor().number());
  }
}

void Subscriptions::answer(sip::ServerId id, unsigned status, const std::string& tag, std::string_view header_line) {
  (void)core_.transactions().respond(id, status, tag, core_.reactor().now(), header_line);
  core_.touch();
}

void Subscriptions::serve(sip::ServerId id, const sip::Message& subscribe, const Identity& who,
                          const std::string& local_tag) {
  auto& shared = core_.shared();
  const auto refuse = [&](unsigned status, std::string_view line = {}) { answer(id, status, local_tag, line); };
  if (shared.live.draining()) return refuse(503, "Retry-After: 30");
  const auto event = sip::parse_event(subscribe.value(sip::Header::Event).value_or(""));
  const auto* rule = event ? find_package(event->type) : nullptr;
  if (!rule) return refuse(489, kAllowEventsLine);
  if (!subscribe.has(sip::Header::Contact)) return refuse(400);
  if (!sip::accepts(subscribe, rule->type, rule->subtype)) return refuse(406);
  const auto* watched = watched_by(who, subscribe);
  if (!watched) return refuse(404);
  if (rule->own_only && watched != who.extension) return refuse(403);
  const auto granted = sip::grant(subscribe.expires(), event_lifetimes(shared.options));
  if (!granted) return refuse(423, "Min-Expires: " + std::to_string(granted.error().count()));
  switch (shared.events.join(watched->id, who.extension->id, core_.reactor().number())) {
    case EventBoard::Admission::Admitted: break;
    case EventBoard::Admission::TooMany: return refuse(503, "Retry-After: 60");
    case EventBoard::Admission::TooManyOfSubscriber: return refuse(403);
  }

  SubscriptionOrder order;
  order.package = rule->package;
  order.event = rule->name;
  if (!event->id.empty()) order.event += ";id=" + std::string(event->id);
  order.watched = watched->id;
  order.watched_user = subscribe.request_uri().user_text();
  order.entity = "sip:" + sip::escape_user(order.watched_user) + "@" + who.organisation->sip_domain;
  order.organisation = who.organisation->id;
  order.subscriber = who.extension->id;
  if (who.device) order.device = who.device->id;
  gauge_of(order.package).add(1);
  auto made = std::make_unique<EventSubscription>(core_, *this, std::move(order), subscribe, local_tag);
  auto& subscription = *made;
  by_tag_.emplace(local_tag, std::move(made));
  by_watched_[watched->id].push_back(&subscription);
  subscription.begin(id, subscribe, *granted);
}

bool Subscriptions::serve_in_dialog(sip::ServerId id, const sip::Message& request) {
  const auto found = by_tag_.find(std::string(request.to().tag()));
  if (found == by_tag_.end()) return false;
  found->second->on_request(id, request);
  return true;
}

void Subscriptions::on_over(EventSubscription& subscription) {
  // Later: it may be calling. No response of its is awaited any more.
  core_.reactor().post([this, tag = subscription.local_tag(), alive = std::weak_ptr<int>(alive_)] {
    if (!alive.lock()) return;
    const auto found = by_tag_.find(tag);
    if (found == by_tag_.end()) return;
    const auto& order = found->second->order();
    gauge_of(order.package).add(-1);
    core_.shared().events.leave(order.watched, order.subscriber, core_.reactor().number());
    const auto watchers = by_watched_.find(order.watched);
    std::erase(watchers->second, found->second.get());
    if (watchers->second.empty()) by_watched_.erase(watchers);
    by_tag_.erase(found);
  });
}

void Subscriptions::changed(ExtensionId extension, EventPackages packages) {
  const auto found = by_watched_.find(extension);
  if (found == by_watched_.end()) return;
  for (auto* subscription : found->second)
    if (packages.has(subscription->order().package)) subscription->changed();
}

std::vector<EventSubscription*> Subscriptions::all() const {
  std::vector<EventSubscription*> out;
  out.reserve(by_tag_.size());
  for (const auto& [tag, held] : by_tag_) out.push_back(held.get());
  return out;
}

void Subscriptions::directory_changed() {
  const auto directory = core_.shared().directory.get();
  for (auto* subscription : all()) {
    const auto& order = subscription->order();
    const auto there = [&](ExtensionId id) {
      const auto* extension = directory->extension(id);
      return extension && extension->enabled && extension->organisation->id == order.organisation;
    };
    if (!there(order.watched)) {
      subscription->end(sip::EndReason::NoResource);
    } else if (!there(order.subscriber) || (order.device && !directory->device(*order.device))) {
      subscription->end(sip::EndReason::Rejected);
    }
  }
}

void Subscriptions::end_all(sip::EndReason reason) {
  for (auto* subscription : all()) subscription->end(reason);
}

}  // namespace parley::pbx
