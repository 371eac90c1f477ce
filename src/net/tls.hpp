#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <base/clock.hpp>
#include <base/result.hpp>

namespace parley::net {

struct TlsFiles {
  std::string certificate{};  // PEM, the chain
  std::string key{};          // PEM
};

/// Whether clients must show a certificate of their own (mutual TLS).
enum class ClientCertificates : std::uint8_t { Off, Optional, Required };

struct TlsServerOptions {
  TlsFiles files{};
  std::string settings = "http";  // the section that errors point at
  ClientCertificates clients = ClientCertificates::Off;
  std::string client_ca{};  // PEM; needed unless Off
  /// Spoken here. Where `only`, a client that names others and not this one is refused (it means another service);
  /// one that names none is welcome.
  std::string alpn = "http/1.1";
  bool alpn_only = false;
};

struct TlsClientOptions {
  std::string ca_file{};   // PEM; empty: the system's
  TlsFiles certificate{};  // ours, for peers that ask for one; empty: none
  std::string settings = "sip";
};

/// What one side of TLS shows to its peers and demands of them: certificate, key, versions and suites (SEC-2: 1.2 with
/// forward secrecy and AEAD, 1.3 preferred; no renegotiation, no compression, no early data). A client always demands a
/// certificate that a CA vouches for; whose it must be, its user says (net/tcp.hpp, RFC 5922). reload() reads the files
/// again for new connections. Thread: any.
class TlsContext {
 public:
  /// Errors: Io (a file cannot be read), Invalid (not PEM, key and certificate do not belong together): both name the
  /// file.
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> server(TlsServerOptions options);
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> server(TlsFiles files);
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> client(TlsClientOptions options);
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
