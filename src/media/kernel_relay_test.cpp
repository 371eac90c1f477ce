#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <media/fake_network.hpp>
#include <media/kernel_relay.hpp>
#include <rtp/packet.hpp>

namespace parley::media {
namespace {

/// A UDP socket of a phone or of ours.
struct Peer {
  int fd;
  Endpoint at;
  explicit Peer(const char* address) : fd(::socket(std::strchr(address, ':') ? AF_INET6 : AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_storage name{};
    auto* const plain = reinterpret_cast<sockaddr*>(&name);
    const Endpoint any{*IpAddress::parse(address), 0};
    EXPECT_EQ(::bind(fd, plain, any.to_sockaddr(*plain)), 0);
    socklen_t size = sizeof name;
    ::getsockname(fd, plain, &size);
    at = Endpoint::from_sockaddr(*plain);
  }
  ~Peer() { ::close(fd); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  void send(const Peer& to, const Bytes& bytes) const {
    sockaddr_storage name{};
    auto* const plain = reinterpret_cast<sockaddr*>(&name);
    ASSERT_EQ(::sendto(fd, bytes.data(), bytes.size(), 0, plain, to.at.to_sockaddr(*plain)),
              static_cast<ssize_t>(bytes.size()));
  }
  /// What lies there, and from whom.
  std::optional<std::pair<Bytes, Endpoint>> take() const {
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, 100) <= 0) return std::nullopt;
    Bytes bytes(2000);
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    const auto got = ::recvfrom(fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&name), &size);
    if (got < 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(got));
    return std::pair{bytes, Endpoint::from_sockaddr(reinterpret_cast<const sockaddr&>(name))};
  }
};

Bytes packet(std::uint16_t sequence, std::uint8_t type = 0, std::uint32_t ssrc = 0x1111) {
  Bytes bytes(12 + 160, 0xd5);
  rtp::write_rtp_header(bytes, {false, type, sequence, sequence * 160U, ssrc, {}});
  return bytes;
}

/// A relay in a network of its own. Skipped where it cannot run.
struct WithRelay : ::testing::Test {
  fake::OwnNetwork network;  // first: the sockets are made in it
  std::unique_ptr<KernelRelay> relay;
  void load() {
    auto loaded = KernelRelay::load(16);
    if (!loaded && loaded.error().code == Errc::Unsupported) GTEST_SKIP() << loaded.error().text;
    ASSERT_TRUE(loaded) << loaded.error().text;
    relay = std::move(*loaded);
    relay->keep_alive(system_clock().now());
  }
};

struct KernelRelayTest : WithRelay, ::testing::WithParamInterface<const char*> {
  void SetUp() override {
    if (!network.ready()) GTEST_SKIP() << "needs root, for a network namespace";
    load();
  }
  RelayRule rule() const {
    RelayRule made{.local = ours_a.at, .remote = alice.at, .out_local = ours_b.at, .out_remote = bob.at};
    made.type_in = 0;
    made.type_out = 96;
    made.ssrc_in = 0x1111;
    made.ssrc_out = 0x2222;
    made.sequence_shift = 1000;
    made.timestamp_shift = 5000;
    made.traffic_class = 0xb8;
    made.highest = 65536 + 9;
    made.seen = 1;
    return made;
  }
  const char* const address = GetParam();
  Peer alice{address}, bob{address}, ours_a{address}, ours_b{address}, stranger{address};
};

TEST_P(KernelRelayTest, RelaysAudioWithItsHeadersRewritten) {
  ASSERT_TRUE(relay->add(rule()));
  alice.send(ours_a, packet(10));
  const auto got = bob.take();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->second, ours_b.at);
  const auto rtp = rtp::RtpPacket::parse(got->first);
  ASSERT_TRUE(rtp);
  EXPECT_EQ(rtp->payload_type, 96);
  EXPECT_EQ(rtp->sequence_number, 1010);
  EXPECT_EQ(rtp->timestamp, 10U * 160 + 5000);
  EXPECT_EQ(rtp->ssrc, 0x2222U);
  EXPECT_EQ(rtp->payload.size(), 160U);
  EXPECT_FALSE(ours_a.take());
}

