#pragma once
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include <pbx/sip_methods.hpp>
#include <sip/builder.hpp>
#include <sip/dialog.hpp>
#include <sip/digest.hpp>
#include <sip/transaction_layer.hpp>

namespace parley::pbx::sim {

/// A telephone with transactions of its own, so that it lives through loss and repetition as a real one does. It does
/// what a story tells it and tells the story what happened. One call at a time; more get 486. Time and network come
/// from outside.
class Phone final : private sip::TransactionUser, private sip::Wire {
 public:
  enum class State : std::uint8_t { Idle, Calling, Ringing, Up };
  using Transmit = std::function<void(const Endpoint& from, std::string bytes)>;
  using Heard = std::function<void(Phone&, std::string_view what)>;  // "ringing", "incoming", "up", "over"

  Phone(std::string user, std::string domain, Endpoint at, const FakeClock& clock, Random& random, Transmit transmit)
      : user_(std::move(user)),
        domain_(std::move(domain)),
        at_(at),
        clock_(clock),
        random_(random),
        transmit_(std::move(transmit)),
        layer_(options(), *this, *this, random),
        register_call_id_(random.token(20)) {}

  void register_now(int expires = 3600) {
    register_expires_ = expires;
    register_tried_ = false;
    send_register({});
  }
  void call(const std::string& number) {
    target_ = "sip:" + number + "@" + domain_;
    call_id_ = random_.token(20);
    tag_ = random_.token(12);
    cseq_ = 0;
    tried_ = reinvite_done_ = false;
    reinvite_ = {};
    dialog_.reset();
    state_ = State::Calling;
    send_invite({});
  }
  void answer() {
    if (state_ != State::Ringing) return;
    answered_ = std::exchange(incoming_, {});
    dialog_->confirm();
    const auto* request = layer_.request(answered_);
    if (request == nullptr) return over();
    repeater_.start(request->cseq().number, clock_.now());
    state_ = State::Up;
    send_answer();
  }
  void reject(unsigned status) {
    if (state_ != State::Ringing) return;
    respond(std::exchange(incoming_, {}), status);
    dialog_.reset();
    over();
  }
  /// BYE, CANCEL or refusal, whatever the state asks for.
  void hang_up() {
    if (state_ == State::Ringing) return reject(486);
    if (state_ == State::Calling) return (void)layer_.cancel(invite_, clock_.now());
    if (state_ != State::Up) return;
    auto bye = dialog_->request(sip::Method::Bye, via());
    dialog_->terminate();
    (void)layer_.send_request(std::move(bye).finish(), flow_, clock_.now());
    over();
  }
  void offer(std::string_view direction) {
    if (state_ != State::Up || (reinvite_ && !reinvite_done_)) return;
    reinvite_done_ = false;
    auto request = dialog_->request(sip::Method::Invite, via());
    request.body("application/sdp", sdp(direction));
    auto out = std::move(request).finish();
    reinvite_cseq_ = out.cseq;
    if (auto sent = layer_.send_request(std::move(out), flow_, clock_.now())) reinvite_ = *sent;
  }
  /// Battery out: it neither hears nor says anything any more, and forgets its call.
  void vanish() { gone_ = true; }
  void come_back() {
    gone_ = false;
    invite_ = reinvite_ = {};
    incoming_ = answered_ = {};
    repeater_ = sip::AnswerRepeater{};
    dialog_.reset();
    state_ = State::Idle;
  }

  void receive(const std::string& bytes, const Endpoint& from) {
    if (gone_) return;
    auto message = sip::Message::parse(bytes);
    message.source = {sip::Transport::Udp, at_, from, 0};
    layer_.receive(std::move(message), clock_.now());
  }
  void on_time() {
    const auto now = clock_.now();
    switch (repeater_.on_time(now)) {
      case sip::AnswerRepeater::Due::Send: send_answer(); break;
      case sip::AnswerRepeater::Due::GiveUp: hang_up(); break;
      case sip::AnswerRepeater::Due::Nothing: break;
    }
    layer_.on_time(now);
  }

