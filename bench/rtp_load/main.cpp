// The audio of many telephones on loopback: sends G.711 packets every 20 ms into a server's ports and counts what the
// server brings to the other party. Driven by bench/system over standard input, a line an order:
//   leg ADDRESS PORT   a party whose server port is that one; parties 2n and 2n+1 are one call
//   run SECONDS        measure; answers with one line of JSON
// The first line it prints names the ports that parties are to announce: party i sends from port i modulo their number.
// A packet carries its party and its time of sending; the time of coming is the kernel's, of the same clock.
#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rtp/packet.hpp>

namespace {

using namespace parley;  // NOLINT: a program

constexpr std::size_t kSockets = 16;
constexpr std::size_t kSlots = 20;  // of 1 ms, in which the packets of 20 ms are spread
constexpr std::int64_t kSlot = 1'000'000;
constexpr std::size_t kPayload = 160;
constexpr std::uint32_t kMark = 0x5052'4c59;

std::int64_t now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

double own_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Stamp {  // at the start of every payload
  std::int64_t sent = 0;
  std::uint32_t party = 0;
  std::uint32_t mark = kMark;
};

struct Party {
  sockaddr_in server{};
  std::uint16_t sequence = 0;
  std::uint64_t heard = 0;  // packets of the other party that came within the window
};

class Load {
 public:
  Load() {
    for (auto& socket : sockets_) socket = open();
    datagram_.fill(0xD5);
  }

  void print_ports() const {
    boost::json::array ports;
    for (const int socket : sockets_) {
      sockaddr_in own{};
      socklen_t size = sizeof own;
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size);  // NOLINT: as the call wants it
      ports.emplace_back(ntohs(own.sin_port));
    }
    say({{"ports", std::move(ports)}});
  }

