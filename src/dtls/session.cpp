#include <algorithm>
#include <utility>

#include <openssl/err.h>
#include <sys/time.h>

#include <base/assert.hpp>
#include <dtls/openssl.hpp>
#include <dtls/session.hpp>

namespace parley::dtls {
namespace {

using State = Session::State;
using Input = Session::Input;

constexpr const char* kSuites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA";
constexpr std::string_view kExporter = "EXTRACTOR-dtls_srtp";
constexpr unsigned kFirstTimeoutUs = 250'000, kLongestTimeoutUs = 2'000'000;
constexpr long kMtuOverhead = 48;  // IPv6 and UDP

/// "SRTP_AEAD_AES_256_GCM:…": AES-128 before AES-256, which protects a call no better and costs more.
std::string profile_names() {
  std::string out;
  for (const auto profile :
       {srtp::Profile::AeadAes128Gcm, srtp::Profile::AeadAes256Gcm, srtp::Profile::AesCm128HmacSha1_80}) {
    if (!out.empty()) out += ':';
    out += srtp::info(profile).dtls;
  }
  return out;
}

unsigned next_timeout(SSL*, unsigned last_us) {
  return last_us == 0 ? kFirstTimeoutUs : std::min(2 * last_us, kLongestTimeoutUs);
}

}  // namespace

constexpr std::array<Session::Transition, 11> Session::kTable{{
    {State::Waiting, Input::Start, State::Handshaking},
    {State::Waiting, Input::Record, State::Handshaking},
    {State::Waiting, Input::Late, State::Failed},
    {State::Handshaking, Input::Done, State::Up},
    {State::Handshaking, Input::Broken, State::Waiting},
    {State::Handshaking, Input::Forged, State::Failed},
    {State::Handshaking, Input::Late, State::Failed},
    {State::Handshaking, Input::Close, State::Closed},
    {State::Waiting, Input::Close, State::Closed},
    {State::Up, Input::Close, State::Closed},
    // Listed for the reader: an association that stands is broken by nothing that can be forged.
    {State::Up, Input::Broken, State::Up},
}};

State Session::next(State state, Input input) noexcept {
  const auto at =
      std::ranges::find_if(kTable, [&](const Transition& t) { return t.from == state && t.input == input; });
  return at != kTable.end() ? at->to : state;
}

struct Session::Impl {
  Impl(std::shared_ptr<const Identity> identity_given, Role role_given, std::vector<Fingerprint> peer_given)
      : identity(std::move(identity_given)), role(role_given), peer(std::move(peer_given)) {
    begin();
  }

  /// A new association, as if the last had not been.
  void begin() {
    ssl.reset(SSL_new(identity->impl().context.get()));
    PARLEY_ASSERT(ssl != nullptr);
    SSL_set_app_data(ssl.get(), this);
    auto* const bio = BIO_new(datagrams());
    PARLEY_ASSERT(bio != nullptr);
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl.get(), bio, bio);
    DTLS_set_link_mtu(ssl.get(), static_cast<long>(kMtu));
    DTLS_set_timer_cb(ssl.get(), next_timeout);
    if (role == Role::Client)
      SSL_set_connect_state(ssl.get());
    else
      SSL_set_accept_state(ssl.get());
    incoming = {};
    due.reset();
  }

  void enter(Input input) { state = Session::next(state, input); }

