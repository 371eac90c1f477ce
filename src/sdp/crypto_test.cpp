#include <gtest/gtest.h>

#include <sdp/crypto.hpp>

namespace parley::sdp {
namespace {

const std::string kKey = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";  // of RFC 4568 §4.1
const std::string kLine = "1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey;
const std::string kGcm(38, 'A');

TEST(Crypto, LinesThatAreTaken) {
  const std::string lines[] = {
      kLine,
      kLine + "|2^20",
      kLine + "|1048576",
      kLine + "|2^48",
      kLine + " KDR=0 WSH=64",
      kLine + " -extension=1",
      "999999999 AES_CM_128_HMAC_SHA1_32  inline:" + kKey,
      "1 aes_cm_128_hmac_sha1_80 INLINE:" + kKey,
      "1 AEAD_AES_128_GCM inline:" + kGcm + "==",
      "1 AEAD_AES_128_GCM inline:" + kGcm,  // some leave the padding out
      "1 AEAD_AES_256_GCM inline:" + std::string(59, 'A') + "=",
  };
  for (const auto& text : lines) {
    const auto line = parse_crypto(text);
    ASSERT_TRUE(line) << text << ": " << to_string(line.error());
    EXPECT_EQ(parse_crypto(write_crypto(*line)), line);
  }
  EXPECT_EQ(parse_crypto("42 AES_CM_128_HMAC_SHA1_80 inline:" + kKey)->tag, 42U);
  EXPECT_EQ(write_crypto(*parse_crypto(kLine)), kLine);
}

TEST(Crypto, LinesThatAreRefused) {
  using enum CryptoErrc;
  const std::pair<std::string, CryptoErrc> lines[] = {
      {"", BadTag},
      {"x AES_CM_128_HMAC_SHA1_80 inline:" + kKey, BadTag},
      {"-1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey, BadTag},
      {"1234567890 AES_CM_128_HMAC_SHA1_80 inline:" + kKey, BadTag},
      {"1", BadLine},
      {"1 AES_CM_128_HMAC_SHA1_80", BadLine},
      {"1 F8_128_HMAC_SHA1_80 inline:" + kKey, UnknownSuite},
      {"1 NULL_HMAC_SHA1_80 inline:" + kKey, UnknownSuite},
      {"1 AES_CM_128_HMAC_SHA1_80 " + kKey, BadKey},
      {"1 AES_CM_128_HMAC_SHA1_80 uri:" + kKey, BadKey},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:", BadKey},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey.substr(4), BadKey},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey + "AAAA", BadKey},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey.substr(1) + "!", BadKey},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey.substr(1) + "_", BadKey},  // base64url is another alphabet
      {"1 AEAD_AES_128_GCM inline:" + kKey, BadKey},
      {kLine + ";inline:" + kKey, SeveralKeys},
      {kLine + "|", BadLifetime},
      {kLine + "|0", BadLifetime},
      {kLine + "|2^49", BadLifetime},
      {kLine + "|2^", BadLifetime},
      {kLine + "|many", BadLifetime},
      {kLine + "|2^20|1:4", Mki},
      {kLine + "|1:4", Mki},
      {kLine + "|2^20|", Mki},
      {kLine + "|2^20|7", Mki},
      {kLine + " UNENCRYPTED_SRTP", BadParameter},
      {kLine + " UNENCRYPTED_SRTCP", BadParameter},
      {kLine + " UNAUTHENTICATED_SRTP", BadParameter},
      {kLine + " KDR=3", BadParameter},
      {kLine + " WSH=63", BadParameter},
      {kLine + " FEC_ORDER=FEC_SRTP", BadParameter},
      {kLine + " extension", BadParameter},
      {kLine + " -", BadParameter},
  };
  for (const auto& [text, code] : lines) {
    const auto line = parse_crypto(text);
    ASSERT_FALSE(line) << text;
    EXPECT_EQ(line.error(), code) << text;
  }
}

TEST(Crypto, OfAMediumThoseThatCanBeUsedInTheirOrder) {
  const auto text =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\n"
      "a=crypto:1 NEW_SUITE inline:AAAA\r\na=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:" +
      kKey + "\r\na=crypto:" + kLine + "|2^20|1:4\r\na=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" + kKey +
      "\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" + kKey + "\r\n";
  const auto session = parse_session(text);
  ASSERT_TRUE(session);
  const auto lines = crypto_lines(session->media[0]);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].tag, 3U);
  EXPECT_EQ(lines[0].key.profile(), srtp::Profile::AesCm128HmacSha1_32);
  EXPECT_EQ(lines[1].tag, 2U);
}

}  // namespace
}  // namespace parley::sdp
