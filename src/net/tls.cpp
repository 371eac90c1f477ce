#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/bytes.hpp>
#include <base/endpoint.hpp>
#include <net/tls.hpp>
#include <net/tls_impl.hpp>

namespace parley::net {

namespace ssl = boost::asio::ssl;

namespace {
template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr auto kValidity = std::chrono::days(397);

/// Of a server context; lives as long as the context's loader.
int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in, unsigned in_length,
                void* options) {
  const auto& wanted = *static_cast<const TlsServerOptions*>(options);
  for (unsigned at = 0; at < in_length; at += in[at] + 1U) {
    const std::string_view offered(as_text({in + at + 1, in[at]}));
    if (offered != wanted.alpn) continue;
    *out = in + at + 1;
    *out_length = in[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return wanted.alpn_only ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
}

using Loaded = TlsContext::Impl::Loaded;

std::unexpected<Error> file_failure(const std::string& file, const boost::system::error_code& failure,
                                    const std::string& remedy) {
  const bool missing = ::access(file.c_str(), R_OK) != 0;
  return fail(
      missing ? Errc::Io : Errc::Invalid,
      fmt::format("{}: {} ({})", file, missing ? std::generic_category().message(errno) : failure.message(), remedy));
}

std::shared_ptr<ssl::context> strict_context(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  SSL_CTX* raw = context->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_cipher_list(raw, kCiphers12);
  SSL_CTX_set1_groups_list(raw, "X25519:P-256:P-384");
  return context;
}

Result<void> use_files(ssl::context& context, const TlsFiles& files, const std::string& settings) {
  boost::system::error_code failure;
  context.use_certificate_chain_file(files.certificate, failure);
  if (failure)
    return file_failure(files.certificate, failure,
                        settings + ".certificate must be a PEM file with the certificate chain");
  context.use_private_key_file(files.key, ssl::context::pem, failure);
  if (failure) return file_failure(files.key, failure, settings + ".key must be the PEM key of that certificate");
  if (SSL_CTX_check_private_key(context.native_handle()) != 1)
    return fail(Errc::Invalid, fmt::format("{}: not the key of {}", files.key, files.certificate));
  return {};
}

Loaded load_server(const TlsServerOptions& options) {
  auto context = strict_context(ssl::context::tls_server);
  SSL_CTX* raw = context->native_handle();
  SSL_CTX_set_alpn_select_cb(raw, choose_alpn, const_cast<TlsServerOptions*>(&options));  // read only
  if (auto used = use_files(*context, options.files, options.settings); !used) return std::unexpected(used.error());
  if (options.clients == ClientCertificates::Off) return context;
  boost::system::error_code failure;
  context->load_verify_file(options.client_ca, failure);
  if (failure)
    return file_failure(options.client_ca, failure,
                        options.settings + ".client_ca must be a PEM file with the CAs of the clients");
  SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(options.client_ca.c_str()));
  SSL_CTX_set_session_id_context(raw, as_bytes("parley").data(), 6);
  SSL_CTX_set_verify(raw,
                     options.clients == ClientCertificates::Required ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                                                                     : SSL_VERIFY_PEER,
                     nullptr);
  return context;
}

Loaded load_client(const TlsClientOptions& options) {
  auto context = strict_context(ssl::context::tls_client);
  boost::system::error_code failure;
  if (options.ca_file.empty()) {
    context->set_default_verify_paths(failure);
  } else {
    context->load_verify_file(options.ca_file, failure);
  }
  if (failure)
    return file_failure(options.ca_file, failure, options.settings + ".ca must be a PEM file with the CAs to trust");
  if (!options.certificate.certificate.empty())
    if (auto used = use_files(*context, options.certificate, options.settings); !used)
      return std::unexpected(used.error());
  SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_PEER, nullptr);
  return context;
}

Result<void> write_whole(const std::string& path, const std::string& text, mode_t mode) {
  const std::string aside = path + ".new";
  const auto failed = [&path] {
    return fail(Errc::Io, fmt::format("{}: {}", path, std::generic_category().message(errno)));
  };
  const int fd = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return failed();
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(aside.c_str(), path.c_str()) != 0) return failed();
  return {};
}

