// What a carrier asks credentials for: the INVITE, and what is said within its dialog.
#include <algorithm>

#include <pbx/call_leg.hpp>

namespace parley::pbx {
namespace {

constexpr unsigned kMaxProofs = 3;  // of one request: the first, and answers to stale nonces

}  // namespace

/// The header that answers it; nullopt: it is no challenge, none of ours to answer, or our answer was not taken.
/// Carriers are answered only in dialogs that we began: in theirs the account proves nothing, and whoever calls us
/// could collect hashes of it (RFC 3261 §22, digest leak).
std::optional<HeaderText> CallLeg::proof_of(const sip::Message& challenge, sip::Method method, std::string_view uri,
                                            unsigned& proofs) {
  if (!carrier_ || (challenge.status() != 401 && challenge.status() != 407)) return std::nullopt;
  auto answer =
      answer_carrier(challenge, carrier_->login.credential, carrier_->login.asked, method, uri, core_.shared().random);
  if (answer.verdict != ChallengeAnswer::Verdict::Answer) return std::nullopt;
  if (proofs > 0 && (!answer.stale || proofs >= kMaxProofs)) return std::nullopt;
  ++proofs;
  return HeaderText{answer.header == sip::Header::ProxyAuthorization ? "Proxy-Authorization" : "Authorization",
                    std::move(answer.value)};
}

/// The ACK to a 2xx has the credentials of its INVITE (RFC 3261 §13.2.2.4), but for those that were for a proxy: it may
/// not challenge an ACK (§22.1), so it seldom takes them off, and whoever is behind it would learn the hash.
std::optional<HeaderText> CallLeg::for_ack(const std::optional<HeaderText>& proof) {
  return proof && proof->first == "Authorization" ? proof : std::nullopt;
}

std::optional<HeaderText> CallLeg::invite_ack_proof() const {
  return carrier_ ? for_ack(carrier_->proof) : std::nullopt;
}

bool CallLeg::prove_invite(const sip::Message& challenge) {
  if (!carrier_) return false;
  auto proof = proof_of(challenge, sip::Method::Invite, out_->invite.target, carrier_->proofs);
  if (!proof) return false;
  carrier_->proof = std::move(proof);
  ++invite_cseq_;
  if (!send_invite()) owner_.on_refused(*this, 503, nullptr);
  return true;
}

bool CallLeg::prove_offer(const sip::Message& challenge) {
  if (!carrier_) return false;
  auto proof = proof_of(challenge, offer_method_, dialog_->request_uri(), carrier_->offer_proofs);
  return proof && send_offer(offer_method_, std::string(carrier_->offer_sdp), std::move(proof));
}

Result<void> CallLeg::send_inner(sip::Dialog& dialog, Inner inner, const std::optional<HeaderText>& proof) {
  auto request = dialog.request(inner.method, via());
  for (const auto& [name, value] : inner.lines) request.header(name, value);
  if (proof) request.header(proof->first, proof->second);
  if (!inner.body.empty()) request.body(inner.content_type, inner.body);
  auto sent = core_.send(std::move(request).finish(), flow_, *this);
  if (!sent) return std::unexpected(sent.error());
  inner.remote_tag = dialog.remote_tag();
  if (carrier_ || inner.outcome) running_.emplace(*sent, std::move(inner));
  return {};
}

void CallLeg::on_inner_end(sip::ClientId id, unsigned status, const sip::Message* response) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  auto inner = std::move(found->second);
  running_.erase(found);
  auto* dialog = dialog_ && dialog_->remote_tag() == inner.remote_tag ? &*dialog_ : nullptr;
  if (!dialog && out_ && out_->dialogs)
    for (auto& one : out_->dialogs->dialogs())
      if (one.remote_tag() == inner.remote_tag) dialog = &one;
  if (response && dialog)
    if (const auto proof = proof_of(*response, inner.method, dialog->request_uri(), inner.proofs))
      if (send_inner(*dialog, inner, proof)) return;
  if (inner.outcome) return inner.outcome(status, {});
  if (inner.method == sip::Method::Bye) owner_.on_settled(*this);
}

/// A carrier may want credentials for it; a BYE that is not taken leaves a call that costs.
bool CallLeg::says_bye() const noexcept {
  return std::ranges::any_of(running_, [](const auto& one) { return one.second.method == sip::Method::Bye; });
}

}  // namespace parley::pbx
