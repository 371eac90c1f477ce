#include <algorithm>

#include <pbx/caller_identity.hpp>
#include <pbx/forking.hpp>

namespace parley::pbx {

int rank_of_status(unsigned status) noexcept {
  if (status >= 600) return 0;
  if (status >= 300 && status < 400) return 1;
  if (status == 486) return 2;
  if (status >= 400 && status < 500 && status != 408 && status != 480 && status != 487) return 3;
  if (status == 480) return 4;
  if (status == 408) return 5;
  return 6;
}

std::size_t Forking::ring(Core& core, LegOwner& owner, const RingOrder& order) {
  std::size_t count = 0;
  for (auto& place : core.shared().locations.places(order.callee.id, core.reactor().now()))
    if (ring(core, owner, order, std::move(place))) ++count;
  return count;
}

bool Forking::ring(Core& core, LegOwner& owner, const RingOrder& order, LocationTable::Place place) {
  for (;;) {
    const auto& binding = place.binding;
    if (legs_.size() >= core.shared().options.max_forks) return false;
    auto made = std::make_unique<CallLeg>(core, owner, binding.flow);
    if (!made->open_media()) return false;
    auto sdp = order.offer(*made);
    if (!sdp) return false;
    CallLeg::Invite invite;
    invite.parties = {uri_of(order.shown),
                      order.shown.name,
                      "sip:" + sip::escape_user(order.callee.number) + "@" + order.callee.organisation->sip_domain,
                      {},
                      order.shown.number};
    invite.target = binding.contact;
    invite.routes = binding.path;
    invite.max_forwards = order.max_forwards;
    invite.headers = order.history(binding);
    invite.headers.insert(invite.headers.end(), order.headers.begin(), order.headers.end());
    if (auto asserted = asserted_identity(order.shown)) invite.headers.push_back(std::move(*asserted));
    invite.sdp = std::move(*sdp);
    auto& leg = add(std::move(made));
    if (leg.invite(std::move(invite))) {
      order.rings(leg, binding);
      if (binding.reg_id != 0) flows_[&leg] = std::move(place);
      return true;
    }
    if (place.others.empty()) return false;
    place = std::move(place).next();
  }
}

std::optional<LocationTable::Place> Forking::take_flow(const CallLeg& leg) {
  const auto found = flows_.extract(&leg);
  return found ? std::optional(std::move(found.mapped())) : std::nullopt;
}

bool Forking::has(const CallLeg& leg) const {
  return std::ranges::any_of(legs_, [&](const auto& held) { return held.get() == &leg; });
}

bool Forking::any_ringing() const {
  return std::ranges::any_of(
      legs_, [](const auto& leg) { return leg->state() == LegState::Calling || leg->state() == LegState::Early; });
}

std::optional<Forking::Failure> Forking::refused(CallLeg&, unsigned status, const sip::Message* response) {
  if (!best_ || rank_of_status(status) < rank_of_status(best_->status)) {
    best_ = Failure{status, {}, {}};
    if (response) best_->reason = reason_line_of(*response);
    if (response && status >= 300 && status < 400)
      if (const auto contact = response->first_name_addr(sip::Header::Contact)) best_->contact = contact->uri.text;
  }
  if (status >= 600) cancel_others(nullptr, {});  // a global "no" (RFC 3261 §16.7 step 5)
  if (any_ringing()) return std::nullopt;
  return best_;
}

void Forking::cancel_others(const CallLeg* winner, std::string_view reason_line) {
  for (const auto& leg : legs_)
    if (leg.get() != winner) leg->hang_up(480, reason_line);
}

bool Forking::finished() const {
  return std::ranges::all_of(legs_, [](const auto& leg) { return leg->finished(); });
}

}  // namespace parley::pbx
