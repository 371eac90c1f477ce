#include <algorithm>
#include <array>
#include <fstream>
#include <set>

#include <base/bytes.hpp>
#include <privacy/checks.hpp>

namespace parley::privacy {
namespace {

using store::Session;

constexpr std::size_t kPage = 200;
constexpr double kClockSlack = 1.0;  // seconds between the container's media time and the row's wall time
constexpr auto kBeingWritten = std::chrono::hours(1);

std::string name_of(CallId call) { return "call " + call.text(); }
std::string name_of(RecordingId recording) { return "recording " + recording.text(); }

void check_record(FindingBuilder& out, const store::CallRecord& call) {
  const auto breach = [&](const char* reason) { out.violated(name_of(call.id), reason); };
  if (!call.ended) breach("has no end");
  if (call.answered && *call.answered < call.started) breach("was answered before it began");
  if (call.ended && *call.ended < call.answered.value_or(call.started)) breach("ended before it began");
  const bool answered = call.disposition == store::Disposition::Answered;
  if (answered && !call.answered) breach("is called answered and has no time of answer");
  if (call.billed_s < 0 || (!call.answered && call.billed_s > 0)) breach("has seconds billed that nobody talked");
  if (call.answered && call.ended &&
      std::chrono::seconds(call.billed_s) > *call.ended - *call.answered + std::chrono::seconds(1)) {
    breach("has more seconds billed than it lasted");
  }
  if (to_string(call.direction).empty() || to_string(call.disposition).empty() || to_string(call.hangup_side).empty()) {
    breach("has no direction, disposition or side of hang-up");
  }
}

/// What opens as sound by its first bytes: containers that players know.
bool looks_like_audio(BytesView head) {
  static constexpr std::string_view kMagics[] = {"RIFF", "OggS", "fLaC", "ID3", "FORM", "#!AMR", ".snd"};
  const auto text = as_text(head);
  return std::ranges::any_of(kMagics, [&](auto magic) { return text.starts_with(magic); }) ||
         text.substr(0, 12).find("ftyp") == 4;
}

/// Sealed bytes are spread evenly over all values. Speech in G.711, G.722 or PCM is far from it, and so is text.
bool looks_random(BytesView bytes) {
  if (bytes.size() < 4096) return true;  // too little to tell
  std::array<double, 256> counts{};
  for (const auto byte : bytes) counts[byte] += 1;
  const double expected = static_cast<double>(bytes.size()) / 256;
  double chi_square = 0;
  for (const double count : counts) chi_square += (count - expected) * (count - expected) / expected;
  // 255 degrees of freedom: 500 is far beyond chance; frame headers in clear add a little with the size.
  return chi_square < 500 + 0.05 * static_cast<double>(bytes.size());
}

bool opted_in_at(const std::vector<store::RecordingOptIn>& changes, WallTime at) {
  auto mode = store::RecordingMode::Off;
  for (const auto& change : changes) {
    if (change.at <= at) mode = change.mode;
  }
  return mode == store::RecordingMode::On;
}

void check_container(const CheckContext& context, FindingBuilder& out, const store::Recording& recording,
                     const vault::ThingKey& key) {
  const auto breach = [&](const std::string& reason) { out.violated(name_of(recording.id), reason); };
  const auto path = context.store.blobs.path(recording.blob);
  if (!path) return breach("its file is missing");
  const auto bytes = context.store.blobs.read(recording.blob);
  if (!bytes) return breach("its file cannot be read");
  if (looks_like_audio(BytesView(*bytes).first(std::min<std::size_t>(bytes->size(), 16))) || !looks_random(*bytes)) {
    return breach("its file can be heard without a key");
  }
  // Another key of the same call's organisation must not open it.
  const vault::ThingKey foreign(
      key.name(), std::make_shared<const vault::SecretBytes>(vault::SecretBytes::random(32, context.store.random)));
  if (context.inputs.inspect(*path, foreign)) breach("its file opens with a key that is not its own");
  const auto facts = context.inputs.inspect(*path, key);
  if (!facts) return breach("its file does not open with its key: " + facts.error().text);
  if (facts->organisation != recording.organisation || facts->call != recording.call ||
      facts->recording != recording.id) {
    breach("its file belongs to another recording");
  }
  for (const auto& damage : facts->damage) breach("its file is damaged: " + damage);
  if (!facts->unfinished.empty() && recording.state == store::RecordingState::Ready)
    breach("it is called ready and its file has no end");
  double paused = 0;
  for (const auto& pause : recording.pauses) {
    paused += pause.to - pause.from;
    const bool kept = std::ranges::any_of(facts->pauses, [&](const auto& known) {
      return known.from <= pause.from + kClockSlack && known.to >= pause.to - kClockSlack;
    });
    if (!kept) breach("a pause of the call is not one of its file");
  }
  if (recording.ended) {
    const double lasted = std::chrono::duration<double>(*recording.ended - recording.started).count();
    if (facts->length_s > lasted - paused + kClockSlack) breach("its file holds sound of a paused stretch");
  }
}

void check_recording(const CheckContext& context, FindingBuilder& out, const store::Recording& recording,
                     const store::CallRecord* call) {
  const auto breach = [&](const std::string& reason) { out.violated(name_of(recording.id), reason); };
  if (!recording.notice_played || !recording.notice_ended || *recording.notice_ended > recording.started) {
    breach("began before both parties had heard the notice");
  }
  if (!recording.opted_in) {
    breach("no extension had opted in");
  } else {
    const auto changes = context.store.extensions.recording_opt_ins(context.organisation, *recording.opted_in);
    if (!changes || !opted_in_at(*changes, recording.started)) breach("its extension had not opted in when it began");
    if (call != nullptr) {
      const bool took_part =
          call->caller.extension == recording.opted_in || call->callee.extension == recording.opted_in ||
          std::ranges::any_of(call->legs, [&](const auto& leg) { return leg.extension == recording.opted_in; });
      if (!took_part) breach("the extension that opted in had no part in the call");
    }
  }
  const auto key = context.store.recordings.key(context.organisation, recording.id);
  if (!key) return breach("it has no key");
  if (recording.state == store::RecordingState::Ready || recording.state == store::RecordingState::Cut) {
    check_container(context, out, recording, *key);
  }
}

}  // namespace

Result<Finding> check_call_records(const CheckContext& context) {
  FindingBuilder out;
  std::uint64_t calls = 0;
  std::string cursor;
  do {
    const auto page = context.store.calls.list(context.organisation, {}, cursor, kPage);
    if (!page) {
      out.violated("call records", "one of them cannot be read: " + page.error().text);
      return out.finish();
    }
    for (const auto& item : page->items) {
      ++calls;
      const auto whole = context.store.calls.find(context.organisation, item.call.id);
      if (!whole) {
        if (whole.error().code != Errc::NotFound)
          out.violated(name_of(item.call.id), "its record cannot be read: " + whole.error().text);
        continue;
      }
      check_record(out, *whole);
    }
    cursor = page->next_cursor.value_or("");
  } while (!cursor.empty());
  const auto orphans = context.store.database.read([&](Session& session) -> Result<std::vector<store::Row>> {
    // Tables whose rows would outlive their call without a foreign key that forbids it.
    return session.query(
        "SELECT 'jobs', call_id FROM jobs j WHERE j.organisation = ? AND call_id IS NOT NULL AND NOT EXISTS (SELECT 1 "
        "FROM calls c WHERE c.id = j.call_id)"
        " UNION SELECT 'events', call_id FROM events e WHERE e.organisation = ? AND call_id IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM calls c WHERE c.id = e.call_id)"
        " UNION SELECT 'deadlines', call_id FROM deadlines d WHERE d.organisation = ? AND NOT EXISTS (SELECT 1 FROM "
        "calls c WHERE c.id = d.call_id)",
        {context.organisation, context.organisation, context.organisation});
  });
  if (!orphans) return std::unexpected(orphans.error());
  for (const auto& row : *orphans)
    out.violated("call " + row.text(1), "is gone, and " + row.text(0) + " still speak of it");
  out.evidence("call records read and found whole", calls);
  return out.finish();
}

Result<Finding> check_recordings(const CheckContext& context) {
  FindingBuilder out;
  const auto ids =
      context.store.database.read([&](Session& session) -> Result<std::vector<std::pair<RecordingId, CallId>>> {
        std::vector<std::pair<RecordingId, CallId>> found;
        for (const auto& row :
             session.query("SELECT id, call_id FROM recordings WHERE organisation = ? ORDER BY started_at",
                           {context.organisation})) {
          found.emplace_back(row.id<RecordingId>(0), row.id<CallId>(1));
        }
        return found;
      });
  if (!ids) return std::unexpected(ids.error());
  std::uint64_t running = 0;
  for (const auto& [id, call_id] : *ids) {
    const auto recording = context.store.recordings.find(context.organisation, id);
    if (!recording) {
      if (recording.error().code != Errc::NotFound)
        out.violated(name_of(id), "its row cannot be read: " + recording.error().text);
      continue;
    }
    if (recording->state == store::RecordingState::Recording) ++running;
    const auto call = context.store.calls.find(context.organisation, call_id);
    // A running call's parties are not in its record yet.
    check_recording(context, out, *recording, call && call->ended ? &*call : nullptr);
  }
  // Absence: every blob is claimed by a row of some organisation; an unclaimed one is a recording that nobody can
  // delete.
  const auto blobs = context.store.blobs.list();
  if (!blobs) return std::unexpected(blobs.error());
  const auto claimed = context.store.database.read([&](Session& session) -> Result<std::set<std::string>> {
    std::set<std::string> found;
    for (const auto& row : session.query("SELECT blob_id FROM recordings")) found.insert(row.text(0));
    return found;
  });
  if (!claimed) return std::unexpected(claimed.error());
  for (const auto& blob : *blobs) {
    if (claimed->contains(blob)) continue;
    const auto path = context.store.blobs.path(blob);
    std::error_code error;
    const auto written = path ? std::filesystem::last_write_time(*path, error) : std::filesystem::file_time_type{};
    if (!path || error) continue;  // gone meanwhile
    if (std::filesystem::file_time_type::clock::now() - written > kBeingWritten) {
      out.violated("file " + blob, "belongs to no recording");
    } else {
      out.excused("file " + blob, "was just written; its recording is being made");
    }
  }
  const auto off = context.store.database.read([&](Session& session) -> Result<std::int64_t> {
    return session.count("SELECT count(*) FROM extensions WHERE organisation = ? AND recording = 0",
                         {context.organisation});
  });
  if (!off) return std::unexpected(off.error());
  out.evidence("recordings opened with their key and with a false one", ids->size());
  out.evidence("of these still running", running);
  out.evidence("files in the blob folder, each claimed", blobs->size());
  out.evidence("extensions that are not recorded", static_cast<std::uint64_t>(*off));
  return out.finish();
}

}  // namespace parley::privacy
