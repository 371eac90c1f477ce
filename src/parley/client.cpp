#include <array>

#include <boost/json/parse.hpp>
#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <parley/client.hpp>
#include <parley/failure.hpp>
#include <parley/format.hpp>
#include <parley/server_address.hpp>

#include <base/bytes.hpp>
#include <base/json_text.hpp>

namespace parley::cli {
namespace {

constexpr std::size_t kMaxAnswer = 64UL * 1024 * 1024;

struct CurlFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, CurlFree>;
using Headers = std::unique_ptr<curl_slist, CurlFree>;

Handle make_handle() {
  static const auto started = curl_global_init(CURL_GLOBAL_DEFAULT);
  Handle handle{started == CURLE_OK ? curl_easy_init() : nullptr};
  if (!handle) throw Failure(Exit::Failed, "libcurl does not start");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT, 10L);
  curl_easy_setopt(handle.get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(handle.get(), CURLOPT_FOLLOWLOCATION, 0L);
  return handle;
}

/// The certificates that a person named are the only ones that vouch: not the system's beside them.
void trust_only(CURL* curl, const std::string& ca) {
  if (ca.empty()) return;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): libcurl's struct knows no const, COPY does not write.
  curl_blob pem{const_cast<char*>(ca.data()), ca.size(), CURL_BLOB_COPY};
  curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &pem);
  curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
}

struct Answer {
  long status = 0;
  std::string body;
  const std::function<bool(std::string_view)>* sink = nullptr;
  CURL* handle = nullptr;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  const std::string_view piece{data, size * count};
  if (answer.sink != nullptr) {
    long status = 0;
    curl_easy_getinfo(answer.handle, CURLINFO_RESPONSE_CODE, &status);
    if (status < 300) return (*answer.sink)(piece) ? piece.size() : 0;
  }
  if (answer.body.size() + piece.size() > kMaxAnswer) return 0;
  answer.body += piece;
  return piece.size();
}

Failure unreachable(const Target& target, CURLcode code, std::string_view detail) {
  const auto why = detail.empty() ? std::string{curl_easy_strerror(code)} : std::string{detail};
  if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
    return {Exit::Unreachable, fmt::format("{} shows another key than at sign-in", target.server),
            "If its certificate was renewed on purpose, run `parley sign-in` again; if not, somebody may stand in "
            "between."};
  if (code == CURLE_PEER_FAILED_VERIFICATION)
    return {Exit::Unreachable, fmt::format("the certificate of {} is not trusted: {}", target.server, why),
            "Run `parley sign-in --server URL` to trust its key, or give the certificate with --ca FILE (a copy of "
            "tls/certificate.pem in the server's data directory)."};
  if (target.socket_path.empty()) {
    return {Exit::Unreachable, fmt::format("no answer from {}: {}", target.server, why),
            !has_port(target.server) ? fmt::format("Is the port missing? parleyd's usual one is {}: {}:{}", kUsualPort,
                                                   target.server, kUsualPort)
                                     : "Is parleyd running there, and the address right?"};
  }
  return {Exit::Unreachable, fmt::format("no parleyd answers on {}", target.socket_path),
          "Start it (systemctl start parleyd, or ./dev run in a checkout), name its data directory with --data DIR, or "
          "use a server far away: "
          "parley sign-in --server https://HOST:8443"};
}

Failure refused(long status, const std::string& body, bool signing_in) {
  boost::system::error_code ignored;
  const auto problem = json::parse(body, ignored);
  auto text = text_at(problem, "detail");
  if (text.empty()) text = text_at(problem, "title", fmt::format("the server answered {}", status));
  std::vector<Fault> faults;
  for (const auto& error : array_at(problem, "errors"))
    faults.push_back({text_at(error, "path"), text_at(error, "detail"), text_at(error, "remedy")});
  if (faults.size() > 1)
    for (const auto& fault : faults) text += fmt::format("\n  {}: {}", fault.path, fault.what);
  switch (status) {
    case 401:
      return {Exit::NotAllowed, text,
              signing_in ? "Try again, or let an administrator set a new password."
                         : "Sign in: parley sign-in --server URL"};
    case 403:
      return {Exit::NotAllowed, text,
              "Your role does not have this permission; an administrator can do it or change the role."};
    case 404: return {Exit::NotFound, text};
    case 429: return {Exit::Failed, text, "Too many requests: wait a moment and try again."};
    default: break;
  }
  Failure out{Exit::Failed, text};
  if (faults.size() == 1) out.remedy = faults.front().remedy;
  out.faults = std::move(faults);
  return out;
}

/// Reads a PEM certificate; empty members when it is none.
ServerKey key_of_certificate(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                      BIO_free};
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr),
                                                                X509_free};
  if (!certificate) return {};
  ServerKey key;
  std::array<std::uint8_t, 32> digest{};
  unsigned char* der = nullptr;
  if (const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der); size > 0) {
    if (EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(), nullptr) == 1)
      key.pin = "sha256//" + to_base64(digest);
    OPENSSL_free(der);
  }
  if (unsigned int size = 0; X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) == 1)
    for (const auto byte : digest) key.fingerprint += fmt::format("{}{:02X}", key.fingerprint.empty() ? "" : ":", byte);
  return key;
}

}  // namespace