  void on_heard(Heard heard) { heard_ = std::move(heard); }
  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] bool vanished() const noexcept { return gone_; }
  [[nodiscard]] const Endpoint& at() const noexcept { return at_; }
  [[nodiscard]] const std::string& user() const noexcept { return user_; }
  [[nodiscard]] std::size_t transactions() const { return layer_.size(); }

 private:
  static sip::TransactionLayer::Options options() {
    sip::TransactionLayer::Options options;
    options.check = served();
    return options;
  }
  sip::ViaSpec via() {
    sent_by_ = sip::host_port(at_);
    branch_ = layer_.mint_branch();
    return {sip::Transport::Udp, sent_by_, branch_};
  }
  [[nodiscard]] std::string uri() const { return "sip:" + user_ + "@" + domain_; }
  [[nodiscard]] std::string contact() const { return "<sip:" + user_ + "@" + sip::host_port(at_) + ">"; }
  std::string sdp(std::string_view direction) {
    return "v=0\r\no=- 1 " + std::to_string(++version_) + " IN IP4 " + at_.address.text() + "\r\ns=-\r\nc=IN IP4 " +
           at_.address.text() + "\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0 8\r\na=" + std::string(direction) + "\r\n";
  }
  void tell(std::string_view what) {
    if (heard_) heard_(*this, what);
  }
  void over() {
    state_ = State::Idle;
    tell("over");
  }
  void respond(sip::ServerId id, unsigned status) { (void)layer_.respond(id, status, tag_, clock_.now()); }
  void respond_with_sdp(sip::ServerId id, std::string_view direction) {
    const auto* request = layer_.request(id);
    if (request == nullptr) return;
    sip::ResponseBuilder response(*request, 200, tag_);
    response.contact(contact()).body("application/sdp", sdp(direction));
    (void)layer_.respond(id, std::move(response).finish(), clock_.now());
  }
  void send_answer() { respond_with_sdp(answered_, "sendrecv"); }

  void send_register(const std::string& authorization) {
    sip::RequestBuilder request(sip::Method::Register, "sip:" + domain_, via());
    request.max_forwards()
        .from(sip::name_addr({}, uri(), "reg"))
        .to(sip::name_addr({}, uri()))
        .call_id(register_call_id_)
        .cseq(++register_cseq_)
        .contact(contact())
        .header(sip::Header::Expires, std::to_string(register_expires_));
    if (!authorization.empty()) request.header(sip::Header::Authorization, authorization);
    if (auto sent = layer_.send_request(std::move(request).finish(), flow_, clock_.now())) register_ = *sent;
  }
  void send_invite(const std::string& authorization) {
    sip::DialogSeed seed;
    seed.call_id = call_id_;
    seed.local_party = sip::name_addr({}, uri());
    seed.remote_party = sip::name_addr({}, target_);
    seed.local_tag = tag_;
    seed.remote_target = target_;
    seed.contact = contact();
    seed.local_cseq = ++cseq_;
    sip::RequestBuilder request(sip::Method::Invite, target_, via());
    request.max_forwards()
        .from(sip::name_addr({}, uri(), tag_))
        .to(seed.remote_party)
        .call_id(call_id_)
        .cseq(cseq_)
        .contact(seed.contact);
    if (!authorization.empty()) request.header(sip::Header::Authorization, authorization);
    request.body("application/sdp", sdp("sendrecv"));
    dialogs_.emplace(std::move(seed));
    auto sent = layer_.send_request(std::move(request).finish(), flow_, clock_.now());
    if (!sent) return over();
    invite_ = *sent;
  }
  std::optional<std::string> credentials(const sip::Message& challenge, sip::Method method, const std::string& to) {
    return sip::answer_challenge(challenge, {user_, domain_, "secret-" + user_}, method, to, 1, random_);
  }

  void on_invite_response(const sip::Message& response) {
    const auto status = response.status();
    if (status < 200) {
      (void)dialogs_->on_response(response);
      if (state_ == State::Calling) tell("ringing");
      return;
    }
    if (status < 300) {
      if (dialog_) {
        if (const auto again = dialog_->ack_again(response); !again.empty()) layer_.send_stateless(again, flow_);
        return;
      }
      auto* made = dialogs_->on_response(response);
      if (made == nullptr) return over();
      dialog_ = *made;
      dialog_->confirm();
      layer_.send_stateless(dialog_->ack(response.cseq().number, via()).bytes, flow_);
      state_ = State::Up;
      return tell("up");
    }
    if (status == 401 && !std::exchange(tried_, true))
      if (const auto with = credentials(response, sip::Method::Invite, target_)) return send_invite(*with);
    over();
  }