TEST_P(KernelRelayTest, LeavesToTheSocketsWhatIsNotPlainAudioOfTheKnownSource) {
  ASSERT_TRUE(relay->add(rule()));
  const auto up = [&](const Peer& from, const Bytes& bytes) {
    from.send(ours_a, bytes);
    EXPECT_FALSE(bob.take());
    return ours_a.take().has_value();
  };
  EXPECT_TRUE(up(stranger, packet(10)));
  EXPECT_TRUE(up(alice, packet(10, 101)));        // a key
  EXPECT_TRUE(up(alice, packet(10, 0, 0x3333)));  // another source
  EXPECT_TRUE(up(alice, packet(9 + 3000)));       // a jump
  EXPECT_TRUE(up(alice, packet(static_cast<std::uint16_t>(9 - 64))));
  EXPECT_TRUE(up(alice, Bytes{0x80, 0, 0, 10}));  // short
  auto without_audio = packet(10);
  without_audio.resize(12);
  EXPECT_TRUE(up(alice, without_audio));
  auto extended = packet(10);
  extended[0] = 0x90;
  EXPECT_TRUE(up(alice, extended));
  auto report = packet(10);
  report[1] = 200;
  EXPECT_TRUE(up(alice, report));
  EXPECT_EQ(relay->read(ours_a.at)->packets, 0U);
}

TEST_P(KernelRelayTest, CountsLossOrderAndRepetitionAndGivesTheCallBack) {
  ASSERT_TRUE(relay->add(rule()));
  for (const int number : {10, 11, 13, 12, 13, 12, 16}) alice.send(ours_a, packet(static_cast<std::uint16_t>(number)));
  std::vector<std::uint16_t> heard;
  while (const auto got = bob.take()) heard.push_back(rtp::RtpPacket::parse(got->first)->sequence_number);
  EXPECT_EQ(heard, (std::vector<std::uint16_t>{1010, 1011, 1013, 1012, 1016}));
  const auto count = relay->remove(ours_a.at);
  ASSERT_TRUE(count);
  EXPECT_EQ(count->packets, 5U);
  EXPECT_EQ(count->octets, 5U * 160);
  EXPECT_EQ(count->repeated, 2U);
  EXPECT_EQ(count->highest, 65536U + 16);
  EXPECT_EQ(count->seen & 0x7f, 0b1111001U);
  EXPECT_EQ(count->timestamp, 16U * 160);
  ASSERT_TRUE(count->last_at);
  EXPECT_LT(system_clock().now() - *count->last_at, std::chrono::seconds(10));
  alice.send(ours_a, packet(17));
  EXPECT_TRUE(ours_a.take());
  EXPECT_FALSE(relay->remove(ours_a.at));
}

TEST_P(KernelRelayTest, RulesRestWhenNobodyVouchesForThem) {
  ASSERT_TRUE(relay->add(rule()));
  relay->keep_alive(system_clock().now() - KernelRelay::kTrust - std::chrono::seconds(1));
  alice.send(ours_a, packet(10));
  EXPECT_TRUE(ours_a.take());
  relay->keep_alive(system_clock().now());
  alice.send(ours_a, packet(10));
  EXPECT_TRUE(bob.take());
}

TEST_P(KernelRelayTest, GoesWithItsProcess) {
  ASSERT_TRUE(relay->add(rule()));
  EXPECT_FALSE(relay->add(rule()));  // a direction has one rule
  relay.reset();
  alice.send(ours_a, packet(10));
  EXPECT_TRUE(ours_a.take());
  EXPECT_FALSE(bob.take());
}

