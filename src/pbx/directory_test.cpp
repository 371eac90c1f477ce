#include <gtest/gtest.h>

#include <pbx/directory.hpp>

namespace parley::pbx {
namespace {

struct DirectoryTest : ::testing::Test {
  SeededRandom random{3};
  FakeClock clock;
  DirectorySource source;
  OrganisationId acme = OrganisationId::make(clock, random), other = OrganisationId::make(clock, random);
  ExtensionId ann = ExtensionId::make(clock, random), bob = ExtensionId::make(clock, random);

  DirectoryTest() {
    source.organisations = {{acme, "Acme", "Acme.Example", "", ""}, {other, "Other", "other.example", "", ""}};
    source.extensions = {{ann, acme, "101", "Ann", "", true, true, std::chrono::seconds(20)},
                         {bob, other, "101", "Bob", "", false, true, std::chrono::seconds(30)}};
    source.devices = {{DeviceId::make(clock, random), acme, ann, "101a", "secret"},
                      {DeviceId::make(clock, random), acme, ann, "101b", "secret"},
                      {DeviceId::make(clock, random), other, bob, "bob", "secret"}};
  }
};

TEST_F(DirectoryTest, SameNumberInTwoOrganisationsIsTwoExtensions) {
  const auto directory = Directory::build(source);
  EXPECT_EQ(directory->domain("acme.example")->extension("101")->id, ann);
  EXPECT_EQ(directory->domain("OTHER.example")->extension("101")->id, bob);
  EXPECT_EQ(directory->domain("acme.example")->extension("102"), nullptr);
  EXPECT_EQ(directory->domain("nowhere.example"), nullptr);
}

TEST_F(DirectoryTest, OwnAddressMeansTheFirstOrganisation) {
  const auto directory = Directory::build(source);
  EXPECT_EQ(directory->domain("127.0.0.1")->id, acme);
  EXPECT_EQ(directory->domain("[::1]")->id, acme);
}

TEST_F(DirectoryTest, DevicesAreReachedByUserNameAndByNumber) {
  const auto directory = Directory::build(source);
  const auto* organisation = directory->domain("acme.example");
  EXPECT_EQ(organisation->device("101a")->extension->id, ann);
  EXPECT_EQ(organisation->extension_of_user("101b")->id, ann);
  EXPECT_EQ(organisation->extension_of_user("101")->id, ann);
  EXPECT_EQ(organisation->extension("101")->devices.size(), 2U);
  EXPECT_EQ(organisation->device("bob"), nullptr);
}

TEST_F(DirectoryTest, HoldsDigestsOfTheRealmAndNotThePassword) {
  const auto directory = Directory::build(source);
  const auto& ha1 = directory->domain("acme.example")->device("101a")->ha1;
  EXPECT_EQ(ha1.md5, sip::Ha1::of("101a", "acme.example", "secret").md5);
  const auto& with_domain = directory->domain("acme.example")->device("101a")->ha1_with_domain;
  EXPECT_EQ(with_domain.sha256, sip::Ha1::of("101a@acme.example", "acme.example", "secret").sha256);
}

TEST_F(DirectoryTest, RowsThatFitNowhereAreLeftOutAndCounted) {
  source.extensions.push_back(
      {ExtensionId::make(clock, random), OrganisationId::make(clock, random), "1", "", "", false, true, {}});
  source.extensions.push_back({ExtensionId::make(clock, random), acme, "101", "", "", false, true, {}});
  source.devices.push_back({DeviceId::make(clock, random), acme, bob, "mixed", "x"});
  EXPECT_EQ(Directory::build(source)->skipped(), 3U);
}

TEST_F(DirectoryTest, ReaderKeepsItsSnapshotAcrossASwap) {
  DirectoryHolder holder;
  holder.swap(Directory::build(source));
  const auto held = holder.get();
  holder.swap(Directory::build({}));
  EXPECT_NE(held->domain("acme.example"), nullptr);
  EXPECT_EQ(holder.get()->domain("acme.example"), nullptr);
}

}  // namespace
}  // namespace parley::pbx
