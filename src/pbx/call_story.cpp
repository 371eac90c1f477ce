#include <algorithm>

#include <pbx/call_story.hpp>

namespace parley::pbx {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

store::Disposition disposition_of_status(int status) noexcept {
  switch (status) {
    case 486:
    case 600: return store::Disposition::Busy;
    case 408:
    case 480: return store::Disposition::NoAnswer;
    case 487: return store::Disposition::Cancelled;
    case 401:
    case 403:
    case 407:
    case 603: return store::Disposition::Rejected;
    default: return store::Disposition::Failed;
  }
}

CallStory::CallStory(CallId id, OrganisationId organisation, TimePoint now, WallTime wall) : start_(now) {
  record_.id = id;
  record_.organisation = organisation;
  record_.started = wall;
}

WallTime CallStory::at(TimePoint now) const {
  return record_.started + duration_cast<milliseconds>(std::max(now - start_, TimePoint::duration{}));
}

void CallStory::parties(store::Direction direction, store::Party caller, store::Party callee, std::string dialled) {
  record_.direction = direction;
  record_.caller = std::move(caller);
  record_.callee = std::move(callee);
  record_.dialled = std::move(dialled);
}

void CallStory::step(std::string what, TimePoint now) {
  if (record_.path.size() < kMaxPath) record_.path.push_back({at(now), std::move(what)});
}

std::optional<LegId> CallStory::leg(store::CallLegRecord leg, TimePoint now) {
  if (record_.legs.size() >= kMaxLegs) return std::nullopt;
  leg.started = at(now);
  record_.legs.push_back(std::move(leg));
  return record_.legs.back().id;
}

store::CallLegRecord* CallStory::find(LegId leg) {
  const auto found = std::ranges::find(record_.legs, leg, &store::CallLegRecord::id);
  return found == record_.legs.end() ? nullptr : &*found;
}

void CallStory::leg_answered(LegId leg, TimePoint now) {
  if (auto* row = find(leg); row && !row->answered) row->answered = at(now);
}

void CallStory::leg_codec(LegId leg, std::string codec) {
  if (auto* row = find(leg)) row->codec = std::move(codec);
}

void CallStory::leg_ended(LegId leg, std::string reason, TimePoint now) {
  auto* row = find(leg);
  if (!row || row->ended) return;
  row->ended = is_ended() ? *record_.ended : at(now);
  row->end_reason = std::move(reason);
}

void CallStory::leg_figures(LegId leg, const media::LegStatistics& figures) {
  if (auto* row = find(leg))
    row->stats = {figures.packets_in, figures.packets_out, figures.lost_in,       figures.jitter_in_ms,
                  figures.mos_in,     figures.lost_out,    figures.jitter_out_ms, figures.round_trip_ms.value_or(0),
                  figures.encrypted};
}

void CallStory::answered(TimePoint now) {
  if (answer_ || is_ended()) return;
  answer_ = now;
  record_.answered = at(now);
}

void CallStory::ended(const CallEnd& end, TimePoint now) {
  if (is_ended()) return;
  record_.ended = at(now);
  record_.disposition = answer_ ? store::Disposition::Answered : end.disposition;
  record_.hangup_side = end.side;
  record_.hangup_cause = end.cause;
  record_.sip_status = end.sip_status;
  if (answer_) {
    const auto talked = duration_cast<milliseconds>(now - *answer_).count();
    record_.billed_s = talked > 0 ? std::max<std::int64_t>(1, (talked + 500) / 1000) : 0;
  }
  for (auto& leg : record_.legs)
    if (!leg.ended) {
      leg.ended = record_.ended;
      leg.end_reason = end.cause;
    }
}

}  // namespace parley::pbx
