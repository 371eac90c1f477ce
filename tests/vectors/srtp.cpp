// RFC 3711 and RFC 7714: key streams, key derivation, packets both ways; the split of DTLS-SRTP's keying material.
#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <srtp/session.hpp>

#include <rtp/wire.hpp>

#include "check.hpp"

namespace parley::vectors {
namespace {

using srtp::KeyLabel;
using srtp::MasterKey;
using srtp::Profile;
using srtp::Transform;

/// The profile that the vector names, in a member of its own or within its id.
Profile profile_of(const json::object& vector) {
  const auto named = text_at(vector, "profile") + " " + text_at(vector, "id");
  for (const auto profile : srtp::kProfiles)
    if (named.find(srtp::info(profile).suite) != std::string::npos) return profile;
  throw std::runtime_error("names no profile that is known");
}

MasterKey master_of(const json::object& vector, Profile profile) {
  auto both = hex_at(vector, "master_key");
  std::ranges::copy(hex_at(vector, "master_salt"), std::back_inserter(both));
  auto key = MasterKey::from(profile, both);
  if (!key) throw std::runtime_error(key.error().text);
  return *key;
}

srtp::SessionKeys session_keys_of(const json::object& vector) {
  srtp::SessionKeys keys;
  const auto take = [&](std::string_view name, std::span<std::uint8_t> into) {
    const auto bytes = hex_at(vector, name);
    if (bytes.size() > into.size()) throw std::runtime_error(fmt::format("{} is too long", name));
    std::ranges::copy(bytes, into.begin());
  };
  take("session_key", keys.cipher);
  take("session_salt", keys.salt);
  if (vector.contains("session_auth_key")) take("session_auth_key", keys.authentication);
  return keys;
}

Transform transform_of(const json::object& vector, Transform::Use use) {
  const auto profile = profile_of(vector);
  if (vector.contains("master_key")) return {master_of(vector, profile), use};
  const auto keys = session_keys_of(vector);
  return {profile, use, keys, keys};
}

std::string check_key_stream(const json::object& vector) {
  const auto keys = session_keys_of(vector);
  const auto key = hex_at(vector, "session_key");
  const auto index = static_cast<std::uint64_t>(number_at(vector, "roc", 0)) << 16U |
                     static_cast<std::uint64_t>(number_at(vector, "seq", 0));
  Bytes stream(0x10000UL * 16);
  srtp::AesCounter(key).apply(
      srtp::counter_iv(keys.salt, static_cast<std::uint32_t>(number_at(vector, "ssrc", 0)), index), stream);
  for (const auto& [at, block] : vector.at("blocks").as_object()) {
    const auto wanted = from_hex(std::string_view(block.as_string())).value();
    const auto place = std::stoul(std::string(at), nullptr, 16) * 16;
    if (place + wanted.size() > stream.size()) throw std::runtime_error("a block behind the end of a key stream");
    if (auto wrong = difference(at, BytesView(stream).subspan(place, wanted.size()), wanted); !wrong.empty())
      return wrong;
  }
  return {};
}

std::string check_derivation(const json::object& vector) {
  struct Name {
    std::string_view prefix;
    KeyLabel label;
  };
  constexpr Name kNames[] = {
      // the longer ones first: "srtcp_cipher_key" has none of the others in front
      {"srtcp_cipher_key", KeyLabel::RtcpCipher}, {"srtcp_auth_key", KeyLabel::RtcpAuthentication},
      {"srtcp_cipher_salt", KeyLabel::RtcpSalt},  {"srtcp_salt", KeyLabel::RtcpSalt},
      {"cipher_key", KeyLabel::RtpCipher},        {"cipher_salt", KeyLabel::RtpSalt},
      {"auth_key", KeyLabel::RtpAuthentication}};
  const auto key = hex_at(vector, "master_key").size(), salt = hex_at(vector, "master_salt").size();
  const auto profile = std::ranges::find_if(
      srtp::kProfiles, [&](Profile one) { return srtp::info(one).key == key && srtp::info(one).salt == salt; });
  if (profile == srtp::kProfiles.end()) throw std::runtime_error("no profile has keys of this length");
  const auto master = master_of(vector, *profile);
  const auto rate = number_at(vector, "kdr", 0), index = number_at(vector, "index", 0);
  const auto r = rate == 0 ? 0 : static_cast<std::uint64_t>(index / rate);
  unsigned checked = 0;
  for (const auto& [name, value] : vector)
    for (const auto& [prefix, label] : kNames) {
      if (!std::string_view(name).starts_with(prefix)) continue;
      const auto wanted = hex_at(vector, name);
      Bytes got(wanted.size());
      srtp::derive(master, label, got, r);
      if (auto wrong = difference(name, got, wanted); !wrong.empty()) return wrong;
      ++checked;
      break;
    }
  return checked > 0 ? "" : "has no derived key";
}

std::string check_rtp(const json::object& vector) {
  const auto plain = hex_at(vector, "rtp"), secured = hex_at(vector, "srtp");
  if (plain.size() < 12) throw std::runtime_error("rtp is no packet");
  const auto index = static_cast<std::uint64_t>(number_at(vector, "roc", 0)) << 16U | rtp::get16(&plain[2]);
  auto buffer = plain;
  buffer.resize(plain.size() + srtp::kMaxTrailer);
  const auto size = transform_of(vector, Transform::Use::Protect).protect_rtp(buffer, plain.size(), index);
  if (!size) return "cannot be secured";
  if (auto wrong = difference("srtp", BytesView(buffer).first(*size), secured); !wrong.empty()) return wrong;
  buffer = secured;
  const auto opened = transform_of(vector, Transform::Use::Open).open_rtp(buffer, index);
  if (!opened) return "cannot be opened";
  if (auto wrong = difference("rtp", BytesView(buffer).first(*opened), plain); !wrong.empty()) return wrong;
  buffer = secured;
  buffer.back() ^= 1U;
  return transform_of(vector, Transform::Use::Open).open_rtp(buffer, index) ? "opens although its tag is wrong" : "";
}

std::string check_rtcp(const json::object& vector) {
  const auto plain = hex_at(vector, "rtcp"), secured = hex_at(vector, "srtcp");
  const auto index = static_cast<std::uint32_t>(number_at(vector, "index", 0));
  auto buffer = plain;
  buffer.resize(plain.size() + srtp::kMaxTrailer);
  const auto size = transform_of(vector, Transform::Use::Protect).protect_rtcp(buffer, plain.size(), index);
  if (!size) return "cannot be secured";
  if (auto wrong = difference("srtcp", BytesView(buffer).first(*size), secured); !wrong.empty()) return wrong;
  buffer = secured;
  const auto opened = transform_of(vector, Transform::Use::Open).open_rtcp(buffer);
  if (!opened) return "cannot be opened";
  return difference("rtcp", BytesView(buffer).first(*opened), plain);
}

/// RFC 5705 with the PRF of TLS 1.2: what the exporter of a DTLS session gives.
Bytes exported(const json::object& vector, std::size_t size) {
  auto secret = hex_at(vector, "master_secret"), seed = to_bytes("EXTRACTOR-dtls_srtp");
  std::ranges::copy(hex_at(vector, "client_random"), std::back_inserter(seed));
  std::ranges::copy(hex_at(vector, "server_random"), std::back_inserter(seed));
  const auto prf = text_at(vector, "prf");
  std::string digest = prf.find("384") != std::string::npos ? "SHA384" : "SHA256";
  EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr);
  EVP_KDF_CTX* const context = EVP_KDF_CTX_new(kdf);
  EVP_KDF_free(kdf);
  const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                              OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret.data(), secret.size()),
                              OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed.data(), seed.size()),
                              OSSL_PARAM_construct_end()};
  Bytes out(size);
  const bool done = EVP_KDF_derive(context, out.data(), out.size(), parameters.data()) == 1;
  EVP_KDF_CTX_free(context);
  if (!done) throw std::runtime_error("the exporter does not work");
  return out;
}

