#include <sdp/offer_states.hpp>

namespace parley::sdp {
namespace {

using S = OfferState;
using I = OfferInput;

constexpr OfferStep kTable[] = {
    {S::Stable, I::SendOffer, S::Offered},     {S::Stable, I::ReceiveOffer, S::Received},
    {S::Offered, I::ReceiveAnswer, S::Stable}, {S::Offered, I::Refused, S::Stable},
    {S::Received, I::SendAnswer, S::Stable},   {S::Received, I::Refused, S::Stable},
};

}  // namespace

std::span<const OfferStep> offer_table() noexcept { return kTable; }

std::optional<OfferState> next(OfferState state, OfferInput input) noexcept {
  for (const auto& step : kTable)
    if (step.state == state && step.input == input) return step.next;
  return std::nullopt;
}

std::chrono::milliseconds glare_wait(bool made_call_id, Random& random) {
  const auto steps = static_cast<long>(random.next() % (made_call_id ? 191U : 201U));
  return std::chrono::milliseconds((made_call_id ? 2100 : 0) + 10 * steps);
}

}  // namespace parley::sdp
