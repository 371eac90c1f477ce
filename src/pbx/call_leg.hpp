#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <net/reactor.hpp>
#include <pbx/call_states.hpp>
#include <pbx/core.hpp>
#include <pbx/header_policy.hpp>
#include <pbx/leg_media.hpp>
#include <pbx/leg_progress.hpp>
#include <pbx/moved_leg.hpp>
#include <pbx/trunk_credential.hpp>
#include <sdp/offer_states.hpp>
#include <sip/dialog.hpp>
#include <sip/reliable.hpp>
#include <sip/session_timer.hpp>

namespace parley::pbx {

class CallLeg;

/// A provisional response of an outgoing leg's party.
struct LegProgressReport {
  unsigned status = 180;  // 101-199
  std::string sdp;        // of the early dialog whose media is heard; empty: none
  bool reliable = false;  // RFC 3262
};

/// Whom a leg tells what its party did. Called from within the leg; the owner destroys a leg only by a later post.
/// `reason`: a whole Reason header line (RFC 3326), or "".
class LegOwner {
 public:
  virtual void on_trying(CallLeg& leg) = 0;                                     // outgoing: 100
  virtual void on_progress(CallLeg& leg, const LegProgressReport& report) = 0;  // outgoing
  virtual void on_answer(CallLeg& leg, const std::string& sdp) = 0;             // outgoing: 2xx, already acknowledged
  virtual void on_refused(CallLeg& leg, unsigned status,
                          const sip::Message* response) = 0;               // outgoing: 300-699; nullptr: none came
  virtual void on_cancelled(CallLeg& leg, const std::string& reason) = 0;  // incoming: CANCEL, 487 is sent
  /// Incoming: the answer to an offer of ours that went out in a reliable provisional response came in its PRACK.
  virtual void on_early_answer(CallLeg& leg, const std::string& sdp) = 0;
  virtual void on_acknowledged(CallLeg& leg, const std::string& sdp) = 0;  // incoming: ACK to our 2xx
  virtual void on_hangup(CallLeg& leg, const std::string& cause,
                         const std::string& reason) = 0;  // BYE, or the party is gone
  virtual void on_offer(CallLeg& leg, sip::ServerId request,
                        const std::string& sdp) = 0;  // re-INVITE, UPDATE or PRACK; sdp may be empty (re-INVITE)
  virtual void on_refer(CallLeg& leg, sip::ServerId request, const sip::Message& refer) = 0;
  /// SUBSCRIBE within the dialog: to the reports of a REFER (RFC 3515 §2.4.4).
  virtual void on_subscribe(CallLeg& leg, sip::ServerId request, const sip::Message& subscribe) = 0;
  virtual void on_info(CallLeg& leg, sip::ServerId request, const sip::Message& info) = 0;
  virtual void on_message(CallLeg& leg, sip::ServerId request, const sip::Message& message) = 0;
  virtual void on_settled(CallLeg& leg) = 0;            // over, and the last response that it waited for came
  virtual void on_digit(CallLeg& leg, char digit) = 0;  // RFC 4733
  virtual void on_state(CallLeg& leg) = 0;              // a step of leg_table() was taken; to look at, not to act on
  /// Nothing was heard of the party's media for as long as the engine waits; false: again something.
  virtual void on_silence(CallLeg& leg, bool silent) = 0;
  /// Gives the party away that this leg talks to; the leg itself is then hung up.
  [[nodiscard]] virtual TakenLeg give_other_leg(CallLeg& leg, const TakeOrder& order) = 0;

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
/// Source:   RFC 3261 §12-§15, RFC 3262 (PRACK), RFC 3311 (UPDATE), RFC 4028 (session timer), RFC 6086 (INFO).
/// Thread: the call's reactor. Lifetime: its Call, until finished(): a cancelled INVITE still needs its final response
/// acknowledged. Requests go along the flow that the party's own authenticated message came by, never to an address
/// that a header names. Files: call_leg.cpp (incoming, the end), call_leg_outgoing.cpp, call_leg_dialog.cpp,
/// call_leg_proof.cpp (carriers' challenges).
class CallLeg final : public ClientUser {
 public:
  CallLeg(Core& core, LegOwner& owner, sip::Flow flow);
  /// One that was up in another call.
  CallLeg(Core& core, LegOwner& owner, MovedLeg moved);
  ~CallLeg();
  CallLeg(const CallLeg&) = delete;
  CallLeg& operator=(const CallLeg&) = delete;

