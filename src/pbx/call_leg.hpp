#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <net/reactor.hpp>
#include <pbx/call_states.hpp>
#include <pbx/core.hpp>
#include <pbx/header_policy.hpp>
#include <pbx/leg_media.hpp>
#include <sip/dialog.hpp>

namespace parley::pbx {

class CallLeg;

/// Whom a leg tells what its party did. Called from within the leg; the owner destroys a leg only by a later post.
class LegOwner {
 public:
  virtual void on_progress(CallLeg& leg, unsigned status, const std::string& sdp) = 0;  // outgoing: 101-199
  virtual void on_answer(CallLeg& leg, const std::string& sdp) = 0;  // outgoing: 2xx, already acknowledged
  virtual void on_refused(CallLeg& leg, unsigned status,
                          const sip::Message* response) = 0;               // outgoing: 300-699; nullptr: none came
  virtual void on_cancelled(CallLeg& leg) = 0;                             // incoming: CANCEL, 487 is sent
  virtual void on_acknowledged(CallLeg& leg, const std::string& sdp) = 0;  // incoming: ACK to our 2xx
  virtual void on_hangup(CallLeg& leg, const std::string& cause) = 0;      // BYE, or the party is gone
  virtual void on_offer(CallLeg& leg, sip::ServerId request,
                        const std::string& sdp) = 0;  // re-INVITE or UPDATE; sdp may be empty
  virtual void on_info(CallLeg& leg, sip::ServerId request, const sip::Message& info) = 0;
  virtual void on_settled(CallLeg& leg) = 0;            // outgoing, cancelled: its last response came, nothing follows
  virtual void on_digit(CallLeg& leg, char digit) = 0;  // RFC 4733

 protected:
  ~LegOwner() = default;
};

/// Who a leg talks to and as whom.
struct LegParties {
  std::string local_uri;  // ours in this dialog: `sip:101@acme.example`
  std::string local_display;
  std::string remote_uri;
  std::string remote_display;
  std::string contact_user;  // user part of our Contact
};

/// One party of a call: its dialog, its media, the requests that run in it.
/// Source:   RFC 3261 §12-§15, RFC 3311 (UPDATE), RFC 6086 (INFO).   Thread: the call's reactor.
/// Lifetime: its Call, until finished(): a cancelled INVITE still needs its final response acknowledged.
/// Requests go along the flow that the party's own authenticated message came by, never to an address that a header
/// names.
class CallLeg final : public ClientUser {
 public:
  CallLeg(Core& core, LegOwner& owner, sip::Flow flow);
  ~CallLeg();
  CallLeg(const CallLeg&) = delete;
  CallLeg& operator=(const CallLeg&) = delete;

  /// Opens the media ports. Before receive() or invite(). Errors: Full.
  [[nodiscard]] Result<void> open_media();

  // Incoming.
  void receive(sip::ServerId id, const sip::Message& invite, const std::string& contact_user);
  void progress(unsigned status, const std::string& sdp = {});
  void answer(const std::string& sdp);
  /// Final refusal; `header_line`: a whole header, or "".
  void refuse(unsigned status, std::string_view header_line = {});

  // Outgoing.
  struct Invite {
    LegParties parties;
    std::string target;  // Request-URI
    unsigned max_forwards = 70;
    std::string sdp;
    std::vector<HeaderText> headers;  // of the other leg's INVITE, as header_policy.hpp lets them pass
  };
  [[nodiscard]] Result<void> invite(const Invite& invite);
  /// CANCEL with a Reason (RFC 3326) as soon as it may be sent. No on_refused follows.
  void cancel(std::string_view reason_line);

  // Both.
  /// Ends the leg whatever it is doing: 4xx, CANCEL or BYE. `status` for an unanswered incoming leg.
  void hang_up(unsigned status, std::string_view reason_line = {});
  using Outcome = std::function<void(unsigned status, const std::string& sdp)>;
  /// re-INVITE towards the party. One at a time: Conflict while one runs in either direction (491 to who wanted it).
  [[nodiscard]] Result<void> offer(const std::string& sdp, Outcome outcome);
  [[nodiscard]] Result<void> info(std::string_view content_type, std::string_view body, Outcome outcome);
  /// Answers what on_offer brought: 2xx with sdp. `refuse_offer`: any other status.
  void answer_offer(sip::ServerId request, const std::string& sdp);
  void refuse_offer(sip::ServerId request, unsigned status, std::string_view header_line = {});
  void respond(sip::ServerId request, unsigned status, std::string_view header_line = {});

  [[nodiscard]] LegState state() const noexcept { return state_; }
  [[nodiscard]] bool is_up() const noexcept { return state_ == LegState::Up; }
  [[nodiscard]] bool is_over() const noexcept { return state_ == LegState::Ended; }
  /// Over, and nothing on the wire needs it any more.
  [[nodiscard]] bool finished() const noexcept { return is_over() && !invite_client_; }
  [[nodiscard]] LegMedia& media() noexcept { return media_; }
  [[nodiscard]] const LegMedia& media() const noexcept { return media_; }
  [[nodiscard]] IpAddress own_address() const { return core_.wire().own_endpoint(flow_).address; }
  [[nodiscard]] const sip::Flow& flow() const noexcept { return flow_; }
  [[nodiscard]] const std::string& sip_call_id() const noexcept { return call_id_; }

  // From the Core's tables.
  void on_request(sip::ServerId id, const sip::Message& request);
  void on_cancel(sip::ServerId id);
  void on_ack(const sip::Message& ack);
  void on_server_failure(sip::ServerId id);
  void on_response(sip::ClientId id, const sip::Message& response) override;
  void on_client_failure(sip::ClientId id, sip::TransactionFailure failure) override;

 private:
  bool enter(LegInput input);
  void bye(std::string_view reason_line);
  void lost(const std::string& cause);
  void on_invite_response(const sip::Message& response);
  void on_offer_response(unsigned status, const sip::Message* response);
  void acknowledge_and_bye(sip::Dialog& dialog, const sip::Message& response);
  void send_answer();
  void arm_repeater();
  void stop_repeater();
  void end_dialog_tables();
  [[nodiscard]] sip::ViaSpec via();
  [[nodiscard]] std::string contact_for(std::string_view user);

  Core& core_;
  LegOwner& owner_;
  sip::Flow flow_;
  LegMedia media_;
  LegState state_ = LegState::Idle;
  std::string contact_, call_id_, local_tag_, sent_by_, branch_;

  std::optional<sip::Dialog> dialog_;
  std::optional<sip::DialogSet> dialogs_;    // outgoing, until one answers
  sip::ServerId invite_server_;              // incoming: the first INVITE
  sip::ServerId offer_server_;               // a re-INVITE or UPDATE that waits for our answer
  sip::ClientId invite_client_;              // outgoing: the first INVITE
  sip::ClientId offer_client_, offer_done_;  // done: answered, its 2xx may come again
  std::uint32_t offer_cseq_ = 0, invite_cseq_ = 1;
  Outcome offer_outcome_;
  std::unordered_map<sip::ClientId, Outcome> info_clients_;

  sip::ServerId answered_server_;  // whose 2xx is repeated until its ACK
  std::string answer_sdp_;
  sip::AnswerRepeater repeater_;
  net::Reactor::TimerHandle repeat_timer_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // what posted media callbacks look at
};

}  // namespace parley::pbx
