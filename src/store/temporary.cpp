#include <base/assert.hpp>
#include <store/temporary.hpp>

namespace parley::store {
namespace {

template <class T>
T must(Result<T> result) {
  PARLEY_ASSERT(result.has_value());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace

TemporaryStore::TemporaryStore()
    : folder_(std::filesystem::temp_directory_path() / ("parley_store_" + system_random().token(16))) {
  std::filesystem::create_directories(folder_);
  store_ = must(Store::open({.folder = folder_}, clock));
}

TemporaryStore::~TemporaryStore() {
  store_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void TemporaryStore::reopen() {
  store_.reset();
  store_ = must(Store::open({.folder = folder_}, clock));
}

void TemporaryStore::close() { store_.reset(); }

OrganisationId TemporaryStore::organisation(std::string_view domain) {
  Organisation out{
      OrganisationId::make(), "Organisation of " + std::string(domain), std::string(domain), "Europe/Zurich", {}};
  must(store_->organisations.create(out));
  return out.id;
}

Extension TemporaryStore::extension(OrganisationId organisation, std::string_view number, RecordingMode recording) {
  Extension out;
  out.id = ExtensionId::make();
  out.organisation = organisation;
  out.number = number;
  out.display_name = "Extension " + std::string(number);
  out.recording = recording;
  must(store_->extensions.create(out));
  return out;
}

User TemporaryStore::user(OrganisationId organisation, std::string_view login) {
  User out;
  out.id = UserId::make();
  out.organisation = organisation;
  out.login = login;
  must(store_->users.create(out, "$argon2id$test"));
  return out;
}

CallRecord TemporaryStore::open_call(OrganisationId organisation, const Extension& from, const Extension& to) {
  CallRecord out;
  out.id = CallId::make();
  out.organisation = organisation;
  out.started = clock.wall();
  out.caller = {from.number, from.display_name, from.id};
  out.callee = {to.number, to.display_name, to.id};
  out.dialled = to.number;
  must(store_->calls.create(out));
  return out;
}

CallRecord TemporaryStore::call(OrganisationId organisation, const Extension& from, const Extension& to) {
  CallRecord out = open_call(organisation, from, to);
  clock.advance(std::chrono::seconds(5));
  out.answered = clock.wall();
  clock.advance(std::chrono::seconds(60));
  out.ended = clock.wall();
  out.disposition = Disposition::Answered;
  out.hangup_side = HangupSide::Caller;
  out.hangup_cause = "normal clearing";
  out.sip_status = 200;
  out.billed_s = 60;
  CallLegRecord leg;
  leg.id = LegId::make();
  leg.party = "caller";
  leg.extension = from.id;
  leg.remote_ip = "192.0.2.17";
  leg.sip_call_id = "c1@192.0.2.17";
  leg.started = out.started;
  leg.codec = "PCMU";
  leg.stats = {100, 101, 2, 1.5, 4.3};
  out.legs.push_back(leg);
  out.path.push_back({out.started, "extension " + to.number + " rings"});
  must(store_->calls.close(out, {}));
  return out;
}

Recording TemporaryStore::recording(const CallRecord& call, std::string_view marker) {
  Recording out;
  out.id = RecordingId::make();
  out.organisation = call.organisation;
  out.call = call.id;
  out.started = call.answered.value_or(call.started) + std::chrono::seconds(4);
  out.ended = call.ended;
  out.seconds = 55;
  out.notice_played = true;
  out.notice_ended = out.started - std::chrono::seconds(1);
  out.opted_in = call.caller.extension;
  out.codec_info = "PCMU " + std::string(marker);
  out.state = RecordingState::Ready;
  auto blob = must(store_->blobs.create());
  out.blob = blob->id();
  const auto key = must(store_->recordings.create(out));
  must(blob->append(key.seal("test", as_bytes(marker))));
  must(blob->close());
  Transcript transcript{TranscriptId::make(), call.organisation, call.id, out.id, "test/1", "en", {}, {}};
  transcript.turns.push_back(
      {"caller", 0.5, 2.0, "the word is " + std::string(marker), 0.9, {{std::string(marker), 1.5, 2.0, 0.9}}});
  must(store_->transcripts.save(transcript));
  must(store_->transcripts.save(Analysis{AnalysisId::make(),
                                         call.organisation,
                                         call.id,
                                         out.id,
                                         "test/1",
                                         1,
                                         {},
                                         "about " + std::string(marker),
                                         "{\"a\":\"" + std::string(marker) + "\"}"}));
  return out;
}

}  // namespace parley::store
