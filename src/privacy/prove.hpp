#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/store.hpp>

namespace parley::privacy {

enum class Verdict : std::uint8_t { Holds, Violated, NotCheckable };
[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;  // holds, violated, not_checkable

struct Evidence {
  std::string what;
  std::string value;
};
struct Exception {
  std::string what;
  std::string reason;
};
struct Finding {
  std::string id;     // "RET-3"
  std::string title;  // what must be true
  Verdict verdict = Verdict::NotCheckable;
  std::vector<Evidence> evidence;
  std::vector<Exception> exceptions;  // what broke it, or what is excused and why; ids, no personal data
};

/// What a recording's container says of itself once it is opened with its key.
struct RecordingFacts {
  OrganisationId organisation;
  CallId call;
  RecordingId recording;
  double length_s = 0;  // of the audio, without pauses
  std::vector<store::Pause> pauses;
  bool closed = false;
  std::vector<std::string> damage;      // altered, missing, swapped frames
  std::vector<std::string> unfinished;  // a torn end or no closing frame: the writer was killed
};
using RecordingInspector =
    std::function<Result<RecordingFacts>(const std::filesystem::path& file, const vault::ThingKey& key)>;
/// By media::RecordingReader.
[[nodiscard]] Result<RecordingFacts> inspect_recording(const std::filesystem::path& file, const vault::ThingKey& key);

/// What checks may look at beside the store.
struct ProveInputs {
  RecordingInspector inspect = inspect_recording;
  bool strict_keys = false;  // also keys of things made within the last quarter of an hour must have their row
  std::filesystem::path console_folder = {};     // what the server serves under /; empty: SEC-8 is not checkable
  std::string content_security_policy = {};      // the response header as the server sends it
  std::vector<std::string> cookies = {};         // every Set-Cookie that the server can send, as sent
  std::vector<std::filesystem::path> logs = {};  // log files, searched for what must not be there
};

/// Checks the promises against the live data of one organisation and of the files that it shares (PROMISES "PROVE").
/// Thread: any, blocking; reads everything, so at low priority.
class Prover {
 public:
  Prover(store::Store& store, ProveInputs inputs) : store_(store), inputs_(std::move(inputs)) {}
  /// Runs all checks, signs the report, stores it and publishes prove.finished.
  Result<store::Report> run(OrganisationId organisation);
  /// One check alone. Errors: NotFound for an id without a check.
  Result<Finding> check(OrganisationId organisation, std::string_view id);
  [[nodiscard]] static std::vector<std::string> ids();

 private:
  store::Store& store_;
  ProveInputs inputs_;
};

/// True when the signature fits the document: what a reader outside does, without database or keys.
[[nodiscard]] bool verify_report(const store::Report& report);
[[nodiscard]] bool verify_receipt(const store::Receipt& receipt);

}  // namespace parley::privacy
