#include <algorithm>
#include <cctype>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include <dtls/demultiplex.hpp>
#include <dtls/openssl.hpp>
#include <dtls/session.hpp>

namespace parley::dtls {
namespace {

using namespace std::chrono_literals;
using State = Session::State;
using Input = Session::Input;

constexpr const char* kNoSuites =
    "16fefd00000000000000000034010000280000000000000028fefd222222222222222222222222222222222222222222222222222222222222"
    "2222"
    "000000000100";

std::shared_ptr<const Identity> identity() { return Identity::make(FakeClock().wall()).value(); }

TEST(Demultiplex, EveryFirstByteHasItsKind) {
  for (unsigned first = 0; first < 256; ++first) {
    const std::uint8_t bytes[]{static_cast<std::uint8_t>(first), 0x80};
    const auto expected = first <= 3                     ? Kind::Stun
                          : first >= 20 && first <= 63   ? Kind::Dtls
                          : first >= 128 && first <= 191 ? Kind::Rtp
                                                         : Kind::Other;
    EXPECT_EQ(kind_of(bytes), expected) << first;
  }
  for (unsigned second = 0; second < 256; ++second) {
    const std::uint8_t bytes[]{0x80, static_cast<std::uint8_t>(second)};
    EXPECT_EQ(kind_of(bytes), second >= 192 && second <= 223 ? Kind::Rtcp : Kind::Rtp) << second;
  }
  EXPECT_EQ(kind_of({}), Kind::Other);
  EXPECT_EQ(kind_of(Bytes{0x80}), Kind::Other);
}

TEST(RecordCheck, WhatCannotBeDtlsIsDropped) {
  struct Row {
    const char* name;
    const char* hex;
    RecordVerdict verdict;
  };
  const Row rows[] = {
      {"twelve octets", "16fefd000000000000000000", RecordVerdict::Truncated},
      {"no cipher suites", kNoSuites, RecordVerdict::BadHello},
      {"fragment beyond its message",
       "16fefd000000000000000000360100002a0000fffff000002afefd222222222222222222222222222222222222222222222222222222222"
       "22"
       "22222000000"
       "02c02b0100",
       RecordVerdict::BadFragment},
      {"a forged alert", "15fefd000000000000000000020228", RecordVerdict::ClearAlert},
      {"an early ChangeCipherSpec", "14fefd0000000000000003000101", RecordVerdict::Fine},
      {"no type of 1.2", "20fefd00000000000000000000", RecordVerdict::BadType},
      {"version 1.1", "16fefe00000000000000000000", RecordVerdict::BadVersion},
      {"data in clear", "17fefd0000000000000000000141", RecordVerdict::BadType},
      {"body missing", "16fefd00000000000000000010", RecordVerdict::Truncated},
      {"encrypted: nothing to see", "16fefd0001000000000000000141", RecordVerdict::Fine},
      {"message of a megabyte", "16fefd0000000000000000000d0b1000000000000000000001ff", RecordVerdict::BadFragment},
      {"nothing", "", RecordVerdict::Truncated},
  };
  for (const auto& row : rows) EXPECT_EQ(check_records(from_hex(row.hex).value()), row.verdict) << row.name;
  Bytes many;
  const auto one = from_hex("16fefd0001000000000000000141").value();
  for (std::size_t i = 0; i <= kMaxRecords; ++i) many.insert(many.end(), one.begin(), one.end());
  EXPECT_EQ(check_records(many), RecordVerdict::TooMany);
}

TEST(Fingerprint, ReadsWhatItWritesAndNothingElse) {
  for (const auto hash : {Hash::Sha256, Hash::Sha384, Hash::Sha512}) {
    const auto made = Fingerprint::of(hash, as_bytes("certificate"));
    EXPECT_EQ(Fingerprint::parse(made.text()), made) << made.text();
    auto lower = made.text();
    std::ranges::transform(lower, lower.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
    EXPECT_EQ(Fingerprint::parse(lower), made);
    EXPECT_EQ(Fingerprint::parse(made.text() + ":00"), std::nullopt);
    EXPECT_EQ(Fingerprint::parse(made.text().substr(0, made.text().size() - 1)), std::nullopt);
  }
  EXPECT_EQ(Fingerprint::parse("sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB"), std::nullopt);
  EXPECT_EQ(Fingerprint::parse(""), std::nullopt);
}

TEST(Fingerprint, TheStrongestHashDecides) {
  const auto right = as_bytes("certificate"), wrong = as_bytes("another");
  EXPECT_FALSE(is_signalled(right, {}));
  const Fingerprint one[] = {Fingerprint::of(Hash::Sha256, wrong), Fingerprint::of(Hash::Sha256, right)};
  EXPECT_TRUE(is_signalled(right, one)) << "several certificates may be signalled";
  const Fingerprint mixed[] = {Fingerprint::of(Hash::Sha256, right), Fingerprint::of(Hash::Sha512, wrong)};
  EXPECT_FALSE(is_signalled(right, mixed));
}

TEST(DtlsIdentity, IsKeptForADayAndThenAnother) {
  FakeClock clock;
  IdentityKeeper keeper;
  const auto first = keeper.current(clock.wall()).value();
  clock.advance(23h);
  EXPECT_EQ(keeper.current(clock.wall()).value(), first);
  clock.advance(1h);
  EXPECT_NE(keeper.current(clock.wall()).value()->fingerprint(), first->fingerprint());
}

TEST(DtlsSessionTable, EveryPairIsListedOnceOrIgnored) {
  for (const auto from : {State::Waiting, State::Handshaking, State::Up, State::Closed, State::Failed})
    for (const auto input :
         {Input::Start, Input::Record, Input::Done, Input::Broken, Input::Forged, Input::Late, Input::Close}) {
      unsigned listed = 0;
      for (const auto& row : Session::kTable) listed += row.from == from && row.input == input ? 1 : 0;
      EXPECT_LE(listed, 1U);
      if (listed == 0) {
        EXPECT_EQ(Session::next(from, input), from);
      }
    }
}

/// Two ends with nothing but a function between them.
struct Pair {
  std::shared_ptr<const Identity> here = identity(), there = identity();
  std::vector<Fingerprint> known_here{there->fingerprint()}, known_there{here->fingerprint()};
  Session server{here, Role::Server, known_here}, client{there, Role::Client, known_there};
  TimePoint now{1h};

  using Filter = std::function<bool(bool from_client, const Bytes&)>;
  void run(const Filter& passes = {}) {
    client.start(now);
    for (int i = 0; i < 20; ++i) {
      for (const auto& d : client.take_outgoing())
        if (!passes || passes(true, d)) (void)server.on_datagram(d, now);
      for (const auto& d : server.take_outgoing())
        if (!passes || passes(false, d)) (void)client.on_datagram(d, now);
    }
  }
  /// Until both are up, by repetitions.
  void wait() {
    for (int i = 0; i < 100 && (server.state() != State::Up || client.state() != State::Up); ++i) {
      std::this_thread::sleep_for(20ms);  // the TLS library's timer counts real time
      now += 20ms;
      server.on_time(now);
      client.on_time(now);
      run();
    }
  }
};

TEST(DtlsSession, BothEndsDeriveTheSameKeys) {
  Pair pair;
  std::size_t longest = 0;
  pair.run([&](bool, const Bytes& d) {
    longest = std::max(longest, d.size());
    return true;
  });
  ASSERT_EQ(pair.server.state(), State::Up);
  ASSERT_EQ(pair.client.state(), State::Up);
  const auto &a = pair.server.keys(), &b = pair.client.keys();
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->ours.profile(), srtp::Profile::AeadAes128Gcm);
  EXPECT_EQ(a->ours, b->theirs);
  EXPECT_EQ(a->theirs, b->ours);
  EXPECT_FALSE(a->ours == a->theirs);
  EXPECT_LE(longest, Session::kMtu);
}

TEST(DtlsSession, AnotherCertificateThanTheSignalledOneEndsIt) {
  for (const bool at_server : {true, false}) {
    Pair pair;
    const auto stranger = identity();
    if (at_server) {
      Session server(pair.here, Role::Server, {stranger->fingerprint()});
      pair.client.start(pair.now);
      for (int i = 0; i < 10; ++i) {
        for (const auto& d : pair.client.take_outgoing()) (void)server.on_datagram(d, pair.now);
        for (const auto& d : server.take_outgoing()) (void)pair.client.on_datagram(d, pair.now);
      }
      EXPECT_EQ(server.state(), State::Failed);
      EXPECT_FALSE(server.keys());
      EXPECT_FALSE(pair.client.keys() && server.keys());
    } else {
      Session client(pair.there, Role::Client, {stranger->fingerprint()});
      client.start(pair.now);
      for (int i = 0; i < 10; ++i) {
        for (const auto& d : client.take_outgoing()) (void)pair.server.on_datagram(d, pair.now);
        for (const auto& d : pair.server.take_outgoing()) (void)client.on_datagram(d, pair.now);
      }
      EXPECT_EQ(client.state(), State::Failed);
      EXPECT_FALSE(client.keys());
      EXPECT_FALSE(pair.server.keys());
    }
  }
}

TEST(DtlsSession, WithoutFingerprintNothingIsTrusted) {
  Pair pair;
  Session server(pair.here, Role::Server, {});
  pair.client.start(pair.now);
  for (int i = 0; i < 10; ++i) {
    for (const auto& d : pair.client.take_outgoing()) (void)server.on_datagram(d, pair.now);
    for (const auto& d : server.take_outgoing()) (void)pair.client.on_datagram(d, pair.now);
  }
  EXPECT_EQ(server.state(), State::Failed);
}

TEST(DtlsSession, LostFlightsAreSentAgain) {
  Pair pair;
  unsigned lost = 0;
  pair.run([&](bool from_client, const Bytes&) { return from_client || lost++ != 0; });  // the server's first datagram
  pair.wait();
  EXPECT_EQ(pair.server.state(), State::Up);
  EXPECT_EQ(pair.client.state(), State::Up);
}

TEST(DtlsSession, WhatIsForgedIntoTheHandshakeDoesNotEndIt) {
  const char* const forged[] = {"16fefd000000000000000000", "15fefd000000000000000000020228",
                                "14fefd0000000000000003000101", kNoSuites};
  Pair pair;
  pair.run([&](bool from_client, const Bytes&) {
    for (const auto* one : forged)
      (void)(from_client ? pair.server : pair.client).on_datagram(*from_hex(one), pair.now);
    return true;
  });
  // A forged record may take the sequence number of a true one, which is then sent again.
  pair.wait();
  EXPECT_EQ(pair.server.state(), State::Up);
  EXPECT_EQ(pair.client.state(), State::Up);
  for (const auto* one : forged) (void)pair.server.on_datagram(*from_hex(one), pair.now);
  EXPECT_EQ(pair.server.state(), State::Up);
}

TEST(DtlsSession, ABrokenHandshakeBeginsAnewAndNotForEver) {
  Pair pair;
  // A ClientHello that offers a suite that nobody has.
  const auto nonsense = *from_hex(
      "16fefd000000000000000000360100002a000000000000002afefd2222222222222222222222222222222222222222222222222222222222"
      "2222220000000200ff0100");
  for (unsigned i = 0; i < Session::kMaxRestarts; ++i) (void)pair.server.on_datagram(nonsense, pair.now);
  EXPECT_EQ(pair.server.state(), State::Waiting);
  EXPECT_TRUE(pair.server.take_outgoing().empty());
  pair.run();
  EXPECT_EQ(pair.server.state(), State::Up);

  Pair other;
  for (unsigned i = 0; i <= Session::kMaxRestarts; ++i) (void)other.server.on_datagram(nonsense, other.now);
  EXPECT_EQ(other.server.state(), State::Failed);
}

TEST(DtlsSession, AHandshakeThatDoesNotEndIsGivenUp) {
  Pair pair;
  pair.client.start(pair.now);
  (void)pair.client.take_outgoing();
  EXPECT_TRUE(pair.client.next_deadline());
  pair.now += Session::kHandshakeTime;
  pair.client.on_time(pair.now);
  EXPECT_EQ(pair.client.state(), State::Failed);
  EXPECT_EQ(pair.client.next_deadline(), std::nullopt);
}

TEST(DtlsSession, ThePeersFarewellClosesIt) {
  Pair pair;
  pair.run();
  pair.client.close();
  for (const auto& d : pair.client.take_outgoing()) (void)pair.server.on_datagram(d, pair.now);
  EXPECT_EQ(pair.server.state(), State::Closed);
  EXPECT_EQ(pair.client.state(), State::Closed);
}

/// RFC 5764 offers less than we do: the profile is what both have.
TEST(DtlsSession, AnOldPeerGetsAesCm) {
  Pair pair;
  Session client(pair.there, Role::Client, pair.known_there);
  const auto old = identity();
  ASSERT_EQ(SSL_CTX_set_tlsext_use_srtp(old->impl().context.get(), "SRTP_AES128_CM_SHA1_80"), 0);
  Session server(pair.here, Role::Server, {old->fingerprint()});
  Session old_client(old, Role::Client, pair.known_there);
  old_client.start(pair.now);
  for (int i = 0; i < 10; ++i) {
    for (const auto& d : old_client.take_outgoing()) (void)server.on_datagram(d, pair.now);
    for (const auto& d : server.take_outgoing()) (void)old_client.on_datagram(d, pair.now);
  }
  ASSERT_TRUE(server.keys());
  EXPECT_EQ(server.keys()->ours.profile(), srtp::Profile::AesCm128HmacSha1_80);
}

}  // namespace
}  // namespace parley::dtls
