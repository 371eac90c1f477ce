#pragma once
#include <functional>

#include <pbx/forking.hpp>
#include <pbx/refer.hpp>
#include <pbx/refer_report.hpp>
#include <pbx/trunk_ring.hpp>

namespace parley::pbx {

/// One party's wish to give the other one to somebody else, from the REFER to its outcome: rings the new party, tells
/// the transferor how it goes, and hands the new party's leg to the call.
///   blind:    ring(extension), ring_out(number) -> Host::joined | Host::not_joined
///   attended: the call takes a leg of another call, then done()
/// Source: RFC 3515, RFC 5589.   Thread: the call's reactor.   Lifetime: its Call's, until the outcome.
class Transfer {
 public:
  class Host {
   public:
    virtual std::size_t ring_for(Transfer& transfer, const DirectoryExtension& target) = 0;
    virtual void joined(Transfer& transfer, CallLeg& with) = 0;
    virtual void not_joined(Transfer& transfer, unsigned status) = 0;

   protected:
    ~Host() = default;
  };
  Transfer(Core& core, Host& host, CallLeg& transferor, CallLeg& remaining, ReferOrder order,
           CallLeg::ReferId report_id);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  void ring(const DirectoryExtension& target);
  /// A number outside, by the trunks of its route.
  void ring_out(LegOwner& owner, TrunkRing::Host& trunks, TrunkRing::Order order);
  /// The outcome, told to the transferor.
  void done() { report_.end(200); }
  void fail(unsigned status);
  [[nodiscard]] ReferReport& report() noexcept { return report_; }
  /// Nobody is tried or rings any more.
  void give_up(std::string_view reason_line);
  /// Somebody else picks the call up: nobody rings any more, done() or fail() follows.
  void stop_ringing(std::string_view reason_line);

  [[nodiscard]] CallLeg& transferor() noexcept { return transferor_; }
  [[nodiscard]] CallLeg& remaining() noexcept { return remaining_; }
  [[nodiscard]] const ReferOrder& order() const noexcept { return order_; }
  [[nodiscard]] Forking& forking() noexcept { return forking_; }
  [[nodiscard]] TrunkRing* way_out() noexcept { return way_out_.get(); }
  [[nodiscard]] bool owns(const CallLeg& leg) const { return forking_.has(leg); }
  void transferor_left() noexcept { transferor_left_ = true; }
  [[nodiscard]] bool has_transferor_left() const noexcept { return transferor_left_; }

  // Of the legs that ring.
  void on_progress(const LegProgressReport& report) { report_.progress(report.status == 183 ? 183 : 180); }
  void on_answer(CallLeg& leg, const std::string& sdp);
  void on_refused(CallLeg& leg, unsigned status, const sip::Message* response);

 private:
  void wait_for_answer(Duration limit);

  Core& core_;
  Host& host_;
  CallLeg& transferor_;
  CallLeg& remaining_;
  ReferOrder order_;
  ReferReport report_;
  Forking forking_;
  std::unique_ptr<TrunkRing> way_out_;
  net::Reactor::TimerHandle ring_timer_;
  bool transferor_left_ = false;
};

}  // namespace parley::pbx