  /// Opens the media ports. Before receive() or invite(). Errors: Full.
  [[nodiscard]] Result<void> open_media();

  // Incoming.
  void receive(sip::ServerId id, const sip::Message& invite, const std::string& contact_user);
  /// The session interval that the INVITE asks for is too small: 422 with this Min-SE.
  [[nodiscard]] std::optional<std::chrono::seconds> too_small_interval(const sip::Message& invite) const {
    return timer_.judge(invite);
  }
  void progress(unsigned status, const std::string& sdp = {}, bool reliably = false);
  /// Of an incoming leg's provisional responses, as LegProgress tells it.
  struct Provisional {
    bool supported = false, required = false, described = false;
  };
  [[nodiscard]] Provisional provisional() const noexcept {
    if (!progress_) return provisional_;
    return {progress_->supported(), progress_->required(), progress_->described()};
  }
  /// 2xx; waits for a PRACK where it has to. `sdp` is left out if a reliable response said it.
  void answer(const std::string& sdp);
  /// Final refusal; `header_line`: a whole header, or "".
  void refuse(unsigned status, std::string_view header_line = {});

  // Outgoing.
  struct Invite {
    LegParties parties;
    std::string target;               // Request-URI
    std::vector<std::string> routes;  // the Path of the contact (RFC 3327)
    unsigned max_forwards = 70;
    std::string sdp;
    std::vector<HeaderText> headers;      // of the other leg's INVITE, as header_policy.hpp lets them pass, and of ours
    std::optional<CarrierLogin> login{};  // a carrier's challenges are answered with it
  };
  [[nodiscard]] Result<void> invite(Invite invite);
  /// Of a carrier's leg: held until it is cancelled or over.
  void hold(TrunkChannel channel) {
    to_carrier_ = true;
    channel_ = std::move(channel);
  }
  /// CANCEL with a Reason (RFC 3326) as soon as it may be sent. No on_refused follows.
  void cancel(std::string_view reason_line);
  /// Whether an INVITE of ours with this Request-URI, that came back, is for whom it had been meant. Until it is
  /// answered.
  [[nodiscard]] bool meant_for(const sip::Message& invite) const;

  // Both.
  /// Ends the leg whatever it is doing: 4xx, CANCEL or BYE. `status` for an unanswered incoming leg.
  void hang_up(unsigned status, std::string_view reason_line = {});
  using Outcome = std::function<void(unsigned status, const std::string& sdp)>;
  /// An offer of ours, by UPDATE where the party takes it and `by_update`, else by re-INVITE. One at a time: Conflict
  /// while one runs in either direction (491 to who wanted it).
  [[nodiscard]] Result<void> offer(const std::string& sdp, Outcome outcome, bool by_update = false);
  /// A request within the dialog that is no offer (INFO, MESSAGE, NOTIFY).
  [[nodiscard]] Result<void> request(sip::Method method, const std::vector<HeaderText>& lines,
                                     std::string_view content_type, std::string_view body, Outcome outcome);
  /// Answers what on_offer brought: 2xx with sdp. `refuse_offer`: any other status.
  void answer_offer(sip::ServerId request, const std::string& sdp);
  void refuse_offer(sip::ServerId request, unsigned status, std::string_view header_line = {});
  void respond(sip::ServerId request, unsigned status, std::string_view header_line = {});
  /// Whether that offer still waits: its party may have cancelled it.
  [[nodiscard]] bool owes_answer(sip::ServerId request) const noexcept { return offer_server_ == request; }
  /// A REFER by which its implicit subscription is known: the first of a dialog also without its number
  /// (RFC 3515 §2.4.6).
  struct ReferId {
    std::uint32_t cseq = 0;
    bool first = true;
  };
  /// 202 to a REFER.
  ReferId accept_refer(sip::ServerId request, bool reports);
  /// 200 to a SUBSCRIBE.
  void accept_subscribe(sip::ServerId request, std::chrono::seconds granted);

