#include <gtest/gtest.h>

#include <pbx/location.hpp>

namespace parley::pbx {
namespace {

struct LocationTableTest : ::testing::Test {
  SeededRandom random{7};
  FakeClock clock;
  LocationTable table;
  ExtensionId extension = ExtensionId::make(clock, random);
  DeviceId desk = DeviceId::make(clock, random), mobile = DeviceId::make(clock, random);

  Binding binding(DeviceId device, std::string contact, std::string call_id, std::uint32_t cseq, int seconds = 300) {
    Binding b;
    b.extension = extension;
    b.device = device;
    b.contact = std::move(contact);
    b.call_id = std::move(call_id);
    b.cseq = cseq;
    b.expires = clock.now() + std::chrono::seconds(seconds);
    return b;
  }
};

TEST_F(LocationTableTest, SeveralDevicesOfOneExtensionAreAllFound) {
  ASSERT_EQ(table.bind(binding(desk, "sip:a@192.0.2.1", "x", 1)).value(), LocationTable::Change::Added);
  ASSERT_EQ(table.bind(binding(mobile, "sip:a@192.0.2.2", "y", 1)).value(), LocationTable::Change::Added);
  EXPECT_EQ(table.of_extension(extension, clock.now()).size(), 2U);
  EXPECT_EQ(table.of_device(extension, desk, clock.now()).size(), 1U);
}

TEST_F(LocationTableTest, RefreshKeepsOneBindingAndOlderCSeqChangesNothing) {
  ASSERT_TRUE(table.bind(binding(desk, "sip:a@192.0.2.1", "x", 5)));
  EXPECT_EQ(table.bind(binding(desk, "sip:a@192.0.2.1", "x", 6)).value(), LocationTable::Change::Refreshed);
  EXPECT_EQ(table.bind(binding(desk, "sip:a@192.0.2.1", "x", 6)).error().code, Errc::Conflict);
  EXPECT_EQ(table.bind(binding(desk, "sip:a@192.0.2.1", "other", 1)).value(), LocationTable::Change::Refreshed);
  EXPECT_EQ(table.size(), 1U);
}

TEST_F(LocationTableTest, ExpiredBindingsAreNotUsedAndAreReturnedOnce) {
  ASSERT_TRUE(table.bind(binding(desk, "sip:a@192.0.2.1", "x", 1, 60)));
  clock.advance(std::chrono::seconds(61));
  EXPECT_TRUE(table.of_extension(extension, clock.now()).empty());
  EXPECT_EQ(table.expire(clock.now()).size(), 1U);
  EXPECT_TRUE(table.expire(clock.now()).empty());
}

TEST_F(LocationTableTest, StarRemovesOnlyTheDevicesOwnContacts) {
  ASSERT_TRUE(table.bind(binding(desk, "sip:a@192.0.2.1", "x", 1)));
  ASSERT_TRUE(table.bind(binding(desk, "sip:b@192.0.2.1", "x", 2)));
  ASSERT_TRUE(table.bind(binding(mobile, "sip:a@192.0.2.2", "y", 1)));
  EXPECT_EQ(table.unbind_all(extension, desk).size(), 2U);
  EXPECT_EQ(table.of_extension(extension, clock.now()).size(), 1U);
}

TEST_F(LocationTableTest, ContactsPerDeviceAreBounded) {
  for (std::size_t i = 0; i < LocationTable::kMaxPerDevice; ++i)
    ASSERT_TRUE(table.bind(
        binding(desk, "sip:a@192.0.2.1:" + std::to_string(1000 + i), "x", static_cast<std::uint32_t>(i) + 1)));
  EXPECT_EQ(table.bind(binding(desk, "sip:a@192.0.2.1:9", "x", 99)).error().code, Errc::Limited);
}

TEST_F(LocationTableTest, ClosedConnectionTakesItsContactsAlong) {
  auto tcp = binding(desk, "sip:a@192.0.2.1;transport=tcp", "x", 1);
  tcp.flow = {sip::Transport::Tcp, {}, {}, 44};
  ASSERT_TRUE(table.bind(tcp));
  ASSERT_TRUE(table.bind(binding(mobile, "sip:a@192.0.2.2", "y", 1)));
  EXPECT_EQ(table.drop_connection(45).size(), 0U);
  EXPECT_EQ(table.drop_connection(44).size(), 1U);
  EXPECT_EQ(table.size(), 1U);
}

}  // namespace
}  // namespace parley::pbx
