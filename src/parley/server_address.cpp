#include <fstream>
#include <memory>
#include <sstream>

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <parley/failure.hpp>
#include <parley/server_address.hpp>
#include <parley/table.hpp>

#include <base/endpoint.hpp>

namespace parley::cli {

namespace {

struct UrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};
using Url = std::unique_ptr<CURLU, UrlFree>;

std::string part_of(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, UrlFree> owned{text};
  return text;
}

Failure wrong(std::string_view typed, std::string_view why) {
  return {
      Exit::Usage, fmt::format("'{}' is no address of a server: {}", printable(typed), why),
      fmt::format("Write https://HOST:{} (or HOST, or HOST:PORT; an IPv6 address as [2001:db8::1]:PORT).", kUsualPort)};
}

}  // namespace

std::string server_address(std::string_view typed) {
  std::string text{typed};
  const bool bare = typed.find("://") == std::string_view::npos;
  if (bare) {
    if (const auto address = IpAddress::parse(typed); address && address->v6) text = "[" + address->text() + "]";
    text = "https://" + text;
  }
  if (text.find_first_of(" \t\r\n") != std::string::npos) throw wrong(typed, "it has a space");
  const Url url{curl_url()};
  if (!url) throw Failure(Exit::Failed, "libcurl does not start");
  if (const auto code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
      code != CURLUE_OK)
    throw wrong(typed, curl_url_strerror(code));
  if (part_of(url, CURLUPART_SCHEME) != "https")
    throw Failure(Exit::Usage, "the server's address must start with https://",
                  "A password or token never goes over a connection that others can read.");
  const auto host = part_of(url, CURLUPART_HOST);
  if (host.empty()) throw wrong(typed, "the host is missing");
  if (!part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty())
    throw wrong("https://…@" + host, "a login or password does not belong into it (--login NAME, $PARLEY_PASSWORD)");
  if (const auto path = part_of(url, CURLUPART_PATH); path.find_first_not_of('/') != std::string::npos ||
                                                      !part_of(url, CURLUPART_QUERY).empty() ||
                                                      !part_of(url, CURLUPART_FRAGMENT).empty())
    throw wrong(typed, "it ends with the port, nothing follows");
  auto port = part_of(url, CURLUPART_PORT);
  if (port == "0") throw wrong(typed, "there is no port 0");
  if (port.empty() && bare) port = std::to_string(kUsualPort);
  return "https://" + host + (port.empty() ? "" : ":" + port);
}

bool has_port(std::string_view address) {
  const auto last = address.find_last_of(":]");
  return last != std::string_view::npos && address[last] == ':' && !address.substr(last).starts_with("://");
}

std::string certificates_in(const std::string& file) {
  if (file.empty()) return {};
  std::ifstream in{file};
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in) throw Failure(Exit::Usage, fmt::format("--ca {}: the file cannot be read", printable(file)));
  const auto pem = text.str();
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                      BIO_free};
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr),
                                                                X509_free};
  if (!certificate)
    throw Failure(Exit::Usage, fmt::format("--ca {}: no certificate in it", printable(file)),
                  "It takes a PEM file (-----BEGIN CERTIFICATE-----): parleyd's own is tls/certificate.pem in its data "
                  "directory.");
  return pem;
}

}  // namespace parley::cli