std::string pem_of(auto&& write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || write(bio.get()) != 1) return {};
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}
}  // namespace

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::server(TlsServerOptions options) {
  auto impl = std::make_unique<Impl>();
  const auto kept = std::make_shared<const TlsServerOptions>(std::move(options));
  impl->load = [kept] { return load_server(*kept); };
  auto context = impl->load();
  if (!context) return std::unexpected(context.error());
  impl->current = std::move(*context);
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(impl)));
}

Result<std::shared_ptr<TlsContext>> TlsContext::server(TlsFiles files) {
  TlsServerOptions options;
  options.files = std::move(files);
  return server(std::move(options));
}

Result<std::shared_ptr<TlsContext>> TlsContext::client(TlsClientOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->load = [options = std::move(options)] { return load_client(options); };
  auto context = impl->load();
  if (!context) return std::unexpected(context.error());
  impl->current = std::move(*context);
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(impl)));
}

Result<void> TlsContext::reload() {
  auto context = impl_->load();
  if (!context) return std::unexpected(context.error());
  const std::lock_guard lock(impl_->mutex);
  impl_->current = std::move(*context);
  return {};
}

WallTime TlsContext::expires() const {
  const auto context = impl_->get();
  const X509* certificate = SSL_CTX_get0_certificate(context->native_handle());
  std::tm parts{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return {};
  return WallTime(std::chrono::seconds(::timegm(&parts)));
}

Result<void> make_self_signed(const TlsFiles& files, const std::vector<std::string>& names, const Clock& clock) {
  const auto failed = [] { return fail(Errc::Internal, "OpenSSL could not make a certificate"); };
  const Pkey key(EVP_EC_gen("P-256"));
  const Cert certificate(X509_new());
  if (!key || !certificate) return failed();
  std::uint8_t serial[16];
  if (RAND_bytes(serial, sizeof serial) != 1) return failed();
  serial[0] &= 0x7f;
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(BN_bin2bn(serial, sizeof serial, nullptr));
  if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) == nullptr) return failed();
  X509_set_version(certificate.get(), 2);
  const auto now = std::chrono::system_clock::to_time_t(clock.wall());
  const auto day = std::chrono::seconds(std::chrono::days(1)).count();
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), now - day);  // clients' clocks differ
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()),
                now - day + std::chrono::duration_cast<std::chrono::seconds>(kValidity).count());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const std::string common = names.empty() ? "localhost" : names.front();
  X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, as_bytes("Parley (self-signed)").data(), -1, -1, 0);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, as_bytes(common).data(), static_cast<int>(common.size()), -1,
                             0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_set_pubkey(certificate.get(), key.get());
  std::string alternatives;
  for (const auto& name : names) {
    if (!alternatives.empty()) alternatives += ',';
    const auto address = IpAddress::parse(name);
    alternatives += address ? "IP:" + address->text() : "DNS:" + name;
  }
  if (alternatives.empty()) alternatives = "DNS:localhost";
  if (!add_extension(certificate.get(), NID_subject_alt_name, alternatives) ||
      !add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(certificate.get(), NID_key_usage, "critical,digitalSignature") ||
      !add_extension(certificate.get(), NID_ext_key_usage, "serverAuth,clientAuth") ||
      X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) {
    return failed();
  }
  std::string key_pem =
      pem_of([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  const std::string certificate_pem = pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
  if (key_pem.empty() || certificate_pem.empty()) return failed();
  auto done = write_whole(files.key, key_pem, 0600);
  wipe(key_pem);
  if (!done) return done;
  return write_whole(files.certificate, certificate_pem, 0644);
}

Result<std::string> certificate_fingerprint(const std::string& file) {
  const Bio bio(BIO_new_file(file.c_str(), "r"));
  if (!bio) return fail(Errc::Io, fmt::format("{}: cannot be read", file));
  const Cert certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  std::uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (!certificate || X509_digest(certificate.get(), EVP_sha256(), digest, &length) != 1) {
    return fail(Errc::Invalid, fmt::format("{}: not a certificate", file));
  }
  std::string out;
  for (unsigned i = 0; i < length; ++i) out += fmt::format("{}{:02X}", i == 0 ? "" : ":", digest[i]);
  return out;
}

}  // namespace parley::net
