// How a call changes its parties: REFER (blind, attended), INVITE with Replaces, and being taken apart by another call.
#include <pbx/call.hpp>
#include <pbx/caller_identity.hpp>
#include <pbx/ringback.hpp>
#include <sip/dialog_headers.hpp>
#include <sip/event_headers.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kMaxTransfers = 16;                     // of one call
constexpr auto kTransferorMayStay = std::chrono::seconds(5);  // after its transfer, before we say BYE to it
constexpr unsigned kOfferAttempts = 8;

}  // namespace

// ---- REFER ----

void Call::on_refer(CallLeg& leg, sip::ServerId request, const sip::Message& refer) {
  const auto order = read_refer(refer);
  if (!order) return leg.respond(request, order.error());
  if (!bridge_ || !is_party(leg) || in_room()) return leg.respond(request, 403);
  if (transfer_ || taking_ > 0 || (state_ != CallState::Talking && state_ != CallState::Notice))
    return leg.respond(request, 491);
  const auto target = sip::parse_uri(order->target);
  // Nobody outside the organisation is called in somebody else's name.
  const bool ours =
      target && (!target->is_sip() || identity_.directory->domain(target->host) == identity_.organisation);
  if (!ours || old_transfers_.size() >= kMaxTransfers) return leg.respond(request, 403);

  const auto report_id = leg.accept_refer(request, order->reports);
  transfer_ = std::make_unique<Transfer>(core_, *this, leg, bridge_->other(leg), *order, report_id);
  if (!order->replaces) return transfer_to(*target);
  story_.step("attended transfer begins", now());
  ++taking_;
  const auto* which = transfer_.get();
  core_.take_leg({*order->replaces, identity_.organisation->id, true},
                 [this, which, alive = std::weak_ptr<int>(alive_)](TakenLeg taken) {
                   if (alive.lock()) take_for_transfer(which, std::move(taken));
                 });
}

/// SUBSCRIBE in the dialog of a call: to the reports of a REFER that went there. Everything else has dialogs of its own
/// (RFC 6665 §4.5.2).
void Call::on_subscribe(CallLeg& leg, sip::ServerId request, const sip::Message& subscribe) {
  const auto event = sip::parse_event(subscribe.value(sip::Header::Event).value_or(""));
  if (!event || !event->is("refer"))
    return event && find_package(event->type) ? leg.respond(request, 403) : leg.respond(request, 489, kAllowEventsLine);
  if (transfer_ && transfer_->report().is_for(leg, *event)) return transfer_->report().serve(request, subscribe);
  for (const auto& old : old_transfers_)
    if (old->report().is_for(leg, *event)) return old->report().serve(request, subscribe);
  leg.respond(request, 481);
}

/// By what the transferor may call. A party outside may give the other one to extensions alone.
void Call::transfer_to(const sip::Uri& target) {
  auto by = identity_;
  by.extension = extension_of(transfer_->transferor());
  auto to = route(by, target);
  story_.step("transfer to " + dialled_number(target), now());
  for (const auto& step : to.path) story_.step(step, now());
  switch (to.kind) {
    case Route::Kind::Extension: return transfer_->ring(*to.extension);
    case Route::Kind::Refuse: return transfer_->fail(to.status);
    case Route::Kind::EchoTest: return transfer_to_echo_test();
    case Route::Kind::Trunk:
      if (by.extension != nullptr) return transfer_out(*by.extension, std::move(to));
      break;
    case Route::Kind::Conference:
    case Route::Kind::Pickup: break;
  }
  transfer_->fail(403);
}

void Call::transfer_out(const DirectoryExtension& by, Route to) {
  auto& remaining = transfer_->remaining();
  if (to.emergency) {
    emergency_ = to.number;
    tell_emergency("emergency.placed");
  }
  history_.divert_out(by, to.number,
                      {DiversionReason::Unknown, 0, shown_of(transfer_->transferor()).domain == nobody().domain});
  auto order = order_out(by, remaining, std::move(to));
  order.max_forwards = hops_ > 0 ? hops_ - 1 : 0;
  transfer_->ring_out(*this, *this, std::move(order));
}