std::string check_exporter(const json::object& vector) {
  const auto material = hex_at(vector, "keying_material");
  const auto key = hex_at(vector, "client_key");
  const auto fits = [&](Profile one) {
    return srtp::exporter_size(srtp::info(one)) == material.size() && srtp::info(one).key == key.size();
  };
  const auto profile = std::ranges::find_if(srtp::kProfiles, fits);
  if (profile == srtp::kProfiles.end()) throw std::runtime_error("no profile has keying material of this length");
  if (vector.contains("master_secret"))
    if (auto wrong = difference("keying_material", exported(vector, material.size()), material); !wrong.empty())
      return wrong;
  for (const bool client : {true, false}) {
    const auto keys = srtp::split_exporter(*profile, material, client);
    if (!keys) return keys.error().text;
    const auto& of_client = client ? keys->ours : keys->theirs;
    const auto& of_server = client ? keys->theirs : keys->ours;
    for (const auto& [name, got] :
         {std::pair{"client_key", of_client.key()}, std::pair{"client_salt", of_client.salt()},
          std::pair{"server_key", of_server.key()}, std::pair{"server_salt", of_server.salt()}})
      if (auto wrong = difference(name, got, hex_at(vector, name)); !wrong.empty()) return wrong;
  }
  return {};
}

std::string check_one(const json::object& vector) {
  if (vector.contains("blocks")) return check_key_stream(vector);
  if (vector.contains("srtp")) return check_rtp(vector);
  if (vector.contains("srtcp")) return check_rtcp(vector);
  if (vector.contains("keying_material")) return check_exporter(vector);
  if (vector.contains("master_key")) return check_derivation(vector);
  return "is of no kind that is known";
}

}  // namespace

void check_srtp(const std::filesystem::path& folder, Rows& rows) {
  for (const auto& file : {"vectors.json", "dtls-exporter.json"}) {
    if (!std::filesystem::exists(folder / file)) continue;
    const auto all = read(folder / file);
    each("srtp", all.at("vectors").as_array(), rows, check_one);
  }
}

}  // namespace parley::vectors