  void handshake(TimePoint now) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl.get());
    if (result == 1) return take_keys();
    if (SSL_get_error(ssl.get(), result) != SSL_ERROR_WANT_READ) return broken();
    look_at_timer(now);
  }

  void broken() {
    ERR_clear_error();
    due.reset();
    if (forged || restarts == kMaxRestarts) return enter(Input::Forged);
    enter(Input::Broken);
    ++restarts;
    outgoing.clear();  // its alert would tell a forger that it succeeded
    begin();
  }

  void take_keys() {
    const auto* const agreed = SSL_get_selected_srtp_profile(ssl.get());
    const auto profile =
        agreed == nullptr ? std::nullopt : srtp::profile_of_dtls(static_cast<std::uint16_t>(agreed->id));
    if (!profile) {  // no key, no media: as good as a wrong certificate
      forged = true;
      return broken();
    }
    std::array<std::uint8_t, 2 * srtp::kMaxMaster> material{};
    const auto size = srtp::exporter_size(srtp::info(*profile));
    PARLEY_ASSERT(SSL_export_keying_material(ssl.get(), material.data(), size, kExporter.data(), kExporter.size(),
                                             nullptr, 0, 0) == 1);
    auto pair = srtp::split_exporter(*profile, BytesView(material).first(size), role == Role::Client);
    wipe(material);
    PARLEY_ASSERT(pair.has_value());
    keys = std::make_shared<const srtp::KeyPair>(std::move(*pair));
    due.reset();
    enter(Input::Done);
  }

  /// What comes once it stands: a repeated last flight, which is answered; data, which nobody wants; the end.
  void drain() {
    std::array<std::uint8_t, 2048> ignored;
    ERR_clear_error();
    while (SSL_read(ssl.get(), ignored.data(), ignored.size()) > 0) {
    }
    if ((SSL_get_shutdown(ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0) enter(Input::Close);
    ERR_clear_error();
  }

  void look_at_timer(TimePoint now) {
    timeval left{};
    due = DTLSv1_get_timeout(ssl.get(), &left) == 1
              ? std::optional(now + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec))
              : std::nullopt;
  }

  static BIO_METHOD* datagrams();

  std::shared_ptr<const Identity> identity;
  Role role;
  std::vector<Fingerprint> peer;
  Ssl ssl;
  State state = State::Waiting;
  BytesView incoming;  // the datagram in hand
  std::vector<Bytes> outgoing;
  std::shared_ptr<const srtp::KeyPair> keys;
  std::optional<TimePoint> begun, due;
  unsigned restarts = 0;
  bool forged = false;
};

