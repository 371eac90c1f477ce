#include <algorithm>

#include <pbx/call_leg.hpp>
#include <pbx/caller_identity.hpp>
#include <pbx/own_contact.hpp>
#include <pbx/sip_methods.hpp>
#include <sip/builder.hpp>
#include <sip/identity_headers.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {

namespace {

constexpr std::size_t kMaxReason = 256;
constexpr std::string_view kNoCommonMedia = "Warning: 305 parley \"Incompatible media format\"";

}  // namespace

std::string reason_line_of(const sip::Message& message) {
  std::string line;
  message.each_element(sip::Header::Reason, [&](std::string_view element) {
    if (!sip::parse_reason(element) || line.size() + element.size() > kMaxReason) return;
    line += line.empty() ? "Reason: " : ", ";
    line += element;
  });
  return line;
}

std::string_view with_warning(unsigned status, std::string_view header_line) {
  return status == 488 && header_line.empty() ? kNoCommonMedia : header_line;
}

CallLeg::CallLeg(Core& core, LegOwner& owner, sip::Flow flow)
    : core_(core),
      owner_(owner),
      flow_(flow),
      media_(core.shared().media, core.shared().random),
      timer_({core.shared().options.session_expires, core.shared().options.min_session_expires}),
      sink_(std::make_shared<LegSink>()) {
  sink_->point_to(this, core_.reactor(), core_.poster());
}

CallLeg::CallLeg(Core& core, LegOwner& owner, MovedLeg moved)
    : core_(core),
      owner_(owner),
      flow_(moved.flow),
      media_(core.shared().media, std::move(moved.media)),
      takes_update_(moved.takes_update),
      hidden_(moved.anonymous),
      to_carrier_(static_cast<bool>(moved.channel)),
      contact_(std::move(moved.contact)),
      call_id_(moved.dialog.call_id()),
      local_tag_(moved.dialog.local_tag()),
      dialog_(std::move(moved.dialog)),
      carrier_(moved.login ? std::make_unique<Carrier>(Carrier{std::move(*moved.login)}) : nullptr),
      channel_(std::move(moved.channel)),
      timer_(moved.timer),
      sink_(std::move(moved.sink)) {
  enter(LegInput::MoveIn);
  sink_->point_to(this, core_.reactor(), core_.poster());
  core_.adopt(local_tag_, *this);
  arm_session_timer();
}

bool CallLeg::is_movable() const noexcept {
  return is_up() && !offer_client_ && !offer_server_ && !repeater_.waiting() && offer_state_ == sdp::OfferState::Stable;
}

MovedLeg CallLeg::move_out() {
  MovedLeg out{.flow = flow_,
               .dialog = *dialog_,
               .media = media_.move_out(),
               .sink = sink_,
               .timer = timer_,
               .takes_update = takes_update_,
               .contact = contact_,
               .login = carrier_ ? std::optional(carrier_->login) : std::nullopt,
               .channel = std::move(channel_),
               .extension = {},
               .outside = {},
               .anonymous = hidden_};
  sink_->detach(*this);
  stop_repeater();
  enter(LegInput::Lost);
  dialog_->terminate();
  invite_client_ = {};
  core_.forget(*this);
  running_.clear();
  end_dialog_tables();
  return out;
}

CallLeg::~CallLeg() {
  stop_repeater();
  core_.reactor().cancel(session_timer_);
  sink_->detach(*this);
  core_.forget(*this);
  core_.drop(*this);
}

Result<void> CallLeg::open_media() {
  media::LegCallbacks callbacks;
  callbacks.post = [sink = sink_](std::function<void()> work) { sink->post(std::move(work)); };
  callbacks.on_dtmf = [sink = sink_](media::LegHandle, media::DtmfPress press) {
    sink->deliver([press](CallLeg& leg) { leg.owner_.on_digit(leg, press.digit); });
  };
  callbacks.on_inactive = [sink = sink_](media::LegHandle) {
    sink->deliver([](CallLeg& leg) { leg.owner_.on_silence(leg, true); });
  };
  callbacks.on_active = [sink = sink_](media::LegHandle) {
    sink->deliver([](CallLeg& leg) { leg.owner_.on_silence(leg, false); });
  };
  return media_.open(std::move(callbacks));
}

bool CallLeg::enter(LegInput input) {
  const auto to = next(state_, input);
  if (!to) return false;
  state_ = *to;
  if (state_ == LegState::Cancelling || state_ == LegState::Ended) channel_.reset();
  progressed_ = progressed_ || input == LegInput::Progress;
  owner_.on_state(*this);
  return true;
}

