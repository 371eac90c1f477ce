#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pbx/call_leg.hpp>
#include <pbx/forking.hpp>
#include <pbx/routing.hpp>
#include <pbx/trunk_hunt.hpp>

namespace parley::pbx {

/// Rings one number outside: goes through the servers of its trunks until one takes the call, opens the connection
/// (its peer proven where it is TLS), sends the INVITE as whom the carrier may know, gives up on who says nothing.
///   next() -> Host::rings -> [on_refused() …] -> the leg's on_answer | Host::not_taken
/// Source: RFC 3261 §17.1.1.2, RFC 3325 §7, RFC 5806.   Thread: the call's reactor.   Lifetime: its Call's or
/// Transfer's; the Host outlives it and may destroy it from within not_taken().
class TrunkRing {
 public:
  class Host {
   public:
    /// The offer for a leg; nullopt: none can be made.
    virtual std::optional<std::string> offer_for(TrunkRing& ring, CallLeg& leg) = 0;
    /// It rings: the host keeps the leg from now on. Told before the INVITE goes out.
    virtual CallLeg& rings(TrunkRing& ring, std::unique_ptr<CallLeg> leg) = 0;
    virtual void trunk_step(const std::string& what) = 0;
    virtual void trunk_leg_ended(const CallLeg& leg, const std::string& why) = 0;
    /// No trunk is left. `status` and `cause` for who called; `reason`: a whole Reason header line, or "".
    virtual void not_taken(TrunkRing& ring, unsigned status, const std::string& cause, const std::string& reason) = 0;

   protected:
    ~Host() = default;
  };
  struct Order {
    Route to;                                // Kind::Trunk, or an emergency's other way
    const DirectoryExtension* by = nullptr;  // whose call it is: shown, and allowed to make it
    /// Somebody outside whose call goes on there: shown in its place where the trunk may know who diverts.
    std::optional<Shown> onward{};
    bool anonymous = false;  // who calls wants not to be shown (RFC 3323)
    unsigned max_forwards = 70;
    std::vector<HeaderText> headers{};
    /// What this trunk is told of the way that the call has come.
    std::function<std::vector<HeaderText>(const DirectoryTrunk& trunk)> history{};
  };

  TrunkRing(Core& core, LegOwner& owner, Host& host, Order order);
  ~TrunkRing();
  TrunkRing(const TrunkRing&) = delete;
  TrunkRing& operator=(const TrunkRing&) = delete;

  /// Tries the next server or trunk. False: none is left, see reason().
  [[nodiscard]] bool next();
  [[nodiscard]] const std::string& reason() const noexcept { return hunt_.reason(); }
  [[nodiscard]] const std::string& number() const noexcept { return order_.to.number; }
  [[nodiscard]] bool is_emergency() const noexcept { return order_.to.emergency; }
  /// The server is there: from now on its party is waited for.
  void on_trying(const CallLeg& leg);
  /// True: the call goes on at another server or trunk.
  [[nodiscard]] bool on_refused(const CallLeg& leg, unsigned status, const sip::Message* response);
  /// What a carrier's refusal that stands is told as.
  struct Told {
    unsigned status = 500;
    std::string cause;
  };
  [[nodiscard]] Told told(unsigned status) const;
  /// Nobody is tried any more.
  void stop();

 private:
  void ring(const TrunkHunt::Try& at, Result<sip::Flow> way);
  void next_or_not_taken(const std::string& what, const TrunkHunt::Try& at);
  void give_up_silent();
  [[nodiscard]] CallLeg::Invite invite_to(const DirectoryTrunk& trunk) const;

  Core& core_;
  LegOwner& owner_;
  Host& host_;
  Order order_;
  TrunkHunt hunt_;
  CallLeg* tried_ = nullptr;  // its leg; kept by the host as long as it lives
  net::Reactor::TimerHandle silence_timer_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // nullptr: stopped
};

/// How carriers are told of an extension: its caller ID, else the trunk's, else its number, in the trunk's form.
[[nodiscard]] std::string number_at(const DirectoryTrunk& trunk, const DirectoryExtension& extension);
/// "sip:4930123@carrier.example:5070" from the carrier's "sip:carrier.example:5070".
[[nodiscard]] std::string uri_at(const DirectoryTrunk& trunk, const std::string& user);

}  // namespace parley::pbx
