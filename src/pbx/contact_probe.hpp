#pragma once
#include <chrono>
#include <memory>
#include <unordered_map>
#include <vector>

#include <net/reactor.hpp>
#include <pbx/core.hpp>

namespace parley::pbx {

/// Asks registered contacts by OPTIONS whether they are there, each once an interval, spread over it. Any final answer
/// is a sign of life; three times none, and the contact is marked dead (it goes on being rung: a call may get through
/// where a probe was lost). What is found goes to Shared::health.
/// Source: RFC 3261 §11.   Thread: the reactor's; one exchange of the process does it.   Lifetime: its Exchange.
/// Bounds: kMostPerTick each kTick, kMostWaiting for an answer; what does not fit waits for its turn.
class ContactProbe {
 public:
  static constexpr auto kTick = std::chrono::milliseconds(100);
  static constexpr std::size_t kMostPerTick = 50, kMostWaiting = 2000;

  explicit ContactProbe(Core& core);
  ~ContactProbe();
  ContactProbe(const ContactProbe&) = delete;
  ContactProbe& operator=(const ContactProbe&) = delete;

  /// Begins, if PbxOptions::probe_interval is not zero.
  void start();

 private:
  class Question;
  void on_tick();
  void begin_round();
  void ask(const Binding& binding);
  void end(std::uint64_t question, bool alive);

  Core& core_;
  std::vector<Binding> queue_;  // of this round, the next one last
  std::size_t per_tick_ = 1;
  TimePoint next_round_{};
  std::unordered_map<std::uint64_t, std::unique_ptr<Question>> waiting_;
  std::uint64_t questions_ = 0;
  net::Reactor::TimerHandle timer_;
};

}  // namespace parley::pbx
