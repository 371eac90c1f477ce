#include <algorithm>

#include <srtp/keys.hpp>

namespace parley::srtp {
namespace {

constexpr ProfileInfo kInfos[] = {
    {"AEAD_AES_256_GCM", "SRTP_AEAD_AES_256_GCM", 0x0008, 32, 12, 16, 16, true},
    {"AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM", 0x0007, 16, 12, 16, 16, true},
    {"AES_CM_128_HMAC_SHA1_80", "SRTP_AES128_CM_SHA1_80", 0x0001, 16, 14, 10, 10, false},
    {"AES_CM_128_HMAC_SHA1_32", "SRTP_AES128_CM_SHA1_32", 0x0002, 16, 14, 4, 10, false},  // SRTCP: 80 bits
};

bool iequals(std::string_view a, std::string_view b) noexcept {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return upper(x) == upper(y); });
}

template <class Match>
std::optional<Profile> profile_where(Match&& matches) noexcept {
  const auto found = std::ranges::find_if(kProfiles, [&](Profile profile) { return matches(info(profile)); });
  return found == kProfiles.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

const ProfileInfo& info(Profile profile) noexcept { return kInfos[static_cast<std::size_t>(profile)]; }

std::optional<Profile> profile_of_suite(std::string_view suite) noexcept {
  return profile_where([&](const ProfileInfo& one) { return iequals(one.suite, suite); });
}

std::optional<Profile> profile_of_dtls(std::uint16_t id) noexcept {
  return profile_where([&](const ProfileInfo& one) { return one.dtls_id == id; });
}

Result<MasterKey> MasterKey::from(Profile profile, BytesView key_and_salt) {
  MasterKey made(profile);
  if (key_and_salt.size() != made.both().size()) return fail(Errc::Invalid, "SRTP: a master key of the wrong length");
  std::ranges::copy(key_and_salt, made.bytes_.begin());
  return made;
}

MasterKey MasterKey::make(Profile profile, Random& random) {
  MasterKey made(profile);
  random.fill(std::span(made.bytes_).first(made.both().size()));
  return made;
}

Result<KeyPair> split_exporter(Profile profile, BytesView keying_material, bool we_are_client) {
  const auto& sizes = info(profile);
  if (keying_material.size() != exporter_size(sizes))
    return fail(Errc::Invalid, "DTLS-SRTP: keying material of the wrong length");
  const auto one = [&](std::size_t side) {
    std::array<std::uint8_t, kMaxMaster> bytes{};
    const auto end = std::ranges::copy(keying_material.subspan(side * sizes.key, sizes.key), bytes.begin()).out;
    std::ranges::copy(keying_material.subspan(2UL * sizes.key + side * sizes.salt, sizes.salt), end);
    auto key = *MasterKey::from(profile, BytesView(bytes).first(std::size_t{sizes.key} + sizes.salt));
    wipe(bytes);
    return key;
  };
  const std::size_t own = we_are_client ? 0 : 1;
  return KeyPair{one(own), one(1 - own)};
}

}  // namespace parley::srtp
