// Picking up: what rings at one phone is answered at another one, by INVITE with Replaces or by the pickup code. Who
// picks up has a call of his own at first; when his phone is up it goes into the one that rang, which tells the story.
#include <pbx/call.hpp>

namespace parley::pbx {

// ---- the call that rings ----

TakenLeg Call::give_place(OrganisationId organisation) {
  if (organisation != identity_.organisation->id) return {};
  if (ended()) return {{}, {}, 603};
  if (!core_.shared().options.pickup) return {{}, {}, 403};
  const bool rings =
      state_ == CallState::Ringing ? forking_.any_ringing() : transfer_ && transfer_->forking().any_ringing();
  if (!rings || place_given_) return {};
  place_given_ = true;
  ++taking_;
  auto& forking = transfer_ ? transfer_->forking() : forking_;
  for (const auto& leg : forking.legs()) story_.leg_ended(id_of(*leg), "completed elsewhere", now());
  if (transfer_) {
    transfer_->stop_ringing(kCompletedElsewhere);
  } else {
    core_.reactor().cancel(ring_timer_);
    forking_.cancel_others(nullptr, kCompletedElsewhere);
  }
  return {{}, {}, 200, CallAddress{id_, core_.reactor().number()}};
}

void Call::join(std::unique_ptr<MovedLeg> moved) {
  --taking_;
  const bool wanted = std::exchange(place_given_, false) && !ended() && (transfer_ || state_ == CallState::Ringing);
  if (!moved) {
    if (!wanted) return release_when_quiet();
    return transfer_ ? transfer_->fail(480) : refuse(480, "who picked it up was gone");
  }
  auto& leg = move_in(std::move(*moved));
  if (!wanted) {
    leg.hang_up(480);
    if (ended()) collect_figures(leg);
    return release_when_quiet();
  }
  const auto* by = extension_of(leg);
  story_.step("picked up by " + (by ? by->number : std::string("another party")), now());
  if (transfer_) {
    transfer_->done();
    return joined(*transfer_, leg);
  }
  if (early_) core_.shared().media.unbridge(caller_->media().handle());
  talk_to(leg);
}

/// What the caller gets from us as long as it is not known what the other one can do: what was said already, else a
/// description of our own. nullopt: nothing fits.
std::optional<std::string> Call::own_answer() {
  auto& media = caller_->media();
  if (caller_->provisional().described) return std::string();
  if (media.agreed()) return media.local();
  const auto address = caller_->own_address();
  if (caller_offer_.empty()) return media.offer_of_ours(address);
  auto text = media.answer_of_ours(caller_offer_, address);
  if (!text || !media.agree(caller_offer_, false, caller_->flow().remote.address)) return std::nullopt;
  return text;
}

// ---- the call of who picks up ----

/// By the code: the call that has rung there longest.
void Call::pick_up(const DirectoryExtension& extension) {
  auto& shared = core_.shared();
  if (!identity_.extension) return refuse(403, "only extensions pick up");
  std::optional<LiveCall> oldest;
  for (auto& call : shared.live.of(identity_.organisation->id)) {
    const bool rings = call.state == LiveState::Ringing && call.callee.extension == extension.id && call.id != id_;
    if (rings && (!oldest || call.started < oldest->started)) oldest = std::move(call);
  }
  const auto entry = oldest ? shared.live.find(identity_.organisation->id, oldest->id) : std::nullopt;
  if (!entry) return refuse(480, "nothing rings at " + extension.number);
  ++taking_;
  core_.take_place({oldest->id, entry->reactor}, identity_.organisation->id,
                   [this, alive = std::weak_ptr<int>(alive_)](const TakenLeg& taken) {
                     if (alive.lock()) take_over(taken);
                   });
}

void Call::take_over(const TakenLeg& taken) {
  --taking_;
  place_ = taken.place;
  if (ended()) {
    give_place_back();
    return release_when_quiet();
  }
  if (!place_) return refuse(taken.status == 403 ? 403 : 480, "nothing rings there any more");
  const auto text = own_answer();
  if (!text) return refuse(488, "no usable audio offered");
  story_.step("picks up another call", now());
  enter(CallInput::CalleeAnswered);
  caller_->answer(*text);
}

/// The ACK is here: the leg goes where its party wants to be.
void Call::go_to_place() {
  auto leg = std::make_unique<MovedLeg>(caller_->move_out());
  leg->extension = identity_.extension->id;
  leg->anonymous = entry_of(*caller_).anonymous;
  gone_to_place_ = true;
  core_.join(*std::exchange(place_, std::nullopt), std::move(leg));
  finish({store::Disposition::Failed, store::HangupSide::System, "picked up another call", 200});
}

void Call::give_place_back() {
  if (place_) core_.join(*std::exchange(place_, std::nullopt), nullptr);
}

}  // namespace parley::pbx
