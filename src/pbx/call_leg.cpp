#include <base/log.hpp>
#include <pbx/call_leg.hpp>
#include <pbx/sip_methods.hpp>
#include <sip/builder.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {
namespace {

constexpr std::string_view kSdp = "application/sdp";
constexpr std::size_t kMaxInfos = 8;  // INFOs of ours that run at once

}  // namespace

CallLeg::CallLeg(Core& core, LegOwner& owner, sip::Flow flow)
    : core_(core), owner_(owner), flow_(flow), media_(core.shared().media, core.shared().random) {}

CallLeg::~CallLeg() {
  stop_repeater();
  core_.forget(*this);
  core_.drop(*this);
}

Result<void> CallLeg::open_media() {
  media::LegCallbacks callbacks;
  callbacks.post = core_.poster();
  callbacks.on_dtmf = [tag = std::weak_ptr<int>(alive_), this](media::LegHandle, media::DtmfPress press) {
    if (tag.lock()) owner_.on_digit(*this, press.digit);
  };
  callbacks.on_inactive = [tag = std::weak_ptr<int>(alive_), this](media::LegHandle) {
    if (tag.lock() && is_up()) log::debug("leg.silent", {{"state", to_string(state_)}});
  };
  return media_.open(std::move(callbacks));
}

bool CallLeg::enter(LegInput input) {
  const auto to = next(state_, input);
  if (!to) return false;
  state_ = *to;
  return true;
}

sip::ViaSpec CallLeg::via() {
  sent_by_ = sip::host_port(core_.wire().own_endpoint(flow_));
  branch_ = core_.transactions().mint_branch();
  return {flow_.transport, sent_by_, branch_};
}

std::string CallLeg::contact_for(std::string_view user) {
  std::string text = "<sip:";
  if (!user.empty()) text += sip::escape_user(user) + "@";
  text += sip::host_port(core_.wire().own_endpoint(flow_));
  if (flow_.transport == sip::Transport::Tcp) text += ";transport=tcp";
  return text + ">";
}

// ---- incoming ----

void CallLeg::receive(sip::ServerId id, const sip::Message& invite, const std::string& contact_user) {
  enter(LegInput::ReceiveInvite);
  invite_server_ = id;
  call_id_ = invite.call_id();
  local_tag_ = sip::mint_tag(core_.reactor().number(), core_.shared().random);
  contact_ = contact_for(contact_user);
  dialog_ = sip::Dialog::from_request(invite, local_tag_, contact_);
  core_.adopt(local_tag_, *this);
  core_.adopt(id, *this);
}

void CallLeg::progress(unsigned status, const std::string& sdp) {
  if (!enter(LegInput::Progress) || !invite_server_) return;
  const auto* request = core_.transactions().request(invite_server_);
  if (!request) return;
  sip::ResponseBuilder response(*request, status, local_tag_);
  response.contact(contact_);
  response.header(sip::Header::Allow, kAllow);
  if (!sdp.empty()) response.body(kSdp, sdp);
  (void)core_.transactions().respond(invite_server_, std::move(response).finish(), core_.reactor().now());
  core_.touch();
}

void CallLeg::answer(const std::string& sdp) {
  if (!enter(LegInput::Answer)) return;
  const auto* request = core_.transactions().request(invite_server_);
  if (!request) return lost("transaction gone");
  answered_server_ = invite_server_;
  answer_sdp_ = sdp;
  repeater_.start(request->cseq().number, core_.reactor().now());
  if (dialog_) dialog_->confirm();
  send_answer();
  arm_repeater();
}

void CallLeg::send_answer() {
  const auto* request = core_.transactions().request(answered_server_);
  if (!request) return;
  sip::ResponseBuilder response(*request, 200, local_tag_);
  response.contact(contact_);
  response.header(sip::Header::Allow, kAllow);
  if (!answer_sdp_.empty()) response.body(kSdp, answer_sdp_);
  (void)core_.transactions().respond(answered_server_, std::move(response).finish(), core_.reactor().now());
  core_.touch();
}

void CallLeg::arm_repeater() {
  core_.reactor().cancel(repeat_timer_);
  const auto due = repeater_.next_deadline();
  if (!due) return;
  repeat_timer_ = core_.reactor().at(*due, [this] {
    switch (repeater_.on_time(core_.reactor().now())) {
      case sip::AnswerRepeater::Due::Send: send_answer(); break;
      case sip::AnswerRepeater::Due::GiveUp: bye({}); return owner_.on_hangup(*this, "no acknowledgement");
      case sip::AnswerRepeater::Due::Nothing: break;
    }
    arm_repeater();
  });
}

