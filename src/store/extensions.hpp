#pragma once
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

enum class RecordingMode : std::uint8_t { Off = 0, On = 1 };  // off by default (PBX-4)
[[nodiscard]] std::string_view to_string(RecordingMode mode) noexcept;
[[nodiscard]] std::optional<RecordingMode> recording_mode_of(std::string_view text) noexcept;

struct Extension {
  ExtensionId id;
  OrganisationId organisation;
  std::string number;  // digits; unique in the organisation
  std::string display_name;
  std::optional<UserId> user;
  std::string email;
  std::string mobile;
  std::string site;
  std::string department;
  std::string caller_id;
  RecordingMode recording = RecordingMode::Off;
  int ring_timeout_s = 30;
  bool enabled = true;
  WallTime created{};
};

/// When an extension's opt-in to recording changed: what prove compares recordings with.
struct RecordingOptIn {
  ExtensionId extension;
  WallTime at{};
  RecordingMode mode = RecordingMode::Off;
};

/// Sealed with the extension's key; the number has a blind index.
/// Thread: any, blocking.   Errors: NotFound (also for another organisation's id), Conflict (number in use), and the
/// database's.
class ExtensionRepository {
 public:
  ExtensionRepository(Database& database, vault::Keyring& keyring) : database_(database), keyring_(keyring) {}

  Result<void> create(const Extension& extension);
  Result<void> create(Session& session, const Extension& extension);
  Result<void> update(const Extension& extension);
  Result<void> update(Session& session, const Extension& extension);
  Result<Extension> find(OrganisationId organisation, ExtensionId id);
  Result<Extension> find_by_number(OrganisationId organisation, std::string_view number);
  Result<std::vector<Extension>> list(OrganisationId organisation);  // by number
  /// With its devices, registrations and keys.
  Result<void> remove(OrganisationId organisation, ExtensionId id);
  Result<void> remove(Session& session, OrganisationId organisation, ExtensionId id);
  Result<std::vector<RecordingOptIn>> recording_opt_ins(OrganisationId organisation, ExtensionId id);  // oldest first

 private:
  Database& database_;
  vault::Keyring& keyring_;
};

}  // namespace parley::store