bool CallLeg::step(sdp::OfferInput input) {
  const auto to = sdp::next(offer_state_, input);
  if (!to) return false;
  offer_state_ = *to;
  return true;
}

/// Good until the next one: the builder that it is for writes it down at once.
sip::ViaSpec CallLeg::via() {
  thread_local std::string sent_by, branch;
  sent_by = sip::host_port(core_.wire().own_endpoint(flow_));
  branch = core_.transactions().mint_branch();
  return {flow_.transport, sent_by, branch, to_carrier_ && core_.wire().opened(flow_)};
}

std::string CallLeg::remote_tag() const {
  if (dialog_) return dialog_->remote_tag();
  return has_rung() ? out_->early.front().tag : std::string();
}

void CallLeg::learn(const sip::Message& message) {
  if (message.has(sip::Header::Allow)) takes_update_ = message.lists(sip::Header::Allow, "UPDATE");
  if (const auto mode = message.is_response() ? message.value(sip::Header::AnswerMode) : std::nullopt)
    if (const auto said = sip::parse_answer_mode(*mode); said && said->mode != sip::AnswerMode::Mode::Other)
      answered_by_ = said->mode == sip::AnswerMode::Mode::Auto ? AnsweredBy::Itself : AnsweredBy::Hand;
  hidden_ = hidden_ || privacy_of(message).anonymous;
}

void CallLeg::say(std::string_view name, std::string value) {
  std::erase_if(said_, [&](const HeaderText& line) { return line.first == name; });
  if (!value.empty()) said_.emplace_back(name, std::move(value));
}

bool CallLeg::is_dialog(std::string_view call_id, std::string_view local_tag, std::string_view remote_tag) const {
  if (call_id != call_id_ || local_tag != local_tag_) return false;
  if (dialog_) return dialog_->remote_tag() == remote_tag;
  return out_ && std::ranges::find(out_->early, remote_tag, &EarlyDialog::tag) != out_->early.end();
}

// ---- incoming ----

void CallLeg::receive(sip::ServerId id, const sip::Message& invite, const std::string& contact_user) {
  enter(LegInput::ReceiveInvite);
  incoming_ = true;
  invite_server_ = id;
  call_id_ = invite.call_id();
  local_tag_ = sip::mint_tag(core_.reactor().number(), core_.shared().random);
  contact_ = own_contact(core_.wire(), flow_, contact_user);
  dialog_ = sip::Dialog::from_request(invite, local_tag_, contact_);
  if (!invite.sdp().empty()) step(sdp::OfferInput::ReceiveOffer);
  learn(invite);
  progress_ = std::make_unique<LegProgress>(
      core_, [this](unsigned status, const std::string& sdp, std::uint32_t rseq) { write_progress(status, sdp, rseq); },
      [this] {
        refuse(504);
        owner_.on_hangup(*this, "no acknowledgement of a provisional response", {});
      });
  progress_->begin(invite);
  core_.adopt(local_tag_, *this);
  core_.adopt(id, *this);
}

void CallLeg::progress(unsigned status, const std::string& sdp, bool reliably) {
  if (!enter(LegInput::Progress) || !invite_server_) return;
  progress_->send(status, sdp, reliably);
}

void CallLeg::write_progress(unsigned status, const std::string& sdp, std::uint32_t rseq) {
  const auto* request = core_.transactions().request(invite_server_);
  if (!request) return;
  sip::ResponseBuilder response(*request, status, local_tag_);
  response.contact(contact_);
  response.header(sip::Header::Allow, kAllow);
  if (!identity_.empty()) response.header(sip::Header::PAssertedIdentity, identity_);
  for (const auto& [name, value] : said_) response.header(name, value);
  if (rseq != 0) {
    response.header(sip::Header::Require, "100rel").header(sip::Header::Rseq, std::to_string(rseq));
    if (!sdp.empty()) step(request->sdp().empty() ? sdp::OfferInput::SendOffer : sdp::OfferInput::SendAnswer);
  }
  if (!sdp.empty()) response.body(kSdp, sdp);
  (void)core_.transactions().respond(invite_server_, std::move(response).finish(), core_.reactor().now());
  core_.touch();
}

void CallLeg::on_prack(sip::ServerId id, const sip::Message& request) {
  if (!progress_ || !progress_->on_prack(request)) return respond(id, 481);
  const std::string sdp(request.sdp());
  if (sdp.empty()) {
    respond(id, 200);
  } else if (offer_state_ == sdp::OfferState::Offered) {  // the answer to what our provisional offered
    step(sdp::OfferInput::ReceiveAnswer);
    respond(id, 200);
    owner_.on_early_answer(*this, sdp);
  } else if (step(sdp::OfferInput::ReceiveOffer)) {  // a new offer: answered in the 2xx to the PRACK (RFC 3262 §5)
    offer_server_ = id;
    core_.adopt(id, *this);
    owner_.on_offer(*this, id, sdp);
  } else {
    respond(id, 488);
  }
  if (state_ != LegState::Offered && state_ != LegState::Answered) return;
  progress_->go_on();
  if (held_answer_ && !progress_->holds_answer_back()) answer(*std::exchange(held_answer_, std::nullopt));
}