struct Client::Impl {
  Target target;
  Handle handle = make_handle();

  json::value call(const char* method, std::string_view path, const json::value* body,
                   const std::function<bool(std::string_view)>* sink) {
    CURL* curl = handle.get();
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, sink == nullptr ? 300L : 0L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    std::array<char, CURL_ERROR_SIZE> detail{};
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
    const auto base = target.socket_path.empty() ? target.server : std::string{"http://localhost"};
    const auto url = base + std::string{path};
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    if (!target.socket_path.empty()) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, target.socket_path.c_str());
    trust_only(curl, target.ca);
    if (!target.pin.empty()) {  // the key was confirmed by a person at sign-in: it is what is trusted, not a chain
      curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, target.pin.c_str());
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);

    Headers headers;
    const auto header = [&](const std::string& line) {
      auto* longer = curl_slist_append(headers.get(), line.c_str());
      if (longer != nullptr) static_cast<void>(headers.release()), headers.reset(longer);
    };
    header(sink == nullptr ? "Accept: application/json" : "Accept: */*");
    header("Expect:");
    if (!target.token.empty()) header("Authorization: Bearer " + target.token);
    std::string text;
    if (body != nullptr) {
      text = json_text(*body);
      header("Content-Type: application/json");
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(text.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());

    Answer answer;
    answer.sink = sink;
    answer.handle = curl;
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    const auto code = curl_easy_perform(curl);
    if (code == CURLE_WRITE_ERROR && sink != nullptr) return nullptr;  // the sink had enough
    if (code != CURLE_OK) throw unreachable(target, code, detail.data());
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    if (answer.status >= 300) throw refused(answer.status, answer.body, path == "/v1/sign-in");
    if (answer.body.empty()) return nullptr;
    boost::system::error_code error;
    auto value = json::parse(answer.body, error);
    if (error)
      throw Failure(Exit::Failed, fmt::format("{} did not answer with JSON", target.name()),
                    "Is this address a Parley server?");
    return value;
  }
};

Client::Client(Target target) : impl_(std::make_unique<Impl>()) {
  while (target.server.ends_with('/')) target.server.pop_back();
  impl_->target = std::move(target);
}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

const Target& Client::target() const { return impl_->target; }
json::value Client::get(std::string_view path) { return impl_->call("GET", path, nullptr, nullptr); }
json::value Client::post(std::string_view path, const json::value& body) {
  return impl_->call("POST", path, body.is_null() ? nullptr : &body, nullptr);
}
json::value Client::put(std::string_view path, const json::value& body) {
  return impl_->call("PUT", path, &body, nullptr);
}
json::value Client::patch(std::string_view path, const json::value& body) {
  return impl_->call("PATCH", path, &body, nullptr);
}
json::value Client::remove(std::string_view path) { return impl_->call("DELETE", path, nullptr, nullptr); }
void Client::download(std::string_view path, const std::function<bool(std::string_view)>& sink) {
  impl_->call("GET", path, nullptr, &sink);
}

json::array Client::get_all(std::string path, std::size_t limit) {
  json::array all;
  std::string cursor;
  const char joint = path.find('?') == std::string::npos ? '?' : '&';
  do {
    const auto page = get(cursor.empty() ? path : fmt::format("{}{}cursor={}", path, joint, encode(cursor)));
    for (const auto& item : items_of(page)) {
      if (all.size() >= limit) return all;
      all.push_back(item);
    }
    cursor = text_at(page, "next_cursor");
  } while (!cursor.empty());
  return all;
}

std::string encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || c == '-' ||
        c == '.' || c == '_' || c == '~')
      out += c;
    else
      out += fmt::format("%{:02X}", byte);
  }
  return out;
}

ServerKey key_of(const std::string& server, const std::string& ca) {
  const Target target{.socket_path = {}, .server = server, .token = {}, .pin = {}, .ca = ca};
  std::string why;
  const auto connect = [&](bool verify, ServerKey* key) {
    const auto handle = make_handle();
    CURL* curl = handle.get();
    std::array<char, CURL_ERROR_SIZE> detail{};
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
    curl_easy_setopt(curl, CURLOPT_URL, server.c_str());
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    trust_only(curl, ca);
    if (!verify) {
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    const auto code = curl_easy_perform(curl);
    if (verify && code == CURLE_PEER_FAILED_VERIFICATION) {
      why = detail.front() == '\0' ? curl_easy_strerror(code) : detail.data();
      return false;
    }
    if (code != CURLE_OK) throw unreachable(target, code, detail.data());
    curl_certinfo* info = nullptr;
    if (key != nullptr && curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) == CURLE_OK && info != nullptr &&
        info->num_of_certs > 0)
      for (const auto* line = info->certinfo[0]; line != nullptr; line = line->next)
        if (const std::string_view text{line->data}; text.starts_with("Cert:"))
          *key = key_of_certificate(text.substr(5));
    return true;
  };
  if (connect(true, nullptr)) return {};
  ServerKey key;
  connect(false, &key);
  if (key.pin.empty())
    throw Failure(Exit::Unreachable, fmt::format("{} shows no certificate that can be read", server));
  key.why = std::move(why);
  return key;
}

}  // namespace parley::cli
