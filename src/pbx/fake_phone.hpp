#pragma once
#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <pbx/fake_world.hpp>
#include <sip/digest.hpp>

namespace parley::pbx::fake {

using Options = std::map<std::string, std::string, std::less<>>;

inline std::string option(const Options& options, std::string_view name, std::string_view fallback = {}) {
  const auto found = options.find(name);
  return found == options.end() ? std::string(fallback) : found->second;
}

/// A telephone that says exactly what a script tells it, in text of its own (not through our builder), one call at a
/// time.
class Phone {
 public:
  Phone(World& world, std::string name, std::string user, Endpoint at, std::string domain)
      : world_(world),
        name_(std::move(name)),
        user_(std::move(user)),
        domain_(std::move(domain)),
        at_(at),
        rtp_port_(next_port()) {}

  /// REGISTER with digest; the status of the last answer.
  unsigned register_now(const std::string& contact = {}, int expires = 300, const std::string& password = {}) {
    const auto uri = "sip:" + domain_;
    const auto contacts = contact.empty() ? fmt::format("<sip:{}@{}>", user_, at_.text()) : contact;
    auto text = [&](const std::string& authorization) {
      return fmt::format(
          "REGISTER {} SIP/2.0\r\n{}From: <sip:{}@{}>;tag=r{}\r\nTo: <sip:{}@{}>\r\nCall-ID: reg-{}\r\nCSeq: {} "
          "REGISTER\r\n"
          "Max-Forwards: 70\r\nContact: {}\r\nExpires: {}\r\n{}Content-Length: 0\r\n\r\n",
          uri, via(), user_, domain_, name_, user_, domain_, name_, ++register_cseq_, contacts, expires, authorization);
    };
    say(text({}));
    auto answer = hear();
    if (answer && answer->status() == 401) {
      const auto with = authorization(*answer, sip::Method::Register, uri, password);
      say(text("Authorization: " + with + "\r\n"));
      answer = hear();
    }
    return answer ? answer->status() : 0;
  }

  /// What it has heard goes from its memory: where memory is measured.
  void forget() {
    (void)std::exchange(last_request_, {});
    (void)std::exchange(last_invite_, {});
    (void)std::exchange(last_sent_invite_, {});
  }

  void invite(const std::string& target, const Options& options) {
    target_ = target.find(':') == std::string::npos ? "sip:" + target + "@" + domain_ : target;
    call_id_ = fmt::format("call-{}-{}", name_, ++calls_);
    local_tag_ = fmt::format("t{}{}", name_, calls_);
    remote_tag_.clear();
    cseq_ = 0;
    caller_ = true;
    send_invite(options, {});
    if (option(options, "auth", "yes") != "yes" || mail().empty()) return;
    const auto first = sip::Message::parse(mail().front());
    if (first.status() != 401) return;
    mail().pop_front();
    acknowledge(first, {});
    send_invite(options, "Authorization: " + authorization(first, sip::Method::Invite, target_, {}) + "\r\n");
  }

  void request(const std::string& method, const Options& options) {
    if (method == "ACK") return say(in_dialog("ACK", invite_cseq_, option(options, "sdp"), options));
    if (method == "again" || method == "back") {  // our last INVITE by another way; theirs, sent back as a proxy would
      auto text = method == "again" ? last_sent_invite_ : std::string(last_invite_.bytes());
      text.insert(text.find("\r\n") + 2, via());
      return say(text);
    }
    if (method == "PRACK") {  // of the last reliable provisional, or `rack=`
      auto with = options;
      const auto rack = option(options, "rack", fmt::format("{}_{}_INVITE", rseq_heard_, invite_cseq_));
      with["headers"] = "RAck:_" + rack + (options.contains("headers") ? "|" + option(options, "headers") : "");
      return say(in_dialog("PRACK", ++cseq_, option(options, "sdp"), with));
    }
    if (method == "CANCEL") {
      return say(fmt::format(
          "CANCEL {} SIP/2.0\r\n{}From: {}\r\nTo: <{}>\r\nCall-ID: {}\r\nCSeq: {} CANCEL\r\nMax-Forwards: 70\r\n"
          "{}Content-Length: 0\r\n\r\n",
          target_, invite_via_, from(), target_, call_id_, invite_cseq_, extra(options)));
    }
    const auto real = method == "re-INVITE" ? std::string("INVITE") : method;
    ++cseq_;
    if (real == "INVITE") invite_cseq_ = cseq_;
    say(in_dialog(real, cseq_, option(options, "sdp"), options));
  }

