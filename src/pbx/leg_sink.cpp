#include <net/reactor.hpp>
#include <pbx/leg_sink.hpp>

namespace parley::pbx {

void LegSink::point_to(CallLeg* leg, const net::Reactor& reactor, media::Poster post) {
  to_.with([&](To& held) { held = {leg, &reactor, std::move(post)}; });
}

void LegSink::detach(const CallLeg& leg) {
  to_.with([&](To& held) {
    if (held.leg == &leg) held.leg = nullptr;
  });
}

void LegSink::post(std::function<void()> work) const {
  if (const auto where = to(); where.post) where.post(std::move(work));
}

void LegSink::deliver(std::function<void(CallLeg&)> use) {
  const auto where = to();
  if (!where.leg) return;
  if (where.reactor->is_current()) return use(*where.leg);
  where.post([self = shared_from_this(), use = std::move(use)]() mutable { self->deliver(std::move(use)); });
}

}  // namespace parley::pbx
