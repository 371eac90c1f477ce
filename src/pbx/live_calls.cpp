#include <base/metrics.hpp>
#include <pbx/live_calls.hpp>

namespace parley::pbx {

std::string_view to_string(LiveState state) noexcept {
  switch (state) {
    case LiveState::Ringing: return "ringing";
    case LiveState::Answered: return "answered";
    case LiveState::Held: return "held";
  }
  return "";
}

std::string_view to_string(RecordingStatus status) noexcept {
  switch (status) {
    case RecordingStatus::Off: return "off";
    case RecordingStatus::Notice: return "notice";
    case RecordingStatus::On: return "on";
    case RecordingStatus::Paused: return "paused";
    case RecordingStatus::Failed: return "failed";
  }
  return "";
}

std::optional<RecordingAction> recording_action(std::string_view name) noexcept {
  if (name == "start") return RecordingAction::Start;
  if (name == "pause") return RecordingAction::Pause;
  if (name == "resume") return RecordingAction::Resume;
  if (name == "stop") return RecordingAction::Stop;
  return std::nullopt;
}

namespace {

metrics::Counter& limited(std::string_view limit) {
  return metrics::counter("parley_calls_limited_total", "Calls refused for a limit", {{"limit", limit}});
}

}  // namespace

void LiveCalls::gauge(std::size_t count) const {
  static auto& live = metrics::gauge("parley_calls", "Running calls");
  live.set(static_cast<double>(count));
}

LiveCalls::Admission LiveCalls::admit(LiveCall call, unsigned reactor, bool emergency) {
  return held_.with([&](Held& held) {
    if (held.draining) return Admission::Draining;
    if (held.calls.size() >= max_calls_ && !emergency) {
      limited("calls").add();
      return Admission::TooManyCalls;
    }
    if (call.caller.extension) {
      auto& count = held.per_extension[*call.caller.extension];
      if (count >= max_per_extension_ && !emergency) {
        limited("calls_per_extension").add();
        return Admission::TooManyOfExtension;
      }
      ++count;
    }
    const auto id = call.id;
    call.callee.extension.reset();  // admit_callee counts and sets it
    held.calls.insert_or_assign(id, Entry{std::move(call), reactor});
    gauge(held.calls.size());
    ++unclosed_;
    return Admission::Admitted;
  });
}

bool LiveCalls::admit_callee(CallId call, ExtensionId callee, bool emergency) {
  return held_.with([&](Held& held) {
    const auto found = held.calls.find(call);
    if (found == held.calls.end()) return false;
    auto& count = held.per_extension[callee];
    if (count >= max_per_extension_ && !emergency) {
      limited("calls_per_extension").add();
      return false;
    }
    ++count;
    found->second.call.callee.extension = callee;
    return true;
  });
}

void LiveCalls::update(CallId call, const std::function<void(LiveCall&)>& change) {
  held_.with([&](Held& held) {
    const auto found = held.calls.find(call);
    if (found == held.calls.end()) return;
    const auto caller = found->second.call.caller.extension, callee = found->second.call.callee.extension;
    change(found->second.call);
    found->second.call.caller.extension = caller;  // what was counted stays
    found->second.call.callee.extension = callee;
  });
}

void LiveCalls::remove(CallId call) {
  held_.with([&](Held& held) {
    const auto found = held.calls.find(call);
    if (found == held.calls.end()) return;
    for (const auto& party : {found->second.call.caller.extension, found->second.call.callee.extension})
      if (party)
        if (const auto count = held.per_extension.find(*party);
            count != held.per_extension.end() && --count->second == 0)
          held.per_extension.erase(count);
    held.calls.erase(found);
    gauge(held.calls.size());
  });
}

std::vector<LiveCall> LiveCalls::of(OrganisationId organisation) const {
  std::vector<LiveCall> out;
  held_.with([&](const Held& held) {
    for (const auto& [id, entry] : held.calls)
      if (entry.call.organisation == organisation) out.push_back(entry.call);
  });
  return out;
}

std::optional<LiveCalls::Entry> LiveCalls::find(OrganisationId organisation, CallId call) const {
  return held_.with([&](const Held& held) -> std::optional<Entry> {
    const auto found = held.calls.find(call);
    if (found == held.calls.end() || found->second.call.organisation != organisation) return std::nullopt;
    return found->second;
  });
}

std::size_t LiveCalls::count() const {
  return held_.with([](const Held& held) { return held.calls.size(); });
}

void LiveCalls::drain() {
  held_.with([](Held& held) { held.draining = true; });
}

bool LiveCalls::draining() const {
  return held_.with([](const Held& held) { return held.draining; });
}

}  // namespace parley::pbx
