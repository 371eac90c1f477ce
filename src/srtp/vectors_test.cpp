// Numbers of RFC 3711 appendix B and RFC 7714 §16, and packets computed with them by others.
#include <algorithm>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <srtp/session.hpp>

#include <rtp/wire.hpp>

namespace parley::srtp {
namespace {
namespace json = boost::json;

json::array vectors(const std::string& file) {
  std::ifstream in("tests/data/media/srtp/" + file);
  EXPECT_TRUE(in) << file;
  return json::parse(std::string{std::istreambuf_iterator<char>(in), {}}).at("vectors").as_array();
}

Bytes hex_at(const json::value& vector, std::string_view name) {
  return from_hex(std::string_view(vector.at(name).as_string())).value();
}

json::value vector_of(std::string_view id) {
  for (const auto& one : vectors("vectors.json"))
    if (std::string_view(one.at("id").as_string()).find(id) != std::string_view::npos) return one;
  ADD_FAILURE() << id;
  return {};
}

SessionKeys session_keys(const json::value& vector) {
  SessionKeys keys;
  std::ranges::copy(hex_at(vector, "session_key"), keys.cipher.begin());
  std::ranges::copy(hex_at(vector, "session_salt"), keys.salt.begin());
  return keys;
}

TEST(Vectors, KeyStream) {  // RFC 3711 B.2
  const auto vector = vector_of("keystream");
  const auto keys = session_keys(vector);
  Bytes stream(0xff02UL * 16);
  AesCounter(BytesView(keys.cipher).first(16)).apply(counter_iv(keys.salt, 0, 0), stream);
  for (const auto& [at, block] : vector.at("blocks").as_object()) {
    const auto offset = std::stoul(std::string(at), nullptr, 16) * 16;
    EXPECT_EQ(to_hex(BytesView(stream).subspan(offset, 16)), block.as_string()) << at;
  }
}

TEST(Vectors, KeyDerivation) {  // RFC 3711 B.3
  const auto vector = vector_of("key-derivation");
  auto both = hex_at(vector, "master_key");
  std::ranges::copy(hex_at(vector, "master_salt"), std::back_inserter(both));
  const auto master = MasterKey::from(Profile::AesCm128HmacSha1_80, both).value();
  const std::pair<std::string_view, KeyLabel> wanted[] = {{"cipher_key", KeyLabel::RtpCipher},
                                                          {"cipher_salt", KeyLabel::RtpSalt},
                                                          {"auth_key_94", KeyLabel::RtpAuthentication},
                                                          {"auth_key_20", KeyLabel::RtpAuthentication},
                                                          {"srtcp_cipher_key", KeyLabel::RtcpCipher},
                                                          {"srtcp_auth_key_20", KeyLabel::RtcpAuthentication},
                                                          {"srtcp_salt", KeyLabel::RtcpSalt}};
  for (const auto& [name, label] : wanted) {
    const auto expected = hex_at(vector, name);
    Bytes key(expected.size());
    derive(master, label, key);
    EXPECT_EQ(to_hex(key), to_hex(expected)) << name;
  }
}

/// Both ways, at the index that the vector names.
void check_rtp(const json::value& vector, Transform protect, Transform open) {
  const auto plain = hex_at(vector, "rtp"), secured = hex_at(vector, "srtp");
  const std::uint64_t index = static_cast<std::uint64_t>(vector.at("roc").as_int64()) << 16U | rtp::get16(&plain[2]);
  Bytes buffer = plain;
  buffer.resize(plain.size() + kMaxTrailer);
  const auto size = protect.protect_rtp(buffer, plain.size(), index);
  ASSERT_TRUE(size);
  EXPECT_EQ(to_hex(BytesView(buffer).first(*size)), to_hex(secured));
  buffer = secured;
  const auto opened = open.open_rtp(buffer, index);
  ASSERT_TRUE(opened);
  EXPECT_EQ(to_hex(BytesView(buffer).first(*opened)), to_hex(plain));
}

TEST(Vectors, SrtpPacketOfEachHmacProfile) {
  for (const auto profile : {Profile::AesCm128HmacSha1_80, Profile::AesCm128HmacSha1_32}) {
    const auto vector = vector_of("srtp-" + std::string(info(profile).suite));
    auto both = hex_at(vector, "master_key");
    std::ranges::copy(hex_at(vector, "master_salt"), std::back_inserter(both));
    const auto key = MasterKey::from(profile, both).value();
    check_rtp(vector, Transform(key, Transform::Use::Protect), Transform(key, Transform::Use::Open));
  }
}

TEST(Vectors, SrtcpPacket) {
  const auto vector = vector_of("srtcp-AES_CM_128_HMAC_SHA1_80");
  auto both = hex_at(vector, "master_key");
  std::ranges::copy(hex_at(vector, "master_salt"), std::back_inserter(both));
  const auto key = MasterKey::from(Profile::AesCm128HmacSha1_80, both).value();
  const auto plain = hex_at(vector, "rtcp"), secured = hex_at(vector, "srtcp");
  Bytes buffer = plain;
  buffer.resize(plain.size() + kMaxTrailer);
  Transform protect(key, Transform::Use::Protect), open(key, Transform::Use::Open);
  const auto size =
      protect.protect_rtcp(buffer, plain.size(), static_cast<std::uint32_t>(vector.at("index").as_int64()));
  ASSERT_TRUE(size);
  EXPECT_EQ(to_hex(BytesView(buffer).first(*size)), to_hex(secured));
  buffer = secured;
  const auto opened = open.open_rtcp(buffer);
  ASSERT_TRUE(opened);
  EXPECT_EQ(to_hex(BytesView(buffer).first(*opened)), to_hex(plain));
}

TEST(Vectors, AesGcm) {  // RFC 7714 §16.1.1, §16.2.1
  for (const auto profile : {Profile::AeadAes128Gcm, Profile::AeadAes256Gcm}) {
    const auto vector = vector_of(info(profile).suite);
    const auto keys = session_keys(vector);
    check_rtp(vector, Transform(profile, Transform::Use::Protect, keys, keys),
              Transform(profile, Transform::Use::Open, keys, keys));
  }
}

TEST(Vectors, DtlsExporterIsSplitAsRfc5764HasIt) {
  for (const auto& vector : vectors("dtls-exporter.json")) {
    const auto material = hex_at(vector, "keying_material");
    const auto client = split_exporter(Profile::AesCm128HmacSha1_80, material, true).value();
    const auto server = split_exporter(Profile::AesCm128HmacSha1_80, material, false).value();
    EXPECT_EQ(to_hex(client.ours.key()), vector.at("client_key").as_string());
    EXPECT_EQ(to_hex(client.ours.salt()), vector.at("client_salt").as_string());
    EXPECT_EQ(to_hex(client.theirs.key()), vector.at("server_key").as_string());
    EXPECT_EQ(to_hex(client.theirs.salt()), vector.at("server_salt").as_string());
    EXPECT_TRUE(server.ours == client.theirs && server.theirs == client.ours);
    EXPECT_FALSE(split_exporter(Profile::AeadAes128Gcm, material, true));
  }
}

}  // namespace
}  // namespace parley::srtp