  [[nodiscard]] LegState state() const noexcept { return state_; }
  [[nodiscard]] bool is_up() const noexcept { return state_ == LegState::Up; }
  [[nodiscard]] bool is_over() const noexcept { return state_ == LegState::Ended; }
  /// Up, and nothing is under way that could not go on elsewhere.
  [[nodiscard]] bool is_movable() const noexcept;
  /// The leg is over here; the party goes on in another call.
  [[nodiscard]] MovedLeg move_out();
  /// Over, and nothing on the wire needs it any more.
  [[nodiscard]] bool finished() const noexcept { return is_over() && !invite_client_ && !says_bye(); }
  [[nodiscard]] bool is_incoming() const noexcept { return incoming_; }
  /// A provisional response went out or came.
  [[nodiscard]] bool has_progressed() const noexcept { return progressed_; }
  /// Its party sent the INVITE; also of a leg that was moved.
  [[nodiscard]] bool party_began() const noexcept { return dialog_ ? !dialog_->is_uac() : incoming_; }
  [[nodiscard]] LegMedia& media() noexcept { return media_; }
  [[nodiscard]] const LegMedia& media() const noexcept { return media_; }
  [[nodiscard]] IpAddress own_address() const { return core_.wire().own_endpoint(flow_).address; }
  [[nodiscard]] const sip::Flow& flow() const noexcept { return flow_; }
  [[nodiscard]] const std::string& sip_call_id() const noexcept { return call_id_; }
  [[nodiscard]] const std::string& local_tag() const noexcept { return local_tag_; }
  /// Who is at the other end, as a P-Asserted-Identity value: goes into what is said to this party from now on; "":
  /// nobody that it may know.
  void identify(std::string other) { identity_ = std::move(other); }
  /// Incoming: goes into what its INVITE is answered with from now on, 18x and 2xx; "": no more.
  void say(std::string_view name, std::string value);
  /// The INVITE, until it is answered; nullptr: it is no longer there.
  [[nodiscard]] const sip::Message* received() const { return core_.transactions().request(invite_server_); }
  /// Outgoing: how its phone says that it was answered (RFC 5373 §4.3).
  enum class AnsweredBy : std::uint8_t { Unsaid, Hand, Itself };
  [[nodiscard]] AnsweredBy answered_by() const noexcept { return answered_by_; }
  /// Its party asked that others do not learn who it is (RFC 3323).
  [[nodiscard]] bool hidden() const noexcept { return hidden_; }
  /// Outgoing: it answered provisionally, with a tag.
  [[nodiscard]] bool has_rung() const noexcept { return out_ && !out_->early.empty(); }
  /// The party's, of an early dialog too; "" if it is not known yet.
  [[nodiscard]] std::string remote_tag() const;
  /// Tags are of the dialog that Replaces means (RFC 3891 §3), seen from our side.
  [[nodiscard]] bool is_dialog(std::string_view call_id, std::string_view local_tag, std::string_view remote_tag) const;
  [[nodiscard]] LegOwner& owner() const noexcept { return owner_; }

  // From the Core's tables.
  void on_request(sip::ServerId id, const sip::Message& request);
  void on_cancel(sip::ServerId id, const sip::Message& cancel);
  void on_ack(const sip::Message& ack);
  void on_server_failure(sip::ServerId id);
  void on_response(sip::ClientId id, const sip::Message& response) override;
  void on_client_failure(sip::ClientId id, sip::TransactionFailure failure) override;

 private:
  /// One early dialog of an outgoing INVITE (forking further down makes several).
  struct EarlyDialog {
    std::string tag;
    sip::ReliableReceiver receiver;
    std::string sdp;         // what it said first
    bool described = false;  // reliably: the 2xx has nothing to add
  };

  /// Of an outgoing leg until its INVITE is answered: the INVITE, and the dialogs that it made.
  struct Outgoing {
    Invite invite;
    std::optional<sip::DialogSet> dialogs;
    std::vector<EarlyDialog> early;
    std::string heard_tag;  // of the early dialog whose media is heard
  };
  /// With a carrier: what its challenges are answered with.
  struct Carrier {
    CarrierLogin login;
    std::optional<HeaderText> proof{};        // of the first INVITE
    std::optional<HeaderText> offer_proof{};  // of the offer that runs
    std::string offer_sdp{};                  // ... and what it says
    unsigned proofs = 0, offer_proofs = 0;    // answers to challenges so far
  };

  /// A request of ours within the dialog that is no offer, until its final response.
  struct Inner {
    sip::Method method = sip::Method::Info;
    std::vector<HeaderText> lines{};
    std::string content_type{}, body{};
    Outcome outcome{};
    std::string remote_tag{};  // of the dialog
    unsigned proofs = 0;       // answers to challenges so far
  };

  bool enter(LegInput input);
  bool step(sdp::OfferInput input);
  void bye(std::string_view reason_line);
  void lost(const std::string& cause, std::string_view reason_line = {});
  void end_dialog_tables();
  [[nodiscard]] sip::ViaSpec via();
  void learn(const sip::Message& message);