  bool add(const std::string& address, std::uint16_t port) {
    Party party;
    party.server.sin_family = AF_INET;
    party.server.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &party.server.sin_addr) != 1) return false;
    parties_.push_back(party);
    return true;
  }

  /// A second of the same traffic comes first, so that what is measured has been going on.
  void run(double seconds) {
    const auto length = static_cast<std::int64_t>(seconds * 1e9);
    const auto start = now_ns();
    from_ = start + 1'000'000'000;
    until_ = from_ + length;
    sent_ = received_ = late_ = 0;
    delays_us_.clear();
    for (auto& party : parties_) party.heard = 0;
    double cpu = own_cpu_s();
    bool begun = false;
    std::size_t slot = 0;
    for (auto due = start; due < until_; due += kSlot, slot = (slot + 1) % kSlots) {
      wait_until(due);
      if (!begun && due >= from_) {
        begun = true;
        cpu = own_cpu_s();
        say({{"measuring", true}});
      }
      if (begun && now_ns() - due > 5 * kSlot) ++late_;
      send_slot(slot);
    }
    cpu = own_cpu_s() - cpu;
    say({{"measured", true}});
    wait_until(until_ + 500'000'000);  // what is still on its way
    report(cpu);
  }

 private:
  static int open() {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    const int room = 16 << 20;
    if (::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
      ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    ::setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) {  // NOLINT: as the call wants it
      fmt::print(stderr, "rtp_load: no port: {}\n", std::strerror(errno));
      std::exit(1);
    }
    return socket;
  }

  static void say(const boost::json::object& line) { std::cout << boost::json::serialize(line) << std::endl; }

  void send_slot(std::size_t slot) {
    for (std::size_t i = slot; i < parties_.size(); i += kSlots) {
      auto& party = parties_[i];
      const Stamp stamp{now_ns(), static_cast<std::uint32_t>(i), kMark};
      rtp::RtpPacket head;
      head.marker = party.sequence == 0;
      head.sequence_number = party.sequence++;
      head.timestamp = head.sequence_number * std::uint32_t{kPayload};
      head.ssrc = 0x1000'0000U + static_cast<std::uint32_t>(i);
      rtp::write_rtp_header(datagram_, head);
      std::memcpy(datagram_.data() + rtp::kRtpHeaderSize, &stamp, sizeof stamp);
      const auto done = ::sendto(sockets_[i % kSockets], datagram_.data(), datagram_.size(), 0,
                                 reinterpret_cast<const sockaddr*>(&party.server), sizeof party.server);  // NOLINT
      if (done > 0 && stamp.sent >= from_ && stamp.sent < until_) ++sent_;
    }
  }

  void wait_until(std::int64_t due) {
    std::array<pollfd, kSockets> polled{};
    for (std::size_t i = 0; i < kSockets; ++i) polled[i] = {sockets_[i], POLLIN, 0};
    for (;;) {
      const auto left = due - now_ns();
      const timespec limit{left > 0 ? left / 1'000'000'000 : 0, left > 0 ? left % 1'000'000'000 : 0};
      if (::ppoll(polled.data(), polled.size(), &limit, nullptr) > 0)
        for (const auto& one : polled)
          if ((one.revents & POLLIN) != 0) receive(one.fd);
      if (left <= 0) return;
    }
  }

  void receive(int socket) {
    std::array<std::uint8_t, 512> datagram{};
    alignas(cmsghdr) std::array<char, 128> control{};
    for (;;) {
      iovec part{datagram.data(), datagram.size()};
      msghdr message{};
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const auto size = ::recvmsg(socket, &message, MSG_DONTWAIT);
      if (size < 0) return;
      Stamp stamp;
      if (static_cast<std::size_t>(size) < rtp::kRtpHeaderSize + sizeof stamp) continue;
      std::memcpy(&stamp, datagram.data() + rtp::kRtpHeaderSize, sizeof stamp);
      const std::size_t listener = stamp.party ^ 1U;
      if (stamp.mark != kMark || listener >= parties_.size() || stamp.sent < from_ || stamp.sent >= until_) continue;
      ++received_;
      ++parties_[listener].heard;
      for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header))
        if (header->cmsg_type == SCM_TIMESTAMPNS) {
          timespec came{};
          std::memcpy(&came, CMSG_DATA(header), sizeof came);
          const auto delay = std::int64_t{came.tv_sec} * 1'000'000'000 + came.tv_nsec - stamp.sent;
          delays_us_.push_back(static_cast<float>(delay) / 1000);
        }
    }
  }

  void report(double cpu) {
    const auto percentile = [this](double part) -> double {
      if (delays_us_.empty()) return 0;
      const auto at = std::min(delays_us_.size() - 1, static_cast<std::size_t>(part * double(delays_us_.size())));
      std::nth_element(delays_us_.begin(), delays_us_.begin() + static_cast<std::ptrdiff_t>(at), delays_us_.end());
      return delays_us_[at];
    };
    const auto silent = std::ranges::count(parties_, 0U, &Party::heard);
    say({{"sent", sent_},
         {"received", received_},
         {"silent_parties", silent},
         {"late_slots", late_},
         {"generator_cpu_s", cpu},
         {"delay_us", {{"p50", percentile(0.5)}, {"p99", percentile(0.99)}, {"p999", percentile(0.999)}}}});
  }

  std::array<int, kSockets> sockets_{};
  std::vector<Party> parties_;
  std::array<std::uint8_t, rtp::kRtpHeaderSize + kPayload> datagram_{};
  std::int64_t from_ = 0, until_ = 0;
  std::uint64_t sent_ = 0, received_ = 0, late_ = 0;
  std::vector<float> delays_us_;
};

}  // namespace

int main() {
  ::alarm(600);  // whoever drives it may be gone
  Load load;
  load.print_ports();
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string order, address;
    std::uint16_t port = 0;
    double seconds = 0;
    words >> order;
    if (order == "leg" && words >> address >> port && load.add(address, port)) continue;
    if (order == "run" && words >> seconds && seconds > 0 && seconds <= 60) {
      load.run(seconds);
      continue;
    }
    fmt::print(stderr, "rtp_load: not understood: {}\n", line);
    return 2;
  }
  return 0;
}
