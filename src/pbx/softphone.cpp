#include <algorithm>

#include <pbx/sip_methods.hpp>
#include <pbx/softphone.hpp>
#include <sip/builder.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {
namespace {

sip::TransactionLayer::Options layer_options() {
  sip::TransactionLayer::Options options;
  options.check = served();
  return options;
}

}  // namespace

Softphone::Softphone(net::Reactor& reactor, SoftphoneOptions options, Random& random)
    : reactor_(reactor),
      options_(std::move(options)),
      random_(random),
      transactions_(layer_options(), *this, *this, random) {
  register_call_id_ = sip::mint_call_id(0, random_);
  register_tag_ = sip::mint_tag(0, random_);
}

Softphone::~Softphone() { reactor_.cancel(timer_); }

Result<std::unique_ptr<Softphone>> Softphone::open(net::Reactor& reactor, SoftphoneOptions options, Random& random) {
  options.media.address = options.address;
  std::unique_ptr<Softphone> made(new Softphone(reactor, std::move(options), random));
  auto socket = net::UdpSocket::bind(reactor, {made->options_.address, 0}, {});
  if (!socket) return std::unexpected(socket.error());
  made->socket_ = std::move(*socket);
  auto media = SoftphoneMedia::open(reactor, made->options_.media, random);
  if (!media) return std::unexpected(media.error());
  made->media_ = std::move(*media);
  made->socket_->on_datagram([raw = made.get()](BytesView bytes, const Endpoint& from) {
    auto message = sip::Message::parse(std::string(as_text(bytes)));
    message.source = {sip::Transport::Udp, raw->socket_->local(), from, 0};
    const std::weak_ptr<int> alive = raw->alive_;
    raw->transactions_.receive(std::move(message), raw->reactor_.now());
    if (alive.lock()) raw->arm();
  });
  return made;
}

bool Softphone::send(std::string_view bytes, const sip::Flow& flow) {
  return socket_->send(as_bytes(bytes), flow.remote).has_value();
}

void Softphone::arm() {
  reactor_.cancel(timer_);
  timer_ = {};
  auto due = transactions_.next_deadline();
  if (const auto repeat = repeater_.next_deadline(); repeat && (!due || *repeat < *due)) due = repeat;
  if (due) timer_ = reactor_.at(*due, [this] { on_timer(); });
}

void Softphone::on_timer() {
  const std::weak_ptr<int> alive = alive_;
  const auto now = reactor_.now();
  switch (repeater_.on_time(now)) {
    case sip::AnswerRepeater::Due::Send: send_answer(); break;
    case sip::AnswerRepeater::Due::GiveUp: hang_up(); break;
    case sip::AnswerRepeater::Due::Nothing: break;
  }
  if (!alive.lock()) return;
  transactions_.on_time(now);
  if (alive.lock()) arm();
}

sip::ViaSpec Softphone::via() {
  sent_by_ = sip::host_port(socket_->local());
  branch_ = transactions_.mint_branch();
  return {sip::Transport::Udp, sent_by_, branch_};
}

std::string Softphone::contact() const {
  return "<sip:" + sip::escape_user(options_.user) + "@" + sip::host_port(socket_->local()) + ">";
}

std::string Softphone::own_uri() const { return "sip:" + sip::escape_user(options_.user) + "@" + options_.domain; }

std::optional<std::string> Softphone::credentials(const sip::Message& challenge, sip::Method method,
                                                  const std::string& uri) {
  return sip::answer_challenge(challenge, {options_.user, options_.domain, options_.password}, method, uri, 1, random_);
}

// ---- registration ----

void Softphone::register_now(std::function<void(unsigned)> done) {
  register_done_ = std::move(done);
  register_tried_ = false;
  send_register(options_.expires, {});
}

void Softphone::unregister(std::function<void(unsigned)> done) {
  register_done_ = std::move(done);
  register_tried_ = false;
  send_register(std::chrono::seconds(0), {});
}

void Softphone::send_register(std::chrono::seconds expires, const std::string& authorization) {
  register_expires_ = expires;
  sip::RequestBuilder request(sip::Method::Register, "sip:" + options_.domain, via());
  request.max_forwards()
      .from(sip::name_addr(options_.display_name, own_uri(), register_tag_))
      .to(sip::name_addr(options_.display_name, own_uri()))
      .call_id(register_call_id_)
      .cseq(++register_cseq_)
      .contact(contact())
      .header(sip::Header::Expires, std::to_string(expires.count()))
      .header(sip::Header::UserAgent, "Parley softphone");
  if (!authorization.empty()) request.header(sip::Header::Authorization, authorization);
  auto sent = transactions_.send_request(std::move(request).finish(), {sip::Transport::Udp, {}, options_.server, 0},
                                         reactor_.now());
  if (sent) {
    register_client_ = *sent;
  } else if (register_done_) {
    std::exchange(register_done_, nullptr)(503);
  }
  arm();
}