void CallLeg::stop_repeater() {
  core_.reactor().cancel(repeat_timer_);
  repeat_timer_ = {};
}

void CallLeg::refuse(unsigned status, std::string_view header_line) {
  if (!enter(LegInput::Refuse)) return;
  (void)core_.transactions().respond(invite_server_, status, local_tag_, core_.reactor().now(), header_line);
  core_.touch();
  end_dialog_tables();
}

void CallLeg::on_cancel(sip::ServerId id) {
  if (id == offer_server_) return refuse_offer(std::exchange(offer_server_, {}), 487);
  if (id != invite_server_ || !enter(LegInput::Cancel)) return;
  (void)core_.transactions().respond(invite_server_, 487, local_tag_, core_.reactor().now());
  core_.touch();
  end_dialog_tables();
  owner_.on_cancelled(*this);
}

void CallLeg::on_ack(const sip::Message& ack) {
  if (!repeater_.on_ack(ack)) return;
  stop_repeater();
  const std::string sdp(ack.sdp());
  answered_server_ = {};
  enter(LegInput::Ack);  // of a re-INVITE: stays Up
  owner_.on_acknowledged(*this, sdp);
}

void CallLeg::on_server_failure(sip::ServerId id) {
  if (id == offer_server_) offer_server_ = {};
  if (id == invite_server_ && state_ == LegState::Offered) lost("transport failed");
}

// ---- outgoing ----

