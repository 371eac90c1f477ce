// What runs inside a leg's dialog: offers both ways, the session timer, INFO, REFER, BYE.
#include <pbx/call_leg.hpp>
#include <pbx/sip_methods.hpp>
#include <sip/builder.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kMaxRunning = 16;  // INFOs, MESSAGEs and NOTIFYs of ours at once
constexpr auto kRefreshAgain = std::chrono::seconds(5);
constexpr std::string_view kExpired = "Reason: SIP;cause=408;text=\"Session timer expired\"";

}  // namespace

// ---- ours ----

Result<void> CallLeg::offer(const std::string& sdp, Outcome outcome, bool by_update) {
  if (!is_up()) return fail(Errc::Unavailable, "the leg is not up");
  if (offer_client_ || offer_server_ || repeater_.waiting() || offer_state_ != sdp::OfferState::Stable)
    return fail(Errc::Conflict, "another offer is running");
  if (carrier_) carrier_->offer_proofs = 0;
  if (auto sent = send_offer(by_update && takes_update_ ? sip::Method::Update : sip::Method::Invite, sdp); !sent)
    return sent;
  step(sdp::OfferInput::SendOffer);
  offer_outcome_ = std::move(outcome);
  return {};
}

Result<void> CallLeg::send_offer(sip::Method method, const std::string& sdp, std::optional<HeaderText> proof) {
  auto request = dialog_->request(method, via());
  request.header(sip::Header::Allow, kAllow).header(sip::Header::Supported, kSupported);
  if (!identity_.empty()) request.header(sip::Header::PAssertedIdentity, identity_);
  timer_.request_headers(request);
  if (proof) request.header(proof->first, proof->second);
  if (carrier_) {
    carrier_->offer_proof = std::move(proof);
    carrier_->offer_sdp = sdp;
  }
  if (!sdp.empty()) request.body(kSdp, sdp);
  auto out = std::move(request).finish();
  offer_cseq_ = out.cseq;
  offer_method_ = method;
  auto sent = core_.send(std::move(out), flow_, *this);
  if (!sent) return std::unexpected(sent.error());
  offer_client_ = *sent;
  return {};
}

void CallLeg::on_offer_response(unsigned status, const sip::Message* response) {
  if (response && is_up() && prove_offer(*response)) return;
  if (response) dialog_->on_response(*response);
  auto outcome = std::exchange(offer_outcome_, nullptr);
  const bool success = status >= 200 && status < 300 && response;
  step(success ? sdp::OfferInput::ReceiveAnswer : sdp::OfferInput::Refused);
  const auto client = std::exchange(offer_client_, {});
  if (success) {
    if (offer_method_ == sip::Method::Invite) {
      const auto ack = dialog_->ack(offer_cseq_, via(), {}, carrier_ ? for_ack(carrier_->offer_proof) : std::nullopt);
      core_.transactions().send_stateless(ack.bytes, flow_);
      offer_done_ = client;  // its 2xx may come again
    }
    if (is_up()) {
      timer_.on_success(*response, core_.reactor().now());
      arm_session_timer();
    }
    if (outcome) outcome(status, std::string(response->sdp()));
    return;
  }
  if (status == 422 && response && is_up() && timer_.on_too_small(*response)) refresh_session();
  if (outcome) outcome(status, {});
  if (status != 481 && status != 408) return;  // else the dialog is over, and BYE says so (RFC 3261 §12.2.1.2)
  bye({});
  owner_.on_hangup(*this, "party gone", {});
}

Result<void> CallLeg::request(sip::Method method, const std::vector<HeaderText>& lines, std::string_view content_type,
                              std::string_view body, Outcome outcome) {
  if (!dialog_ || (state_ != LegState::Up && state_ != LegState::Answered))
    return fail(Errc::Unavailable, "the leg is not up");
  if (running_.size() >= kMaxRunning) return fail(Errc::Limited, "too many requests are running in this dialog");
  return send_inner(*dialog_, {method, lines, std::string(content_type), std::string(body), std::move(outcome)});
}

// ---- the session timer (RFC 4028) ----