  void write_progress(unsigned status, const std::string& sdp, std::uint32_t rseq);
  void on_prack(sip::ServerId id, const sip::Message& request);
  void send_answer();
  void arm_repeater();
  void stop_repeater();

  [[nodiscard]] Result<void> send_invite();
  [[nodiscard]] Result<void> send_inner(sip::Dialog& dialog, Inner inner,
                                        const std::optional<HeaderText>& proof = std::nullopt);
  void on_inner_end(sip::ClientId id, unsigned status, const sip::Message* response);
  [[nodiscard]] bool says_bye() const noexcept;
  [[nodiscard]] std::optional<HeaderText> proof_of(const sip::Message& challenge, sip::Method method,
                                                   std::string_view uri, unsigned& proofs);
  [[nodiscard]] static std::optional<HeaderText> for_ack(const std::optional<HeaderText>& proof);
  [[nodiscard]] std::optional<HeaderText> invite_ack_proof() const;
  [[nodiscard]] bool prove_invite(const sip::Message& challenge);
  [[nodiscard]] bool prove_offer(const sip::Message& challenge);
  void on_invite_response(const sip::Message& response);
  void on_provisional(const sip::Message& response);
  void on_success(const sip::Message& response);
  [[nodiscard]] EarlyDialog* early_of(std::string_view tag);
  void forget_invite();
  void on_other_success(const sip::Message& response);
  void acknowledge_and_bye(sip::Dialog& dialog, const sip::Message& response);
  [[nodiscard]] sip::Dialog* dialog_of(const sip::Message& request);

  void serve_offer(sip::ServerId id, const sip::Message& request);
  [[nodiscard]] bool answer_refresh(sip::ServerId id, const sip::Message& request);
  void answer_without_offer(sip::ServerId id, const sip::Message& request);
  [[nodiscard]] Result<void> send_offer(sip::Method method, const std::string& sdp,
                                        std::optional<HeaderText> proof = std::nullopt);
  void on_offer_response(unsigned status, const sip::Message* response);
  void arm_session_timer();
  void refresh_session();

  Core& core_;
  LegOwner& owner_;
  sip::Flow flow_;
  LegMedia media_;
  LegState state_ = LegState::Idle;
  sdp::OfferState offer_state_ = sdp::OfferState::Stable;
  bool incoming_ = false, takes_update_ = false, referred_ = false, hidden_ = false, progressed_ = false;
  bool to_carrier_ = false;
  AnsweredBy answered_by_ = AnsweredBy::Unsaid;
  std::string identity_;
  std::string contact_, call_id_, local_tag_;

  std::optional<sip::Dialog> dialog_;
  std::unique_ptr<Outgoing> out_;
  std::unique_ptr<Carrier> carrier_;         // a login at it; a leg from a carrier has none
  sip::ServerId invite_server_;              // incoming: the first INVITE
  sip::ServerId offer_server_;               // a re-INVITE, UPDATE or PRACK that waits for our answer
  sip::ClientId invite_client_;              // outgoing: the first INVITE
  TrunkChannel channel_;                     // of a leg to or from a carrier
  sip::ClientId offer_client_, offer_done_;  // done: answered, its 2xx may come again
  sip::Method offer_method_ = sip::Method::Invite;
  std::uint32_t offer_cseq_ = 0, invite_cseq_ = 1;
  Outcome offer_outcome_;
  std::unordered_map<sip::ClientId, Inner> running_;  // INFO, MESSAGE, NOTIFY; of carriers all

  std::vector<HeaderText> said_;            // see say()
  std::unique_ptr<LegProgress> progress_;   // incoming, until its answer is acknowledged
  Provisional provisional_{};               // ... and from then on
  std::optional<std::string> held_answer_;  // a 2xx that waits for a PRACK
  sip::ServerId answered_server_;           // whose 2xx is repeated until its ACK
  std::string answer_sdp_;
  sip::AnswerRepeater repeater_;
  net::Reactor::TimerHandle repeat_timer_;
  sip::SessionTimer timer_;
  net::Reactor::TimerHandle session_timer_;
  std::shared_ptr<LegSink> sink_;  // where the media engine's reports go
};

/// All Reason fields of a message as one line (RFC 3326), bounded; "" if it has none.
[[nodiscard]] std::string reason_line_of(const sip::Message& message);
/// Who refuses a description says why (RFC 3261 §13.3.1.3): the line that goes with `status`.
[[nodiscard]] std::string_view with_warning(unsigned status, std::string_view header_line);

}  // namespace parley::pbx
