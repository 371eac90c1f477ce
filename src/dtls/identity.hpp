#pragma once
#include <memory>

#include <base/clock.hpp>
#include <base/guarded.hpp>
#include <base/result.hpp>
#include <dtls/fingerprint.hpp>

namespace parley::dtls {

/// Our end's certificate for DTLS: an ECDSA key on P-256 and a self-signed certificate around it, which says nothing of
/// who we are; peers know it by the fingerprint in the description. Never written to disk.
/// Source: RFC 8827 §6.5; RFC 5763 §5.   Thread: any; immutable. Lifetime: shared by the sessions made with it.
class Identity {
 public:
  /// Errors: Internal (the TLS library failed).
  [[nodiscard]] static Result<std::shared_ptr<const Identity>> make(WallTime now);
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  [[nodiscard]] const Fingerprint& fingerprint() const noexcept { return fingerprint_; }
  struct Impl;
  [[nodiscard]] const Impl& impl() const noexcept { return *impl_; }

 private:
  explicit Identity(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  Fingerprint fingerprint_;
};

/// The process's identity, a new one every kRotation: who learns a key reads a day at most. Legs keep the one that
/// their description named.   Thread: any.
class IdentityKeeper {
 public:
  static constexpr auto kRotation = std::chrono::hours(24);
  [[nodiscard]] Result<std::shared_ptr<const Identity>> current(WallTime now);

 private:
  struct Made {
    std::shared_ptr<const Identity> identity;
    WallTime at{};
  };
  Guarded<Made> made_;  // held while one is made: well under a millisecond
};

}  // namespace parley::dtls
