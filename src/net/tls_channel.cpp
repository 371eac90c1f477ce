#include <cerrno>
#include <cstring>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <base/endpoint.hpp>
#include <net/sip_identity.hpp>
#include <net/tls_channel.hpp>
#include <net/tls_impl.hpp>

namespace parley::net {
namespace {

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE; ours tells the kernel not to.
int descriptor_of(BIO* bio) { return *static_cast<const int*>(BIO_get_data(bio)); }

int moved(BIO* bio, ssize_t count, int retry) {
  BIO_clear_retry_flags(bio);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
  return static_cast<int>(count);
}
int write_bytes(BIO* bio, const char* data, int size) {
  return moved(bio, ::send(descriptor_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT),
               BIO_FLAGS_WRITE);
}
int read_bytes(BIO* bio, char* data, int size) {
  return moved(bio, ::recv(descriptor_of(bio), data, static_cast<std::size_t>(size), MSG_DONTWAIT), BIO_FLAGS_READ);
}
long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* method() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* const m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "parley socket");
    BIO_meth_set_write(m, write_bytes);
    BIO_meth_set_read(m, read_bytes);
    BIO_meth_set_ctrl(m, control);
    BIO_meth_set_create(m, [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    return m;
  }();
  return made;
}

std::string text_of(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  std::string out;
  if (size >= 0) out.assign(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  if (out.find('\0') != std::string::npos) out.clear();  // "good.example\0.evil.example"
  return out;
}

std::string address_of(const ASN1_OCTET_STRING* value) {
  const BytesView raw{ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value))};
  IpAddress address;
  if (raw.size() != 4 && raw.size() != 16) return {};
  address.v6 = raw.size() == 16;
  std::memcpy(address.bytes.data(), raw.data(), raw.size());
  return address.text();
}

std::vector<std::string> identities_of(X509* certificate) {
  std::vector<std::string> uris, dns, addresses;
  auto* const alternatives =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(alternatives, i);
    if (name->type == GEN_URI) uris.push_back(text_of(name->d.uniformResourceIdentifier));
    if (name->type == GEN_DNS) dns.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) addresses.push_back(address_of(name->d.iPAddress));
  }
  GENERAL_NAMES_free(alternatives);
  std::string common;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  if (const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1); at >= 0)
    common = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  return sip_identities({uris, dns, addresses, common});
}

}  // namespace

struct TlsChannel::Ssl {
  std::shared_ptr<boost::asio::ssl::context> context;
  SSL* ssl = nullptr;
  int descriptor;  // read by the BIO
  Ssl(std::shared_ptr<boost::asio::ssl::context> c, int socket) : context(std::move(c)), descriptor(socket) {
    ssl = SSL_new(context->native_handle());
    BIO* const bio = BIO_new(method());
    BIO_set_data(bio, &descriptor);
    SSL_set_bio(ssl, bio, bio);
  }
  ~Ssl() { SSL_free(ssl); }
  Ssl(const Ssl&) = delete;
  Ssl& operator=(const Ssl&) = delete;
};

TlsChannel::TlsChannel(std::unique_ptr<Ssl> ssl) : ssl_(std::move(ssl)) {}
TlsChannel::~TlsChannel() = default;

std::unique_ptr<TlsChannel> TlsChannel::server(TlsContext& context, int descriptor) {
  auto ssl = std::make_unique<Ssl>(context.impl().get(), descriptor);
  SSL_set_accept_state(ssl->ssl);
  return std::unique_ptr<TlsChannel>(new TlsChannel(std::move(ssl)));
}

std::unique_ptr<TlsChannel> TlsChannel::client(TlsContext& context, int descriptor, const std::string& host) {
  auto ssl = std::make_unique<Ssl>(context.impl().get(), descriptor);
  SSL_set_connect_state(ssl->ssl);
  if (!host.empty() && !IpAddress::parse(host)) SSL_set_tlsext_host_name(ssl->ssl, host.c_str());
  return std::unique_ptr<TlsChannel>(new TlsChannel(std::move(ssl)));
}

TlsChannel::Step TlsChannel::step(int result) {
  if (result > 0) return {Want::Nothing, static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl_->ssl, result)) {
    case SSL_ERROR_WANT_READ: return {Want::Read};
    case SSL_ERROR_WANT_WRITE: return {Want::Write};
    case SSL_ERROR_ZERO_RETURN: return {Want::End};
    case SSL_ERROR_SYSCALL: failure_ = errno == 0 ? "the peer went away" : std::strerror(errno); break;
    default: {
      const auto verdict = SSL_get_verify_result(ssl_->ssl);
      const char* const reason = ERR_reason_error_string(ERR_peek_error());
      failure_ = verdict != X509_V_OK && !SSL_is_init_finished(ssl_->ssl) ? X509_verify_cert_error_string(verdict)
                 : reason != nullptr                                      ? reason
                                                                          : "TLS failed";
    }
  }
  broken_ = true;
  return {Want::Failure};
}

TlsChannel::Step TlsChannel::handshake() {
  ERR_clear_error();
  return step(SSL_do_handshake(ssl_->ssl));
}
TlsChannel::Step TlsChannel::read(std::span<std::uint8_t> room) {
  ERR_clear_error();
  return step(SSL_read(ssl_->ssl, room.data(), static_cast<int>(room.size())));
}
TlsChannel::Step TlsChannel::write(BytesView bytes) {
  ERR_clear_error();
  constexpr std::size_t kMost = std::size_t{1} << 30;
  return step(SSL_write(ssl_->ssl, bytes.data(), static_cast<int>(std::min(bytes.size(), kMost))));
}
void TlsChannel::finish() {
  ERR_clear_error();
  if (!broken_ && SSL_is_init_finished(ssl_->ssl) == 1) (void)SSL_shutdown(ssl_->ssl);
}

std::vector<std::string> TlsChannel::peer_identities() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_->ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl_->ssl) != X509_V_OK) return {};
  return identities_of(certificate);
}

}  // namespace parley::net