namespace {

/// The TLS library reads and writes whole datagrams: a memory BIO would run them together.
template <class Impl>
struct DatagramBio {
  static Impl& of(BIO* bio) { return *static_cast<Impl*>(BIO_get_data(bio)); }
  static int write(BIO* bio, const char* bytes, int size) {
    auto& impl = of(bio);
    if (impl.outgoing.size() < Session::kMaxOutgoing) impl.outgoing.emplace_back(bytes, bytes + size);
    return size;
  }
  static int read(BIO* bio, char* into, int room) {
    auto& impl = of(bio);
    BIO_clear_retry_flags(bio);
    if (impl.incoming.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const auto datagram = std::exchange(impl.incoming, {});
    const auto size = std::min(datagram.size(), static_cast<std::size_t>(room));
    std::copy_n(datagram.begin(), size, into);
    return static_cast<int>(size);
  }
  static long control(BIO*, int command, long, void*) {
    switch (command) {
      case BIO_CTRL_FLUSH: return 1;
      case BIO_CTRL_DGRAM_QUERY_MTU:
      case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return static_cast<long>(Session::kMtu) - kMtuOverhead;
      case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD: return kMtuOverhead;
      default: return 0;
    }
  }
};

}  // namespace

BIO_METHOD* Session::Impl::datagrams() {
  static const Method method = [] {
    Method made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams"));
    PARLEY_ASSERT(made != nullptr);
    using Bio = DatagramBio<Impl>;
    PARLEY_ASSERT(BIO_meth_set_write(made.get(), Bio::write) == 1 && BIO_meth_set_read(made.get(), Bio::read) == 1 &&
                  BIO_meth_set_ctrl(made.get(), Bio::control) == 1);
    return made;
  }();
  return method.get();
}

/// In place of a chain of authorities: the certificate is one that signalling named (RFC 8122 §6).
int Session::verify(X509_STORE_CTX* store, void*) {
  auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& impl = *static_cast<Impl*>(SSL_get_app_data(ssl));
  auto* const certificate = X509_STORE_CTX_get0_cert(store);
  impl.forged = certificate == nullptr || !is_signalled(der_of(certificate), impl.peer);
  if (impl.forged) X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return impl.forged ? 0 : 1;
}

Context make_context(EVP_PKEY* key, X509* certificate) {
  Context context(SSL_CTX_new(DTLS_method()));
  if (!context) return nullptr;
  auto* const c = context.get();
  SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_QUERY_MTU |
                             SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(c, static_cast<long>(kMaxHandshakeMessage));
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(c, Session::verify, nullptr);
  const bool fine = SSL_CTX_set_min_proto_version(c, DTLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_max_proto_version(c, DTLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_cipher_list(c, kSuites) == 1 &&
                    SSL_CTX_set1_groups_list(c, "X25519:P-256:P-384") == 1 &&
                    SSL_CTX_set_tlsext_use_srtp(c, profile_names().c_str()) == 0 &&  // 0 is success
                    SSL_CTX_use_certificate(c, certificate) == 1 && SSL_CTX_use_PrivateKey(c, key) == 1;
  return fine ? std::move(context) : nullptr;
}

Session::Session(std::shared_ptr<const Identity> identity, Role role, std::vector<Fingerprint> peer)
    : impl_(std::make_unique<Impl>(std::move(identity), role, std::move(peer))) {}
Session::~Session() = default;

void Session::start(TimePoint now) {
  if (impl_->role != Role::Client || impl_->state != State::Waiting) return;
  if (!impl_->begun) impl_->begun = now;
  impl_->enter(Input::Start);
  impl_->handshake(now);
}

RecordVerdict Session::on_datagram(BytesView datagram, TimePoint now) {
  const auto verdict = check_records(datagram);
  if (verdict != RecordVerdict::Fine) return verdict;
  if (!impl_->begun) impl_->begun = now;
  if (impl_->role == Role::Client) start(now);  // after a broken one
  impl_->enter(Input::Record);
  impl_->incoming = datagram;
  if (impl_->state == State::Handshaking)
    impl_->handshake(now);
  else if (impl_->state == State::Up)
    impl_->drain();
  impl_->incoming = {};
  return verdict;
}

void Session::on_time(TimePoint now) {
  auto& impl = *impl_;
  if (impl.state != State::Waiting && impl.state != State::Handshaking) return;
  if (impl.begun && now - *impl.begun >= kHandshakeTime) return impl.enter(Input::Late);
  if (impl.role == Role::Client && impl.begun) start(now);
  if (!impl.due || now < *impl.due) return;
  ERR_clear_error();
  if (DTLSv1_handle_timeout(impl.ssl.get()) < 0) return impl.broken();
  impl.look_at_timer(now);
}

std::optional<TimePoint> Session::next_deadline() const noexcept {
  if (impl_->state != State::Waiting && impl_->state != State::Handshaking) return std::nullopt;
  if (impl_->due) return impl_->due;
  return impl_->begun ? std::optional(*impl_->begun + kHandshakeTime) : std::nullopt;
}

void Session::close() {
  if (impl_->state == State::Up) {
    ERR_clear_error();
    (void)SSL_shutdown(impl_->ssl.get());
  }
  impl_->enter(Input::Close);
}

std::vector<Bytes> Session::take_outgoing() { return std::exchange(impl_->outgoing, {}); }
State Session::state() const noexcept { return impl_->state; }
Role Session::role() const noexcept { return impl_->role; }
const std::shared_ptr<const srtp::KeyPair>& Session::keys() const noexcept { return impl_->keys; }

std::string_view to_string(Session::State state) noexcept {
  constexpr std::string_view kNames[] = {"waiting", "handshaking", "up", "closed", "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace parley::dtls
