#pragma once
#include <memory>
#include <string>
#include <vector>

#include <base/clock.hpp>
#include <base/result.hpp>

namespace parley::net {

struct TlsFiles {
  std::string certificate;  // PEM, the chain
  std::string key;          // PEM
};

/// What a TLS server shows to its clients: certificate, key, versions and suites (SEC-2: 1.2 with forward secrecy and
/// AEAD, 1.3 preferred; no renegotiation, no compression, no early data). reload() swaps the certificate for new
/// connections. Thread: any.
class TlsContext {
 public:
  /// Errors: Io (a file cannot be read), Invalid (not PEM, key and certificate do not belong together): both name the
  /// file.
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> server(TlsFiles files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  /// On an error the old certificate stays.
  [[nodiscard]] Result<void> reload();
  /// End of validity of the certificate in use.
  [[nodiscard]] WallTime expires() const;

  struct Impl;
  [[nodiscard]] Impl& impl() const noexcept { return *impl_; }

 private:
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Writes a self-signed certificate (ECDSA P-256, 397 days) for the names and addresses and its key (0600).
/// Both files are whole or absent: written aside, then renamed.
[[nodiscard]] Result<void> make_self_signed(const TlsFiles& files, const std::vector<std::string>& names,
                                            const Clock& clock = system_clock());

/// SHA-256 of the certificate as browsers show it: "AB:CD:…". Errors: Io, Invalid.
[[nodiscard]] Result<std::string> certificate_fingerprint(const std::string& file);

}  // namespace parley::net