  /// A request outside any dialog; `auth=yes`: a challenge is answered.
  void lone(const std::string& method, const std::string& target, const Options& options) {
    const auto uri = target.find(':') == std::string::npos ? "sip:" + target + "@" + domain_ : target;
    unsigned cseq = 0;
    ++lone_;
    const auto text = [&](const std::string& authorization) {
      return fmt::format(
          "{} {} SIP/2.0\r\n{}From: <sip:{}@{}>;tag=l{}\r\nTo: <{}>{}\r\nCall-ID: lone-{}-{}\r\nCSeq: {} {}\r\n"
          "Max-Forwards: {}\r\n{}{}",
          method, uri, via(), user_, domain_, name_, uri, option(options, "to-tag"), name_, lone_, ++cseq, method,
          option(options, "max-forwards", "70"), authorization + extra(options), body({}, options));
    };
    say(text({}));
    if (option(options, "auth", "no") != "yes" || mail().empty()) return;
    const auto first = sip::Message::parse(mail().front());
    if (first.status() != 401) return;
    mail().pop_front();
    say(text("Authorization: " + authorization(first, sip::method_of(method), uri, {}) + "\r\n"));
  }

  /// SUBSCRIBE to `target`, or PUBLISH: a request that is signed when it is challenged. A later SUBSCRIBE without
  /// target goes within the dialog of the first.
  void signed_request(const std::string& method, const std::string& target, const Options& options) {
    auto& watch = watches_[option(options, "watch")];
    if (!target.empty()) {
      watch = {fmt::format("{}-{}-{}", method, name_, ++lone_), "sip:" + target + "@" + domain_, {}, 0, {}};
      watch.target = watch.uri;
    }
    const auto text = [&](const std::string& authorization) {
      const auto content = option(options, "pidf");
      std::string body;
      if (!content.empty()) {
        body = fmt::format(
            "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:{}@{}\"><tuple id=\"t\"><status><basic>{}"
            "</basic></status></tuple></presence>",
            user_, domain_, content);
        body = fmt::format("Content-Type: application/pidf+xml\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
      } else {
        body = "Content-Length: 0\r\n\r\n";
      }
      const auto event = option(options, "event", method == "PUBLISH" ? "presence" : "dialog");
      return fmt::format(
          "{} {} SIP/2.0\r\n{}From: <sip:{}@{}>;tag=s{}\r\nTo: <{}>{}\r\nCall-ID: {}\r\nCSeq: {} {}\r\n"
          "Max-Forwards: 70\r\nContact: <sip:{}@{}>\r\n{}Expires: {}\r\n{}{}{}",
          method, watch.target, via(), user_, domain_, name_, watch.uri, watch.tag.empty() ? "" : ";tag=" + watch.tag,
          watch.call_id, ++watch.cseq, method, user_, at_.text(), event == "none" ? "" : "Event: " + event + "\r\n",
          option(options, "expires", "600"), authorization, extra(options), body);
    };
    say(text({}));
    if (option(options, "auth", "yes") != "yes" || mail().empty()) return;
    const auto first = sip::Message::parse(mail().back());
    if (first.status() != 401) return;
    mail().pop_back();
    say(text("Authorization: " + authorization(first, sip::method_of(method), watch.target, {}) + "\r\n"));
  }

  void respond(unsigned status, const Options& options) {
    const auto& request = status == 487 || option(options, "to") == "INVITE" ? last_invite_ : last_request_;
    std::string head = fmt::format("SIP/2.0 {} Whatever\r\n", status);
    request.each_field(sip::Header::Via, [&](std::string_view via) { head += fmt::format("Via: {}\r\n", via); });
    const auto to = request.value(sip::Header::To).value_or("");
    head += fmt::format("From: {}\r\nTo: {}{}\r\nCall-ID: {}\r\nCSeq: {}\r\n",
                        request.value(sip::Header::From).value_or(""), to,
                        request.to().tag().empty() && status > 100
                            ? ";tag=" + option(options, "tag", local_tag_.empty() ? "r" + name_ : local_tag_)
                            : "",
                        request.call_id(), request.value(sip::Header::CSeq).value_or(""));
    if (const auto contact = option(options, "contact"); !contact.empty()) {
      head += "Contact: " + contact + "\r\n";
    } else {
      head += fmt::format("Contact: <sip:{}@{}>\r\n", user_, at_.text());
    }
    if (const auto rseq = option(options, "rseq"); !rseq.empty()) head += "Require: 100rel\r\nRSeq: " + rseq + "\r\n";
    say(head + extra(options) + body(option(options, "sdp"), options));
  }

  /// The next message, 100 left out; nullopt: none.
  std::optional<sip::Message> hear() {
    world_.settle();
    auto& box = mail();
    while (!box.empty()) {
      auto message = sip::Message::parse(box.front());
      box.pop_front();
      if (message.status() == 100) continue;
      note(message);
      return message;
    }
    return std::nullopt;
  }

  /// Replaces of our dialog, for who is at its other end: to-tag is theirs.
  [[nodiscard]] std::string dialog_for_replaces() const {
    const auto theirs = caller_ ? remote_tag_ : std::string(last_invite_.from().tag());
    return call_id_ + ";to-tag=" + theirs + ";from-tag=" + local_tag_;
  }
  /// ... for who watches this phone (RFC 4235): to-tag is its own.
  [[nodiscard]] std::string dialog_as_watched() const {
    const auto theirs = caller_ ? remote_tag_ : std::string(last_invite_.from().tag());
    return call_id_ + ";to-tag=" + local_tag_ + ";from-tag=" + theirs;
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& etag() const { return etag_; }  // of what it published last
  /// The pbx's media leg towards this phone, once a description was heard.
  [[nodiscard]] std::uint32_t leg() const { return (heard_port_ - 20000U) / 2U; }
  [[nodiscard]] std::uint16_t heard_port() const { return heard_port_; }
  [[nodiscard]] const Endpoint& at() const { return at_; }
  void say(const std::string& text) { world_.deliver(at_, text); }
  std::string password_for_next_call;

 private:
  static std::uint16_t next_port() {
    static std::uint16_t port = 30000;
    return port = static_cast<std::uint16_t>(port + 2);
  }
  std::string via() {
    return fmt::format("Via: SIP/2.0/UDP {};rport;branch=z9hG4bK{}{}\r\n", at_.text(), name_, ++branches_);
  }
  std::string from() const { return fmt::format("<sip:{}@{}>;tag={}", user_, domain_, local_tag_); }

  std::string authorization(const sip::Message& challenge, sip::Method method, const std::string& uri,
                            const std::string& password) {
    const auto secret = !password.empty()                ? password
                        : password_for_next_call.empty() ? "secret-" + user_
                                                         : password_for_next_call;
    return sip::answer_challenge(challenge, {user_, domain_, secret}, method, uri, 1, world_.random).value_or("none");
  }

  void send_invite(const Options& options, const std::string& authorization) {
    invite_cseq_ = ++cseq_;
    invite_via_ = via();
    say(last_sent_invite_ = fmt::format(
            "INVITE {} SIP/2.0\r\n{}From: {}\r\nTo: <{}>\r\nCall-ID: {}\r\nCSeq: {} INVITE\r\nMax-Forwards: {}\r\n"
            "Contact: <sip:{}@{}>\r\n{}{}",
            target_, invite_via_, from(), target_, call_id_, cseq_, option(options, "max-forwards", "70"), user_,
            at_.text(), authorization + extra(options), body(option(options, "sdp", "sendrecv"), options)));
  }

  std::string in_dialog(const std::string& method, std::uint32_t cseq, const std::string& sdp, const Options& options) {
    const auto local = caller_ ? from() : fmt::format("<sip:{}@{}>;tag={}", user_, domain_, local_tag_);
    const auto remote = caller_ ? "<" + target_ + ">;tag=" + remote_tag_ : remote_party_;
    const auto line = via();
    if (method == "INVITE") invite_via_ = line;
    return fmt::format(
        "{} {} SIP/2.0\r\n{}From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {} {}\r\nMax-Forwards: 70\r\nContact: "
        "<sip:{}@{}>\r\n{}",
        method, remote_target_.empty() ? target_ : remote_target_, line, local, remote, call_id_, cseq, method, user_,
        at_.text(), extra(options) + body(sdp, options));
  }

  /// `headers=Subject:_hello|X-Any:_1`: more header fields, an underscore for a space.
  static std::string extra(const Options& options) {
    auto text = option(options, "headers");
    std::ranges::replace(text, '_', ' ');
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('|', at), text.size());
      out += text.substr(at, end - at) + "\r\n";
      at = end + 1;
    }
    return out;
  }