void CallLeg::answer(const std::string& sdp) {
  if (state_ == LegState::Offered && progress_->holds_answer_back()) {
    held_answer_ = sdp;
    return;
  }
  if (!enter(LegInput::Answer)) return;
  const auto* request = core_.transactions().request(invite_server_);
  if (!request) return lost("transaction gone");
  answered_server_ = invite_server_;
  answer_sdp_ = progress_->described() ? std::string() : sdp;
  if (!answer_sdp_.empty()) step(request->sdp().empty() ? sdp::OfferInput::SendOffer : sdp::OfferInput::SendAnswer);
  progress_->stop();
  repeater_.start(request->cseq().number, core_.reactor().now());
  if (dialog_) dialog_->confirm();
  timer_.accept(*request, core_.reactor().now());
  arm_session_timer();
  send_answer();
  arm_repeater();
}

void CallLeg::send_answer() {
  const auto* request = core_.transactions().request(answered_server_);
  if (!request) return;
  sip::ResponseBuilder response(*request, 200, local_tag_);
  response.contact(contact_);
  response.header(sip::Header::Allow, kAllow).header(sip::Header::Supported, kSupported);
  if (!identity_.empty()) response.header(sip::Header::PAssertedIdentity, identity_);
  for (const auto& [name, value] : said_) response.header(name, value);
  timer_.response_headers(response);
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
      case sip::AnswerRepeater::Due::GiveUp: bye({}); return owner_.on_hangup(*this, "no acknowledgement", {});
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
  if (offer_server_) refuse_offer(std::exchange(offer_server_, {}), 487);
  (void)core_.transactions().respond(invite_server_, status, local_tag_, core_.reactor().now(),
                                     with_warning(status, header_line));
  core_.touch();
  end_dialog_tables();
}

void CallLeg::on_cancel(sip::ServerId id, const sip::Message& cancel) {
  if (id == offer_server_) return refuse_offer(id, 487);
  if (id != invite_server_ || !enter(LegInput::Cancel)) return;
  if (offer_server_) refuse_offer(std::exchange(offer_server_, {}), 487);
  (void)core_.transactions().respond(invite_server_, 487, local_tag_, core_.reactor().now());
  core_.touch();
  end_dialog_tables();
  owner_.on_cancelled(*this, reason_line_of(cancel));
}

void CallLeg::on_ack(const sip::Message& ack) {
  if (!repeater_.on_ack(ack)) return;
  stop_repeater();
  const std::string sdp(ack.sdp());
  core_.transactions().acknowledged(answered_server_);
  answered_server_ = {};
  std::string().swap(answer_sdp_);
  std::vector<HeaderText>().swap(said_);
  enter(LegInput::Ack);  // of a re-INVITE: stays Up
  provisional_ = provisional();
  progress_.reset();
  if (offer_state_ == sdp::OfferState::Offered) step(sdp::OfferInput::ReceiveAnswer);
  owner_.on_acknowledged(*this, sdp);
}

void CallLeg::on_server_failure(sip::ServerId id) {
  if (id == offer_server_) {
    offer_server_ = {};
    step(sdp::OfferInput::Refused);
  }
  if (id == invite_server_ && state_ == LegState::Offered) lost("transport failed");
}

// ---- the end ----

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
  Inner request{sip::Method::Bye};
  if (const auto colon = reason_line.find(':'); colon != std::string_view::npos)
    request.lines.emplace_back(reason_line.substr(0, colon),
                               reason_line.substr(reason_line.find_first_not_of(' ', colon + 1)));
  dialog_->terminate();
  (void)send_inner(*dialog_, std::move(request));
  invite_client_ = {};
  end_dialog_tables();
}

void CallLeg::lost(const std::string& cause, std::string_view reason_line) {
  if (!enter(LegInput::Lost)) return;
  stop_repeater();
  if (dialog_) dialog_->terminate();
  invite_client_ = {};
  end_dialog_tables();
  owner_.on_hangup(*this, cause, std::string(reason_line));
}

void CallLeg::end_dialog_tables() {
  if (progress_) progress_->stop();
  held_answer_.reset();
  core_.reactor().cancel(session_timer_);
  session_timer_ = {};
  core_.drop(*this);
}

}  // namespace parley::pbx
