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
    b.refreshed = clock.now();
    b.expires = clock.now() + std::chrono::seconds(seconds);
    b.expires_wall = clock.wall() + std::chrono::seconds(seconds);
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
  clock.advance(std::chrono::seconds(100));
  EXPECT_EQ(table.bind(binding(desk, "sip:a@192.0.2.1", "x", 6)).value(), LocationTable::Change::Refreshed);
  EXPECT_EQ(table.bind(binding(desk, "sip:a@192.0.2.1", "x", 6)).error().code, Errc::Conflict);
  clock.advance(std::chrono::seconds(100));
  EXPECT_EQ(table.bind(binding(desk, "sip:a@192.0.2.1", "other", 1)).value(), LocationTable::Change::Refreshed);
  EXPECT_EQ(table.size(), 1U);
}

TEST_F(LocationTableTest, RefreshFromElsewhereIsAMove) {
  auto first = binding(desk, "sip:a@192.0.2.1", "x", 1);
  ASSERT_TRUE(table.bind(first));
  auto moved = binding(desk, "sip:a@192.0.2.1", "x", 2);
  moved.flow.remote = *Endpoint::parse("192.0.2.1:6000");
  EXPECT_EQ(table.bind(moved).value(), LocationTable::Change::Moved);
  clock.advance(std::chrono::seconds(100));
  auto later = binding(desk, "sip:a@192.0.2.1", "x", 3);
  later.flow = moved.flow;
  EXPECT_EQ(table.bind(later).value(), LocationTable::Change::Refreshed);
}

TEST_F(LocationTableTest, RowsAreNotWrittenForEveryRefreshOfAnEagerPhone) {
  std::uint32_t cseq = 1;
  const auto again = [&](Duration later, int lifetime) {
    clock.advance(later);
    return table.bind(binding(desk, "sip:a@192.0.2.1", "x", cseq++, lifetime)).value();
  };
  using enum LocationTable::Change;
  EXPECT_EQ(again({}, 320), Added);
  EXPECT_EQ(again(std::chrono::seconds(10), 320), Repeated);
  EXPECT_EQ(again(std::chrono::seconds(10), 320), Repeated);  // the row runs out a sixteenth before
  EXPECT_EQ(again(std::chrono::seconds(1), 320), Refreshed);
  EXPECT_EQ(again(std::chrono::seconds(20), 320), Repeated);
  EXPECT_EQ(again({}, 60), Refreshed);  // the row would last too long
  EXPECT_EQ(again(std::chrono::seconds(30), 60), Refreshed);
  EXPECT_EQ(table.of_device(extension, desk, clock.now()).front().expires, clock.now() + std::chrono::seconds(60));
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
  EXPECT_EQ(table.apply({extension, desk, "z", 1, true, {}, {}})->removed.size(), 2U);
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

TEST_F(LocationTableTest, AContactThatANewConnectionReachesOutlivesItsOld) {
  auto reachable = binding(desk, "sip:a@192.0.2.1:5070;transport=tcp", "x", 1);
  reachable.flow = {sip::Transport::Tcp, {}, *Endpoint::parse("192.0.2.1:40000"), 44};
  auto behind_nat = binding(mobile, "sip:a@10.0.0.1:5070;transport=tcp", "y", 1);
  behind_nat.flow = {sip::Transport::Tcp, {}, *Endpoint::parse("192.0.2.1:40001"), 44};
  ASSERT_TRUE(table.bind(reachable));
  ASSERT_TRUE(table.bind(behind_nat));
  const auto removed = table.drop_connection(44);
  ASSERT_EQ(removed.size(), 1U);
  EXPECT_EQ(removed[0].device, mobile);
  const auto places = table.places(extension, clock.now());
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].binding.flow.remote.text(), "192.0.2.1:5070");
  EXPECT_EQ(places[0].binding.flow.connection, 0U);
}

TEST_F(LocationTableTest, AStreamThatARestartEndedIsKeptAndCalledOnlyWhereThatIsPossible) {
  const auto restored = [&](const char* contact, sip::Transport transport, std::uint32_t reg_id = 0) {
    auto b = binding(DeviceId::make(clock, random), contact, "x", 5);
    b.flow = {transport, {}, *Endpoint::parse("192.0.2.1:40000"), 0};
    b.instance = reg_id == 0 ? "" : "<urn:uuid:1>";
    b.reg_id = reg_id;
    EXPECT_TRUE(table.bind(b));
    return b;
  };
  restored("sip:direct@192.0.2.1:5070", sip::Transport::Tls);
  auto nat = restored("sip:nat@10.0.0.1:5070", sip::Transport::Tcp);
  restored("sip:page@abc.invalid;transport=ws", sip::Transport::Wss);
  restored("sip:flow@192.0.2.1:5070", sip::Transport::Tcp, 1);
  EXPECT_EQ(table.of_extension(extension, clock.now()).size(), 4U);
  auto places = table.places(extension, clock.now());
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].binding.contact, "sip:direct@192.0.2.1:5070");
  EXPECT_EQ(places[0].binding.flow.remote.text(), "192.0.2.1:5070");

  nat.cseq = 6;
  nat.flow.connection = 9;  // it registers again
  EXPECT_EQ(table.bind(nat).value(), LocationTable::Change::Moved);
  EXPECT_EQ(table.places(extension, clock.now()).size(), 2U);
}

TEST_F(LocationTableTest, GivesBackWhatItHolds) {
  auto b = binding(desk, "sip:a@192.0.2.1", "call", 7);
  b.user_agent = "Phone 1.0";
  b.instance = "<urn:uuid:1>";
  b.reg_id = 3;
  b.q = 250;
  b.path = {"<sip:one;lr>", "<sip:two;lr>"};
  b.flow = {sip::Transport::Udp, *Endpoint::parse("192.0.2.9:5060"), *Endpoint::parse("[2001:db8::1]:5060"), 0};
  ASSERT_TRUE(table.bind(b));
  const auto held = table.of_extension(extension, clock.now()).front();
  EXPECT_EQ(held.contact, b.contact);
  EXPECT_EQ(held.call_id, b.call_id);
  EXPECT_EQ(held.user_agent, b.user_agent);
  EXPECT_EQ(held.instance, b.instance);
  EXPECT_EQ(held.reg_id, b.reg_id);
  EXPECT_EQ(held.q, b.q);
  EXPECT_EQ(held.path, b.path);
  EXPECT_EQ(held.flow, b.flow);
}

TEST_F(LocationTableTest, WhatIsGoneLeavesNoPlaceInAnyTable) {
  for (std::uint64_t i = 1; i <= 100; ++i) {
    auto b = binding(desk, "sip:a@10.0.0.1:" + std::to_string(i), std::to_string(i), 1);
    b.extension = ExtensionId::make(clock, random);
    b.flow = {sip::Transport::Tcp, {}, *Endpoint::parse("192.0.2.1:4000"), i};
    ASSERT_TRUE(table.bind(b));
  }
  for (std::uint64_t i = 1; i <= 100; ++i) EXPECT_EQ(table.drop_connection(i).size(), 1U);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_TRUE(table.all(clock.now()).empty());
}

}  // namespace
}  // namespace parley::pbx