/// The other one hears himself; the call goes on with nobody else in it.
void Call::transfer_to_echo_test() {
  auto& old = transfer_->transferor();
  auto& remaining = transfer_->remaining();
  const bool left = transfer_->has_transferor_left();
  transfer_->done();
  old_transfers_.push_back(std::move(transfer_));
  if (left) core_.shared().media.stop_play(remaining.media().handle());
  stop_recording_for_change();
  bridge_->disconnect();
  bridge_.reset();
  const bool near = &remaining == near_;
  near_ = &remaining;
  near_extension_ = extension_of(remaining);
  callee_ = nullptr;
  called_ = nullptr;
  if (!left) story_.leg_ended(id_of(old), "transferred", now());
  story_.step("transferred to the echo test", now());
  show([near](LiveCall& view) {
    (near ? view.callee : view.caller) = {std::string(kEchoTestNumber), "Echo test", {}};
    view.state = LiveState::Answered;
  });
  tell("call.transferred");
  remaining.identify({});
  on_state(remaining);
  const auto ours = remaining.media().offer_of_ours(remaining.own_address());
  // Ends a hold that the transferor left behind.
  const auto sent = ours && remaining.offer(*ours, [&remaining, alive = std::weak_ptr<int>(alive_)](
                                                       unsigned status, const std::string& sdp) {
    if (!alive.lock()) return;
    const bool fine =
        status >= 200 && status < 300 && remaining.media().agree(sdp, true, remaining.flow().remote.address);
    if (!fine) remaining.media().keep_agreed();
  });
  if (!sent) remaining.media().keep_agreed();
  app_ = echo_test(remaining);
  if (!left) retire_timer_ = core_.reactor().after(kTransferorMayStay, [leg = &old] { leg->hang_up(480); });
}

void Call::take_for_transfer(const Transfer* which, TakenLeg taken) {
  --taking_;
  const bool wanted = !ended() && transfer_.get() == which;
  if (taken.leg) {
    auto& leg = move_in(std::move(*taken.leg));
    if (!wanted) {
      leg.hang_up(480);
      collect_figures(leg);
      return release_when_quiet();
    }
    transfer_->done();
    return joined(*transfer_, leg);
  }
  if (!wanted) return release_when_quiet();
  if (taken.ringing.empty()) return transfer_->fail(taken.status);
  const auto uri = "sip:" + sip::escape_user(taken.ringing) + "@" + identity_.organisation->sip_domain;
  const auto target = sip::parse_uri(uri);
  if (!target) return transfer_->fail(404);
  transfer_to(*target);
}

CallLeg& Call::move_in(MovedLeg moved) {
  const auto* extension = moved.extension ? identity_.directory->extension(*moved.extension) : nullptr;
  const bool anonymous = moved.anonymous;
  auto outside = std::make_unique<Shown>(moved.outside);
  auto& leg = forking_.add(std::make_unique<CallLeg>(core_, *this, std::move(moved)));
  write_leg(leg, "callee", extension, std::nullopt);
  entry_of(leg).anonymous = anonymous;
  entry_of(leg).outside = std::move(outside);
  on_state(leg);
  story_.leg_answered(id_of(leg), now());
  return leg;
}

std::size_t Call::ring_for(Transfer& transfer, const DirectoryExtension& target) {
  auto& remaining = transfer.remaining();
  const auto* by = extension_of(transfer.transferor());
  std::vector<HeaderText> headers;
  if (!transfer.order().referred_by.empty()) {
    headers.emplace_back("Referred-By", transfer.order().referred_by);
  } else if (by) {
    headers.emplace_back("Referred-By",
                         "<sip:" + sip::escape_user(by->number) + "@" + identity_.organisation->sip_domain + ">");
  }
  if (by) {
    history_.divert(*by, target,
                    {DiversionReason::Unknown, 0, shown_of(transfer.transferor()).domain == nobody().domain});
  }
  const std::function<std::vector<HeaderText>(const Binding&)> history = [this, &target](const Binding& binding) {
    return history_for(target, binding);
  };
  const std::function<std::optional<std::string>(CallLeg&)> offer = [&remaining](CallLeg& leg) {
    return leg.media().relayed_offer(remaining.media().remote(), leg.own_address(), sdp::Direction::SendRecv);
  };
  const std::function<void(CallLeg&, const Binding&)> rings = [this, &target](CallLeg& leg, const Binding& binding) {
    write_leg(leg, "callee", &target, binding.device);
    on_state(leg);
  };
  return transfer.forking().ring(
      core_, *this, {target, shown_of(remaining), hops_ > 0 ? hops_ - 1 : 0, headers, history, offer, rings});
}