/// Two phones in a network of their own behind a virtual Ethernet cable, whose ends compute and check every checksum.
struct KernelRelayOverEthernet : WithRelay {
  static bool run(const std::string& command) { return std::system((command + " 2>/dev/null").c_str()) == 0; }
  static void check_sums(const char* interface) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    for (const unsigned command : {ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM}) {
      ethtool_value off{command, 0};
      ifreq request{};
      std::string_view(interface).copy(request.ifr_name, IFNAMSIZ - 1);
      request.ifr_data = reinterpret_cast<char*>(&off);
      EXPECT_EQ(::ioctl(fd, SIOCETHTOOL, &request), 0) << interface << " " << command;
    }
    ::close(fd);
  }
  void SetUp() override {
    if (!network.ready()) GTEST_SKIP() << "needs root, for network namespaces";
    const int here = fake::OwnNetwork::here();
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    const int there = ::dup(fake::OwnNetwork::here());  // without close-on-exec: for the commands
    const auto path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(there);
    ASSERT_EQ(::setns(here, CLONE_NEWNET), 0);
    if (!run("ip link add ours type veth peer name phones netns " + path)) GTEST_SKIP() << "no ip command";
    ASSERT_TRUE(run(
        "ip address add 10.77.0.1/24 dev ours && ip -6 address add fd77::1/64 dev ours nodad && ip link set ours up"));
    check_sums("ours");
    ASSERT_EQ(::setns(there, CLONE_NEWNET), 0);
    ASSERT_TRUE(
        run("ip address add 10.77.0.2/24 dev phones && ip -6 address add fd77::2/64 dev phones nodad && ip link set "
            "phones up"));
    check_sums("phones");
    for (const bool v6 : {false, true}) {
      phones.push_back(std::make_unique<Peer>(v6 ? "fd77::2" : "10.77.0.2"));
      phones.push_back(std::make_unique<Peer>(v6 ? "fd77::2" : "10.77.0.2"));
    }
    ASSERT_EQ(::setns(here, CLONE_NEWNET), 0);
    for (const bool v6 : {false, true}) {
      ours.push_back(std::make_unique<Peer>(v6 ? "fd77::1" : "10.77.0.1"));
      ours.push_back(std::make_unique<Peer>(v6 ? "fd77::1" : "10.77.0.1"));
    }
    ::close(here);
    ::close(there);
    load();
  }
  std::vector<std::unique_ptr<Peer>> phones, ours;  // two of v4, two of v6
};

TEST_F(KernelRelayOverEthernet, SumsAndLinkAddressesAreRight) {
  for (std::size_t i = 0; i < 4; i += 2) {
    RelayRule rule{
        .local = ours[i]->at, .remote = phones[i]->at, .out_local = ours[i + 1]->at, .out_remote = phones[i + 1]->at};
    rule.type_out = 8;
    rule.ssrc_in = 0x1111;
    rule.ssrc_out = 0xfedc1234;
    rule.sequence_shift = 0xfff0;
    rule.timestamp_shift = 0xfffffff0;
    rule.traffic_class = 0xb8;
    rule.highest = 65536 + 9;
    ASSERT_TRUE(relay->add(rule));
    for (std::uint16_t number = 10; number < 40; ++number) {
      phones[i]->send(*ours[i], packet(number));
      const auto got = phones[i + 1]->take();
      ASSERT_TRUE(got) << i << " " << number;
      EXPECT_EQ(got->second, ours[i + 1]->at);
      EXPECT_EQ(rtp::RtpPacket::parse(got->first)->ssrc, 0xfedc1234U);
    }
    EXPECT_EQ(relay->read(ours[i]->at)->packets, 30U);
    EXPECT_FALSE(ours[i]->take());
  }
}

INSTANTIATE_TEST_SUITE_P(Both, KernelRelayTest, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& one) { return one.index == 0 ? "v4" : "v6"; });

}  // namespace
}  // namespace parley::media
