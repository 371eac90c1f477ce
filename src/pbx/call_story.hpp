#pragma once
#include <optional>
#include <string>

#include <base/clock.hpp>
#include <base/ids.hpp>
#include <media/media_types.hpp>
#include <store/calls.hpp>

namespace parley::pbx {

/// How a call ended, in the CDR's words.
struct CallEnd {
  store::Disposition disposition =
      store::Disposition::Failed;  // of a call that was not answered; an answered one is Answered
  store::HangupSide side = store::HangupSide::System;
  std::string cause;  // "normal clearing", "no answer", …
  int sip_status = 0;
};

/// The disposition that a final status to the caller means.
[[nodiscard]] store::Disposition disposition_of_status(int status) noexcept;

/// The CDR while it is being lived: one per call story, across all its legs (PBX-3).
/// Lengths are measured by the monotonic clock and added to the one wall-clock stamp of the start, so that a clock that
/// is set in mid-call neither makes a duration negative nor wrong: started <= leg times <= ended, answered <= ended,
/// billed = ended - answered rounded to the nearest second (at least 1 for an answered call that lasted at all), 0
/// unless answered. Thread: the call's reactor. Pure: time is an argument.
class CallStory {
 public:
  static constexpr std::size_t kMaxPath = 200;
  static constexpr std::size_t kMaxLegs = 64;

  CallStory(CallId id, OrganisationId organisation, TimePoint now, WallTime wall);

  void parties(store::Direction direction, store::Party caller, store::Party callee, std::string dialled);
  void direction(store::Direction direction) { record_.direction = direction; }
  void callee(store::Party callee) { record_.callee = std::move(callee); }
  void step(std::string what, TimePoint now);

  /// nullopt when the story has its most legs already.
  std::optional<LegId> leg(store::CallLegRecord leg, TimePoint now);
  void leg_answered(LegId leg, TimePoint now);
  void leg_codec(LegId leg, std::string codec);
  void leg_ended(LegId leg, std::string reason, TimePoint now);
  void leg_figures(LegId leg, const media::LegStatistics& figures);

  void answered(TimePoint now);
  /// The first end counts. Legs still open end with it.
  void ended(const CallEnd& end, TimePoint now);

  [[nodiscard]] bool is_answered() const noexcept { return record_.answered.has_value(); }
  [[nodiscard]] bool is_ended() const noexcept { return record_.ended.has_value(); }
  [[nodiscard]] const store::CallRecord& record() const noexcept { return record_; }

 private:
  [[nodiscard]] WallTime at(TimePoint now) const;
  [[nodiscard]] store::CallLegRecord* find(LegId leg);

  TimePoint start_;
  std::optional<TimePoint> answer_;
  store::CallRecord record_;
};

}  // namespace parley::pbx
