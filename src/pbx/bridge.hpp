#pragma once
#include <functional>

#include <pbx/call_leg.hpp>

namespace parley::pbx {

/// Two legs that hear each other: their media joined, and what one says in its dialog (hold, codec change, INFO,
/// MESSAGE) passed on to the other (RFC 3264 §8, RFC 6086, RFC 3428). Media stays anchored at us throughout. Thread:
/// the call's reactor. Lifetime: its Call; both legs outlive it.
class Bridge {
 public:
  /// `on_held(bool)`: a party holds, or does no longer; whether one of them does now.
  Bridge(Core& core, CallLeg& caller, CallLeg& callee, std::function<void(bool)> on_held)
      : core_(core), caller_(caller), callee_(callee), on_held_(std::move(on_held)) {}

  void connect();
  void disconnect();
  [[nodiscard]] bool connected() const noexcept { return connected_; }
  [[nodiscard]] bool held() const noexcept { return holds_.first || holds_.second; }
  [[nodiscard]] CallLeg& other(const CallLeg& leg) noexcept { return &leg == &caller_ ? callee_ : caller_; }

  void on_offer(CallLeg& from, sip::ServerId request, const std::string& sdp);
  /// The ACK of an answer of ours to an offer without description.
  void on_acknowledged(CallLeg& from, const std::string& sdp);
  void on_info(CallLeg& from, sip::ServerId request, const sip::Message& info);
  /// A text message within the call (RFC 3428 §4).
  void on_message(CallLeg& from, sip::ServerId request, const sip::Message& message);

 private:
  /// The same request to the other one, whose answer is the answer.
  void hand_over(CallLeg& from, sip::ServerId request, sip::Method method, const std::vector<HeaderText>& lines,
                 const sip::Message& message);
  void passed_on(CallLeg& from, CallLeg& to, sip::ServerId request, const std::string& offer, unsigned status,
                 const std::string& answer);
  /// Offers `to` what the other one's description says.
  void tell(CallLeg& to, const std::string& sdp);
  void look_for_hold();
  Core& core_;
  CallLeg& caller_;
  CallLeg& callee_;
  std::function<void(bool)> on_held_;
  bool connected_ = false;
  std::pair<bool, bool> holds_;                            // which of them
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // what the outcomes of running offers look at
};

}  // namespace parley::pbx
