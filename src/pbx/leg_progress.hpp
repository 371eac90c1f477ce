#pragma once
#include <functional>
#include <string>
#include <vector>

#include <net/reactor.hpp>
#include <pbx/core.hpp>
#include <sip/reliable.hpp>

namespace parley::pbx {

/// The provisional responses of one incoming INVITE, plain or reliable. Reliable are: all, if the caller requires it;
/// those with a description and those that were reliable where they come from, if the caller supports it.
/// Source: RFC 3262 §3.   Thread: the call's reactor.   Lifetime: its CallLeg.
class LegProgress {
 public:
  static constexpr std::size_t kMaxWaiting = 8;  // one at a time is on the way (§3); the others wait here

  /// Writes one response to the wire; rseq 0: plain.
  using Write = std::function<void(unsigned status, const std::string& sdp, std::uint32_t rseq)>;
  /// No PRACK came: the INVITE has to be refused.
  using Lost = std::function<void()>;
  LegProgress(Core& core, Write write, Lost lost) : core_(core), write_(std::move(write)), lost_(std::move(lost)) {}
  ~LegProgress() { stop(); }
  LegProgress(const LegProgress&) = delete;
  LegProgress& operator=(const LegProgress&) = delete;

  void begin(const sip::Message& invite);
  [[nodiscard]] bool supported() const noexcept { return supported_ || required_; }
  [[nodiscard]] bool required() const noexcept { return required_; }
  /// `reliably`: as it came from the other leg.
  void send(unsigned status, const std::string& sdp, bool reliably);
  /// A reliable response carried our description: it is not said again (RFC 6337 §3.1).
  [[nodiscard]] bool described() const noexcept { return described_; }
  /// A 2xx has to wait for the PRACK of a description (§3).
  [[nodiscard]] bool holds_answer_back() const noexcept { return description_unacknowledged_; }
  /// False: acknowledges nothing that waits: 481.
  [[nodiscard]] bool on_prack(const sip::Message& prack);
  /// The next one that waited may go; after the PRACK was answered.
  void go_on();
  void stop();

 private:
  struct Waiting {
    unsigned status;
    std::string sdp;
  };
  void send_reliably(unsigned status, const std::string& sdp);
  void arm();
  void keep_alive();

  Core& core_;
  Write write_;
  Lost lost_;
  bool supported_ = false, required_ = false, described_ = false, description_unacknowledged_ = false;
  std::uint32_t invite_cseq_ = 0, rseq_ = 0;
  Waiting last_{};
  std::vector<Waiting> waiting_;
  sip::ReliableSender sender_;
  net::Reactor::TimerHandle timer_, minute_timer_;
};

}  // namespace parley::pbx
