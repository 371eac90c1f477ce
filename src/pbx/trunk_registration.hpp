#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <base/clock.hpp>
#include <base/random.hpp>
#include <pbx/trunk_credential.hpp>
#include <pbx/trunk_states.hpp>

namespace parley::pbx {

/// Keeps one account registered at a carrier: refreshes before the end, changes to the next server when one fails,
/// waits longer after each round that failed (with jitter, so that a carrier that comes back is not stormed), and stops
/// where repetition would only get us banned.
/// Source: RFC 3261 §10.2 (refresh, 423), §21.5.4 (503, Retry-After), §22; RFC 3263 §4.3; RFC 5626 §4.5 (back-off).
/// Thread: one at a time. Sends and waits for nothing itself: time, targets and responses come in, Owner acts.
/// Errors: of the world as state() and reason(). 3xx is a failure: nobody sends our password elsewhere.
class TrunkRegistration {
 public:
  struct Options {
    std::string uri;      // of the registrar, the Request-URI: "sip:carrier.example"
    std::string contact;  // user part of our Contact, by which ours is found among several
    TrunkCredential credential;
    std::chrono::seconds expires{3600};  // asked for
    std::chrono::seconds first_wait{30}, longest_wait{1800};
  };
  /// One REGISTER to send.
  struct Attempt {
    Target target;
    std::uint32_t cseq = 0;
    std::chrono::seconds expires{0};
    std::optional<std::pair<sip::Header, std::string>> authorization;
  };
  class Owner {
   public:
    virtual void locate() = 0;  // then on_targets()
    virtual void send(const Attempt& attempt) = 0;
    /// up(), state() or reason() is another.
    virtual void changed() = 0;

   protected:
    ~Owner() = default;
  };

  TrunkRegistration(Options options, Owner& owner, Random& random);

  /// From Off: begins. From Waiting, Refused or Registered: at once again.
  void start(TimePoint now);
  void stop(TimePoint now);
  void on_targets(std::vector<Target> targets, TimePoint now);
  /// A final response to the last attempt.
  void on_response(const sip::Message& response, TimePoint now);
  /// No response came or can come.
  void on_failure(std::string_view what, TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_deadline() const noexcept { return due_; }
  void on_time(TimePoint now);

  [[nodiscard]] TrunkState state() const noexcept { return state_; }
  /// The carrier knows where we are; stays so while a refresh runs.
  [[nodiscard]] bool up() const noexcept { return up_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }  // why not up; "" while it is
  [[nodiscard]] std::optional<TimePoint> expires() const noexcept { return expires_; }
  [[nodiscard]] std::optional<Target> target() const;  // that took the registration, or is being asked

 private:
  void enter(TrunkInput input, TimePoint now);
  void act(TrunkAction action, TimePoint now);
  void send(bool proving);
  void failed(std::string reason, TimePoint now);
  void accept(TimePoint now);
  void back_off(TimePoint now);
  void judge_challenge(const sip::Message& response, TimePoint now);
  [[nodiscard]] std::chrono::seconds granted(const sip::Message& response) const;
  [[nodiscard]] Duration some_of(Duration from, Duration to);

  Options options_;
  Owner& owner_;
  Random& random_;
  TrunkState state_ = TrunkState::Off;
  bool up_ = false;
  std::string reason_;
  std::vector<Target> targets_;
  std::size_t at_ = 0;
  std::uint32_t cseq_ = 0;
  std::chrono::seconds asked_;
  std::chrono::seconds granted_{0};
  std::optional<std::pair<sip::Header, std::string>> proof_;
  unsigned proofs_ = 0;  // of this attempt at this server
  unsigned rounds_ = 0;  // that failed in a row
  std::chrono::seconds retry_after_{0};
  std::optional<TimePoint> due_, expires_;
};

}  // namespace parley::pbx
