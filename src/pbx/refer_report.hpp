#pragma once
#include <memory>
#include <optional>
#include <string>

#include <pbx/call_leg.hpp>
#include <sip/subscription.hpp>

namespace parley::sip {
struct Event;
}
namespace parley::pbx {

/// The implicit subscription of a REFER: NOTIFYs with message/sipfrag in the dialog of the REFER, one at a time, the
/// last one ends it. Its party may renew it or end it before; it ends by itself when it runs out.
/// Source: RFC 3515 §2.4.4-§2.4.6, RFC 6665 §4.2.   Thread: the call's reactor.   Lifetime: its Transfer; the leg
/// outlives it.
class ReferReport {
 public:
  /// `reports` false: nobody wants any (RFC 4488). The first one, 100, goes out at once.
  ReferReport(Core& core, CallLeg& leg, bool reports, CallLeg::ReferId id);
  ~ReferReport();
  ReferReport(const ReferReport&) = delete;
  ReferReport& operator=(const ReferReport&) = delete;

  void progress(unsigned status);
  void end(unsigned status);
  /// Whether a SUBSCRIBE is meant for this one.
  [[nodiscard]] bool is_for(const CallLeg& leg, const sip::Event& event) const;
  /// ... then it is answered, and what there is to know is told again.
  void serve(sip::ServerId request, const sip::Message& subscribe);

 private:
  void run();
  void send(const sip::Subscription::Notify& notify);
  [[nodiscard]] TimePoint now() const { return core_.reactor().now(); }

  Core& core_;
  CallLeg& leg_;
  bool reports_;
  CallLeg::ReferId id_;
  sip::Subscription state_;
  unsigned status_ = 100;
  net::Reactor::TimerHandle timer_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace parley::pbx
