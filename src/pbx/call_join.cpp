// A third party and more: INVITE with Join (RFC 3911). Who joins has a call of his own at first, as who picks up has;
// when his phone is up it goes into the call that is joined, whose parties then meet in a room of the media engine.
// They notice nothing of it in their dialogs. When two are left, they are bridged again.
#include <algorithm>

#include <pbx/call.hpp>
#include <pbx/call_room.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kMostTogether = 10;

}  // namespace

// ---- the call of who joins ----

/// It names the dialog as we know it, or, where it learnt of it by watching a colleague's phone, as that phone does.
void Call::join_dialog(const DialogName& name) {
  if (!identity_.extension) return refuse(403, "only extensions join");
  story_.step("joins a dialog", now());
  ++taking_;
  TakeOrder order{name, identity_.organisation->id};
  order.joins = true;
  if (!sip::reactor_of(name.local_tag) && sip::reactor_of(name.remote_tag))
    std::swap(order.name.local_tag, order.name.remote_tag);
  core_.take_leg(order, [this, alive = std::weak_ptr<int>(alive_)](const TakenLeg& taken) {
    if (!alive.lock()) return;
    if (taken.place) return take_over(taken);
    --taking_;
    if (ended()) return release_when_quiet();
    refuse(taken.status == 491 ? 500 : taken.status, "no dialog to join");
  });
}

// ---- the call that is joined ----

bool Call::is_in_company(const CallLeg& leg) const {
  return room_ && std::ranges::find(room_->legs, &leg) != room_->legs.end();
}

/// RFC 3911 §4: 481 where there is no such dialog, or an early one that its party began; 603 where it is over (the
/// caller of this); 488 where what there is cannot be mixed.
TakenLeg Call::give_seat(CallLeg& leg) {
  if (!core_.shared().options.pickup) return {{}, {}, 403};
  if (room_ && room_->seat) return {{}, {}, 488};  // a conference has a number to dial
  switch (leg.state()) {
    case LegState::Calling:
    case LegState::Early: return {{}, {}, 488};
    case LegState::Answered: return {{}, {}, 491};
    case LegState::Up: break;
    default: return {};
  }
  const bool together = room_ && room_->own;
  if (!bridge_ || !(together ? is_in_company(leg) : is_party(leg))) return {};
  if (state_ != CallState::Talking || transfer_ || taking_ > 0) return {{}, {}, 491};
  if (!together && (!near_->is_movable() || !callee_->is_movable())) return {{}, {}, 491};
  if (together && room_->legs.size() >= kMostTogether) return {{}, {}, 486};
  if (!room_) room_ = std::make_unique<CallRoom>();
  ++room_->promised;
  ++taking_;
  return {{}, {}, 200, CallAddress{id_, core_.reactor().number()}};
}

void Call::third_comes(std::unique_ptr<MovedLeg> moved) {
  --taking_;
  --room_->promised;
  if (!moved) return release_when_quiet();
  auto& leg = move_in(std::move(*moved));
  if (!ended() && bridge_ && state_ == CallState::Talking && !transfer_) return gather(leg);
  leg.hang_up(480);
  if (ended()) collect_figures(leg);
  release_when_quiet();
}

void Call::gather(CallLeg& leg) {
  auto& media = core_.shared().media;
  if (!room_->own) {
    stop_recording_for_change();  // PBX-4: whoever is new heard no notice, and there is no track for him
    bridge_->disconnect();
    room_->own = media.open_room({});
    for (auto* one : {near_, callee_}) {
      room_->legs.push_back(one);
      media.enter_room(one->media().handle(), room_->own, {});
    }
  }
  room_->legs.push_back(&leg);
  media.enter_room(leg.media().handle(), room_->own, {});
  const auto* extension = extension_of(leg);
  story_.leg_codec(id_of(leg), leg.media().codec());
  story_.step("joined by " + (extension ? extension->number : std::string("another party")), now());
  tell_participant("participant.joined", leg, {});
}

void Call::one_leaves(CallLeg& leg, const std::string& cause) {
  core_.shared().media.leave_room(leg.media().handle());
  std::erase(room_->legs, &leg);
  story_.leg_ended(id_of(leg), cause, now());
  tell_participant("participant.left", leg, {});
  if (room_->legs.size() == 2) two_again();
}

void Call::two_again() {
  auto& media = core_.shared().media;
  const auto room = std::exchange(room_->own, {});
  near_ = room_->legs.front();
  callee_ = room_->legs.back();
  room_->legs.clear();
  near_extension_ = extension_of(*near_);
  called_ = extension_of(*callee_);
  caller_keys_ = callee_keys_ = FeatureCodes{};
  show([&](LiveCall& view) {
    for (const auto& [party, extension] : {std::pair(&view.caller, near_extension_), {&view.callee, called_}}) {
      if (!extension) continue;
      party->number = extension->number;
      party->name = extension->display_name;
    }
  });
  make_bridge();
  introduce_parties();
  media.close_room(room);
  // As after a transfer: what was opted in for goes on, with a notice (PBX-4).
  if (const auto whose = opted_in()) return begin_recording(*whose);
  bridge_->connect();
}

}  // namespace parley::pbx
