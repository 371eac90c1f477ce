// The part of Call that comes in and goes out by carriers.
#include <pbx/call.hpp>
#include <pbx/caller_identity.hpp>
#include <pbx/trunk_calls.hpp>

namespace parley::pbx {

/// Who calls whom, for pages, CDR and those who ring.
void Call::introduce(const sip::Message& invite, const std::string& dialled) {
  view_.id = id_;
  view_.organisation = identity_.organisation->id;
  view_.started = story_.record().started;
  view_.callee.number = dialled;
  if (const auto* caller = identity_.extension) {
    view_.caller = {shown_number(*caller), caller->display_name, caller->id};
    return story_.parties(store::Direction::Internal, {caller->number, caller->display_name, caller->id},
                          {dialled, {}, {}}, dialled);
  }
  const auto caller = caller_of(*identity_.trunk, invite);
  view_.caller = {caller.number, caller.name, {}};
  story_.parties(store::Direction::Inbound, {caller.number, caller.name, {}}, {dialled, {}, {}}, dialled);
  story_.step("by trunk " + identity_.trunk->settings.name, now());
}

/// What the caller dialled; carriers' calls reach extensions only.
void Call::ring_trunks(Route to) {
  story_.direction(store::Direction::Outbound);
  story_.callee({to.number, {}, {}});
  ring_trunks_for(*identity_.extension, std::move(to));
}

/// `by`: whose call it is, and who pays for it.
void Call::ring_trunks_for(const DirectoryExtension& by, Route to) {
  auto order = order_out(by, *caller_, std::move(to));
  order.max_forwards = hops_;
  if (const auto* invite = caller_->received()) order.headers = passed_on(*invite, caller_class(), PeerClass::Trunk);
  const bool rang = !enter(CallInput::Forked);
  way_out_ = std::make_unique<TrunkRing>(core_, *this, *this, std::move(order));
  if (!way_out_->next()) return refuse(503, way_out_->reason());
  core_.reactor().cancel(ring_timer_);
  ring_timer_ = core_.reactor().after(core_.shared().options.max_ring_time, [this] {
    story_.step("no answer", now());
    refuse(480, "no answer");
  });
  if (!rang) tell("call.ringing");
}

/// A call out that connects `other`: shown is whoever that is, if it is one of ours, else `by`, whose call it is.
TrunkRing::Order Call::order_out(const DirectoryExtension& by, const CallLeg& other, Route to) const {
  TrunkRing::Order order;
  const auto shown = shown_of(other);
  const auto* whose = extension_of(other);
  order.by = whose != nullptr ? whose : &by;
  order.anonymous = shown.domain == nobody().domain;
  if (whose == nullptr && !order.anonymous) order.onward = shown;
  order.history = [this, number = to.number](const DirectoryTrunk& trunk) {
    return history_.headers_out(number, trunk, without_story_);
  };
  order.to = std::move(to);
  return order;
}

std::optional<std::string> Call::offer_for(TrunkRing& ring, CallLeg& leg) {
  const auto address = leg.own_address();
  if (&ring != way_out_.get())
    return leg.media().relayed_offer(transfer_->remaining().media().remote(), address, sdp::Direction::SendRecv);
  return caller_offer_.empty() ? std::optional(leg.media().offer_of_ours(address))
                               : leg.media().relayed_offer(caller_offer_, address);
}

CallLeg& Call::rings(TrunkRing& ring, std::unique_ptr<CallLeg> made) {
  auto& leg = (&ring == way_out_.get() ? forking_ : transfer_->forking()).add(std::move(made));
  write_leg(leg, "callee", nullptr, std::nullopt);
  entry_of(leg).outside = std::make_unique<Shown>(ring.number(), std::string(), identity_.organisation->sip_domain);
  return leg;
}

void Call::trunk_leg_ended(const CallLeg& leg, const std::string& why) { story_.leg_ended(id_of(leg), why, now()); }

void Call::not_taken(TrunkRing& ring, unsigned status, const std::string& cause, const std::string& reason) {
  if (&ring != way_out_.get()) return transfer_->fail(status);
  const auto wait = status == 503 ? std::string("Retry-After: 10") : reason;
  refuse(status, cause, wait);
}

/// The server is there: from now on its party is waited for.
void Call::on_trying(CallLeg& leg) {
  if (way_out_) way_out_->on_trying(leg);
  if (transfer_ && transfer_->way_out()) transfer_->way_out()->on_trying(leg);
}

}  // namespace parley::pbx