  std::string body(const std::string& sdp, const Options& options) {
    if (const auto digit = option(options, "digit"); !digit.empty()) {
      const auto text = fmt::format("Signal={}\r\nDuration=160\r\n", digit);
      return fmt::format("Content-Type: application/dtmf-relay\r\nContent-Length: {}\r\n\r\n{}", text.size(), text);
    }
    if (auto text = option(options, "body"); !text.empty()) {
      std::ranges::replace(text, '_', ' ');
      const auto type = options.contains("type") ? "Content-Type: " + option(options, "type") + "\r\n" : "";
      return fmt::format("{}Content-Length: {}\r\n\r\n{}", type, text.size(), text);
    }
    if (sdp.empty() || sdp == "none") return "Content-Length: 0\r\n\r\n";
    const auto formats = option(options, "formats", "0 101");
    std::string text = fmt::format(
        "v=0\r\no=- 1 {} IN IP4 {}\r\ns=-\r\nc=IN IP4 {}\r\nt=0 0\r\n{}m={} {} RTP/AVP {}\r\n",
        options.contains("same") ? versions_ : ++versions_, at_.address.text(),
        option(options, "address", at_.address.text()), options.contains("video") ? "m=video 5000 RTP/AVP 31\r\n" : "",
        option(options, "media", "audio"), rtp_port_, formats);
    if (formats.find("101") != std::string::npos) text += "a=rtpmap:101 telephone-event/8000\r\n";
    text += "a=" + sdp + "\r\n";
    return fmt::format("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{}", text.size(), text);
  }

