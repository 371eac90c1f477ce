#include <pbx/bridge.hpp>
#include <pbx/features.hpp>
#include <pbx/message_relay.hpp>

namespace parley::pbx {
namespace {

/// What a party may be told about the other party's refusal of an offer. Its challenges are its own business.
unsigned passed_status(unsigned status) {
  if (status == 401 || status == 407) return 488;
  if (status == 408 || status == 481 || status == 503) return 500;
  return status;
}

/// ... of a request that is no offer. Nobody is told 408 but of an INVITE (RFC 4320 §4.1).
unsigned told_status(unsigned status) {
  if (status == 401 || status == 407) return 403;
  return status == 408 ? 480 : status;
}

}  // namespace

void Bridge::connect() {
  core_.shared().media.bridge(caller_.media().handle(), callee_.media().handle());
  connected_ = true;
}

void Bridge::disconnect() {
  core_.shared().media.unbridge(caller_.media().handle());
  core_.shared().media.unbridge(callee_.media().handle());
  connected_ = false;
}

void Bridge::on_offer(CallLeg& from, sip::ServerId request, const std::string& sdp) {
  auto& to = other(from);
  if (sdp.empty()) {  // the party wants an offer: what the other one said last, but for a hold that is not the other's
    const auto direction = to.media().holds() ? std::nullopt : std::optional(sdp::Direction::SendRecv);
    const auto text = from.media().relayed_offer(to.media().remote(), from.own_address(), direction);
    return text ? from.answer_offer(request, *text) : from.refuse_offer(request, 488);
  }
  if (!LegMedia::usable(sdp)) return from.refuse_offer(request, 488);
  const auto text = to.media().relayed_offer(sdp, to.own_address());
  if (!text) return from.refuse_offer(request, 488);
  const auto* message = core_.transactions().request(request);
  const bool by_update = message && message->is(sip::Method::Update);
  const auto sent = to.offer(
      *text,
      [this, &from, &to, request, sdp, alive = std::weak_ptr<int>(alive_)](unsigned status, const std::string& answer) {
        if (alive.lock()) passed_on(from, to, request, sdp, status, answer);
      },
      by_update);
  if (sent) return;
  to.media().keep_agreed();
  from.refuse_offer(request, sent.error().code == Errc::Limited ? 500 : 491);
}

void Bridge::passed_on(CallLeg& from, CallLeg& to, sip::ServerId request, const std::string& offer, unsigned status,
                       const std::string& answer) {
  if (status < 200 || status >= 300) {
    to.media().keep_agreed();
    return from.refuse_offer(request, passed_status(status));
  }
  if (!from.owes_answer(request)) {  // cancelled meanwhile: the other one goes back to what stood before
    if (!to.media().agree(answer, true, to.flow().remote.address)) return to.media().keep_agreed();
    return tell(to, from.media().remote());
  }
  const auto text = from.media().relayed_answer(answer, offer, from.own_address());
  if (!text || !to.media().agree(answer, true, to.flow().remote.address)) {
    from.media().keep_agreed();
    return from.refuse_offer(request, 488);
  }
  from.answer_offer(request, *text);
  (void)from.media().agree(offer, false, from.flow().remote.address);
  look_for_hold();
}

void Bridge::on_acknowledged(CallLeg& from, const std::string& sdp) {
  if (sdp.empty()) return;
  const bool held = from.media().holds();
  if (!from.media().agree(sdp, true, from.flow().remote.address)) return;
  look_for_hold();
  if (from.media().holds() == held) return;
  tell(other(from), sdp);  // the answer to our offer began or ended a hold
}

void Bridge::tell(CallLeg& to, const std::string& sdp) {
  const auto text = to.media().relayed_offer(sdp, to.own_address());
  if (!text) return;
  const auto sent =
      to.offer(*text, [this, &to, alive = std::weak_ptr<int>(alive_)](unsigned status, const std::string& answer) {
        if (!alive.lock()) return;
        if (status < 200 || status >= 300 || !to.media().agree(answer, true, to.flow().remote.address))
          return to.media().keep_agreed();
        look_for_hold();
      });
  if (!sent) to.media().keep_agreed();
}

void Bridge::look_for_hold() {
  const std::pair now(caller_.media().holds(), callee_.media().holds());
  if (now == holds_) return;
  holds_ = now;
  on_held_(held());
}

void Bridge::on_info(CallLeg& from, sip::ServerId request, const sip::Message& info) {
  const auto type = info.value(sip::Header::ContentType).value_or("");
  if (info.body().empty()) return from.respond(request, 200);
  if (!digit_of_info(type, info.body()))
    return from.respond(request, 415, "Accept: application/dtmf-relay, application/dtmf");
  if (!connected_) return from.respond(request, 200);
  hand_over(from, request, sip::Method::Info, {}, info);
}

void Bridge::on_message(CallLeg& from, sip::ServerId request, const sip::Message& message) {
  if (!message.body().empty() && !message.has(sip::Header::ContentType)) return from.respond(request, 400);
  if (!message_fits(message, message.source) || !message_fits(message, other(from).flow()))
    return from.respond(request, 413);
  auto lines = pbx::passed_on(message, PeerClass::Device, PeerClass::Device);
  for (auto& line : content_headers(message)) lines.push_back(std::move(line));
  hand_over(from, request, sip::Method::Message, lines, message);
}

void Bridge::hand_over(CallLeg& from, sip::ServerId request, sip::Method method, const std::vector<HeaderText>& lines,
                       const sip::Message& message) {
  const auto sent = other(from).request(
      method, lines, message.value(sip::Header::ContentType).value_or(""), message.body(),
      [&from, request](unsigned status, const std::string&) { from.respond(request, told_status(status)); });
  if (!sent) from.respond(request, sent.error().code == Errc::Limited ? 503 : 480);
}

}  // namespace parley::pbx
