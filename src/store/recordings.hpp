#pragma once
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

enum class RecordingState : std::uint8_t { Recording = 1, Ready = 2, Cut = 3, Failed = 4, Deleted = 5 };
[[nodiscard]] std::string_view to_string(RecordingState value) noexcept;

/// A stretch during which capture was paused, in seconds of media time from the recording's start.
struct Pause {
  double from = 0;
  double to = 0;
};

struct Recording {
  RecordingId id;
  OrganisationId organisation;
  CallId call;
  RecordingState state = RecordingState::Recording;
  std::string blob;  // BlobStore id
  double seconds = 0;
  int channels = 2;
  std::string codec_info;
  WallTime started{};
  std::optional<WallTime> ended;
  std::vector<Pause> pauses;
  bool notice_played = false;
  std::optional<WallTime> notice_ended;  // before `started`, or the promise is broken (PBX-4)
  std::optional<ExtensionId> opted_in;   // whose setting allowed it
};

/// The audio (by ThingKey::derive("recording")), transcript and analysis are sealed with the recording's own key, so
/// that RET-3 shreds them while the call's record stays. Thread: any, blocking.   Errors: NotFound (also for another
/// organisation's id), and the database's.
class RecordingRepository {
 public:
  RecordingRepository(Database& database, vault::Keyring& keyring) : database_(database), keyring_(keyring) {}

  /// Makes the key and the row, with a deadline by policy, so that even a recording whose call is never closed goes in
  /// time.
  Result<vault::ThingKey> create(const Recording& recording);
  Result<vault::ThingKey> key(OrganisationId organisation, RecordingId id);
  Result<void> update(const Recording& recording);
  Result<Recording> find(OrganisationId organisation, RecordingId id);
  Result<Recording> find_by_call(OrganisationId organisation, CallId call);  // the latest
  Result<std::vector<Recording>> list(OrganisationId organisation, CallId call);
  /// Rows in state Recording: after a crash they are looked at again.
  Result<std::vector<Recording>> unfinished(OrganisationId organisation);

 private:
  Result<Recording> unsealed(const Row& row);
  Database& database_;
  vault::Keyring& keyring_;
};

}  // namespace parley::store