void Softphone::on_register_response(const sip::Message& response) {
  if (response.status() < 200) return;
  register_client_ = {};
  if (response.status() == 401 && !std::exchange(register_tried_, true))
    if (const auto with = credentials(response, sip::Method::Register, "sip:" + options_.domain))
      return send_register(register_expires_, *with);
  if (register_done_) std::exchange(register_done_, nullptr)(response.status());
}

// ---- outgoing call ----

void Softphone::call(const std::string& number) {
  target_ = "sip:" + sip::escape_user(number) + "@" + options_.domain;
  call_id_ = sip::mint_call_id(0, random_);
  tag_ = sip::mint_tag(0, random_);
  invite_cseq_ = 0;
  invite_tried_ = false;
  dialog_.reset();
  send_invite({});
}

void Softphone::send_invite(const std::string& authorization) {
  sip::DialogSeed seed;
  seed.call_id = call_id_;
  seed.local_party = sip::name_addr(options_.display_name, own_uri());
  seed.remote_party = sip::name_addr({}, target_);
  seed.local_tag = tag_;
  seed.remote_target = target_;
  seed.contact = contact();
  seed.local_cseq = ++invite_cseq_;
  sip::RequestBuilder request(sip::Method::Invite, target_, via());
  request.max_forwards()
      .from(sip::name_addr(options_.display_name, own_uri(), tag_))
      .to(seed.remote_party)
      .call_id(call_id_)
      .cseq(invite_cseq_)
      .contact(seed.contact)
      .header(sip::Header::Allow, kAllow)
      .header(sip::Header::UserAgent, "Parley softphone");
  if (!authorization.empty()) request.header(sip::Header::Authorization, authorization);
  request.body(kSdp, media_->offer());
  dialogs_.emplace(std::move(seed));
  auto sent = transactions_.send_request(std::move(request).finish(), {sip::Transport::Udp, {}, options_.server, 0},
                                         reactor_.now());
  if (!sent) return ended(503);
  invite_client_ = *sent;
  arm();
}

void Softphone::on_invite_response(const sip::Message& response) {
  const auto status = response.status();
  if (status < 200) {
    (void)dialogs_->on_response(response);
    if (status >= 180 && events_.on_ringing) events_.on_ringing();
    return;
  }
  if (status < 300) {
    if (dialog_) {
      if (const auto ack = dialog_->ack_again(response); !ack.empty())
        transactions_.send_stateless(ack, {sip::Transport::Udp, {}, options_.server, 0});
      return;
    }
    auto* made = dialogs_->on_response(response);
    if (!made) return ended(502);
    dialog_ = *made;
    dialog_->confirm();
    const auto ack = dialog_->ack(response.cseq().number, via());
    transactions_.send_stateless(ack.bytes, {sip::Transport::Udp, {}, options_.server, 0});
    if (!media_->agree(std::string(response.sdp()), true)) return hang_up();
    if (events_.on_answered) events_.on_answered();
    return;
  }
  invite_client_ = {};
  if (status == 401 && !std::exchange(invite_tried_, true))
    if (const auto with = credentials(response, sip::Method::Invite, target_)) return send_invite(*with);
  ended(status);
}

void Softphone::on_response(sip::ClientId id, const sip::Message& response) {
  if (id == register_client_) return on_register_response(response);
  if (id == invite_client_) return on_invite_response(response);
  if (id == reinvite_client_ && dialog_ && response.status() >= 200) {
    reinvite_client_ = {};
    dialog_->on_response(response);
    if (response.status() >= 300) return;
    const auto ack = dialog_->ack(reinvite_cseq_, via());
    transactions_.send_stateless(ack.bytes, {sip::Transport::Udp, {}, options_.server, 0});
    (void)media_->agree(std::string(response.sdp()), true);
  }
}

void Softphone::on_client_failure(sip::ClientId id, sip::TransactionFailure) {
  if (id == register_client_ && register_done_) std::exchange(register_done_, nullptr)(408);
  if (id == invite_client_) {
    invite_client_ = {};
    ended(408);
  }
}

