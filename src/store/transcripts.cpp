#include <store/events.hpp>
#include <store/json.hpp>
#include <store/recordings.hpp>
#include <store/text.hpp>
#include <store/transcripts.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

std::string sealed_turns(const vault::ThingKey& key, const Transcript& transcript) {
  json::array turns;
  for (const auto& turn : transcript.turns) {
    json::array words;
    for (const auto& word : turn.words)
      words.emplace_back(json::array{word.text, word.start, word.end, word.confidence});
    turns.emplace_back(json::object{{"speaker", turn.speaker},
                                    {"start_s", turn.start_s},
                                    {"end_s", turn.end_s},
                                    {"text", turn.text},
                                    {"confidence", turn.confidence},
                                    {"words", std::move(words)}});
  }
  return key.seal_text("transcript", json::serialize(json::object{{"turns", std::move(turns)}}));
}

double number(const json::value& value) { return value.is_number() ? value.to_number<double>() : 0; }

Result<void> read_turns(Transcript& transcript, std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return std::unexpected(object.error());
  for (const auto& value : array_at(*object, "turns")) {
    if (!value.is_object()) continue;
    const auto& item = value.as_object();
    TranscriptTurn turn{text_at(item, "speaker"), real_at(item, "start_s"),    real_at(item, "end_s"),
                        text_at(item, "text"),    real_at(item, "confidence"), {}};
    for (const auto& word : array_at(item, "words")) {
      if (!word.is_array() || word.as_array().size() != 4 || !word.as_array()[0].is_string()) continue;
      const auto& parts = word.as_array();
      turn.words.push_back({std::string(parts[0].as_string()), number(parts[1]), number(parts[2]), number(parts[3])});
    }
    transcript.turns.push_back(std::move(turn));
  }
  return {};
}

std::unexpected<Error> no_recording() { return fail(Errc::NotFound, "no such recording"); }

Result<void> recording_exists(Session& session, OrganisationId organisation, CallId call, RecordingId recording) {
  if (!session.find("SELECT id FROM recordings WHERE organisation = ? AND call_id = ? AND id = ?",
                    {organisation, call, recording})) {
    return no_recording();
  }
  return {};
}

void write(Session& session, const Transcript& transcript, const std::string& sealed, bool provisional) {
  session.execute("DELETE FROM transcripts WHERE organisation = ? AND recording_id = ?",
                  {transcript.organisation, transcript.recording});
  session.execute(
      "INSERT INTO transcripts (id, organisation, call_id, recording_id, engine, language, created_at, sealed, "
      "provisional) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {transcript.id, transcript.organisation, transcript.call, transcript.recording, transcript.engine,
       transcript.language, transcript.created == WallTime{} ? session.now() : transcript.created, sealed,
       provisional});
}

void write(Session& session, const Analysis& analysis, const vault::ThingKey& key, bool provisional) {
  session.execute("DELETE FROM analyses WHERE organisation = ? AND recording_id = ?",
                  {analysis.organisation, analysis.recording});
  session.execute(
      "INSERT INTO analyses (id, organisation, call_id, recording_id, engine, version, created_at, sealed_headline, "
      "sealed, provisional) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {analysis.id, analysis.organisation, analysis.call, analysis.recording, analysis.engine, analysis.version,
       analysis.created == WallTime{} ? session.now() : analysis.created, key.seal_text("headline", analysis.headline),
       key.seal_text("analysis", analysis.document), provisional});
}

/// What transcripts and analyses have in common. The final one counts before the provisional, the newest first.
template <class Made>
struct Newest {
  Made made;
  Row row;  // its own columns begin at kOwn
  vault::ThingKey key;
};
constexpr std::size_t kOwn = 5;

/// `from`: "own columns FROM table". Errors: NotFound with the text `missing`.
template <class Made>
Result<Newest<Made>> newest(Session& session, vault::Keyring& keyring, OrganisationId organisation, CallId call,
                            const std::string& from, const char* missing) {
  auto row = session.find("SELECT id, recording_id, engine, created_at, provisional, " + from +
                              " WHERE organisation = ? AND call_id = ? ORDER BY provisional, created_at DESC LIMIT 1",
                          {organisation, call});
  if (!row) return fail(Errc::NotFound, missing);
  Made made;
  made.id = row->template id<decltype(made.id)>(0);
  made.organisation = organisation;
  made.call = call;
  made.recording = row->template id<RecordingId>(1);
  made.engine = row->text(2);
  made.created = row->time(3);
  made.provisional = row->truth(4);
  auto key = keyring.open(organisation, ThingKind::Recording, made.recording.uuid);
  if (!key) return std::unexpected(key.error());
  return Newest<Made>{std::move(made), std::move(*row), std::move(*key)};
}

}  // namespace