void Call::keep(std::vector<std::unique_ptr<CallLeg>> legs) {
  for (auto& leg : legs) forking_.add(std::move(leg));
}

void Call::not_joined(Transfer& transfer, unsigned status) {
  story_.step("transfer failed: status " + std::to_string(status), now());
  keep(transfer.forking().release());
  if (transfer.way_out() && transfer.way_out()->is_emergency())
    tell_emergency("emergency.failed", "status " + std::to_string(status));
  const bool alone = transfer.has_transferor_left();
  auto& remaining = transfer.remaining();
  old_transfers_.push_back(std::move(transfer_));
  if (!alone) return;
  core_.shared().media.stop_play(remaining.media().handle());
  finish({store::Disposition::Failed, store::HangupSide::System, "transfer failed", static_cast<int>(status)});
}

void Call::joined(Transfer& transfer, CallLeg& with) {
  keep(transfer.forking().release());
  if (transfer.way_out() && transfer.way_out()->is_emergency()) tell_emergency("emergency.answered");
  auto& old = transfer.transferor();
  auto& remaining = transfer.remaining();
  const bool left = transfer.has_transferor_left();
  old_transfers_.push_back(std::move(transfer_));
  if (left) core_.shared().media.stop_play(remaining.media().handle());
  stop_recording_for_change();
  bridge_->disconnect();

  const bool near = &old == near_;
  const auto* extension = extension_of(with);
  (near ? near_ : callee_) = &with;
  (near ? near_extension_ : called_) = extension;
  (near ? caller_keys_ : callee_keys_) = FeatureCodes{};
  story_.leg_answered(id_of(with), now());
  story_.leg_codec(id_of(with), with.media().codec());
  if (!left) story_.leg_ended(id_of(old), "transferred", now());
  const auto* entry = find_entry(with);
  const auto outside = entry && entry->outside ? *entry->outside : Shown{};
  const auto& number = extension ? extension->number : outside.number;
  story_.step("transferred to " + (number.empty() ? std::string("another party") : number), now());
  if (!number.empty())
    show([&](LiveCall& view) {
      auto& party = near ? view.caller : view.callee;
      party.number = number;
      party.name = extension ? extension->display_name : outside.name;
    });
  if (view_.state == LiveState::Held) show([](LiveCall& view) { view.state = LiveState::Answered; });
  tell("call.transferred");
  make_bridge();
  introduce_parties();
  renegotiate(remaining, with, kOfferAttempts);
  // PBX-4: whoever is new hears the notice before anything of him is captured.
  if (const auto whose = opted_in()) {
    begin_recording(*whose);
  } else {
    bridge_->connect();
  }
  if (!left) retire_timer_ = core_.reactor().after(kTransferorMayStay, [leg = &old] { leg->hang_up(480); });
}

/// Tells `leg` what the one that it now talks to can do; ends a hold that the transferor left behind.
void Call::renegotiate(CallLeg& leg, CallLeg& with, unsigned attempts) {
  if (ended() || !leg.is_up() || attempts == 0) return;
  const auto again = [this, &leg, &with, attempts, alive = std::weak_ptr<int>(alive_)](Duration wait) {
    core_.reactor().after(wait, [this, &leg, &with, attempts, alive] {
      if (alive.lock() && is_party(leg) && is_party(with)) renegotiate(leg, with, attempts - 1);
    });
  };
  const auto text = leg.media().relayed_offer(with.media().remote(), leg.own_address(), sdp::Direction::SendRecv);
  if (!text) return;
  const auto sent = leg.offer(
      *text, [this, &leg, again, alive = std::weak_ptr<int>(alive_)](unsigned status, const std::string& sdp) {
        if (!alive.lock()) return;
        const bool fine = status >= 200 && status < 300 && leg.media().agree(sdp, true, leg.flow().remote.address);
        if (fine) return;
        leg.media().keep_agreed();
        if (status == 491) again(sdp::glare_wait(!leg.is_incoming(), core_.shared().random));
      });
  if (sent) return;
  leg.media().keep_agreed();
  if (sent.error().code == Errc::Conflict) again(std::chrono::milliseconds(500));
}

