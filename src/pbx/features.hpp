#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <base/clock.hpp>

namespace parley::pbx {

/// What a party may do to a running call with the keys of the phone.
enum class Feature : std::uint8_t {
  ToggleRecordingPause,  // *1: pauses a running recording, resumes a paused one (PBX-4)
  StopRecording,         // *2: ends it for this call (PBX-4)
};

/// Feature codes found in a party's digits (RFC 4733 events or INFO). The digits go to the other party as well: a code
/// is heard there as two short tones, which is what tells a person that the other one pressed something. Thread: the
/// call's reactor. Pure: time is an argument. One per party.
class FeatureCodes {
 public:
  /// A digit that comes later than this after the star does not belong to it.
  static constexpr Duration kDigitGap = std::chrono::seconds(3);

  [[nodiscard]] std::optional<Feature> on_digit(char digit, TimePoint now) {
    const bool follows_star = star_at_ && now - *star_at_ <= kDigitGap;
    star_at_ = digit == '*' ? std::optional{now} : std::nullopt;
    if (!follows_star) return std::nullopt;
    if (digit == '1') return Feature::ToggleRecordingPause;
    if (digit == '2') return Feature::StopRecording;
    return std::nullopt;
  }

 private:
  std::optional<TimePoint> star_at_;
};

/// The digit of an INFO body: application/dtmf-relay ("Signal=5") or application/dtmf ("5"). nullopt: none in it.
[[nodiscard]] std::optional<char> digit_of_info(std::string_view content_type, std::string_view body);

}  // namespace parley::pbx
