#pragma once
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <store/jobs.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

class EventLog;

struct TranscriptWord {
  std::string text;
  double start = 0;
  double end = 0;
  double confidence = 0;
};

struct TranscriptTurn {
  std::string speaker;  // "caller" or "callee"
  double start_s = 0;
  double end_s = 0;
  std::string text;
  double confidence = 0;
  std::vector<TranscriptWord> words;
};

struct Transcript {
  TranscriptId id;
  OrganisationId organisation;
  CallId call;
  RecordingId recording;
  std::string engine;
  std::string language;
  WallTime created{};
  std::vector<TranscriptTurn> turns;
  bool provisional = false;  // of a call that is still running
};

struct Analysis {
  AnalysisId id;
  OrganisationId organisation;
  CallId call;
  RecordingId recording;
  std::string engine;
  int version = 1;
  WallTime created{};
  std::string headline;  // one line for lists
  std::string document;  // JSON
  bool provisional = false;
};

/// Sealed with the recording's key, with deadlines that are the recording's (RET-3). Words go into the blind search
/// index. Saving replaces an earlier one of the same recording, so that a job run twice leaves one. What is heard while
/// the call goes on is provisional: the final transcript replaces it, and it is found only while there is no final one.
/// Thread: any, blocking.   Errors: NotFound (also when the recording was erased meanwhile), and the database's.
class TranscriptRepository {
 public:
  TranscriptRepository(Database& database, vault::Keyring& keyring, EventLog& events)
      : database_(database), keyring_(keyring), events_(events) {}

  /// With the event transcript.ready and follow-up jobs in the same transaction.
  Result<void> save(const Transcript& transcript, std::vector<NewJob> follow_ups = {});
  /// Both at once, sealed like the final ones but outside the search index, and without an event. Errors: Conflict when
  /// the recording has ended or has its final transcript.
  Result<void> save_provisional(const Transcript& transcript, const Analysis& analysis);
  Result<Transcript> find(OrganisationId organisation, CallId call);
  /// With the event analysis.ready in the same transaction.
  Result<void> save(const Analysis& analysis);
  Result<Analysis> find_analysis(OrganisationId organisation, CallId call);

 private:
  Database& database_;
  vault::Keyring& keyring_;
  EventLog& events_;
};

}  // namespace parley::store
