#pragma once
#include <string>
#include <vector>

#include <pbx/directory.hpp>
#include <pbx/trunk_board.hpp>

namespace parley::sip {
class Message;
}
namespace parley::pbx {

/// One call's way out: the trunks of its route in their order, of each its servers, until one takes the call. Holds a
/// channel of the trunk that is being tried or has taken it.
/// Source: RFC 3263 §4.3, RFC 3261 §21.5.4 (503).   Thread: the call's reactor.   Lifetime: its Call; the directory
/// outlives it.
class TrunkHunt {
 public:
  struct Try {
    const DirectoryTrunk* trunk = nullptr;
    Target target;
  };
  enum class Verdict : std::uint8_t { NextServer, NextTrunk, Final };

  /// Trunks that are down come last: a probe may be wrong.
  TrunkHunt(TrunkBoard& board, std::vector<const DirectoryTrunk*> trunks, TimePoint now, Random& random);
  ~TrunkHunt();
  TrunkHunt(const TrunkHunt&) = delete;
  TrunkHunt& operator=(const TrunkHunt&) = delete;

  /// nullopt: none is left.
  [[nodiscard]] std::optional<Try> next();
  [[nodiscard]] const DirectoryTrunk* trunk() const noexcept { return held_; }
  /// What a final status, or none (`response` nullptr), means for the others; the server is remembered as bad where it
  /// said so.
  [[nodiscard]] Verdict failed(unsigned status, const sip::Message* response);
  /// Why nothing was found: "all channels of the trunk are in use" …
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

 private:
  void release();
  TrunkBoard& board_;
  std::vector<const DirectoryTrunk*> trunks_;
  TimePoint now_;
  Random& random_;
  std::size_t at_ = 0;  // the trunk behind the held one
  const DirectoryTrunk* held_ = nullptr;
  std::vector<Target> targets_;
  std::size_t target_ = 0;
  std::string reason_ = "no trunk of the route is switched on";
};

}  // namespace parley::pbx
