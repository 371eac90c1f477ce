#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <base/random.hpp>

/// When a dialog may carry an offer, as a table.   Source: RFC 3264 §4, RFC 3261 §13.2.1 and §14, RFC 3311 §5, RFC
/// 6337. Pure; a test walks all of it.
namespace parley::sdp {

enum class OfferState : std::uint8_t {
  Stable,    // nothing is under way (or nothing was said yet)
  Offered,   // ours is out, their answer is awaited
  Received,  // theirs is here, our answer is owed
};
enum class OfferInput : std::uint8_t { SendOffer, ReceiveOffer, SendAnswer, ReceiveAnswer, Refused };

struct OfferStep {
  OfferState state;
  OfferInput input;
  OfferState next;
};
[[nodiscard]] std::span<const OfferStep> offer_table() noexcept;
/// nullopt: not now.
[[nodiscard]] std::optional<OfferState> next(OfferState state, OfferInput input) noexcept;

/// The status for an offer that came while `state` forbids it: 491 when ours is out (glare, RFC 3261 §14.2), 500 when
/// an earlier one of theirs still waits for its answer.
[[nodiscard]] constexpr unsigned status_of_clash(OfferState state) noexcept {
  return state == OfferState::Offered ? 491 : 500;
}

/// How long to wait after a 491 before offering again (RFC 3261 §14.1): 2.1 to 4 s for who made the Call-ID, else up to
/// 2 s, in steps of 10 ms.
[[nodiscard]] std::chrono::milliseconds glare_wait(bool made_call_id, Random& random);

}  // namespace parley::sdp