  void acknowledge(const sip::Message& final, const Options&) {
    say(
        fmt::format("ACK {} SIP/2.0\r\n{}From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {} ACK\r\nMax-Forwards: "
                    "70\r\nContent-Length: 0\r\n\r\n",
                    target_, invite_via_, from(), final.value(sip::Header::To).value_or(""), call_id_, invite_cseq_));
  }

  void note(const sip::Message& message) {
    if (!message.sdp().empty()) {
      const auto at = message.sdp().find("m=audio ");
      if (at != std::string_view::npos)
        heard_port_ = static_cast<std::uint16_t>(std::stoi(std::string(message.sdp().substr(at + 8, 5))));
    }
    if (message.is_request()) {
      if (message.method() == sip::Method::Ack) return;
      last_request_ = message.clone();
      if (message.method() == sip::Method::Invite) last_invite_ = message.clone();
      if (message.method() == sip::Method::Invite && message.to().tag().empty()) {
        caller_ = false;
        call_id_ = message.call_id();
        local_tag_ = fmt::format("u{}{}", name_, ++calls_);
        remote_party_ = message.value(sip::Header::From).value_or("");
        cseq_ = 100;
        if (const auto contact = message.first_name_addr(sip::Header::Contact)) remote_target_ = contact->uri.text;
      }
      return;
    }
    for (auto& [name, watch] : watches_)
      if (message.method() == sip::Method::Subscribe && message.status() < 300 && watch.call_id == message.call_id()) {
        watch.tag = message.to().tag();
        if (const auto contact = message.first_name_addr(sip::Header::Contact)) watch.target = contact->uri.text;
      }
    if (const auto etag = message.value(sip::Header::SipEtag)) etag_ = *etag;
    if (message.method() == sip::Method::Invite) {
      if (!message.to().tag().empty() && caller_) remote_tag_ = message.to().tag();
      if (const auto contact = message.first_name_addr(sip::Header::Contact)) remote_target_ = contact->uri.text;
      if (const auto rseq = message.value(sip::Header::Rseq)) rseq_heard_ = *rseq;
      if (message.status() >= 300) acknowledge(message, {});
    }
  }

  std::deque<std::string>& mail() {
    auto& arrived = world_.network.mail[at_];
    box_.insert(box_.end(), arrived.begin(), arrived.end());
    arrived.clear();
    return box_;
  }

  struct Watch {
    std::string call_id, uri, tag;
    std::uint32_t cseq = 0;
    std::string target;
  };

  World& world_;
  std::string name_, user_, domain_, etag_;
  std::map<std::string, Watch> watches_;
  Endpoint at_;
  std::uint16_t rtp_port_, heard_port_ = 0;
  std::deque<std::string> box_;
  bool caller_ = false;
  std::string rseq_heard_, last_sent_invite_;
  std::string target_, call_id_, local_tag_, remote_tag_, remote_party_, remote_target_, invite_via_;
  std::uint32_t cseq_ = 0, invite_cseq_ = 0, register_cseq_ = 0;
  unsigned branches_ = 0, calls_ = 0, lone_ = 0, versions_ = 0;
  sip::Message last_request_, last_invite_;
};

}  // namespace parley::pbx::fake