void Softphone::hold(bool on) {
  if (!in_call() || reinvite_client_) return;
  auto request = dialog_->request(sip::Method::Invite, via());
  auto text = media_->offer();
  if (on)
    if (const auto at = text.find("a=sendrecv"); at != std::string::npos) text.replace(at, 10, "a=sendonly");
  request.body(kSdp, text);
  auto out = std::move(request).finish();
  reinvite_cseq_ = out.cseq;
  if (auto sent =
          transactions_.send_request(std::move(out), {sip::Transport::Udp, {}, options_.server, 0}, reactor_.now()))
    reinvite_client_ = *sent;
  arm();
}

void Softphone::hang_up() {
  if (dialog_ && dialog_->state() != sip::DialogState::Terminated) {
    auto request = dialog_->request(sip::Method::Bye, via());
    dialog_->terminate();
    (void)transactions_.send_request(std::move(request).finish(), {sip::Transport::Udp, {}, options_.server, 0},
                                     reactor_.now());
    arm();
    return ended(200);
  }
  if (invite_client_) {
    (void)transactions_.cancel(invite_client_, reactor_.now());
    return arm();
  }
  if (incoming_) reject(486);
}

// ---- incoming call ----

void Softphone::respond(sip::ServerId id, unsigned status) {
  (void)transactions_.respond(id, status, tag_, reactor_.now());
}

void Softphone::on_request(sip::ServerId id, const sip::Message& request) {
  if (!request.to().tag().empty()) {
    if (!dialog_ || !dialog_->owns_request(request)) return respond(id, 481);
    if (const auto refused = dialog_->on_request(request)) return respond(id, *refused);
    if (request.is(sip::Method::Bye)) {
      last_reason_ = request.value(sip::Header::Reason).value_or("");
      respond(id, 200);
      dialog_->terminate();
      return ended(200);
    }
    if (request.is(sip::Method::Invite)) {
      const std::string offer(request.sdp());
      const auto text = offer.empty() ? std::optional(media_->offer()) : media_->answer(offer);
      if (!text) return respond(id, 488);
      answered_ = id;
      answer_sdp_ = *text;
      repeater_.start(request.cseq().number, reactor_.now());
      send_answer();
      if (!offer.empty()) (void)media_->agree(offer, false);
      return;
    }
    return respond(id, 200);
  }
  if (request.is(sip::Method::Options)) {
    tag_ = tag_.empty() ? sip::mint_tag(0, random_) : tag_;
    return respond(id, 200);
  }
  if (!request.is(sip::Method::Invite)) return respond(id, 405);
  if (in_call() || incoming_ || invite_client_) {
    if (tag_.empty()) tag_ = sip::mint_tag(0, random_);
    return respond(id, 486);
  }
  incoming_ = id;
  incoming_offer_ = request.sdp();
  tag_ = sip::mint_tag(0, random_);
  dialog_ = sip::Dialog::from_request(request, tag_, contact());
  respond(id, 180);
  if (events_.on_incoming) events_.on_incoming(request.from().uri.user_text());
}

void Softphone::answer() {
  if (!incoming_) return;
  const auto* request = transactions_.request(incoming_);
  const auto text = incoming_offer_.empty() ? std::optional(media_->offer()) : media_->answer(incoming_offer_);
  if (!request || !text) return reject(488);
  answered_ = std::exchange(incoming_, {});
  answer_sdp_ = *text;
  dialog_->confirm();
  repeater_.start(request->cseq().number, reactor_.now());
  send_answer();
  if (!incoming_offer_.empty()) (void)media_->agree(incoming_offer_, false);
  arm();
  if (events_.on_answered) events_.on_answered();
}

void Softphone::send_answer() {
  const auto* request = transactions_.request(answered_);
  if (!request) return;
  sip::ResponseBuilder response(*request, 200, tag_);
  response.contact(contact()).header(sip::Header::Allow, kAllow).body(kSdp, answer_sdp_);
  (void)transactions_.respond(answered_, std::move(response).finish(), reactor_.now());
}

void Softphone::reject(unsigned status) {
  if (!incoming_) return;
  respond(std::exchange(incoming_, {}), status);
  dialog_.reset();
  arm();
}

void Softphone::on_cancel(sip::ServerId invite, const sip::Message& cancel) {
  if (invite != incoming_) return;
  last_reason_ = cancel.value(sip::Header::Reason).value_or("");
  reject(487);
  ended(487);
}

void Softphone::on_ack(const sip::Message& ack) {
  if (!repeater_.on_ack(ack)) return;
  if (const auto sdp = ack.sdp(); !sdp.empty()) (void)media_->agree(std::string(sdp), true);
}

void Softphone::on_server_failure(sip::ServerId, sip::TransactionFailure) {}

void Softphone::ended(unsigned status) {
  media_->stop();
  invite_client_ = {};
  if (events_.on_ended) events_.on_ended(status);
}

}  // namespace parley::pbx