void CallLeg::arm_session_timer() {
  core_.reactor().cancel(session_timer_);
  session_timer_ = {};
  const auto due = timer_.next_deadline();
  if (!due) return;
  session_timer_ = core_.reactor().at(*due, [this] {
    switch (timer_.on_time(core_.reactor().now())) {
      case sip::SessionTimer::Due::Expired:
        bye(kExpired);
        return owner_.on_hangup(*this, "session timer expired", std::string(kExpired));
      case sip::SessionTimer::Due::Refresh: refresh_session(); break;
      case sip::SessionTimer::Due::Nothing: break;
    }
    if (!is_over()) arm_session_timer();
  });
}

void CallLeg::refresh_session() {
  if (!is_up() || offer_client_ || offer_server_ || repeater_.waiting()) return;  // what runs refreshes as well
  if (takes_update_) {
    if (carrier_) carrier_->offer_proofs = 0;
    (void)send_offer(sip::Method::Update, {});
    return;
  }
  // Nothing new is said: the same description, the same version (RFC 4028 §7.4).
  const auto sent = offer(media_.local(), [this](unsigned status, const std::string& sdp) {
    if (status >= 200 && status < 300 && !sdp.empty() && sdp != media_.remote())
      (void)media_.agree(sdp, true, flow_.remote.address);
    if (status != 491 && status != 500) return;
    session_timer_ = core_.reactor().after(kRefreshAgain, [this] {
      refresh_session();
      arm_session_timer();
    });
  });
  (void)sent;  // if it could not go out now, the next deadline is still armed
}

// ---- the party's ----

void CallLeg::respond(sip::ServerId request, unsigned status, std::string_view header_line) {
  (void)core_.transactions().respond(request, status, local_tag_, core_.reactor().now(), header_line);
  core_.touch();
}

CallLeg::ReferId CallLeg::accept_refer(sip::ServerId id, bool reports) {
  const auto* request = core_.transactions().request(id);
  if (!request) return {};
  const auto number = request->cseq().number;
  sip::ResponseBuilder response(*request, 202, local_tag_);
  response.contact(contact_);
  if (!reports) response.header(sip::Header::ReferSub, "false");
  (void)core_.transactions().respond(id, std::move(response).finish(), core_.reactor().now());
  core_.touch();
  return {number, !std::exchange(referred_, true)};
}

void CallLeg::accept_subscribe(sip::ServerId id, std::chrono::seconds granted) {
  const auto* request = core_.transactions().request(id);
  if (!request) return;
  sip::ResponseBuilder response(*request, 200, local_tag_);
  response.contact(contact_).header(sip::Header::Expires, std::to_string(granted.count()));
  (void)core_.transactions().respond(id, std::move(response).finish(), core_.reactor().now());
  core_.touch();
}

void CallLeg::on_request(sip::ServerId id, const sip::Message& request) {
  auto* dialog = dialog_of(request);
  if (!dialog) return respond(id, 481);
  if (const auto refused = dialog->on_request(request)) return respond(id, *refused);
  // The party may have got a new connection or port at the same address; another address needs a new registration.
  // From TLS nothing leads back to the clear.
  const bool in_clear = flow_.transport == sip::Transport::Tls && request.source.transport != sip::Transport::Tls;
  if (request.source.remote.address == flow_.remote.address && !in_clear) flow_ = request.source;
  switch (request.method()) {
    case sip::Method::Bye: {
      respond(id, 200);
      if (state_ == LegState::Offered) {  // of its early dialog: as good as a CANCEL (RFC 3261 §15)
        const auto reason = reason_line_of(request);
        refuse(487);
        return owner_.on_cancelled(*this, reason);
      }
      if (state_ != LegState::Up && state_ != LegState::Answered) return;
      enter(LegInput::Bye);
      stop_repeater();
      dialog_->terminate();
      if (offer_server_) respond(std::exchange(offer_server_, {}), 487);
      invite_client_ = {};
      const auto reason = reason_line_of(request);
      end_dialog_tables();
      return owner_.on_hangup(*this, "normal clearing", reason);
    }
    case sip::Method::Prack: return on_prack(id, request);
    case sip::Method::Invite:
    case sip::Method::Update: return serve_offer(id, request);
    case sip::Method::Refer:
      if (!is_up()) return respond(id, 403);
      return owner_.on_refer(*this, id, request);
    case sip::Method::Info:
      // No package was offered (RFC 6086 §4.2.2); what has none is INFO as it was before.
      if (request.has(sip::Header::InfoPackage)) return respond(id, 469, "Recv-Info: ");
      return owner_.on_info(*this, id, request);
    case sip::Method::Message: return owner_.on_message(*this, id, request);
    case sip::Method::Subscribe: return owner_.on_subscribe(*this, id, request);
    case sip::Method::Notify: return respond(id, 481);
    case sip::Method::Options: {
      sip::ResponseBuilder response(request, 200, local_tag_);
      response.header(sip::Header::Allow, kAllow)
          .header(sip::Header::Supported, kSupported)
          .header(sip::Header::Accept, kAccept);
      (void)core_.transactions().respond(id, std::move(response).finish(), core_.reactor().now());
      return core_.touch();
    }
    default: return respond(id, 405, std::string("Allow: ") + std::string(kAllow));
  }
}