  // sip::TransactionUser
  void on_response(sip::ClientId id, const sip::Message& response) override {
    if (id == invite_) return on_invite_response(response);
    if (id == register_ && response.status() >= 200) {
      if (response.status() == 401 && !std::exchange(register_tried_, true))
        if (const auto with = credentials(response, sip::Method::Register, "sip:" + domain_)) send_register(*with);
      return;
    }
    if (id != reinvite_ || response.status() < 200) return;
    if (response.status() < 300 && dialog_) {
      // A repeated 2xx finds the same id: it gets its ACK again.
      if (const auto again = dialog_->ack_again(response); !again.empty())
        return (void)layer_.send_stateless(again, flow_);
      dialog_->on_response(response);
      layer_.send_stateless(dialog_->ack(reinvite_cseq_, via()).bytes, flow_);
    }
    reinvite_done_ = true;
  }
  void on_client_failure(sip::ClientId id, sip::TransactionFailure) override {
    if (id == invite_ && state_ == State::Calling) over();
    if (id == reinvite_) reinvite_ = {};
  }
  void on_request(sip::ServerId id, const sip::Message& request) override {
    if (!request.to().tag().empty()) {
      if (!dialog_ || !dialog_->owns_request(request)) return respond(id, 481);
      if (const auto refused = dialog_->on_request(request)) return respond(id, *refused);
      if (request.is(sip::Method::Bye)) {
        respond(id, 200);
        dialog_->terminate();
        return over();
      }
      if (!request.is(sip::Method::Invite)) return respond(id, 200);
      if (reinvite_ && !reinvite_done_) return respond(id, 491);
      answered_ = id;
      repeater_.start(request.cseq().number, clock_.now());
      return respond_with_sdp(id, "sendrecv");
    }
    if (tag_.empty()) tag_ = random_.token(12);
    if (!request.is(sip::Method::Invite)) return respond(id, request.is(sip::Method::Options) ? 200 : 405);
    if (state_ != State::Idle) return respond(id, 486);
    incoming_ = id;
    tag_ = random_.token(12);
    dialog_ = sip::Dialog::from_request(request, tag_, contact());
    reinvite_ = {};
    reinvite_done_ = false;
    state_ = State::Ringing;
    respond(id, 180);
    tell("incoming");
  }
  void on_cancel(sip::ServerId invite, const sip::Message&) override {
    if (invite == incoming_) reject(487);
  }
  void on_ack(const sip::Message& ack) override {
    if (repeater_.on_ack(ack)) tell("up");
  }
  void on_server_failure(sip::ServerId id, sip::TransactionFailure) override {
    if (id == incoming_) over();
  }
  bool send(std::string_view bytes, const sip::Flow&) override {
    if (!gone_) transmit_(at_, std::string(bytes));
    return true;
  }

  std::string user_, domain_;
  Endpoint at_;
  const FakeClock& clock_;
  Random& random_;
  Transmit transmit_;
  sip::Flow flow_{sip::Transport::Udp, {}, *Endpoint::parse("127.0.0.1:5060"), 0};
  sip::TransactionLayer layer_;
  Heard heard_;
  State state_ = State::Idle;
  bool gone_ = false, tried_ = false, register_tried_ = false, reinvite_done_ = false;
  int register_expires_ = 0;
  std::string target_, call_id_, tag_, register_call_id_, sent_by_, branch_;
  std::uint32_t cseq_ = 0, register_cseq_ = 0, reinvite_cseq_ = 0, version_ = 0;
  std::optional<sip::DialogSet> dialogs_;
  std::optional<sip::Dialog> dialog_;
  sip::ClientId invite_, reinvite_, register_;
  sip::ServerId incoming_, answered_;
  sip::AnswerRepeater repeater_;
};

}  // namespace parley::pbx::sim
