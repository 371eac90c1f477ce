#pragma once
#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <dtls/identity.hpp>

/// The TLS library's things with owners. For the .cpp files of this folder.
namespace parley::dtls {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* thing) const noexcept {
    Free(thing);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Deleter<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Deleter<SSL_free>>;
using Method = std::unique_ptr<BIO_METHOD, Deleter<BIO_meth_free>>;

struct Identity::Impl {
  Pkey key;
  Cert certificate;
  Context context;  // for both roles
};

/// The DER form of a certificate.
[[nodiscard]] Bytes der_of(X509* certificate);
/// A context that verifies peers by their session's fingerprints (session.cpp).
[[nodiscard]] Context make_context(EVP_PKEY* key, X509* certificate);

}  // namespace parley::dtls
