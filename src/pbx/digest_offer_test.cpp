#include <gtest/gtest.h>

#include <pbx/digest_offer.hpp>

namespace parley::pbx {
namespace {

using enum sip::DigestAlgorithm;

std::vector<sip::DigestAlgorithm> offer(std::string_view user_agent) {
  const auto made = digest_offer(user_agent);
  return {made.begin(), made.end()};
}

TEST(DigestOffer, PrefersSha256AsRfc8760Says) {
  EXPECT_EQ(offer("Some Phone 7"), (std::vector{Sha256, Sha512_256, Md5}));
  EXPECT_EQ(offer("baresip v2.0.0 (x86_64/linux)"), (std::vector{Sha256, Sha512_256, Md5}));
}

TEST(DigestOffer, PhonesThatStumbleOverItGetWhatTheyCanRead) {
  EXPECT_EQ(offer("baresip v1.0.0 (x86_64/linux)"), (std::vector{Md5}));
  EXPECT_EQ(offer("SIPp"), (std::vector{Md5, Sha256, Sha512_256}));
  EXPECT_EQ(offer(""), (std::vector{Md5, Sha256, Sha512_256}));
}

}  // namespace
}  // namespace parley::pbx