void CallLeg::serve_offer(sip::ServerId id, const sip::Message& request) {
  const bool update = request.is(sip::Method::Update);
  if (const auto least = timer_.judge(request)) return respond(id, 422, "Min-SE: " + std::to_string(least->count()));
  learn(request);
  if (update && request.sdp().empty()) return answer_without_offer(id, request);
  if (!request.body().empty() && request.sdp().empty()) return respond(id, 415, "Accept: application/sdp");
  // RFC 3261 §14.2, RFC 3311 §5.2: glare is 491; what came before its predecessor was answered waits.
  const auto wait = [&] { return "Retry-After: " + std::to_string(core_.shared().random.next() % 11); };
  if (offer_server_ || offer_state_ == sdp::OfferState::Received) return respond(id, 500, wait());
  if (offer_client_ || offer_state_ == sdp::OfferState::Offered) return respond(id, 491);
  if (!update && (repeater_.waiting() || !is_up())) return respond(id, 491);
  if (!dialog_ && (!out_ || request.from().tag() != out_->heard_tag))
    return respond(id, 500, wait());  // an early dialog that is not heard
  if (answer_refresh(id, request)) return;
  offer_server_ = id;
  if (!request.sdp().empty()) step(sdp::OfferInput::ReceiveOffer);
  core_.adopt(id, *this);
  owner_.on_offer(*this, id, std::string(request.sdp()));
}

/// UPDATE without a description: it refreshes the target and the session (RFC 3311 §5.2, RFC 4028 §7.4).
void CallLeg::answer_without_offer(sip::ServerId id, const sip::Message& request) {
  sip::ResponseBuilder response(request, 200, local_tag_);
  response.contact(contact_);
  if (is_up() || state_ == LegState::Answered) {
    timer_.accept(request, core_.reactor().now());
    timer_.response_headers(response);
    arm_session_timer();
  }
  (void)core_.transactions().respond(id, std::move(response).finish(), core_.reactor().now());
  core_.touch();
}

/// The description that stands already, word for word: nothing changes, nobody else is asked (RFC 3264 §8).
bool CallLeg::answer_refresh(sip::ServerId id, const sip::Message& request) {
  if (!is_up() || request.sdp().empty() || request.sdp() != media_.remote()) return false;
  offer_server_ = id;
  step(sdp::OfferInput::ReceiveOffer);
  answer_offer(id, media_.local());
  return true;
}

void CallLeg::answer_offer(sip::ServerId id, const std::string& sdp) {
  if (!owes_answer(id)) return;  // it was cancelled
  offer_server_ = {};
  const auto* request = core_.transactions().request(id);
  if (!request) return;
  step(request->sdp().empty() ? sdp::OfferInput::SendOffer : sdp::OfferInput::SendAnswer);
  const bool confirmed = is_up() || state_ == LegState::Answered;
  if (confirmed && !request->is(sip::Method::Prack)) {
    timer_.accept(*request, core_.reactor().now());
    arm_session_timer();
  }
  if (!request->is(sip::Method::Invite)) {  // UPDATE, PRACK
    sip::ResponseBuilder response(*request, 200, local_tag_);
    if (request->is(sip::Method::Update)) {
      response.contact(contact_);
      if (confirmed) timer_.response_headers(response);
    }
    response.body(kSdp, sdp);
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
  if (offer_state_ == sdp::OfferState::Received) step(sdp::OfferInput::Refused);
  respond(id, status, with_warning(status, header_line));
}

}  // namespace parley::pbx