/// The transferor hung up before its transfer was done: the other one waits for whom it is given to.
void Call::transferor_left(CallLeg& leg) {
  transfer_->transferor_left();
  story_.leg_ended(id_of(leg), "transferring", now());
  stop_recording_for_change();
  bridge_->disconnect();
  core_.shared().media.play(transfer_->remaining().media().handle(), ringback(), true,
                            [](media::LegHandle, media::PlayOutcome) {});
}

void Call::stop_recording_for_change() {
  recording_.parties_change();
  if (state_ == CallState::Notice) enter(CallInput::NoticeOver);
}

// ---- taken apart, or made of another call's parts ----

TakenLeg Call::give_other_leg(CallLeg& leg, const TakeOrder& order) {
  if (order.organisation != identity_.organisation->id) return {};
  if (ended()) return {{}, {}, 603};
  if (order.joins) return give_seat(leg);
  if (in_room()) return {{}, {}, 488};
  if (&leg == caller_.get() && leg.state() == LegState::Offered) {
    // A consultation that still rings: RFC 3891 §3 has no replacing of it, but its number can be rung for the other.
    if (!order.may_redial || state_ != CallState::Ringing || (!called_ && !way_out_)) return {};
    TakenLeg out{{}, way_out_ ? story_.record().dialled : called_->number, 200};
    caller_->refuse(487);
    finish({store::Disposition::Cancelled, store::HangupSide::Caller, "transferred while it rang", 487});
    return out;
  }
  const bool rings = leg.state() == LegState::Calling || leg.state() == LegState::Early;
  if (rings) return order.may_redial ? TakenLeg{} : give_place(order.organisation);
  if (leg.state() == LegState::Answered) return {{}, {}, 491};  // its ACK is on the way
  if (!bridge_ || !is_party(leg) || !leg.is_up()) return {};
  if (order.name.early_only) return {{}, {}, 486};
  auto& other = bridge_->other(leg);
  if (transfer_ || taking_ > 0 || !other.is_movable()) return {{}, {}, 491};
  stop_recording_for_change();
  bridge_->disconnect();
  const auto* extension = extension_of(other);
  TakenLeg out{other.move_out(), {}, 200};
  if (extension) out.leg->extension = extension->id;
  out.leg->anonymous = entry_of(other).anonymous;
  if (const auto& outside = entry_of(other).outside) out.leg->outside = *outside;
  story_.leg_ended(id_of(other), "moved to another call", now());
  story_.step("transferred into another call", now());
  finish({store::Disposition::Failed, store::HangupSide::System, "transferred", 200});
  return out;
}

/// INVITE with Replaces: the caller takes the place of a dialog of ours (RFC 3891 §3). It names the dialog as we know
/// it, or, where it learnt of it by watching a colleague's phone (RFC 4235), as that phone does.
void Call::replace(DialogName name) {
  story_.step("replaces a dialog", now());
  ++taking_;
  if (!sip::reactor_of(name.local_tag) && sip::reactor_of(name.remote_tag)) std::swap(name.local_tag, name.remote_tag);
  core_.take_leg({name, identity_.organisation->id, false}, [this, alive = std::weak_ptr<int>(alive_)](TakenLeg taken) {
    if (!alive.lock()) return;
    if (taken.place) return take_over(taken);
    --taking_;
    if (!taken.leg) {
      if (!ended()) return refuse(taken.status == 491 ? 500 : taken.status, "no dialog to replace");
      return release_when_quiet();
    }
    auto& leg = move_in(std::move(*taken.leg));
    if (!ended()) return talk_to(leg);
    leg.hang_up(480);
    collect_figures(leg);
    release_when_quiet();
  });
}

void Call::talk_to(CallLeg& leg) {
  const auto text = own_answer();
  if (!text) {
    leg.hang_up(480);
    return refuse(488, "no usable audio offered");
  }
  const bool rang = called_ != nullptr;  // for somebody else, who stays whom the record says was called
  called_ = extension_of(leg);
  if (called_ && !rang) {
    story_.callee({called_->number, called_->display_name, called_->id});
    show([&](LiveCall& view) {
      view.callee.number = called_->number;
      view.callee.name = called_->display_name;
    });
  }
  answered_by(leg);
  replacing_ = true;
  caller_->answer(*text);
}

}  // namespace parley::pbx