Result<void> TranscriptRepository::save(const Transcript& transcript, std::vector<NewJob> follow_ups) {
  const auto key = keyring_.open(transcript.organisation, ThingKind::Recording, transcript.recording.uuid);
  if (!key) return std::unexpected(key.error());
  const std::string sealed = sealed_turns(*key, transcript);
  std::string text;
  for (const auto& turn : transcript.turns) text += turn.text + ' ';
  const auto terms = keyring_.blind_indexes(transcript.organisation, "word", words_of(text));
  if (!terms) return std::unexpected(terms.error());
  std::vector<JobQueue::Prepared> jobs;
  for (auto& job : follow_ups) {
    job.organisation = transcript.organisation;
    if (!job.call) job.call = transcript.call;
    if (!job.recording) job.recording = transcript.recording;
    auto prepared = JobQueue::prepare(keyring_, std::move(job));
    if (!prepared) return std::unexpected(prepared.error());
    jobs.push_back(std::move(*prepared));
  }
  const auto event = events_.prepare(
      {{},
       "transcript.ready",
       transcript.organisation,
       {},
       transcript.call,
       0,
       json::serialize(json::object{{"transcript", transcript.id.text()}, {"turns", transcript.turns.size()}})});
  if (!event) return std::unexpected(event.error());
  const std::string source = "transcript:" + transcript.recording.text();
  return database_.transaction(transcript.organisation, [&](Session& session) -> Result<void> {
    if (auto found = recording_exists(session, transcript.organisation, transcript.call, transcript.recording); !found)
      return found;
    // Provisional claims point to turns that go here.
    session.execute("DELETE FROM analyses WHERE organisation = ? AND recording_id = ? AND provisional = 1",
                    {transcript.organisation, transcript.recording});
    session.execute("DELETE FROM search_terms WHERE organisation = ? AND call_id = ? AND source = ?",
                    {transcript.organisation, transcript.call, source});
    write(session, transcript, sealed, false);
    for (const auto& term : *terms) {
      session.execute("INSERT INTO search_terms (organisation, term_index, call_id, source) VALUES (?, ?, ?, ?)",
                      {transcript.organisation, term, transcript.call, source});
    }
    for (const auto& job : jobs) {
      if (auto inserted = JobQueue::insert(session, job); !inserted) return std::unexpected(inserted.error());
    }
    events_.insert(session, *event);
    return {};
  });
}

Result<void> TranscriptRepository::save_provisional(const Transcript& transcript, const Analysis& analysis) {
  const auto key = keyring_.open(transcript.organisation, ThingKind::Recording, transcript.recording.uuid);
  if (!key) return std::unexpected(key.error());
  const std::string sealed = sealed_turns(*key, transcript);
  return database_.transaction(transcript.organisation, [&](Session& session) -> Result<void> {
    const auto recording =
        session.find("SELECT state FROM recordings WHERE organisation = ? AND call_id = ? AND id = ?",
                     {transcript.organisation, transcript.call, transcript.recording});
    if (!recording) return no_recording();
    if (static_cast<RecordingState>(recording->integer(0)) != RecordingState::Recording)
      return fail(Errc::Conflict, "the recording has ended");
    if (session.find("SELECT 1 FROM transcripts WHERE organisation = ? AND recording_id = ? AND provisional = 0",
                     {transcript.organisation, transcript.recording}))
      return fail(Errc::Conflict, "the recording has its final transcript");
    write(session, transcript, sealed, true);
    write(session, analysis, *key, true);
    return {};
  });
}

Result<Transcript> TranscriptRepository::find(OrganisationId organisation, CallId call) {
  return database_.read([&](Session& session) -> Result<Transcript> {
    auto found = newest<Transcript>(session, keyring_, organisation, call, "language, sealed FROM transcripts",
                                    "no transcript of this call");
    if (!found) return std::unexpected(found.error());
    auto& [out, row, key] = *found;
    out.language = row.text(kOwn);
    const auto text = key.open_text("transcript", row.text(kOwn + 1));
    if (!text) return std::unexpected(text.error());
    if (auto read = read_turns(out, *text); !read) return std::unexpected(read.error());
    return std::move(out);
  });
}

Result<void> TranscriptRepository::save(const Analysis& analysis) {
  const auto key = keyring_.open(analysis.organisation, ThingKind::Recording, analysis.recording.uuid);
  if (!key) return std::unexpected(key.error());
  const auto event = events_.prepare({{},
                                      "analysis.ready",
                                      analysis.organisation,
                                      {},
                                      analysis.call,
                                      0,
                                      json::serialize(json::object{{"analysis", analysis.id.text()}})});
  if (!event) return std::unexpected(event.error());
  return database_.transaction(analysis.organisation, [&](Session& session) -> Result<void> {
    if (auto found = recording_exists(session, analysis.organisation, analysis.call, analysis.recording); !found)
      return found;
    write(session, analysis, *key, false);
    events_.insert(session, *event);
    return {};
  });
}

Result<Analysis> TranscriptRepository::find_analysis(OrganisationId organisation, CallId call) {
  return database_.read([&](Session& session) -> Result<Analysis> {
    auto found = newest<Analysis>(session, keyring_, organisation, call,
                                  "version, sealed_headline, sealed FROM analyses", "no analysis of this call");
    if (!found) return std::unexpected(found.error());
    auto& [out, row, key] = *found;
    out.version = static_cast<int>(row.integer(kOwn));
    auto headline = key.open_text("headline", row.text(kOwn + 1));
    if (!headline) return std::unexpected(headline.error());
    out.headline = std::move(*headline);
    auto document = key.open_text("analysis", row.text(kOwn + 2));
    if (!document) return std::unexpected(document.error());
    out.document = std::move(*document);
    return std::move(out);
  });
}

}  // namespace parley::store