Result<void> CallLeg::invite(const Invite& invite) {
  const auto& parties = invite.parties;
  call_id_ = sip::mint_call_id(core_.reactor().number(), core_.shared().random);
  local_tag_ = sip::mint_tag(core_.reactor().number(), core_.shared().random);
  contact_ = contact_for(parties.contact_user);
  sip::DialogSeed seed;
  seed.call_id = call_id_;
  seed.local_party = sip::name_addr(parties.local_display, parties.local_uri);
  seed.remote_party = sip::name_addr(parties.remote_display, parties.remote_uri);
  seed.local_tag = local_tag_;
  seed.remote_target = invite.target;
  seed.contact = contact_;
  seed.local_cseq = invite_cseq_;

  sip::RequestBuilder request(sip::Method::Invite, invite.target, via());
  request.max_forwards(invite.max_forwards)
      .from(sip::name_addr(parties.local_display, parties.local_uri, local_tag_))
      .to(seed.remote_party)
      .call_id(call_id_)
      .cseq(invite_cseq_)
      .contact(contact_)
      .header(sip::Header::Allow, kAllow);
  for (const auto& [name, value] : invite.headers) request.header(name, value);
  request.body(kSdp, invite.sdp);
  dialogs_.emplace(std::move(seed));
  core_.adopt(local_tag_, *this);
  enter(LegInput::SendInvite);
  auto sent = core_.send(std::move(request).finish(), flow_, *this);
  if (!sent) {
    enter(LegInput::Lost);
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
  if (id == offer_client_) {
    if (response.status() < 200) return;
    return on_offer_response(response.status(), &response);
  }
  if (const auto info = info_clients_.find(id); info != info_clients_.end() && response.status() >= 200) {
    auto outcome = std::move(info->second);
    info_clients_.erase(info);
    outcome(response.status(), {});
  }
}

void CallLeg::on_invite_response(const sip::Message& response) {
  const auto status = response.status();
  const std::string sdp(response.sdp());
  if (dialog_) {  // answered before: a repeated 2xx, or one of another fork further down
    if (status < 200 || status >= 300) return;
    if (dialog_->owns_response(response)) {
      if (const auto ack = dialog_->ack_again(response); !ack.empty()) core_.transactions().send_stateless(ack, flow_);
      return;
    }
    if (auto* other = dialogs_->on_response(response)) acknowledge_and_bye(*other, response);
    return;
  }
  if (status < 200) {
    if (state_ == LegState::Cancelling) return;
    (void)dialogs_->on_response(response);
    if (enter(LegInput::Progress)) owner_.on_progress(*this, status, sdp);
    return;
  }
  if (status < 300) {
    auto* made = dialogs_->on_response(response);
    const bool wanted = state_ != LegState::Cancelling && state_ != LegState::Ended;
    if (!made) {  // a 2xx without a tag: cannot be acknowledged
      invite_client_ = {};
      enter(LegInput::Lost);
      return wanted ? owner_.on_refused(*this, 502, nullptr) : owner_.on_settled(*this);
    }
    enter(LegInput::Answer);
    if (!wanted) {
      acknowledge_and_bye(*made, response);
      invite_client_ = {};
      end_dialog_tables();
      return owner_.on_settled(*this);
    }
    dialog_ = *made;
    dialog_->confirm();
    const auto ack = dialog_->ack(invite_cseq_, via());
    core_.transactions().send_stateless(ack.bytes, flow_);
    owner_.on_answer(*this, sdp);
    return;
  }
  invite_client_ = {};
  const bool wanted = state_ != LegState::Cancelling && state_ != LegState::Ended;
  enter(LegInput::Refuse);
  end_dialog_tables();
  return wanted ? owner_.on_refused(*this, status, &response) : owner_.on_settled(*this);
}

void CallLeg::acknowledge_and_bye(sip::Dialog& dialog, const sip::Message& response) {
  dialog.confirm();
  const auto ack = dialog.ack(response.cseq().number, via());
  core_.transactions().send_stateless(ack.bytes, flow_);
  auto request = dialog.request(sip::Method::Bye, via());
  (void)core_.send(std::move(request).finish(), flow_, *this);
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
  if (const auto info = info_clients_.find(id); info != info_clients_.end()) {
    auto outcome = std::move(info->second);
    info_clients_.erase(info);
    outcome(status, {});
  }
}

void CallLeg::cancel(std::string_view reason_line) {
  if (!enter(LegInput::Cancel)) return;
  (void)core_.transactions().cancel(invite_client_, core_.reactor().now(), reason_line);
  core_.touch();
}

// ---- both ----

void CallLeg::hang_up(unsigned status, std::string_view reason_line) {
  switch (state_) {
    case LegState::Offered: return refuse(status, reason_line);
    case LegState::Calling:
    case LegState::Early: return cancel(reason_line);
    case LegState::Answered:
    case LegState::Up: return bye(reason_line);
    case LegState::Idle: enter(LegInput::Lost); return;
    case LegState::Cancelling:
    case LegState::Ended: return;
  }
}

void CallLeg::bye(std::string_view reason_line) {
  if (!enter(LegInput::Bye)) return;
  stop_repeater();
  if (offer_server_) refuse_offer(std::exchange(offer_server_, {}), 487);
  auto request = dialog_->request(sip::Method::Bye, via());
  if (const auto colon = reason_line.find(':'); colon != std::string_view::npos)
    request.header(reason_line.substr(0, colon), reason_line.substr(reason_line.find_first_not_of(' ', colon + 1)));
  dialog_->terminate();
  (void)core_.send(std::move(request).finish(), flow_, *this);
  invite_client_ = {};
  end_dialog_tables();
}

void CallLeg::lost(const std::string& cause) {
  if (!enter(LegInput::Lost)) return;
  stop_repeater();
  if (dialog_) dialog_->terminate();
  invite_client_ = {};
  end_dialog_tables();
  owner_.on_hangup(*this, cause);
}

void CallLeg::end_dialog_tables() { core_.drop(*this); }

Result<void> CallLeg::offer(const std::string& sdp, Outcome outcome) {
  if (!is_up()) return fail(Errc::Unavailable, "the leg is not up");
  if (offer_client_ || offer_server_ || repeater_.waiting()) return fail(Errc::Conflict, "another offer is running");
  auto request = dialog_->request(sip::Method::Invite, via());
  request.header(sip::Header::Allow, kAllow);
  request.body(kSdp, sdp);
  auto out = std::move(request).finish();
  offer_cseq_ = out.cseq;
  auto sent = core_.send(std::move(out), flow_, *this);
  if (!sent) return std::unexpected(sent.error());
  offer_client_ = *sent;
  offer_outcome_ = std::move(outcome);
  return {};
}

void CallLeg::on_offer_response(unsigned status, const sip::Message* response) {
  if (response) dialog_->on_response(*response);
  auto outcome = std::exchange(offer_outcome_, nullptr);
  if (status >= 200 && status < 300 && response) {
    const auto ack = dialog_->ack(offer_cseq_, via());
    core_.transactions().send_stateless(ack.bytes, flow_);
    offer_done_ = std::exchange(offer_client_, {});  // its 2xx may come again
    if (outcome) outcome(status, std::string(response->sdp()));
    return;
  }
  offer_client_ = {};
  if (outcome) outcome(status, {});
  if (status == 481 || status == 408) lost("party gone");  // RFC 3261 §12.2.1.2
}

Result<void> CallLeg::info(std::string_view content_type, std::string_view body, Outcome outcome) {
  if (!is_up()) return fail(Errc::Unavailable, "the leg is not up");
  if (info_clients_.size() >= kMaxInfos) return fail(Errc::Limited, "too many INFO requests are running");
  auto request = dialog_->request(sip::Method::Info, via());
  request.body(content_type, body);
  auto sent = core_.send(std::move(request).finish(), flow_, *this);
  if (!sent) return std::unexpected(sent.error());
  info_clients_.emplace(*sent, std::move(outcome));
  return {};
}

void CallLeg::respond(sip::ServerId request, unsigned status, std::string_view header_line) {
  (void)core_.transactions().respond(request, status, local_tag_, core_.reactor().now(), header_line);
  core_.touch();
}

void CallLeg::on_request(sip::ServerId id, const sip::Message& request) {
  if (!dialog_ || !dialog_->owns_request(request)) return respond(id, 481);
  if (const auto refused = dialog_->on_request(request)) return respond(id, *refused);
  // The party may have got a new connection or port at the same address; another address needs a new registration.
  if (request.source.remote.address == flow_.remote.address) flow_ = request.source;
  switch (request.method()) {
    case sip::Method::Bye: {
      respond(id, 200);
      if (state_ != LegState::Up && state_ != LegState::Answered) return;
      enter(LegInput::Bye);
      stop_repeater();
      dialog_->terminate();
      if (offer_server_) respond(std::exchange(offer_server_, {}), 487);
      invite_client_ = {};
      end_dialog_tables();
      return owner_.on_hangup(*this, "normal clearing");
    }
    case sip::Method::Invite:
    case sip::Method::Update: {
      if (request.is(sip::Method::Update) && request.sdp().empty()) {  // a target refresh (RFC 3311 §5.2)
        sip::ResponseBuilder response(request, 200, local_tag_);
        response.contact(contact_);
        (void)core_.transactions().respond(id, std::move(response).finish(), core_.reactor().now());
        return core_.touch();
      }
      if (offer_server_) return respond(id, 500, "Retry-After: 1");  // RFC 3261 §14.2
      if (offer_client_ || repeater_.waiting() || !is_up()) return respond(id, 491);
      offer_server_ = id;
      core_.adopt(id, *this);
      return owner_.on_offer(*this, id, std::string(request.sdp()));
    }
    case sip::Method::Info: return owner_.on_info(*this, id, request);
    case sip::Method::Options: {
      sip::ResponseBuilder response(request, 200, local_tag_);
      response.header(sip::Header::Allow, kAllow).header(sip::Header::Accept, kSdp);
      (void)core_.transactions().respond(id, std::move(response).finish(), core_.reactor().now());
      return core_.touch();
    }
    default: return respond(id, 405, std::string("Allow: ") + std::string(kAllow));
  }
}

void CallLeg::answer_offer(sip::ServerId id, const std::string& sdp) {
  if (offer_server_ == id) offer_server_ = {};
  const auto* request = core_.transactions().request(id);
  if (!request) return;
  if (request->is(sip::Method::Update)) {
    sip::ResponseBuilder response(*request, 200, local_tag_);
    response.contact(contact_).body(kSdp, sdp);
    (void)core_.transactions().respond(id, std::move(response).finish(), core_.reactor().now());
    return core_.touch();
  }
  answered_server_ = id;
  answer_sdp_ = sdp;
  repeater_ = sip::AnswerRepeater{};
  repeater_.start(request->cseq().number, core_.reactor().now());
  send_answer();
  arm_repeater();
}

void CallLeg::refuse_offer(sip::ServerId id, unsigned status, std::string_view header_line) {
  if (offer_server_ == id) offer_server_ = {};
  respond(id, status, header_line);
}

}  // namespace parley::pbx
