// The INVITE that a leg sends: its provisional responses, its early dialogs, its answers.
#include <algorithm>

#include <pbx/call_leg.hpp>
#include <pbx/own_contact.hpp>
#include <pbx/routing.hpp>
#include <pbx/sip_methods.hpp>
#include <sip/builder.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {
Result<void> CallLeg::invite(Invite invite) {
  if (invite.login) carrier_ = std::make_unique<Carrier>(Carrier{std::move(*invite.login)});
  out_ = std::make_unique<Outgoing>();
  out_->invite = std::move(invite);
  call_id_ = sip::mint_call_id(core_.reactor().number(), core_.shared().random);
  local_tag_ = sip::mint_tag(core_.reactor().number(), core_.shared().random);
  contact_ = own_contact(core_.wire(), flow_, out_->invite.parties.contact_user);
  core_.adopt(local_tag_, *this);
  enter(LegInput::SendInvite);
  step(sdp::OfferInput::SendOffer);
  return send_invite();
}

Result<void> CallLeg::send_invite() {
  const auto& invite = out_->invite;
  const auto& parties = invite.parties;
  sip::DialogSeed seed;
  seed.call_id = call_id_;
  seed.local_party = sip::name_addr(parties.local_display, parties.local_uri);
  seed.remote_party = sip::name_addr(parties.remote_display, parties.remote_uri);
  seed.local_tag = local_tag_;
  seed.remote_target = invite.target;
  seed.contact = contact_;
  seed.local_cseq = invite_cseq_;

  sip::RequestBuilder request(sip::Method::Invite, invite.target, via());
  request.max_forwards(invite.max_forwards);
  for (const auto& route : invite.routes) request.header(sip::Header::Route, route);
  request.from(sip::name_addr(parties.local_display, parties.local_uri, local_tag_))
      .to(seed.remote_party)
      .call_id(call_id_)
      .cseq(invite_cseq_)
      .contact(contact_)
      .header(sip::Header::Allow, kAllow)
      .header(sip::Header::Supported, kSupported);
  timer_.request_headers(request);
  for (const auto& [name, value] : invite.headers) request.header(name, value);
  if (carrier_ && carrier_->proof) request.header(carrier_->proof->first, carrier_->proof->second);
  request.body(kSdp, invite.sdp);
  out_->dialogs.emplace(std::move(seed));
  out_->early.clear();
  out_->heard_tag.clear();
  auto sent = core_.send(std::move(request).finish(), flow_, *this);
  if (!sent) {
    enter(LegInput::Lost);
    end_dialog_tables();
    return std::unexpected(sent.error());
  }
  invite_client_ = *sent;
  return {};
}

void CallLeg::on_response(sip::ClientId id, const sip::Message& response) {
  if (id == invite_client_) return on_invite_response(response);
  if (id == offer_done_) {
    if (const auto ack = dialog_->ack_again(response); !ack.empty()) core_.transactions().send_stateless(ack, flow_);
    return;
  }
  if (response.status() < 200) return;
  if (id == offer_client_) return on_offer_response(response.status(), &response);
  on_inner_end(id, response.status(), &response);
}

void CallLeg::on_client_failure(sip::ClientId id, sip::TransactionFailure failure) {
  const unsigned status = failure == sip::TransactionFailure::Timeout ? 408 : 503;
  if (id == invite_client_) {
    invite_client_ = {};
    if (dialog_) return;
    const bool wanted = state_ != LegState::Cancelling && state_ != LegState::Ended;
    enter(LegInput::Lost);
    end_dialog_tables();
    return wanted ? owner_.on_refused(*this, status, nullptr) : owner_.on_settled(*this);
  }
  if (id == offer_client_) return on_offer_response(status, nullptr);
  on_inner_end(id, status, nullptr);
}

CallLeg::EarlyDialog* CallLeg::early_of(std::string_view tag) {
  auto& early = out_->early;
  const auto found = std::ranges::find(early, tag, &EarlyDialog::tag);
  if (found != early.end()) return &*found;
  if (tag.empty() || early.size() >= sip::DialogSet::kMaxDialogs) return nullptr;
  return &early.emplace_back(EarlyDialog{std::string(tag), {}, {}, false});
}

void CallLeg::on_provisional(const sip::Message& response) {
  if (state_ == LegState::Cancelling) return;
  auto* dialog = out_->dialogs->on_response(response);
  auto* early = dialog ? early_of(response.to().tag()) : nullptr;
  learn(response);
  LegProgressReport report{response.status(), std::string(response.sdp()), false};
  if (const auto rseq = sip::reliable_rseq(response)) {
    if (!early || early->receiver.on_response(*rseq) != sip::ReliableReceiver::Take::Serve) return;
    (void)send_inner(*dialog, {sip::Method::Prack,
                               {{"RAck", std::to_string(*rseq) + " " + std::to_string(invite_cseq_) + " INVITE"}}});
    report.reliable = true;
    if (!report.sdp.empty()) early->described = true;
  }
  if (early && !report.sdp.empty() && early->sdp.empty()) early->sdp = report.sdp;
  // Of several early dialogs the first with a description is heard until one of them answers.
  auto& heard_tag = out_->heard_tag;
  if (!report.sdp.empty() && heard_tag.empty()) heard_tag = response.to().tag();
  if (heard_tag != response.to().tag()) report.sdp.clear();
  if (early && early->described && heard_tag == early->tag && offer_state_ == sdp::OfferState::Offered)
    step(sdp::OfferInput::ReceiveAnswer);
  if (enter(LegInput::Progress)) owner_.on_progress(*this, report);
}

