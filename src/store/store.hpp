#pragma once
#include <filesystem>
#include <memory>

#include <base/clock.hpp>
#include <base/random.hpp>
#include <base/result.hpp>
#include <store/answers.hpp>
#include <store/audit.hpp>
#include <store/bans.hpp>
#include <store/blobs.hpp>
#include <store/calls.hpp>
#include <store/cdr_writer.hpp>
#include <store/deadlines.hpp>
#include <store/devices.hpp>
#include <store/events.hpp>
#include <store/extensions.hpp>
#include <store/holds.hpp>
#include <store/jobs.hpp>
#include <store/key_file.hpp>
#include <store/organisations.hpp>
#include <store/policies.hpp>
#include <store/receipts.hpp>
#include <store/recordings.hpp>
#include <store/routes.hpp>
#include <store/sessions.hpp>
#include <store/transcripts.hpp>
#include <store/trunks.hpp>
#include <store/users.hpp>

namespace parley::store {

struct StoreOptions {
  std::filesystem::path folder;         // parley.db, keys.db, cdr.journal, blobs/, root.key
  vault::RootKeyOptions root_key = {};  // an empty file means <folder>/root.key
  unsigned readers = 4;
  std::uint64_t max_pages = 0;
};

/// Everything at rest, put together: what parleyd opens once and hands to the parts.
/// Errors on open: a text that names file and remedy; Conflict when another process has the folder open.
/// Lifetime: outlives all users; clock and random outlive it. The destructor first finishes what is queued for the
/// database.
class Store {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(StoreOptions options, const Clock& clock = system_clock(),
                                                           Random& random = system_random());
  ~Store();
  /// A new root key in place of the old one, without downtime; a crash at any step is finished at the next start
  /// (SEC-1).
  Result<void> rotate_root_key();

  StoreOptions options;
  const Clock& clock;
  Random& random;
  std::unique_ptr<KeyFile> key_file;
  std::unique_ptr<Database> database_holder;
  Database& database;
  vault::Keyring keyring;
  BlobStore blobs;
  EventBus bus;
  EventLog events;
  AuditLog audit;
  OrganisationRepository organisations;
  UserRepository users;
  SessionRepository sessions;
  ExtensionRepository extensions;
  RouteRepository routes;
  TrunkRepository trunks;
  DeviceRepository devices;
  RegistrationRepository registrations;
  SipBanRepository sip_bans;
  CallRepository calls;
  RecordingRepository recordings;
  TranscriptRepository transcripts;
  JobQueue jobs;
  DeadlineRepository deadlines;
  HoldRepository holds;
  PolicyRepository policies;
  ReceiptRepository receipts;
  ReportRepository reports;
  AnswerRepository answers;
  std::unique_ptr<Journal> journal;
  CdrWriter cdrs;

 private:
  int lock_ = -1;
  Store(StoreOptions options, const Clock& clock, Random& random, std::unique_ptr<KeyFile> keys,
        std::unique_ptr<Database> database, vault::RootKeys roots, std::unique_ptr<Journal> journal);
};

}  // namespace parley::store
