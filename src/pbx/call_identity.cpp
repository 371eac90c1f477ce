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
  history_.begin(invite);
  return judge_intercom(invite, core_.shared().options.intercom, passed_);
}

std::vector<HeaderText> Call::headers_for(const DirectoryExtension& callee) const {
  auto out = history_.headers(callee, PeerClass::Device, without_story_);
  out.insert(out.end(), passed_.begin(), passed_.end());
  return out;
}

/// Each phone may know who the other party is (RFC 3325 §5), unless that one minds. Carriers are told nothing of who
/// answers: that is not the number that was called, and theirs is no domain that we trust.
void Call::introduce_parties() {
  if (!near_ || !callee_) return;
  const auto tell_of = [this](CallLeg& leg, const CallLeg& other) {
    auto asserted = extension_of(leg) ? asserted_identity(shown_of(other)) : std::nullopt;
    leg.identify(asserted ? std::move(asserted->second) : std::string());
  };
  tell_of(*near_, *callee_);
  tell_of(*callee_, *near_);
}

/// A device redirected the call (RFC 3261 §8.1.3.4). Followed only to extensions of its own organisation, each once,
/// in the order of their q, and not to where the call has been; true if somebody rings now.
bool Call::follow(const CallLeg& leg, const sip::Message& redirection) {
  auto contacts = redirection.name_addrs(sip::Header::Contact);
  std::ranges::sort(contacts, [](const sip::NameAddr& a, const sip::NameAddr& b) {
    return std::pair(b.q_thousandths(), a.text.data()) < std::pair(a.q_thousandths(), b.text.data());
  });
  const auto* from = extension_of(leg);
  bool rings = false;
  for (const auto& contact : contacts) {
    if (from == nullptr || hops_ == 0) break;
    const auto to = route(identity_, contact.uri);
    if (to.kind != Route::Kind::Extension || std::ranges::find(rung_, to.extension) != rung_.end()) continue;
    if (!history_.may_divert(*to.extension)) {
      story_.step("not redirected to " + to.extension->number + ": it was there, or was diverted too often", now());
      continue;
    }
    story_.step("redirected to " + to.extension->number, now());
    history_.divert(
        *from, *to.extension,
        {diversion_reason(redirection, leg.has_rung()), redirection.status(), privacy_of(redirection).anonymous});
    --hops_;
    rings = ring_devices(*to.extension) > 0 || rings;
  }
  return rings;
}

void Call::on_message(CallLeg& leg, sip::ServerId request, const sip::Message& message) {
  if (!bridge_ || !is_party(leg)) return leg.respond(request, 480);
  bridge_->on_message(leg, request, message);
}

}  // namespace parley::pbx
