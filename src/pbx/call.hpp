#pragma once
#include <memory>
#include <optional>

#include <pbx/authenticator.hpp>
#include <pbx/await.hpp>
#include <pbx/bridge.hpp>
#include <pbx/call_history.hpp>
#include <pbx/call_story.hpp>
#include <pbx/features.hpp>
#include <pbx/forking.hpp>
#include <pbx/recording_control.hpp>
#include <pbx/routing.hpp>
#include <pbx/transfer.hpp>
#include <pbx/trunk_ring.hpp>

namespace parley::pbx {

/// One call story from the first INVITE to the CDR. Coordinates only: who rings (Forking), who hears whom (Bridge),
/// what is recorded (RecordingControl), what is written down (CallStory), each party's dialog and media (CallLeg), who
/// is given to whom (Transfer), by which diversions (CallHistory), which carrier takes it (TrunkRing).
/// call_transfer.cpp holds the part that changes its parties, call_pickup.cpp that by which somebody else answers,
/// call_identity.cpp who may know whom, call_dialogs.cpp what others see of it, call_silence.cpp the end of a call that
/// both phones have left, call_trunk.cpp what carriers bring and take, call_emergency.cpp what is different of calls
/// for help. Thread: its reactor's.   Lifetime: its Exchange's table, until the CDR is handed over and no leg is needed
/// on the wire.
class Call final : public LegOwner, public RecordingControl::Host, public Transfer::Host, public TrunkRing::Host {
 public:
  Call(Core& core, Identity caller, std::function<void(CallId)> on_done);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  [[nodiscard]] CallId id() const noexcept { return id_; }
  /// Takes the INVITE: routes it, rings, or refuses it. The caller leg's transaction is answered in any case.
  void start(sip::ServerId request, const sip::Message& invite);
  /// By order of the system or the API: both parties get BYE (or CANCEL and `status`).
  void hang_up(const std::string& cause, unsigned status = 480);
  [[nodiscard]] Result<void> control_recording(RecordingAction action);
  [[nodiscard]] bool ended() const noexcept { return state_ == CallState::Ended; }
  /// Somebody of the organisation wants to answer what rings: it rings no more, and join() follows. As
  /// Core::take_place.
  [[nodiscard]] TakenLeg give_place(OrganisationId organisation);
  void join(std::unique_ptr<MovedLeg> leg);

 private:
  // LegOwner
  void on_trying(CallLeg& leg) override;
  void on_progress(CallLeg& leg, const LegProgressReport& report) override;
  void on_answer(CallLeg& leg, const std::string& sdp) override;
  void on_refused(CallLeg& leg, unsigned status, const sip::Message* response) override;
  void on_cancelled(CallLeg& leg, const std::string& reason) override;
  void on_early_answer(CallLeg& leg, const std::string& sdp) override;
  void on_acknowledged(CallLeg& leg, const std::string& sdp) override;
  void on_hangup(CallLeg& leg, const std::string& cause, const std::string& reason) override;
  void on_offer(CallLeg& leg, sip::ServerId request, const std::string& sdp) override;
  void on_refer(CallLeg& leg, sip::ServerId request, const sip::Message& refer) override;
  void on_subscribe(CallLeg& leg, sip::ServerId request, const sip::Message& subscribe) override;
  void on_info(CallLeg& leg, sip::ServerId request, const sip::Message& info) override;
  void on_message(CallLeg& leg, sip::ServerId request, const sip::Message& message) override;
  void on_silence(CallLeg& leg, bool silent) override;
  void on_settled(CallLeg&) override { release_when_quiet(); }
  void on_digit(CallLeg& leg, char digit) override;
  void on_state(CallLeg& leg) override;
  [[nodiscard]] TakenLeg give_other_leg(CallLeg& leg, const TakeOrder& order) override;
  // Transfer::Host
  std::size_t ring_for(Transfer& transfer, const DirectoryExtension& target) override;
  void joined(Transfer& transfer, CallLeg& with) override;
  void not_joined(Transfer& transfer, unsigned status) override;
  // TrunkRing::Host
  std::optional<std::string> offer_for(TrunkRing& ring, CallLeg& leg) override;
  CallLeg& rings(TrunkRing& ring, std::unique_ptr<CallLeg> leg) override;
  void trunk_step(const std::string& what) override { story_.step(what, now()); }
  void trunk_leg_ended(const CallLeg& leg, const std::string& why) override;
  void not_taken(TrunkRing& ring, unsigned status, const std::string& cause, const std::string& reason) override;
  // RecordingControl::Host
  void recording_changed(std::string_view event, const std::string& reason) override;
  [[nodiscard]] store::CallRecord record_so_far() const override { return story_.record(); }
  [[nodiscard]] bool is_over() const override { return ended(); }
  void part_parties() override;
  void join_parties() override;
  void recording_settled() override;

