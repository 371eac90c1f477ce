#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <base/clock.hpp>
#include <base/result.hpp>
#include <sip/builder.hpp>
#include <sip/message.hpp>

namespace parley::sip {

enum class DialogState : std::uint8_t { Early, Confirmed, Terminated };

/// What our side put into the dialog-creating INVITE (UAC), or will put into its responses (UAS).
struct DialogSeed {
  std::string call_id;
  std::string local_party;   // From (UAC) or To (UAS) without tag: `"Ann" <sip:101@host>`
  std::string remote_party;  // To (UAC) or From (UAS) without tag
  std::string local_tag;
  std::string remote_target;  // UAC: the Request-URI
  std::string contact;        // our Contact value: `<sip:101@192.0.2.1:5060>`
  std::uint32_t local_cseq = 1;
};

/// One dialog as its user agent sees it, of a call or of a subscription. Makes and judges the requests inside it. Sends
/// nothing itself. Source:   RFC 3261 §12, §13.2.2.4, §14.   Thread: the call's reactor.   Lifetime: its CallLeg.
class Dialog {
 public:
  /// UAC: from the 101-299 response with a To tag that creates it (the seed is what the INVITE said). nullopt: no tag.
  [[nodiscard]] static std::optional<Dialog> from_response(const DialogSeed& seed, const Message& response);
  /// UAS: from the INVITE or SUBSCRIBE; starts Early. `contact`: our Contact value. Record-Route beyond bounds was
  /// refused by check().
  [[nodiscard]] static Dialog from_request(const Message& invite, std::string local_tag, std::string contact);

  [[nodiscard]] DialogState state() const noexcept { return state_; }
  void confirm() noexcept {
    if (state_ == DialogState::Early) state_ = DialogState::Confirmed;
  }
  void terminate() noexcept { state_ = DialogState::Terminated; }
  [[nodiscard]] bool is_uac() const noexcept { return uac_; }
  [[nodiscard]] const std::string& call_id() const noexcept { return call_id_; }
  [[nodiscard]] const std::string& local_tag() const noexcept { return local_tag_; }
  [[nodiscard]] const std::string& remote_tag() const noexcept { return remote_tag_; }
  [[nodiscard]] const std::string& remote_target() const noexcept { return remote_target_; }
  [[nodiscard]] const std::string& contact() const noexcept { return contact_; }
  [[nodiscard]] std::uint32_t local_cseq() const noexcept { return local_cseq_; }
  [[nodiscard]] const std::vector<std::string>& route_set() const noexcept { return route_set_; }
  /// What another dialog of the same INVITE is made from (UAC).
  [[nodiscard]] DialogSeed seed() const {
    return {call_id_, local_party_, remote_party_, local_tag_, remote_target_, contact_, local_cseq_};
  }
  /// The URI that the next request's transport address is found from: the first route, else the remote target.
  [[nodiscard]] std::string next_hop() const;
  /// What request() writes as Request-URI.
  [[nodiscard]] std::string request_uri() const;

  /// Same Call-ID and tags, seen from our side (a received request: To tag is ours).
  [[nodiscard]] bool owns_request(const Message& request) const noexcept;
  [[nodiscard]] bool owns_response(const Message& response) const noexcept;

  /// A request inside the dialog with the next CSeq (ACK: use ack(); CANCEL: the transaction layer). Add headers and
  /// body, then finish. Contact is included for INVITE, UPDATE and NOTIFY.
  [[nodiscard]] RequestBuilder request(Method method, const ViaSpec& via);
  /// The ACK for a 2xx to our INVITE with this CSeq number: new branch, same routes. See ack_again().
  /// `credentials`: those of that INVITE, if it had any (name and value of the header).
  using Credentials = std::optional<std::pair<std::string, std::string>>;
  [[nodiscard]] Outgoing ack(std::uint32_t invite_cseq, const ViaSpec& via, std::string_view sdp = {},
                             const Credentials& credentials = std::nullopt);
  /// The ACK as it was, if this retransmitted 2xx is the one that it acknowledged: send it again (§13.2.2.4). "" if
  /// not.
  [[nodiscard]] std::string ack_again(const Message& response) const;

  /// Judges a request that owns_request(): nullopt: serve it (the target and CSeq are then taken over); else the status
  /// to answer (500: CSeq out of order; 481: the dialog is over). Not for ACK and CANCEL.
  [[nodiscard]] std::optional<unsigned> on_request(const Message& request);
  /// Takes a response to our INVITE or UPDATE: confirms on 2xx, target refresh. 481 and 408 end the dialog (§12.2.1.2).
  void on_response(const Message& response);

 private:
  Dialog() = default;
  [[nodiscard]] RequestBuilder start(Method method, const ViaSpec& via, std::uint32_t cseq) const;

  DialogState state_ = DialogState::Early;
  bool uac_ = false;
  std::string call_id_, local_party_, remote_party_, local_tag_, remote_tag_, remote_target_, contact_;
  std::vector<std::string> route_set_;
  bool strict_first_ = false;  // the first route has no lr: RFC 2543 router
  std::uint32_t local_cseq_ = 0;
  std::optional<std::uint32_t> remote_cseq_;
  /// What the last ACK is made again from: a dialog may last for hours, the need for it for half a minute.
  struct LastAck {
    std::uint32_t cseq = 0;
    Transport transport = Transport::Udp;
    std::uint8_t sent_by_size = 0;  // 0: `text` is all of it, for it had a body or credentials
    std::string text;               // sent-by and branch of its Via
  };
  LastAck ack_;
};

/// The dialogs that one INVITE of ours made by forking: one per To tag.   Source: RFC 3261 §13.2.2.
class DialogSet {
 public:
  static constexpr std::size_t kMaxDialogs = 16;
  explicit DialogSet(DialogSeed seed) : seed_(std::move(seed)) {}
  /// The dialog of this 101-299 response, made if new and updated if known; nullptr: no tag, or over the bound.
  /// The pointer is good until the next new dialog.
  [[nodiscard]] Dialog* on_response(const Message& response);
  [[nodiscard]] std::vector<Dialog>& dialogs() noexcept { return dialogs_; }
  /// Early dialogs end with the final response that is not theirs (§13.2.2.3).
  void end_early();

 private:
  DialogSeed seed_;
  std::vector<Dialog> dialogs_;
};

/// Repeats a 2xx to INVITE until its ACK: T1 doubling to T2, for 64*T1 (RFC 3261 §13.3.1.4), on any transport.
class AnswerRepeater {
 public:
  enum class Due : std::uint8_t { Nothing, Send, GiveUp };  // GiveUp: no ACK came; send BYE
  explicit AnswerRepeater(std::chrono::milliseconds t1 = std::chrono::milliseconds(500),
                          std::chrono::milliseconds t2 = std::chrono::milliseconds(4000))
      : t1_(t1), t2_(t2) {}
  void start(std::uint32_t cseq, TimePoint now);
  /// True: this ACK is for the answer that was being repeated (stops). False: another, or repeated.
  bool on_ack(const Message& ack) noexcept;
  [[nodiscard]] bool waiting() const noexcept { return waiting_; }
  [[nodiscard]] std::optional<TimePoint> next_deadline() const noexcept;
  [[nodiscard]] Due on_time(TimePoint now);

 private:
  std::chrono::milliseconds t1_, t2_, interval_{};
  std::uint32_t cseq_ = 0;
  bool waiting_ = false;
  TimePoint repeat_at_{}, give_up_at_{};
};

}  // namespace parley::sip
