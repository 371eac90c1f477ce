#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include <srtp/session.hpp>

#include <base/clock.hpp>
#include <rtp/packet.hpp>

namespace parley::media {

/// SRTP of one leg. While it has no keys, nothing can be sent and nothing that comes is believed.
/// A far end that changes its key goes on with the old one until it has our answer: what the new key does not open is
/// tried with the one before, for kOldKeyLife.
/// Thread: the media thread's.   Cost: allocates in set_keys() and for new SSRCs only.
class LegSecurity {
 public:
  static constexpr Duration kOldKeyLife = std::chrono::seconds(4);

  /// A direction whose key stays goes on where it is: its roll-over counter, what came already.
  void set_keys(const srtp::KeyPair& keys, TimePoint now);
  [[nodiscard]] bool ready() const noexcept { return sender_.has_value(); }

  /// In place; the size of the plain packet. `rtcp`: it is RTCP.
  [[nodiscard]] Result<std::size_t, srtp::SrtpErrc> open(std::span<std::uint8_t> datagram, bool rtcp, TimePoint now);
  /// The packet lies in the first `size` bytes of `buffer`, behind it room for srtp::kMaxTrailer; 0: it must not be
  /// sent.
  [[nodiscard]] std::size_t protect(std::span<std::uint8_t> buffer, std::size_t size, bool rtcp);

 private:
  struct OldKey {
    srtp::Receiver receiver;
    TimePoint until;
  };
  std::optional<srtp::KeyPair> keys_;
  std::optional<srtp::Sender> sender_;
  std::optional<srtp::Receiver> receiver_;
  std::optional<OldKey> old_;
};

}  // namespace parley::media
