// What a call shows of its parties' dialogs to those who watch their extensions (RFC 4235).
#include <pbx/call.hpp>

namespace parley::pbx {
namespace {

std::optional<sip::DialogInfoState> state_of(const CallLeg& leg) {
  using enum sip::DialogInfoState;
  switch (leg.state()) {
    case LegState::Calling: return Trying;
    case LegState::Offered: return leg.has_progressed() ? Early : Trying;
    case LegState::Early:
    case LegState::Cancelling: return Early;
    case LegState::Answered:
    case LegState::Up: return Confirmed;
    case LegState::Idle:
    case LegState::Ended: break;
  }
  return std::nullopt;
}

sip::DialogInfo::Party party_of(const Shown& shown) {
  return {shown.name, "sip:" + sip::escape_user(shown.number) + "@" + shown.domain};
}

}  // namespace

/// Whom a leg's party talks to, or rings; as far as either wants that to be known (RFC 3323).
Shown Call::other_shown(const CallLeg& leg) const {
  const CallLeg* other = &leg == near_ ? callee_ : near_;
  if (transfer_ && transfer_->owns(leg)) other = &transfer_->remaining();
  const auto* own = find_entry(leg);
  if (leg.hidden() || (own && own->anonymous)) other = &leg;  // shown as nobody
  if (other) return shown_of(*other);
  const auto& domain = identity_.organisation->sip_domain;
  if (called_) return {called_->number, called_->display_name, domain};
  const auto& party = near_ == caller_.get() ? view_.callee : view_.caller;
  return {party.number, party.name, domain};
}

void Call::on_state(CallLeg& leg) {
  const auto* extension = extension_of(leg);
  if (!extension) return;
  auto& shared = core_.shared();
  const auto state = state_of(leg);
  bool news = false;
  if (!state) {
    news = shared.events.drop(extension->id, leg.local_tag());
  } else {
    sip::DialogInfo dialog;
    dialog.id = dialog.remote_tag = leg.local_tag();  // the party's remote tag is ours
    dialog.call_id = leg.sip_call_id();
    dialog.local_tag = leg.remote_tag();
    dialog.initiator = leg.party_began();
    dialog.state = *state;
    dialog.local = party_of({extension->number, extension->display_name, identity_.organisation->sip_domain});
    dialog.remote = party_of(other_shown(leg));
    // Who holds hears nothing (RFC 4235 §4.1.6.2).
    dialog.local.renders = !leg.media().holds();
    const CallLeg* const other = bridge_ && is_party(leg) ? &bridge_->other(leg) : nullptr;
    dialog.remote.renders = other == nullptr || !other->media().holds();
    news = shared.events.put(extension->id, dialog);
  }
  if (news) announce(shared, extension->id, {EventPackage::Dialog, EventPackage::Presence});
}

void Call::clear_dialogs() {
  for (const auto& entry : legs_)
    if (entry.extension && !entry.leg->is_over() &&
        core_.shared().events.drop(entry.extension->id, entry.leg->local_tag()))
      announce(core_.shared(), entry.extension->id, {EventPackage::Dialog, EventPackage::Presence});
}

}  // namespace parley::pbx
