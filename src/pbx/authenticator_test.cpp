#include <algorithm>
#include <regex>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <pbx/fake_phone.hpp>

namespace parley::pbx {
namespace {

using fake::World;

const Endpoint kStranger = *Endpoint::parse("127.0.0.66:5060");

struct AuthenticatorTest : ::testing::Test {
  World world;
  OrganisationId acme = world.organisation("acme.example");
  ExtensionId ann = world.extension(acme, "101");
  unsigned serial = 0;
  AuthenticatorTest() { world.reload(); }

  std::string request(const std::string& method, const std::string& user, const std::string& authorization = {},
                      const std::string& more = {}) {
    const auto n = std::to_string(++serial);
    const auto aor = "sip:" + user + "@acme.example";
    return method + " " + (method == "REGISTER" ? "sip:acme.example" : aor) +
           " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.66:5060;branch=z9hG4bK" + n +
           "\r\nFrom: <sip:101@acme.example>;tag=" + n + "\r\nTo: <" + aor + ">\r\nCall-ID: c" + n + "\r\nCSeq: 1 " +
           method + "\r\nMax-Forwards: 70\r\n" + more +
           (authorization.empty() ? "" : "Authorization: " + authorization + "\r\n") + "Content-Length: 0\r\n\r\n";
  }
  std::vector<std::string> say(const std::string& text) {
    world.deliver(kStranger, text);
    return std::exchange(world.network.mail[kStranger], {});
  }
  std::string answer(const std::string& challenged, const std::string& user, const std::string& password,
                     const std::string& realm = "acme.example") {
    return sip::answer_challenge(sip::Message::parse(challenged), {user, realm, password}, sip::Method::Register,
                                 "sip:acme.example", 1, world.random)
        .value_or("");
  }
};

/// What may differ between two answers: the nonce, and what they echo.
std::string without_echo(const std::string& text) {
  static const std::regex kEcho(R"((nonce="[^"]*")|(branch=z9hG4bK\d+)|(tag=[\w-]+)|(Call-ID: \S+)|(To: <[^>]*>))");
  return std::regex_replace(text, kEcho, "*");
}

// T-13
TEST_F(AuthenticatorTest, AStrangersRequestLeavesNoTransactionAndIsAnsweredOnceOnly) {
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(say(request("INVITE", "102")).size(), 1U);
    EXPECT_EQ(say(request("REGISTER", "102")).size(), 1U);
  }
  EXPECT_EQ(world.exchange.transactions().size(), 0U);
  const auto sent = world.network.sent;
  world.advance(std::chrono::seconds(40));
  EXPECT_EQ(world.network.sent, sent);
}

TEST_F(AuthenticatorTest, TheAnswerIsNotMuchLongerThanTheQuestion) {
  const auto more = std::string("User-Agent: Some Phone 7\r\nContact: <sip:101@127.0.0.66:5060;transport=udp>\r\n") +
                    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, NOTIFY, REFER\r\n";
  for (const auto& padding : {std::string(), std::string(100, 'x'), std::string(200, 'x'), std::string(900, 'x')}) {
    const auto question = request("REGISTER", "101", {}, fmt::format("{}Subject: {}\r\n", more, padding));
    const auto said = say(question);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_LE(said[0].size(), question.size() * 6 / 5) << question << said[0];
    EXPECT_NE(said[0].find("algorithm=SHA-256,"), std::string::npos);
  }
  const auto all = say(request("REGISTER", "101", {}, more + "Subject: " + std::string(900, 'x') + "\r\n"))[0];
  EXPECT_LT(all.find("algorithm=SHA-256,"), all.find("algorithm=SHA-512-256"));  // RFC 8760 §2.4
  EXPECT_LT(all.find("algorithm=SHA-512-256"), all.find("algorithm=MD5"));
}

TEST_F(AuthenticatorTest, AckAndCancelOfARefusedInviteAreAbsorbed) {
  const auto invite = request("INVITE", "102");
  const auto refused = sip::Message::parse(say(invite)[0]);
  EXPECT_EQ(refused.status(), 401U);
  auto ack = invite;
  ack.replace(0, 6, "ACK");
  ack.replace(ack.find("1 INVITE"), 8, "1 ACK");
  ack.replace(ack.find("To: <sip:102@acme.example>"), 26, "To: " + std::string(refused.to().text));
  EXPECT_TRUE(say(ack).empty());
  auto cancel = invite;
  cancel.replace(0, 6, "CANCEL");
  cancel.replace(cancel.find("1 INVITE"), 8, "1 CANCEL");
  const auto answered = say(cancel);
  ASSERT_EQ(answered.size(), 1U);
  EXPECT_EQ(sip::Message::parse(answered[0]).status(), 481U);
}

// T-03
TEST_F(AuthenticatorTest, TenThousandUsersGetTheSameAnswersKnownOrNot) {
  PbxOptions options;
  options.guard.access = {.free_attempts = 1'000'000, .account_limit = 1'000'000, .address_limit = 1'000'000};
  World open(options);
  const auto organisation = open.organisation("acme.example");
  for (int i = 0; i < 5'000; ++i) open.extension(organisation, std::to_string(10'000 + i));
  open.reload();
  ASSERT_TRUE(open.guard.bans().add(Ban::Kind::Allow, IpRange::of_source(kStranger.address), "test", "test",
                                    std::nullopt, open.clock.now()));
  std::array<std::string, 2> plain, wrong, invited;  // unknown, known
  std::array<std::vector<double>, 2> times;
  const auto ask = [&](const std::string& text) {
    open.deliver(kStranger, text);
    auto said = std::exchange(open.network.mail[kStranger], {});
    EXPECT_EQ(said.size(), 1U);
    return said.empty() ? std::string() : said[0];
  };
  for (int i = 0; i < 10'000; ++i) {
    const auto known = static_cast<std::size_t>(i % 2);
    const auto user = std::to_string((known ? 10'000 : 20'000) + i / 2);
    const auto challenged = ask(request("REGISTER", user));
    const auto credentials = answer(challenged, user, "guess");
    const auto question = request("REGISTER", user, credentials);
    const auto begin = std::chrono::steady_clock::now();
    const auto refused = ask(question);
    times[known].push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    for (auto& [all, one] : {std::pair(&plain, challenged), std::pair(&wrong, refused)}) {
      if ((*all)[known].empty()) (*all)[known] = without_echo(one);
      ASSERT_EQ((*all)[known], without_echo(one)) << user;
    }
    if (i < 200) invited[known] = without_echo(ask(request("INVITE", user)));
  }
  EXPECT_EQ(plain[0], plain[1]);
  EXPECT_EQ(wrong[0], wrong[1]);
  EXPECT_EQ(invited[0], invited[1]);
  const auto median = [](std::vector<double>& all) {
    std::ranges::nth_element(all, all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
    return all[all.size() / 2];
  };
  const auto unknown = median(times[0]), there = median(times[1]);
  RecordProperty("median_us_unknown", std::to_string(unknown * 1e6));
  RecordProperty("median_us_known", std::to_string(there * 1e6));
  EXPECT_LT(std::abs(unknown - there), 0.05 * std::max(unknown, there)) << unknown << " " << there;
}

TEST_F(AuthenticatorTest, AUserNameMayCarryItsDomain) {
  const auto challenged = say(request("REGISTER", "101"))[0];
  const auto good = answer(challenged, "101@acme.example", "secret-101");
  EXPECT_EQ(sip::Message::parse(say(request("REGISTER", "101", good))[0]).status(), 200U);
  const auto foreign = answer(say(request("REGISTER", "101"))[0], "101@other.example", "secret-101");
  EXPECT_EQ(sip::Message::parse(say(request("REGISTER", "101", foreign))[0]).status(), 401U);
}

TEST_F(AuthenticatorTest, CredentialsForAnotherRealmAreNone) {
  world.organisation("other.example");
  world.reload();
  auto challenged = say(request("REGISTER", "101"))[0];
  for (std::size_t at = 0; (at = challenged.find("realm=\"acme.example\"", at)) != std::string::npos; ++at)
    challenged.replace(at, 20, "realm=\"other.example\"");
  const auto credentials = answer(challenged, "101", "secret-101", "other.example");
  ASSERT_FALSE(credentials.empty());
  const auto said = say(request("REGISTER", "101", credentials));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(sip::Message::parse(said[0]).status(), 401U);
  EXPECT_EQ(world.locations.size(), 0U);
}

TEST_F(AuthenticatorTest, EveryAlgorithmSignsIn) {
  const auto more = "Subject: " + std::string(900, 'x') + "\r\n";
  for (const auto* algorithm : {"MD5", "SHA-256", "SHA-512-256"}) {
    auto challenged = say(request("REGISTER", "101", {}, more))[0];
    std::string only = "SIP/2.0 401 Unauthorized\r\n";
    std::size_t at = 0;
    while ((at = challenged.find("WWW-Authenticate:", at)) != std::string::npos) {
      const auto line = challenged.substr(at, challenged.find("\r\n", at) - at + 2);
      if (line.find(std::string("algorithm=") + algorithm + ",") != std::string::npos) only += line;
      ++at;
    }
    const auto credentials = answer(only + "\r\n", "101", "secret-101");
    ASSERT_NE(credentials.find(algorithm), std::string::npos);
    EXPECT_EQ(sip::Message::parse(say(request("REGISTER", "101", credentials))[0]).status(), 200U) << algorithm;
  }
}

TEST_F(AuthenticatorTest, AGuesserBehindAProxySlowsNobodyElseThere) {
  const auto through = [&](std::string text, const std::string& via) {
    text.insert(text.find("From:"), "Via: SIP/2.0/UDP " + via + ";branch=z9hG4bKphone\r\n");
    return sip::Message::parse(say(text).at(0));
  };
  const auto sign_in = [&](const std::string& via, const std::string& password) {
    const auto challenged = through(request("REGISTER", "101"), via);
    const auto shown = answer(std::string(challenged.bytes()), "101", password);
    return through(request("REGISTER", "101", shown), via).status();
  };
  const std::string owner = "10.0.0.5:5060;rport=5060", guesser = "10.0.0.5:5060;received=203.0.113.9";
  ASSERT_TRUE(world.guard.bans().add(Ban::Kind::Allow, IpRange::of_source(kStranger.address), "the proxy", "test",
                                     std::nullopt, world.clock.now()));
  EXPECT_EQ(sign_in(owner, "secret-101"), 200U);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in(guesser, "guess"), 401U);
  EXPECT_EQ(sign_in(guesser, "guess"), 403U);
  EXPECT_EQ(sign_in(owner, "secret-101"), 200U);
  // Who gives itself a new address each time meets the limit of tries from everywhere; the owner does not.
  unsigned refused = 0;
  for (int i = 0; i < 20; ++i) refused += sign_in(fmt::format("10.0.1.{}", i), "guess") == 403;
  EXPECT_EQ(refused, 15U);
  EXPECT_EQ(sign_in(owner, "secret-101"), 200U);
}

TEST_F(AuthenticatorTest, AnOldNonceIsSaidToBeStale) {
  const auto credentials = answer(say(request("REGISTER", "101"))[0], "101", "secret-101");
  world.advance(std::chrono::seconds(301));
  const auto said = say(request("REGISTER", "101", credentials))[0];
  EXPECT_EQ(sip::Message::parse(said).status(), 401U);
  EXPECT_NE(said.find("stale=true"), std::string::npos);
  EXPECT_EQ(sip::Message::parse(say(request("REGISTER", "101", answer(said, "101", "secret-101")))[0]).status(), 200U);
}

}  // namespace
}  // namespace parley::pbx