  bool enter(CallInput input);
  void ring(const DirectoryExtension& callee);
  std::size_t ring_devices(const DirectoryExtension& callee, const LocationTable::Place* only = nullptr);
  bool ring_other_flow(const CallLeg& leg, unsigned status);
  [[nodiscard]] bool follow(const CallLeg& leg, const sip::Message& redirection);
  [[nodiscard]] PeerClass caller_class() const;
  void ring_trunks(Route to);
  void ring_trunks_for(const DirectoryExtension& by, Route to);
  [[nodiscard]] TrunkRing::Order order_out(const DirectoryExtension& by, const CallLeg& other, Route to) const;
  void begin_emergency(const Route& to);
  void tell_emergency(std::string_view event, const std::string& reason = {});
  [[nodiscard]] bool help_otherwise();
  void not_reached(unsigned status, const std::string& cause);
  void introduce(const sip::Message& invite, const std::string& dialled);
  void answered_by(CallLeg& leg);
  void make_bridge();
  [[nodiscard]] bool is_party(const CallLeg& leg) const { return &leg == near_ || &leg == callee_; }
  void transfer_to(const sip::Uri& target);
  void transfer_out(const DirectoryExtension& by, Route to);
  void transfer_to_echo_test();
  void take_for_transfer(const Transfer* which, TakenLeg taken);
  CallLeg& move_in(MovedLeg moved);
  void keep(std::vector<std::unique_ptr<CallLeg>> legs);
  void renegotiate(CallLeg& leg, CallLeg& with, unsigned attempts);
  void transferor_left(CallLeg& leg);
  void stop_recording_for_change();
  void replace(DialogName name);
  void pick_up(const DirectoryExtension& extension);
  void take_over(const TakenLeg& taken);
  void go_to_place();
  void give_place_back();
  [[nodiscard]] std::optional<std::string> own_answer();
  [[nodiscard]] std::vector<HeaderText> history_for(const DirectoryExtension& callee, const Binding& binding);
  [[nodiscard]] unsigned read_wishes(const sip::Message& invite);
  void introduce_parties();
  void introduce(CallLeg& leg, const CallLeg& to);
  void introduce_ringing(const CallLeg& leg);
  void say_whom_it_reached(const CallLeg& leg);
  void hold_changed(bool held);
  void look_for_silence();
  void talk_to(CallLeg& leg);
  void start_echo_test();
  CallApp echo_test(CallLeg& leg);
  void caller_ready();
  void begin_recording(ExtensionId opted_in);
  [[nodiscard]] std::shared_ptr<const media::Prompt> notice() const;
  [[nodiscard]] std::optional<ExtensionId> opted_in() const;
  void refuse(unsigned status, const std::string& cause, const std::string& header_line = {});
  void finish(const CallEnd& end, std::string_view reason_line = {});
  void collect_figures(CallLeg& leg);
  void close_story();
  void handed_over();
  void release_when_quiet();
  void write_leg(const CallLeg& leg, const std::string& party, const DirectoryExtension* extension,
                 std::optional<DeviceId> device);
  [[nodiscard]] LegId id_of(const CallLeg& leg) const;
  [[nodiscard]] Shown shown_of(const CallLeg& leg) const;
  [[nodiscard]] Shown other_shown(const CallLeg& leg) const;
  void clear_dialogs();
  [[nodiscard]] const DirectoryExtension* extension_of(const CallLeg& leg) const;
  void show(const std::function<void(LiveCall&)>& change);
  void tell(std::string_view event, bool durable = false, const std::string& reason = {});
  [[nodiscard]] TimePoint now() const { return core_.reactor().now(); }

  Core& core_;
  Identity identity_;
  std::function<void(CallId)> on_done_;
  CallId id_;
  CallState state_ = CallState::Routing;
  CallStory story_;
  LiveCall view_;
  const DirectoryExtension* called_ = nullptr;
  std::vector<const DirectoryExtension*> rung_;  // by dialling and redirections: nobody twice
  unsigned hops_ = 70;                           // Max-Forwards of what goes out

  std::unique_ptr<CallLeg> caller_;
  std::vector<HeaderText> passed_;  // of the caller's INVITE, for those who ring
  std::string caller_offer_;        // empty: the caller wants our offer
  Forking forking_;
  std::unique_ptr<TrunkRing> way_out_;
  std::unique_ptr<Route> help_;  // of an emergency call to an extension: how else it may go
  std::string emergency_;        // the number that a call for help is for
  // Who hears whom: at first the caller and who answered, later whoever a transfer puts in their place.
  CallLeg* near_ = nullptr;
  CallLeg* callee_ = nullptr;
  const DirectoryExtension* near_extension_ = nullptr;  // the other one's: called_
  CallLeg* early_ = nullptr;                            // whose early media the caller hears
  struct Entry {
    const CallLeg* leg = nullptr;
    LegId id{};
    const DirectoryExtension* extension = nullptr;
    std::unique_ptr<Shown> outside{};  // of a party by trunk
    bool anonymous = false;            // its party asked for that (RFC 3323)
    bool by_number = false;            // ... to be shown by its number
    bool silent = false;               // nothing is heard of its media
  };
  std::vector<Entry> legs_;  // few
  Entry& entry_of(const CallLeg& leg);
  [[nodiscard]] const Entry* find_entry(const CallLeg& leg) const;
  std::optional<Bridge> bridge_;
  RecordingControl recording_;
  std::unique_ptr<Transfer> transfer_;                    // the one that runs
  std::vector<std::unique_ptr<Transfer>> old_transfers_;  // one of their functions may be on the stack
  unsigned taking_ = 0;                                   // legs that are asked for elsewhere
  bool replacing_ = false;                                // the other leg came out of another call
  std::optional<CallAddress> place_;                      // in a call that rang, which the caller is about to take
  bool place_given_ = false, gone_to_place_ = false;      // this call's; the caller went to another one
  CallHistory history_;
  bool without_story_ = false;  // the caller wants nobody to know how the call came (RFC 7044)
  FeatureCodes caller_keys_, callee_keys_;
  Pending<bool> caller_is_ready_;
  CallApp app_;

  net::Reactor::TimerHandle invitation_timer_, ring_timer_, length_timer_, close_timer_, quiet_timer_, retire_timer_;
  net::Reactor::TimerHandle silence_timer_;
  std::optional<TimePoint> silent_since_;
  unsigned figures_awaited_ = 0;
  bool story_closed_ = false, handed_over_ = false, admitted_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace parley::pbx