void CallLeg::on_invite_response(const sip::Message& response) {
  const auto status = response.status();
  if (dialog_) {  // answered before: a repeated 2xx, or one of another fork further down
    if (status < 200 || status >= 300) return;
    if (dialog_->owns_response(response)) {
      if (const auto ack = dialog_->ack_again(response); !ack.empty()) core_.transactions().send_stateless(ack, flow_);
      return;
    }
    return on_other_success(response);
  }
  if (status == 100) return owner_.on_trying(*this);
  if (status < 200) return on_provisional(response);
  if (status < 300) return on_success(response);
  invite_client_ = {};
  const bool wanted = state_ != LegState::Cancelling && state_ != LegState::Ended;
  if (wanted && status == 422 && timer_.on_too_small(response)) {  // RFC 4028 §7.3: once more, with more
    ++invite_cseq_;
    if (!send_invite()) owner_.on_refused(*this, 503, nullptr);
    return;
  }
  if (wanted && (status == 401 || status == 407) && prove_invite(response)) return;
  enter(LegInput::Refuse);
  end_dialog_tables();
  return wanted ? owner_.on_refused(*this, status, &response) : owner_.on_settled(*this);
}

void CallLeg::on_success(const sip::Message& response) {
  auto* made = out_->dialogs->on_response(response);
  const bool wanted = state_ != LegState::Cancelling && state_ != LegState::Ended;
  if (!made) {  // a 2xx without a tag: cannot be acknowledged
    invite_client_ = {};
    enter(LegInput::Lost);
    end_dialog_tables();
    return wanted ? owner_.on_refused(*this, 502, nullptr) : owner_.on_settled(*this);
  }
  enter(LegInput::Answer);
  if (!wanted) {
    acknowledge_and_bye(*made, response);
    invite_client_ = {};
    end_dialog_tables();
    return owner_.on_settled(*this);
  }
  if (out_->dialogs->dialogs().size() == 1) {
    dialog_ = std::move(*made);
  } else {
    dialog_ = *made;
  }
  dialog_->confirm();
  learn(response);
  const auto ack = dialog_->ack(invite_cseq_, via(), {}, invite_ack_proof());
  core_.transactions().send_stateless(ack.bytes, flow_);
  timer_.on_success(response, core_.reactor().now());
  arm_session_timer();
  // What a reliable response said stands; what an unreliable one said, if the 2xx is silent (RFC 3261 §13.2.1).
  const auto* early = early_of(dialog_->remote_tag());
  std::string sdp(response.sdp());
  if (early && (early->described || sdp.empty())) sdp = early->sdp;
  if (offer_state_ == sdp::OfferState::Offered) step(sdp::OfferInput::ReceiveAnswer);
  forget_invite();
  owner_.on_answer(*this, sdp);
}

/// Only the answered dialog goes on, and the INVITE is not sent again: a call that is up keeps neither.
void CallLeg::forget_invite() {
  if (out_->dialogs->dialogs().size() == 1) return out_.reset();  // the answered one
  out_->early.clear();
  out_->invite = {};
}

/// A second phone behind a proxy answered as well (RFC 3261 §13.2.2.4): its dialog is ended.
void CallLeg::on_other_success(const sip::Message& response) {
  if (!out_) {
    out_ = std::make_unique<Outgoing>();
    out_->dialogs.emplace(dialog_->seed());
  }
  if (auto* other = out_->dialogs->on_response(response)) acknowledge_and_bye(*other, response);
}

bool CallLeg::meant_for(const sip::Message& invite) const {
  if (!out_) return false;
  const auto meant = sip::parse_uri(out_->invite.parties.remote_uri);
  return invite.request_uri_text() == out_->invite.target ||
         (meant && dialled_number(*meant) == dialled_number(invite.request_uri()));
}

void CallLeg::acknowledge_and_bye(sip::Dialog& dialog, const sip::Message& response) {
  if (const auto ack = dialog.ack_again(response); !ack.empty()) {  // its BYE is on the way
    core_.transactions().send_stateless(ack, flow_);
    return;
  }
  dialog.confirm();
  const auto ack = dialog.ack(response.cseq().number, via(), {}, invite_ack_proof());
  core_.transactions().send_stateless(ack.bytes, flow_);
  (void)send_inner(dialog, {sip::Method::Bye});
}

void CallLeg::cancel(std::string_view reason_line) {
  if (!enter(LegInput::Cancel)) return;
  (void)core_.transactions().cancel(invite_client_, core_.reactor().now(), reason_line);
  core_.touch();
}

sip::Dialog* CallLeg::dialog_of(const sip::Message& request) {
  if (dialog_) return dialog_->owns_request(request) ? &*dialog_ : nullptr;
  if (!out_ || !out_->dialogs) return nullptr;
  for (auto& dialog : out_->dialogs->dialogs())
    if (dialog.owns_request(request)) return &dialog;
  return nullptr;
}

}  // namespace parley::pbx
