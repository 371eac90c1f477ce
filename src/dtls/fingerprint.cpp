#include <algorithm>

#include <openssl/evp.h>

#include <base/assert.hpp>
#include <dtls/fingerprint.hpp>

namespace parley::dtls {
namespace {

struct Row {
  Hash hash;
  std::string_view name;
  std::uint8_t size;
  const EVP_MD* (*digest)();
};
constexpr Row kRows[] = {{Hash::Sha256, "sha-256", 32, EVP_sha256},
                         {Hash::Sha384, "sha-384", 48, EVP_sha384},
                         {Hash::Sha512, "sha-512", 64, EVP_sha512}};
const Row& row_of(Hash hash) { return kRows[static_cast<std::size_t>(hash)]; }

bool is_name(std::string_view text, std::string_view name) {
  return std::ranges::equal(text, name,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

}  // namespace

std::optional<Fingerprint> Fingerprint::parse(std::string_view text) {
  const auto space = std::min(text.find(' '), text.size());
  const auto* const row =
      std::ranges::find_if(kRows, [&](const Row& r) { return is_name(text.substr(0, space), r.name); });
  if (row == std::end(kRows)) return std::nullopt;
  text.remove_prefix(space);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.size() != row->size * 3U - 1) return std::nullopt;
  Fingerprint out{row->hash, row->size, {}};
  for (std::size_t i = 0; i < row->size; ++i) {
    const auto byte = from_hex(text.substr(3 * i, 2));
    if (!byte || (3 * i + 2 < text.size() && text[3 * i + 2] != ':')) return std::nullopt;
    out.bytes[i] = byte->front();
  }
  return out;
}

Fingerprint Fingerprint::of(Hash hash, BytesView certificate) {
  Fingerprint out{hash, row_of(hash).size, {}};
  PARLEY_ASSERT(EVP_Digest(certificate.data(), certificate.size(), out.bytes.data(), nullptr, row_of(hash).digest(),
                           nullptr) == 1);
  return out;
}

std::string Fingerprint::text() const {
  std::string out(row_of(hash).name);
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (std::size_t i = 0; i < size; ++i) {
    out += i == 0 ? ' ' : ':';
    out += kDigits[bytes[i] >> 4U];
    out += kDigits[bytes[i] & 15U];
  }
  return out;
}

bool is_signalled(BytesView certificate, std::span<const Fingerprint> fingerprints) {
  if (fingerprints.empty()) return false;
  const auto strongest = std::ranges::max(fingerprints, {}, &Fingerprint::hash).hash;
  return std::ranges::find(fingerprints, Fingerprint::of(strongest, certificate)) != fingerprints.end();
}

}  // namespace parley::dtls
