#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include <pbx/core.hpp>
#include <sip/digest.hpp>

namespace parley::pbx {

/// Who a request comes from: proven by digest, or by a trusted source address. The pointers live in `directory`.
struct Identity {
  std::shared_ptr<const Directory> directory;
  const DirectoryOrganisation* organisation = nullptr;
  const DirectoryExtension* extension = nullptr;
  const DirectoryDevice* device = nullptr;  // nullptr: trusted by address
  const DirectoryTrunk* trunk = nullptr;    // a carrier: then there is no extension
};

/// What to answer a request that proved nothing.
struct Refusal {
  unsigned status = 403;
  std::vector<std::pair<sip::Header, std::string>> headers;
};

/// The digest server of all reactors. What was seen of a nonce is in one place for all of them, so that a captured
/// request cannot be played again at another reactor; hashing is done outside of its lock.
struct SharedDigest {
  explicit SharedDigest(const vault::ShortKey& secret) : server(secret) {}
  [[nodiscard]] bool accept(const sip::NonceUse& use, WallTime now) {
    return uses[use.nonce % kShards].with([&](sip::NonceUses& seen) { return seen.accept(use, now); });
  }
  static constexpr std::size_t kShards = 16;
  static constexpr std::uint32_t kSerials = 4096;  // a reactor takes so many at once
  const sip::DigestServer server;
  std::atomic<std::uint32_t> serial = 0;

 private:
  struct Seen : GuardedShard<sip::NonceUses> {
    Seen() : GuardedShard(std::size_t{50'000} / kShards) {}
  };
  std::array<Seen, kShards> uses;
};

/// Digest authentication with limits (SEC-9): SHA-256, SHA-512-256 and MD5 offered (digest_offer.hpp); unknown users
/// cost the same time and get the same answers as known ones with a wrong password; failures are limited per address
/// and account (access_guard.hpp). Source: RFC 3261 §22, RFC 7616, RFC 8760. Thread: the reactor's. Lifetime: its
/// Exchange.
class Authenticator {
 public:
  Authenticator(Shared& shared, SharedDigest& digest)
      : shared_(shared), digest_(digest), directory_(shared.directory) {}

  /// What a request outside dialogs that must prove who it is from, and shows no credentials, is answered at once and
  /// without memory (T-13); nullopt: it shows some, needs none, or comes from a trusted address.
  [[nodiscard]] std::optional<Refusal> at_the_door(const sip::Message& request, WallTime wall);
  /// Whether requests of this method prove who they are from.
  [[nodiscard]] static bool signs_in(const sip::Message& request);
  /// A REGISTER for this organisation: digest only.
  [[nodiscard]] Result<Identity, Refusal> of_register(const sip::Message& request, TimePoint now, WallTime wall);
  /// A request outside a dialog that wants something done (INVITE, MESSAGE, SUBSCRIBE, PUBLISH): a carrier's or a
  /// trusted address, or digest.
  [[nodiscard]] Result<Identity, Refusal> of_call(const sip::Message& request, TimePoint now, WallTime wall);

 private:
  [[nodiscard]] Result<Identity, Refusal> by_digest(const sip::Message& request,
                                                    std::shared_ptr<const Directory> directory,
                                                    const DirectoryOrganisation& organisation, TimePoint now,
                                                    WallTime wall);
  [[nodiscard]] Refusal challenge(const sip::Message& request, std::string_view realm, WallTime wall, bool stale);
  [[nodiscard]] const DirectoryOrganisation* organisation_of(const sip::Message& request,
                                                             const Directory& directory) const;
  [[nodiscard]] std::uint32_t next_serial();
  [[nodiscard]] bool is_trusted(const sip::Message& request) const;
  [[nodiscard]] std::optional<IpAddress> behind_proxy(const sip::Message& request) const;
  Shared& shared_;
  SharedDigest& digest_;
  DirectoryView directory_;
  std::uint32_t serial_ = 0;
};

}  // namespace parley::pbx
