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
/// channel of the trunk that is being tried, and gives it to who tries.
/// Source: RFC 3263 §4.3, RFC 3261 §21.5.4 (503).   Thread: the call's reactor.   Lifetime: its Call; the directory
/// outlives it.
class TrunkHunt {
 public:
  struct Try {
    const DirectoryTrunk* trunk = nullptr;
    Target target;
    TrunkChannel channel;
  };
  enum class Verdict : std::uint8_t { NextServer, NextTrunk, Final };

  /// Trunks that are down come last: a probe may be wrong. An emergency takes channels beyond their number, and goes on
  /// to the next trunk after every refusal but busy.
  TrunkHunt(TrunkBoard& board, std::vector<const DirectoryTrunk*> trunks, bool emergency, TimePoint now,
            Random& random);
  /// nullopt: none is left.
  [[nodiscard]] std::optional<Try> next();
  [[nodiscard]] const DirectoryTrunk* trunk() const noexcept { return tried_; }
  /// What a final status, or none (`response` nullptr), means for the others; the server is remembered as bad where it
  /// said so.
  [[nodiscard]] Verdict failed(unsigned status, const sip::Message* response);
  /// Why nothing was found: "all channels of the trunk are in use" …
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

 private:
  TrunkBoard& board_;
  std::vector<const DirectoryTrunk*> trunks_;
  bool emergency_;
  TimePoint now_;
  Random& random_;
  std::size_t at_ = 0;  // the trunk behind the one that is tried
  const DirectoryTrunk* tried_ = nullptr;
  TrunkChannel channel_;
  std::vector<Target> targets_;
  std::size_t target_ = 0;
  std::string reason_ = "no trunk of the route is switched on";
};

}  // namespace parley::pbx
