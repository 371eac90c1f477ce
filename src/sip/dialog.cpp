#include <algorithm>

#include <sip/dialog.hpp>

namespace parley::sip {
namespace {

/// `"Display" <uri>`: the value without its header parameters (the tag is kept apart).
std::string party_of(const NameAddr& value) {
  std::string out(value.display);
  if (!out.empty()) out += ' ';
  return out.append("<").append(value.uri.text).append(">");
}

std::string with_tag(const std::string& party, const std::string& tag) {
  return tag.empty() ? party : party + ";tag=" + tag;
}

std::vector<std::string> record_routes(const Message& message, bool reversed) {
  std::vector<std::string> routes;
  message.each_element(Header::RecordRoute, [&](std::string_view element) {
    if (routes.size() < kMaxVias && parse_name_addr(element)) routes.emplace_back(element);
  });
  if (reversed) std::ranges::reverse(routes);
  return routes;
}

/// The URI text of a Route element; "" if it is none.
std::string uri_of_route(const std::string& route) {
  const auto parsed = parse_name_addr(route);
  return parsed ? std::string(parsed->uri.text) : std::string();
}

bool is_loose(const std::string& route) {
  const auto parsed = parse_name_addr(route);
  return parsed && parsed->uri.params.has("lr");
}

/// Requests whose Contact moves the remote target (RFC 3261 §12.2, RFC 3311, RFC 6665 §4.4.1).
bool refreshes_target(Method method) {
  return method == Method::Invite || method == Method::Update || method == Method::Subscribe ||
         method == Method::Notify;
}

void take_target(const Message& message, std::string& target) {
  const auto contact = message.first_name_addr(Header::Contact);
  if (contact && !contact->is_star && contact->uri.scheme != Scheme::Other) target = contact->uri.text;
}

}  // namespace

std::optional<Dialog> Dialog::from_response(const DialogSeed& seed, const Message& response) {
  if (response.status() <= 100 || response.status() >= 300 || response.to().tag().empty()) return std::nullopt;
  Dialog dialog;
  dialog.uac_ = true;
  dialog.call_id_ = seed.call_id;
  dialog.local_party_ = seed.local_party;
  dialog.remote_party_ = seed.remote_party;
  dialog.local_tag_ = seed.local_tag;
  dialog.remote_tag_ = response.to().tag();
  dialog.remote_target_ = seed.remote_target;
  dialog.contact_ = seed.contact;
  dialog.local_cseq_ = seed.local_cseq;
  dialog.route_set_ = record_routes(response, true);
  dialog.on_response(response);
  return dialog;
}

Dialog Dialog::from_request(const Message& invite, std::string local_tag, std::string contact) {
  Dialog dialog;
  dialog.call_id_ = invite.call_id();
  dialog.local_party_ = party_of(invite.to());
  dialog.remote_party_ = party_of(invite.from());
  dialog.local_tag_ = std::move(local_tag);
  dialog.remote_tag_ = invite.from().tag();
  dialog.remote_target_ = invite.from().uri.text;  // better than nothing if Contact is missing
  take_target(invite, dialog.remote_target_);
  dialog.contact_ = std::move(contact);
  dialog.route_set_ = record_routes(invite, false);
  dialog.strict_first_ = !dialog.route_set_.empty() && !is_loose(dialog.route_set_.front());
  dialog.remote_cseq_ = invite.cseq().number;
  return dialog;
}

std::string Dialog::next_hop() const { return route_set_.empty() ? remote_target_ : uri_of_route(route_set_.front()); }

bool Dialog::owns_request(const Message& request) const noexcept {
  return request.is_request() && request.call_id() == call_id_ && request.to().tag() == local_tag_ &&
         request.from().tag() == remote_tag_;
}

bool Dialog::owns_response(const Message& response) const noexcept {
  return response.is_response() && response.call_id() == call_id_ && response.from().tag() == local_tag_ &&
         response.to().tag() == remote_tag_;
}

/// A strict router (RFC 2543) wants to be named there, the target then stands last among the routes (§12.2.1.1).
std::string Dialog::request_uri() const { return strict_first_ ? uri_of_route(route_set_.front()) : remote_target_; }

RequestBuilder Dialog::start(Method method, const ViaSpec& via, std::uint32_t cseq) const {
  RequestBuilder builder(method, request_uri(), via);
  builder.max_forwards();
  for (std::size_t i = strict_first_ ? 1 : 0; i < route_set_.size(); ++i) builder.header(Header::Route, route_set_[i]);
  if (strict_first_) builder.header(Header::Route, "<" + remote_target_ + ">");
  builder.from(with_tag(local_party_, local_tag_))
      .to(with_tag(remote_party_, remote_tag_))
      .call_id(call_id_)
      .cseq(cseq);
  return builder;
}

RequestBuilder Dialog::request(Method method, const ViaSpec& via) {
  auto builder = start(method, via, ++local_cseq_);
  if (refreshes_target(method)) builder.contact(contact_);
  return builder;
}

Outgoing Dialog::ack(std::uint32_t invite_cseq, const ViaSpec& via, std::string_view sdp,
                     const Credentials& credentials) {
  auto builder = start(Method::Ack, via, invite_cseq);
  if (credentials) builder.header(credentials->first, credentials->second);
  if (!sdp.empty()) builder.body("application/sdp", sdp);
  auto out = builder.finish();
  const bool plain = !credentials && sdp.empty() && via.sent_by.size() <= 0xff;
  ack_ = {invite_cseq, via.transport, static_cast<std::uint8_t>(plain ? via.sent_by.size() : 0),
          plain ? std::string(via.sent_by).append(via.branch) : out.bytes};
  return out;
}

std::string Dialog::ack_again(const Message& response) const {
  const bool repeated = response.status() / 100 == 2 && response.method() == Method::Invite &&
                        response.cseq().number == ack_.cseq && owns_response(response);
  if (!repeated || ack_.sent_by_size == 0) return repeated ? ack_.text : std::string();
  const std::string_view via = ack_.text;
  return start(Method::Ack, {ack_.transport, via.substr(0, ack_.sent_by_size), via.substr(ack_.sent_by_size)},
               ack_.cseq)
      .finish()
      .bytes;
}

std::optional<unsigned> Dialog::on_request(const Message& request) {
  if (state_ == DialogState::Terminated) return 481;
  const auto number = request.cseq().number;
  if (remote_cseq_ && number < *remote_cseq_) return 500;  // §12.2.2
  remote_cseq_ = number;
  if (refreshes_target(request.method())) take_target(request, remote_target_);
  if (request.is(Method::Bye)) terminate();
  return std::nullopt;
}

void Dialog::on_response(const Message& response) {
  const bool success = response.status() >= 200 && response.status() < 300;
  if (success && response.method() == Method::Invite && state_ == DialogState::Early) {
    if (uac_) route_set_ = record_routes(response, true);  // the 2xx has the last word on it (§13.2.2.4)
    state_ = DialogState::Confirmed;
  }
  strict_first_ = !route_set_.empty() && !is_loose(route_set_.front());
  if (response.status() < 300 && refreshes_target(response.method())) take_target(response, remote_target_);
  const bool gone = response.status() == 481 || response.status() == 408;
  if (gone && state_ == DialogState::Confirmed) terminate();
}

Dialog* DialogSet::on_response(const Message& response) {
  if (response.status() <= 100 || response.status() >= 300) return nullptr;
  const auto tag = response.to().tag();
  for (auto& dialog : dialogs_) {
    if (dialog.remote_tag() != tag) continue;
    dialog.on_response(response);
    return &dialog;
  }
  if (dialogs_.size() >= kMaxDialogs) return nullptr;
  auto made = Dialog::from_response(seed_, response);
  if (!made) return nullptr;
  return &dialogs_.emplace_back(std::move(*made));
}

void DialogSet::end_early() {
  for (auto& dialog : dialogs_)
    if (dialog.state() == DialogState::Early) dialog.terminate();
}

void AnswerRepeater::start(std::uint32_t cseq, TimePoint now) {
  cseq_ = cseq;
  waiting_ = true;
  interval_ = t1_;
  repeat_at_ = now + t1_;
  give_up_at_ = now + 64 * t1_;
}

bool AnswerRepeater::on_ack(const Message& ack) noexcept {
  if (!waiting_ || ack.cseq().number != cseq_) return false;
  waiting_ = false;
  return true;
}

std::optional<TimePoint> AnswerRepeater::next_deadline() const noexcept {
  return waiting_ ? std::optional(std::min(repeat_at_, give_up_at_)) : std::nullopt;
}

AnswerRepeater::Due AnswerRepeater::on_time(TimePoint now) {
  if (!waiting_) return Due::Nothing;
  if (now >= give_up_at_) {
    waiting_ = false;
    return Due::GiveUp;
  }
  if (now < repeat_at_) return Due::Nothing;
  interval_ = std::min(interval_ * 2, t2_);
  repeat_at_ = now + interval_;
  return Due::Send;
}

}  // namespace parley::sip
