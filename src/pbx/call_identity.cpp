// Who may know what of whom: what a caller asks for, what a phone that rings is told, and diversions.
#include <algorithm>

#include <pbx/call.hpp>
#include <pbx/caller_identity.hpp>
#include <pbx/intercom.hpp>
#include <sip/identity_headers.hpp>

namespace parley::pbx {

/// What the INVITE asks for beside being put through. A status: it is refused.
unsigned Call::read_wishes(const sip::Message& invite) {
  const auto privacy = privacy_of(invite);
  if (privacy.refusal != 0) return privacy.refusal;
  without_story_ = privacy.without_story;
  if (identity_.extension && asks_for_number(*identity_.extension, invite)) entry_of(*caller_).by_number = true;
  if (privacy.anonymous) {
    entry_of(*caller_).anonymous = true;
    show([](LiveCall& view) { view.caller.number = view.caller.name = "anonymous"; });
  }
  history_.begin(invite, caller_class() != PeerClass::Device);
  // The caller waits no longer than it says (RFC 3261 §13.3.1).
  if (const auto within = invite.expires();
      within && std::chrono::seconds(*within) < core_.shared().options.max_ring_time)
    invitation_timer_ = core_.reactor().after(std::chrono::seconds(*within), [this] {
      if (state_ == CallState::Routing || state_ == CallState::Ringing) refuse(487, "the caller's time is up");
    });
  return judge_intercom(invite, core_.shared().options.intercom, passed_);
}

PeerClass Call::caller_class() const {
  return identity_.trunk ? PeerClass::Trunk : identity_.device ? PeerClass::Device : PeerClass::Inner;
}

std::vector<HeaderText> Call::history_for(const DirectoryExtension& callee, const Binding& binding) {
  return history_.headers(callee, PeerClass::Device, without_story_, binding.contact);
}

/// Each phone may know who the other party is (RFC 3325 §5), unless that one minds. Carriers are told nothing of who
/// answers: that is not the number that was called, and theirs is no domain that we trust.
void Call::introduce_parties() {
  if (!near_ || !callee_) return;
  introduce(*near_, *callee_);
  introduce(*callee_, *near_);
  say_whom_it_reached(*callee_);
}

void Call::introduce(CallLeg& leg, const CallLeg& to) {
  auto asserted = extension_of(leg) ? asserted_identity(shown_of(to)) : std::nullopt;
  leg.identify(asserted ? std::move(asserted->second) : std::string());
}

/// The caller learns who rings, and whom the call reached (RFC 7044 §9.3) if it asked for that.
void Call::introduce_ringing(const CallLeg& leg) {
  introduce(*caller_, leg);
  say_whom_it_reached(leg);
}

void Call::say_whom_it_reached(const CallLeg& leg) {
  if (caller_->state() != LegState::Offered || caller_class() == PeerClass::Trunk) return;
  if (history_.wanted())
    caller_->say("History-Info",
                 history_.told_back(extension_of(leg), uri_of(shown_of(leg)), without_story_ || leg.hidden()));
  // How its phone answered a call that asked for that (RFC 5373 §4.3).
  if (leg.answered_by() == CallLeg::AnsweredBy::Unsaid || !core_.shared().options.intercom) return;
  caller_->say("Answer-Mode", leg.answered_by() == CallLeg::AnsweredBy::Itself ? "Auto" : "Manual");
}

/// A device redirected the call (RFC 3261 §8.1.3.4). Followed to extensions of its own organisation, each once, in the
/// order of their q, and not to where the call has been; else to one number outside that its extension may call itself,
/// where nobody else rings. True if somebody rings now.
bool Call::follow(const CallLeg& leg, const sip::Message& redirection) {
  auto contacts = redirection.name_addrs(sip::Header::Contact);
  std::ranges::sort(contacts, [](const sip::NameAddr& a, const sip::NameAddr& b) {
    return std::pair(b.q_thousandths(), a.text.data()) < std::pair(a.q_thousandths(), b.text.data());
  });
  const auto* from = extension_of(leg);
  bool rings = false;
  std::optional<Route> outside;
  const CallHistory::Cause cause{diversion_reason(redirection, leg.has_rung()), redirection.status(),
                                 privacy_of(redirection).anonymous};
  auto diverter = identity_;  // what it may call counts, not what the caller may
  diverter.extension = from;
  for (const auto& contact : contacts) {
    if (from == nullptr || hops_ == 0) break;
    const auto to = route(diverter, contact.uri);
    if (to.kind == Route::Kind::Trunk && !to.emergency && !outside && history_.may_divert_out()) outside = to;
    if (to.kind != Route::Kind::Extension || std::ranges::find(rung_, to.extension) != rung_.end()) continue;
    if (!history_.may_divert(*to.extension)) {
      story_.step("not redirected to " + to.extension->number + ": it was there, or was diverted too often", now());
      continue;
    }
    story_.step("redirected to " + to.extension->number, now());
    history_.divert(*from, *to.extension, cause);
    --hops_;
    rings = ring_devices(*to.extension) > 0 || rings;
  }
  if (rings || !outside || forking_.any_ringing()) return rings;
  story_.step("redirected to " + outside->number, now());
  for (const auto& step : outside->path) story_.step(step, now());
  history_.divert_out(*from, outside->number, cause);
  --hops_;
  ring_trunks_for(*from, std::move(*outside));
  return true;
}

void Call::on_message(CallLeg& leg, sip::ServerId request, const sip::Message& message) {
  if (!bridge_ || !is_party(leg)) return leg.respond(request, 480);
  bridge_->on_message(leg, request, message);
}

}  // namespace parley::pbx
