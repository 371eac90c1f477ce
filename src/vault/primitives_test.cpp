#include <numeric>

#include <gtest/gtest.h>

#include <vault/aead.hpp>
#include <vault/hash.hpp>
#include <vault/password.hpp>
#include <vault/secret.hpp>
#include <vault/sign.hpp>

namespace parley::vault {
namespace {

Bytes hex(std::string_view text) { return *from_hex(text); }

TEST(ShortTag, IsThatOfTheAuthorsVectors) {  // SipHash-2-4-128 of the octets 0, 1, 2 … under the key 0, 1, 2 …
  ShortKey key{};
  std::iota(key.begin(), key.end(), std::uint8_t{0});
  EXPECT_EQ(to_hex(short_tag(key, {})), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(to_hex(short_tag(key, Bytes{0})), "da87c1d86b99af44347659119b22fc45");
}

TEST(Aead, EqualsMcGrewViegaTestCase16) {
  const Bytes key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const Bytes nonce = hex("cafebabefacedbaddecaf888");
  const Bytes associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const Bytes plain =
      hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0d"
          "e657ba637b39");
  const Bytes sealed = seal(key, nonce, associated, plain);
  EXPECT_EQ(to_hex(sealed),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393"
            "ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(open(key, nonce, associated, sealed), plain);
}

TEST(Aead, RefusesEveryFlippedBit) {
  const Bytes key(kKeySize, 7);
  const Bytes nonce(kNonceSize, 1);
  const Bytes sealed = seal(key, nonce, as_bytes("where"), as_bytes("what"));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes altered = sealed;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_EQ(open(key, nonce, as_bytes("where"), altered).error().code, Errc::Corrupt);
  }
  EXPECT_FALSE(open(key, nonce, as_bytes("elsewhere"), sealed));
  EXPECT_FALSE(open(key, nonce, as_bytes("where"), BytesView(sealed).first(3)));
}

TEST(Aead, PreparedKeyGivesTheSameBytesAndWorksInPlace) {
  const Bytes key(kKeySize, 9);
  Bytes nonce(kNonceSize, 2);
  Aead aead(key);
  for (int i = 0; i < 3; ++i) {
    nonce[0] = static_cast<std::uint8_t>(i);
    Bytes frame = to_bytes("twenty milliseconds");
    const std::size_t size = frame.size();
    frame.resize(size + kTagSize);
    aead.seal_into(nonce, as_bytes("h"), BytesView(frame).first(size), frame);
    EXPECT_EQ(frame, seal(key, nonce, as_bytes("h"), as_bytes("twenty milliseconds")));
    ASSERT_TRUE(aead.open_into(nonce, as_bytes("h"), frame, std::span(frame).first(size)));
    EXPECT_EQ(as_text(BytesView(frame).first(size)), "twenty milliseconds");
  }
}

TEST(Aead, SealsNothingIntoATag) {
  const Bytes key(kKeySize, 9);
  const Bytes nonce(kNonceSize, 2);
  const Bytes sealed = seal(key, nonce, {}, {});
  EXPECT_EQ(sealed.size(), kTagSize);
  EXPECT_TRUE(open(key, nonce, {}, sealed).value().empty());
}

TEST(Hash, EqualsPublishedVectors) {
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 4231 test cases 2 and 6 (a key longer than a block).
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(Bytes(131, 0xaa), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  // RFC 5869 A.1.
  EXPECT_EQ(
      to_hex(hkdf_sha256(Bytes(22, 0x0b), hex("000102030405060708090a0b0c"), as_text(hex("f0f1f2f3f4f5f6f7f8f9")), 42)
                 .view()),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST(Sign, EqualsRfc8032Test2) {
  const auto key = SigningKey::from_seed(hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  ASSERT_TRUE(key);
  EXPECT_EQ(to_hex(key->public_key()), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const Bytes message = hex("72");
  const auto signature = key->sign(message);
  EXPECT_EQ(to_hex(signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4"
            "302aeeb00d291612bb0c00");
  EXPECT_TRUE(verify(key->public_key(), message, signature));
  EXPECT_FALSE(verify(key->public_key(), hex("73"), signature));
  EXPECT_FALSE(verify(key->public_key(), message, BytesView(signature).first(63)));
}

TEST(Password, VerifiesItselfOnly) {
  const PasswordCost cheap{1, 8 * 1024 * 1024};
  const std::string hash = hash_password("correct horse", cheap);
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_TRUE(verify_password(hash, "correct horse"));
  EXPECT_FALSE(verify_password(hash, "correct hors"));
  EXPECT_FALSE(verify_password("", "correct horse"));
  EXPECT_FALSE(verify_password("$argon2id$nonsense", ""));
  EXPECT_TRUE(needs_rehash(hash));
  EXPECT_NE(hash, hash_password("correct horse", cheap));
}

TEST(SecretBytes, IsWipedWhenLetGo) {
  const std::uint8_t* where = nullptr;
  {
    SecretBytes secret(as_bytes("0123456789abcdef0123456789abcdef"));
    where = secret.view().data();
    SecretBytes moved = std::move(secret);
    EXPECT_EQ(as_text(moved.view()).substr(0, 4), "0123");
    EXPECT_EQ(moved.view().data(), where);
  }
  SecretBytes next(32);  // the slot is handed out again, empty
  EXPECT_EQ(next.view().data(), where);
  EXPECT_EQ(next.view()[0], 0);
  const SecretBytes large = SecretBytes::random(10'000, system_random());
  EXPECT_EQ(large.copy().size(), 10'000U);
}

}  // namespace
}  // namespace parley::vault
