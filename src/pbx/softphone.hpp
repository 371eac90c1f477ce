#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <pbx/softphone_media.hpp>
#include <sip/dialog.hpp>
#include <sip/digest.hpp>
#include <sip/transaction_layer.hpp>

namespace parley::pbx {

struct SoftphoneOptions {
  IpAddress address;  // of its sockets
  Endpoint server;    // SIP over UDP
  std::string domain, user, password, display_name;
  SoftphoneMedia::Options media;  // address is set from above
  std::chrono::seconds expires{300};
};

/// A small telephone of ours: registers, calls, answers, plays sound in real time, hangs up. Real SIP and RTP over
/// sockets of its own, so that the demo call and tests go the way of any other phone. One call at a time, UDP. Source:
/// RFC 3261 as a user agent, RFC 3264, RFC 4733.   Thread: the reactor's. Lifetime: its owner's, while the reactor is
/// alive; may be destroyed from its own events.
class Softphone final : private sip::TransactionUser, private sip::Wire {
 public:
  struct Events {
    std::function<void()> on_ringing;                          // our call rings there
    std::function<void(const std::string& from)> on_incoming;  // answer() or reject()
    std::function<void()> on_answered;                         // sound may flow, both ways
    std::function<void(unsigned status)> on_ended;  // 200: hung up by either side; else why no call came about
  };
  [[nodiscard]] static Result<std::unique_ptr<Softphone>> open(net::Reactor& reactor, SoftphoneOptions options,
                                                               Random& random);
  ~Softphone() override;

  void on(Events events) { events_ = std::move(events); }
  /// `done(status)`: 200 when registered. Not refreshed: fit for calls shorter than `expires`.
  void register_now(std::function<void(unsigned status)> done);
  void unregister(std::function<void(unsigned status)> done);
  void call(const std::string& number);
  void answer();
  void reject(unsigned status);
  void hang_up();
  /// re-INVITE with this direction (SendOnly: hold).
  void hold(bool on);
  [[nodiscard]] SoftphoneMedia& media() noexcept { return *media_; }
  [[nodiscard]] bool in_call() const noexcept { return dialog_ && dialog_->state() == sip::DialogState::Confirmed; }
  [[nodiscard]] Endpoint local() const { return socket_->local(); }
  [[nodiscard]] const std::string& last_reason() const noexcept { return last_reason_; }  // Reason of a CANCEL or BYE

 private:
  Softphone(net::Reactor& reactor, SoftphoneOptions options, Random& random);
  // sip::TransactionUser
  void on_request(sip::ServerId id, const sip::Message& request) override;
  void on_cancel(sip::ServerId invite, const sip::Message& cancel) override;
  void on_ack(const sip::Message& ack) override;
  void on_response(sip::ClientId id, const sip::Message& response) override;
  void on_client_failure(sip::ClientId id, sip::TransactionFailure failure) override;
  void on_server_failure(sip::ServerId id, sip::TransactionFailure failure) override;
  bool send(std::string_view bytes, const sip::Flow& flow) override;

  void send_register(std::chrono::seconds expires, const std::string& authorization);
  void send_invite(const std::string& authorization);
  void on_register_response(const sip::Message& response);
  void on_invite_response(const sip::Message& response);
  void respond(sip::ServerId id, unsigned status);
  void send_answer();
  void ended(unsigned status);
  void arm();
  void on_timer();
  [[nodiscard]] std::optional<std::string> credentials(const sip::Message& challenge, sip::Method method,
                                                       const std::string& uri);
  [[nodiscard]] sip::ViaSpec via();
  [[nodiscard]] std::string contact() const;
  [[nodiscard]] std::string own_uri() const;

  net::Reactor& reactor_;
  SoftphoneOptions options_;
  Random& random_;
  sip::TransactionLayer transactions_;
  std::unique_ptr<net::UdpSocket> socket_;
  std::unique_ptr<SoftphoneMedia> media_;
  Events events_;
  net::Reactor::TimerHandle timer_;
  std::string sent_by_, branch_;

  sip::ClientId register_client_, invite_client_, reinvite_client_;
  std::function<void(unsigned)> register_done_;
  std::chrono::seconds register_expires_{};
  std::string register_call_id_, register_tag_;
  std::uint32_t register_cseq_ = 0;
  bool register_tried_ = false, invite_tried_ = false;

  std::string target_, call_id_, tag_;
  std::uint32_t invite_cseq_ = 0, reinvite_cseq_ = 0;
  std::optional<sip::DialogSet> dialogs_;
  std::optional<sip::Dialog> dialog_;
  sip::ServerId incoming_, answered_;
  std::string incoming_offer_, answer_sdp_, last_reason_;
  sip::AnswerRepeater repeater_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace parley::pbx
