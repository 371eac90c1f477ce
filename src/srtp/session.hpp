#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <srtp/keys.hpp>
#include <srtp/replay_window.hpp>
#include <srtp/transform.hpp>

namespace parley::srtp {

inline constexpr std::size_t kMaxSources =
    1024;  // SSRCs that one key may serve; each is remembered, lest it be replayed

/// RFC 3711 §3.3.1: the index (roll-over counter and sequence number) nearest to the highest one known.
[[nodiscard]] std::uint64_t nearest_index(std::uint64_t highest, std::uint16_t sequence_number) noexcept;

/// Streams of one direction by their SSRC. The one in hand is found at once; others by going through.
class SourceTable {
 public:
  struct Source {
    std::uint32_t ssrc = 0;
    ReplayWindow window;
  };
  [[nodiscard]] Source* find(std::uint32_t ssrc) noexcept;
  /// nullptr: kMaxSources are there. Allocates: called for what is proven only.
  [[nodiscard]] Source* add(std::uint32_t ssrc);
  [[nodiscard]] const std::vector<Source>& all() const noexcept { return sources_; }

 private:
  std::vector<Source> sources_;
  std::size_t last_ = 0;
};

/// Secures what one end sends under one master key: counts packets, encrypts, proves.
/// Source: RFC 3711 §3.3, §3.4, §9.2 (how much one key may protect); RFC 7714.
/// Thread: one at a time.   Cost: allocates for a new SSRC only.
/// Errors: Replayed, TooOld: that sequence number was sent already; twice the same would give the plain text away.
class Sender {
 public:
  explicit Sender(const MasterKey& key) : transform_(key, Transform::Use::Protect) {}

  /// The packet lies in the first `size` bytes of `buffer`, behind it room for kMaxTrailer. Its new size.
  [[nodiscard]] Result<std::size_t, SrtpErrc> protect_rtp(std::span<std::uint8_t> buffer, std::size_t size);
  [[nodiscard]] Result<std::size_t, SrtpErrc> protect_rtcp(std::span<std::uint8_t> buffer, std::size_t size);
  [[nodiscard]] Profile profile() const noexcept { return transform_.profile(); }

 private:
  Transform transform_;
  SourceTable sources_;
  std::uint32_t rtcp_index_ = 0;  // of the last one sent; one counter serves all SSRCs
};

/// Opens what the other end sends under one master key: proves, refuses what came before, decrypts.
/// Source: RFC 3711 §3.3, §3.4; RFC 7714.   Thread: one at a time.   Cost: allocates for a new, proven SSRC only.
class Receiver {
 public:
  /// `before`: of the key that this one follows. Whether a far end goes on counting or starts anew when it changes its
  /// key, no RFC makes clear: a stream that was known is tried both ways.
  explicit Receiver(const MasterKey& key, const Receiver* before = nullptr);

  /// In place; the plain packet's size.
  [[nodiscard]] Result<std::size_t, SrtpErrc> open_rtp(std::span<std::uint8_t> datagram);
  [[nodiscard]] Result<std::size_t, SrtpErrc> open_rtcp(std::span<std::uint8_t> datagram);
  [[nodiscard]] Profile profile() const noexcept { return transform_.profile(); }

 private:
  struct Hint {
    std::uint32_t ssrc, roll_over;
  };
  [[nodiscard]] Result<std::size_t, SrtpErrc> open_first(std::span<std::uint8_t> datagram, std::uint32_t ssrc,
                                                         std::uint16_t sequence_number);
  Transform transform_;
  SourceTable rtp_, rtcp_;
  std::vector<Hint> hints_;
};

}  // namespace parley::srtp
