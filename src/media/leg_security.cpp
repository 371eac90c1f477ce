#include <algorithm>
#include <utility>

#include <media/leg_security.hpp>

namespace parley::media {
namespace {

Result<std::size_t, srtp::SrtpErrc> open_with(srtp::Receiver& receiver, std::span<std::uint8_t> datagram, bool rtcp) {
  return rtcp ? receiver.open_rtcp(datagram) : receiver.open_rtp(datagram);
}

}  // namespace

void LegSecurity::set_keys(const srtp::KeyPair& keys, TimePoint now) {
  if (!keys_ || keys_->ours != keys.ours) sender_.emplace(keys.ours);
  if (!keys_ || keys_->theirs != keys.theirs) {
    auto before = std::exchange(receiver_, std::nullopt);
    receiver_.emplace(keys.theirs, before ? &*before : nullptr);
    if (before) old_.emplace(OldKey{std::move(*before), now + kOldKeyLife});
  }
  keys_ = keys;
}

Result<std::size_t, srtp::SrtpErrc> LegSecurity::open(std::span<std::uint8_t> datagram, bool rtcp, TimePoint now) {
  if (!receiver_) return std::unexpected(srtp::SrtpErrc::NotAuthentic);
  if (old_ && now >= old_->until) old_.reset();
  if (!old_ || datagram.size() > rtp::kMaxPacket) return open_with(*receiver_, datagram, rtcp);
  std::array<std::uint8_t, rtp::kMaxPacket> as_came;
  std::ranges::copy(datagram, as_came.begin());
  auto opened = open_with(*receiver_, datagram, rtcp);
  if (opened) return opened;
  std::copy_n(as_came.begin(), datagram.size(), datagram.begin());
  return open_with(old_->receiver, datagram, rtcp);
}

std::size_t LegSecurity::protect(std::span<std::uint8_t> buffer, std::size_t size, bool rtcp) {
  if (!sender_) return 0;
  return (rtcp ? sender_->protect_rtcp(buffer, size) : sender_->protect_rtp(buffer, size)).value_or(0);
}

}  // namespace parley::media
