#pragma once
#include <map>
#include <utility>
#include <vector>

#include <media/recording_format.hpp>

namespace parley::media::recording {

/// What a record says to lie later is no call of ours, and is left out.
inline constexpr Micros kLongestCall = Micros{7} * 24 * 3600 * 1'000'000;

/// Where each packet's sound belongs: on media time (RTP time stamps), tied to call time once per source by its fastest
/// packets, so that network jitter does not move the sound. A source whose time stamps leave call time by more than
/// half a second (a skewed clock, a phone that stops counting on hold) is tied anew. Pure; fed in the order of
/// recording.
class Timeline {
 public:
  void add(const PacketRecord& packet);
  void add(const MarkRecord& mark);
  /// After the last record. `end` is when the recording ended, if it is known.
  void finish(std::optional<Micros> end);

  /// Call time of the packet's first sample; nullopt for a source never added.
  [[nodiscard]] std::optional<std::int64_t> position(const PacketRecord& packet) const;

  struct Stretch {
    std::int64_t from = 0, to = 0;  // call time
  };
  [[nodiscard]] const std::vector<Stretch>& pauses() const noexcept { return pauses_; }
  /// Call time with the pauses taken out; inside a pause: its beginning.
  [[nodiscard]] std::int64_t played(std::int64_t call_time) const noexcept;
  /// Call time at which this moment of the sound lies.
  [[nodiscard]] std::int64_t call_time(std::int64_t played) const noexcept;
  [[nodiscard]] bool paused(std::int64_t call_time) const noexcept;
  /// The end of the sound that goes on at `call_time`: the next pause or the end of the recording.
  [[nodiscard]] std::int64_t cut(std::int64_t call_time) const noexcept;
  [[nodiscard]] std::int64_t length() const noexcept { return played(end_); }

 private:
  struct Anchor {
    std::uint32_t first_sequence = 0;
    std::uint32_t timestamp = 0;
    std::int64_t at = 0;
    std::uint32_t clock_rate = 8000;
    std::int64_t settled = 0;  // call time until which faster packets may still pull it forward
  };
  [[nodiscard]] static std::int64_t place(const Anchor& anchor, std::uint32_t timestamp) noexcept;

  std::map<std::pair<std::uint8_t, std::uint32_t>, std::vector<Anchor>> sources_;
  std::vector<Stretch> pauses_;
  std::optional<std::int64_t> paused_since_;
  std::int64_t end_ = 0;
};

}  // namespace parley::media::recording
