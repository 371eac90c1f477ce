#pragma once
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

enum class TrunkKind : std::uint8_t {
  Register,  // we are a subscriber of the carrier: REGISTER, with user and password
  Peer,      // the carrier knows us by our address, and we it by its
};
[[nodiscard]] std::string_view to_string(TrunkKind kind) noexcept;  // "register", "peer"
[[nodiscard]] std::optional<TrunkKind> trunk_kind_of(std::string_view text) noexcept;

/// What the carrier is sent as number.
enum class TrunkNumbers : std::uint8_t {
  AsDialled,
  E164,      // +4930123
  E164Bare,  // 4930123
};
[[nodiscard]] std::string_view to_string(TrunkNumbers numbers) noexcept;  // "as_dialled", "e164", "e164_bare"
[[nodiscard]] std::optional<TrunkNumbers> trunk_numbers_of(std::string_view text) noexcept;

/// What the carrier is told of calls that come to it by a diversion of ours: they go on from one of our numbers.
enum class TrunkDiversions : std::uint8_t { None, Diversion, HistoryInfo, Both };  // RFC 5806, RFC 7044
[[nodiscard]] std::string_view to_string(TrunkDiversions told) noexcept;  // "none", "diversion", "history_info", "both"
[[nodiscard]] std::optional<TrunkDiversions> trunk_diversions_of(std::string_view text) noexcept;

/// A number that the carrier brings calls for, and who takes them.
struct TrunkNumber {
  std::string pattern;    // pbx/dial_pattern.hpp, of the number in E.164 form where it has one
  std::string extension;  // its number
  friend bool operator==(const TrunkNumber&, const TrunkNumber&) = default;
};

/// A carrier, as one organisation uses it.
struct Trunk {
  TrunkId id;
  OrganisationId organisation;
  std::string name;  // unique in the organisation, however it is written; routes name it
  bool enabled = true;
  TrunkKind kind = TrunkKind::Register;
  std::string host;       // domain or address of the carrier
  int port = 0;           // 0: DNS says it, or the transport's own
  std::string transport;  // "udp", "tcp", "tls"; empty: DNS says it
  std::string username, password;
  std::string realm;                   // empty: the host. The password answers for no other
  int expires_s = 3600;                // registration, asked for
  std::vector<std::string> addresses;  // whose INVITEs are the carrier's, beside the host's own: "192.0.2.0/24"
  int probe_s = 30;                    // OPTIONS so often; 0: never
  int channels = 0;                    // calls at a time; 0: any
  std::string caller_id;               // of callers whose extension has none of its own
  bool caller_in_from = true;          // false: From is the account, the caller stands in P-Asserted-Identity alone
  bool asserted_identity = true;       // P-Asserted-Identity is sent
  TrunkDiversions diversions = TrunkDiversions::None;
  TrunkNumbers numbers = TrunkNumbers::E164;
  std::string country_code;           // "49"; empty: numbers stay as they are
  std::string national_prefix = "0";  // before an area code, within the country
  std::string international_prefix = "00";
  std::vector<TrunkNumber> inbound;  // the first that matches
  WallTime created{};
  friend bool operator==(const Trunk&, const Trunk&) = default;
};

/// Sealed with the organisation's key, password and numbers included; the name has a blind index.
/// Thread: any, blocking.   Errors: NotFound (also for another organisation's id), Conflict (the name is in use, or
/// kMaxTrunks are there), and the database's.
class TrunkRepository {
 public:
  static constexpr std::size_t kMaxTrunks = 100;  // of one organisation

  TrunkRepository(Database& database, vault::Keyring& keyring) : database_(database), keyring_(keyring) {}

  Result<void> create(const Trunk& trunk);
  Result<void> create(Session& session, const Trunk& trunk);
  Result<void> update(const Trunk& trunk);
  Result<void> update(Session& session, const Trunk& trunk);
  Result<Trunk> find(OrganisationId organisation, TrunkId id);
  Result<std::vector<Trunk>> list(OrganisationId organisation);  // by name
  Result<void> remove(OrganisationId organisation, TrunkId id);
  Result<void> remove(Session& session, OrganisationId organisation, TrunkId id);

 private:
  /// The name's blind index. Errors: Conflict if another trunk has it.
  Result<std::string> free_name(Session& session, const Trunk& trunk);
  Database& database_;
  vault::Keyring& keyring_;
};

}  // namespace parley::store
