#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <base/ids.hpp>
#include <base/result.hpp>
#include <vault/root_key.hpp>
#include <vault/sign.hpp>

namespace parley::vault {

/// What a key belongs to. A recording has a key of its own (its audio, transcript and analysis are sealed with it), so
/// that it can be shredded while the call's record stays. Values are stored: never renumber.
enum class ThingKind : std::uint8_t {
  Organisation = 1,
  User = 2,
  Extension = 3,
  Device = 4,
  Call = 5,
  Contact = 6,
  Credential = 7,
  Conversation = 8,
  Recording = 9,
  Signing = 10,
};
[[nodiscard]] std::string_view to_string(ThingKind kind) noexcept;

struct KeyName {
  OrganisationId organisation;  // nil: the platform's own
  ThingKind kind = ThingKind::Organisation;
  Uuid thing;
  friend auto operator<=>(const KeyName&, const KeyName&) = default;
};

/// Wrapped keys at rest; store::KeyFile keeps them in a file of their own that ordinary backups leave out.   Thread:
/// any.
class KeyTable {
 public:
  virtual ~KeyTable() = default;
  virtual Result<void> put(const KeyName& name, BytesView wrapped) = 0;  // Conflict if there is one
  virtual Result<void> put_all(
      const std::vector<std::pair<KeyName, Bytes>>& wrapped) = 0;  // all, or with Conflict none
  virtual Result<Bytes> get(const KeyName& name) = 0;              // NotFound
  virtual Result<void> remove(const KeyName& name) = 0;            // fine if there is none; gone for good on return
  virtual Result<void> remove_all(OrganisationId organisation) = 0;
  virtual Result<std::vector<KeyName>> list(OrganisationId organisation) = 0;
  /// Replaces every key of this kind in one transaction.
  virtual Result<void> rewrap(std::vector<ThingKind> kinds,
                              const std::function<Result<Bytes>(const KeyName&, BytesView)>& change) = 0;
};

/// The key of one thing. Sealed bytes = random nonce, ciphertext, tag; the associated data names organisation, kind,
/// thing and part, so that sealed bytes moved to another row, column or organisation do not open. Thread: any. Errors:
/// Corrupt when the bytes were altered, moved or sealed with another key.
class ThingKey {
 public:
  ThingKey(KeyName name, std::shared_ptr<const SecretBytes> key) : name_(name), key_(std::move(key)) {}
  [[nodiscard]] Bytes seal(std::string_view part, BytesView plain) const;
  [[nodiscard]] Result<Bytes> open(std::string_view part, BytesView sealed) const;
  /// The same as text (base64url), as columns keep it.
  [[nodiscard]] std::string seal_text(std::string_view part, std::string_view plain) const;
  [[nodiscard]] Result<std::string> open_text(std::string_view part, std::string_view sealed) const;
  /// 32 bytes for a purpose of its own ("recording"): HKDF, bound to the thing's name.
  [[nodiscard]] SecretBytes derive(std::string_view purpose) const;
  [[nodiscard]] const KeyName& name() const noexcept { return name_; }

 private:
  KeyName name_;
  std::shared_ptr<const SecretBytes> key_;
};

/// Root key -> organisation's key -> thing's key, each random and wrapped by the one above with AES-256-GCM (SEC-1).
/// Thread:   any; calls may block on the key table, so job threads only.
/// Errors:   NotFound for a thing without key (never made, or destroyed), Corrupt for a wrong root key or altered
/// table. Lifetime: outlives whoever holds it; `table` and `random` outlive the keyring. ThingKeys are values and may
/// outlive it.
class Keyring {
 public:
  struct Options {
    std::size_t cache = 4096;  // unwrapped thing keys kept in locked memory
  };
  Keyring(KeyTable& table, RootKeys roots, Random& random, Options options);
  Keyring(KeyTable& table, RootKeys roots, Random& random);
  ~Keyring();

  /// Makes and stores a key. Errors: Conflict if the thing has one.
  [[nodiscard]] Result<ThingKey> create(OrganisationId organisation, ThingKind kind, const Uuid& thing);
  /// The keys of many new things of organisations as one step of the table, which costs what one key does.
  /// Errors: Conflict if one of them has a key; then none is made.
  [[nodiscard]] Result<void> create_all(const std::vector<KeyName>& things);
  [[nodiscard]] Result<ThingKey> open(OrganisationId organisation, ThingKind kind, const Uuid& thing);
  [[nodiscard]] Result<ThingKey> open_or_create(OrganisationId organisation, ThingKind kind, const Uuid& thing);
  /// Many at once, in their order; those that are missing are made as one step of the table.
  [[nodiscard]] Result<std::vector<ThingKey>> open_or_create_all(const std::vector<KeyName>& things);
  /// Crypto-shredding: after it nothing sealed with this key opens again. Idempotent.
  [[nodiscard]] Result<void> destroy(OrganisationId organisation, ThingKind kind, const Uuid& thing);
  /// All keys of an organisation, its own first.
  [[nodiscard]] Result<void> destroy_organisation(OrganisationId organisation);

  /// The organisation's own key; made when it is missing. The nil organisation is the platform itself (sign-in names).
  [[nodiscard]] Result<ThingKey> organisation(OrganisationId organisation);
  /// Keyed hash for look-ups by equality: 32 hex signs, useless without the organisation's key. The caller normalises
  /// `value`.
  [[nodiscard]] Result<std::string> blind_index(OrganisationId organisation, std::string_view field,
                                                std::string_view value);
  [[nodiscard]] Result<std::vector<std::string>> blind_indexes(OrganisationId organisation, std::string_view field,
                                                               const std::vector<std::string>& values);
  /// Signs receipts, checkpoints and reports; made at first use, wrapped by the root key.
  [[nodiscard]] Result<SigningKey> signing_key();
  /// Rewraps the organisations' keys and the signing key; data and things' keys stay as they are.
  [[nodiscard]] Result<void> rotate_root(RootKey next);
  [[nodiscard]] std::string root_id() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley::vault
