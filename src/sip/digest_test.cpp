#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <sip/builder.hpp>
#include <sip/digest.hpp>

namespace parley::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WallTime kStart{milliseconds(1'800'000'000'000)};
const IpAddress kPhone = *IpAddress::parse("192.0.2.7");
constexpr std::string_view kRealm = "demo.example";

/// A phone that registers: gets a challenge from the server and answers it with our own client side.
struct Phone {
  SeededRandom random{7};
  std::string user = "101";
  std::string password = "s3cret";
  std::string uri = "sip:demo.example";

  Message request(const std::string& authorization, const char* from = "192.0.2.7:5060") const {
    auto message = Message::parse(
        "REGISTER " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:101@demo.example>;tag=1\r\n" +
        "To: <sip:101@demo.example>\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\n" +
        (authorization.empty() ? "" : "Authorization: " + authorization + "\r\n") + "\r\n");
    message.source.remote = *Endpoint::parse(from);
    return message;
  }
  std::string answer(std::initializer_list<std::string> challenges, std::uint32_t count = 1) {
    std::string text = "SIP/2.0 401 Unauthorized\r\n";
    for (const auto& challenge : challenges) text += "WWW-Authenticate: " + challenge + "\r\n";
    const auto answer =
        answer_challenge(Message::parse(text + "\r\n"), {user, kRealm, password}, Method::Register, uri, count, random);
    return answer.value_or("");
  }
};

/// A server and what it has seen.
struct Checked {
  DigestServer digest;
  NonceUses uses;
  std::uint32_t serial = 0;

  explicit Checked(const vault::ShortKey& secret, std::size_t most = 50'000) : digest(secret), uses(most) {}
  std::string challenge(std::string_view realm, DigestAlgorithm algorithm, const IpAddress& source, WallTime now) {
    return DigestServer::challenge(realm, algorithm, digest.nonce(source, now, ++serial));
  }
  AuthOutcome verify(const DigestCredentials& credentials, const Message& request, const Ha1& ha1, WallTime now) {
    NonceUse use;
    const auto outcome = digest.verify(credentials, request, ha1, now, use);
    return outcome == AuthOutcome::Ok && !uses.accept(use, now) ? AuthOutcome::Stale : outcome;
  }
};

struct Digest : ::testing::Test {
  Checked server{{1, 2, 3}};
  Phone phone;
  Ha1 ha1 = Ha1::of("101", kRealm, "s3cret");

  AuthOutcome verify(const Message& request, WallTime now = kStart) {
    const auto credentials = DigestServer::credentials(request, Header::Authorization, kRealm);
    EXPECT_TRUE(credentials);
    return credentials ? server.verify(*credentials, request, ha1, now) : AuthOutcome::Malformed;
  }
  std::string challenge(DigestAlgorithm algorithm = DigestAlgorithm::Sha256, WallTime now = kStart) {
    return server.challenge(kRealm, algorithm, kPhone, now);
  }
};

TEST(DigestAnswer, FollowsTheFormulaOfRfc7616) {  // the challenge of §3.9.1
  struct Fixed final : Random {
    void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{0}); }
  } random;
  // Our cnonce is all 'a' here; the response below was computed apart from this code.
  const auto response = Message::parse(
      "SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
      "algorithm=MD5, "
      "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
      "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"\r\n\r\n");
  const auto answer = answer_challenge(response, {"Mufasa", "http-auth@example.org", "Circle of Life"},
                                       Method::Register, "/dir/index.html", 1, random);
  ASSERT_TRUE(answer);
  const auto auth = *parse_auth(*answer);
  EXPECT_EQ(auth.value("cnonce"), "aaaaaaaaaaaaaaaaaaaaaaaa");
  EXPECT_EQ(auth.value("opaque"), "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS");
  EXPECT_EQ(auth.value("response"), "0ec0537070a5413503363f093cd03087");
}

TEST(Ha1, IsThatOfRfc7616) {  // §3.9.1: the two hashes of user:realm:password
  const auto ha1 = Ha1::of("Mufasa", "http-auth@example.org", "Circle of Life");
  EXPECT_EQ(to_hex(ha1.md5), "3d78807defe7de2157e2b0b6573a855f");
  EXPECT_EQ(to_hex(ha1.sha256), "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
}

TEST(Ha1, IsThatOfRfc7616InSha512_256) {  // the user of §3.9.2; computed apart from this code
  EXPECT_EQ(to_hex(Ha1::of("J\xc3\xa4s\xc3\xb8n Doe", "api@example.org", "Secret, or not?").sha512_256),
            "2d3d9f12c9f3d30011259dc5fecee005ae24de40e3e1f61806d03e65f1e6024f");
}

TEST_F(Digest, TakesTheRightPasswordInEveryAlgorithm) {
  for (const auto algorithm : {DigestAlgorithm::Md5, DigestAlgorithm::Sha256, DigestAlgorithm::Sha512_256})
    EXPECT_EQ(verify(phone.request(phone.answer({challenge(algorithm)}))), AuthOutcome::Ok);
}

TEST_F(Digest, ClientTakesTheStrongestChallenge) {  // RFC 8760 §2.4
  const auto answer = phone.answer({challenge(DigestAlgorithm::Md5), challenge(DigestAlgorithm::Sha256)});
  EXPECT_EQ(parse_auth(answer)->value("algorithm"), "SHA-256");
  const auto all = phone.answer(
      {challenge(DigestAlgorithm::Md5), challenge(DigestAlgorithm::Sha512_256), challenge(DigestAlgorithm::Sha256)});
  EXPECT_EQ(parse_auth(all)->value("algorithm"), "SHA-512-256");
}

std::string sha256(const std::string& text) {
  std::array<std::uint8_t, 32> out{};
  EXPECT_EQ(EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), out.data(), nullptr), 1);
  return to_hex(out);
}

TEST_F(Digest, TakesAuthIntOverTheBodyItself) {  // RFC 7616 §3.4.3
  const auto nonce = server.digest.nonce(kPhone, kStart, 7);
  const auto request = [&](const std::string& signed_body, const std::string& body, const char* count) {
    const auto ha2 = sha256("REGISTER:sip:demo.example:" + sha256(signed_body));
    const auto response = sha256(to_hex(ha1.sha256) + ":" + nonce + ":" + count + ":c0ffee:auth-int:" + ha2);
    auto message = Message::parse(
        "REGISTER sip:demo.example SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: "
        "<sip:101@demo.example>;tag=1\r\n"
        "To: <sip:101@demo.example>\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\nAuthorization: Digest username=\"101\", "
        "realm=\"demo.example\", nonce=\"" +
        nonce + "\", uri=\"sip:demo.example\", algorithm=SHA-256, qop=auth-int, nc=" + count +
        ", cnonce=\"c0ffee\", response=\"" + response + "\"\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body);
    message.source.remote = *Endpoint::parse("192.0.2.7:5060");
    return message;
  };
  EXPECT_EQ(verify(request("hello", "hello", "00000001")), AuthOutcome::Ok);
  EXPECT_EQ(verify(request("hello", "other", "00000002")), AuthOutcome::Wrong);
  EXPECT_EQ(verify(request("", "", "00000003")), AuthOutcome::Ok);
}

TEST_F(Digest, NonceGoesWithTheNetworkOfAnIpv6Host) {
  const auto host = *IpAddress::parse("2001:db8:1:2::10");
  const auto answer = phone.answer({server.challenge(kRealm, DigestAlgorithm::Sha256, host, kStart)});
  EXPECT_EQ(verify(phone.request(answer, "[2001:db8:1:3::10]:5060")), AuthOutcome::Stale);
  EXPECT_EQ(verify(phone.request(answer, "[2001:db8:1:2:aaaa::1]:5060")), AuthOutcome::Ok);  // a privacy address
}

TEST(DigestCredentials, AreFoundInOneWalk) {
  const auto said = parse_digest_credentials(
      "Digest username=\"a\\\"b, c\" , REALM = \"r\",nonce=\"n\", uri=\"sip:x@y\", response=\"0f\", "
      "algorithm=SHA-256,cnonce=\"c\", qop=auth, nc=00000001, opaque=\"\", more=1");
  ASSERT_TRUE(said);
  EXPECT_EQ(said->username, "a\\\"b, c");
  EXPECT_EQ(said->realm, "r");
  EXPECT_EQ(said->nonce, "n");
  EXPECT_EQ(said->uri, "sip:x@y");
  EXPECT_EQ(said->response, "0f");
  EXPECT_EQ(said->algorithm, "SHA-256");
  EXPECT_EQ(said->cnonce, "c");
  EXPECT_EQ(said->qop, "auth");
  EXPECT_EQ(said->nonce_count, "00000001");
  EXPECT_EQ(said->opaque, "");
  EXPECT_FALSE(said->repeated);
}

TEST(DigestCredentials, TellWhatStandsTwice) {
  const auto said = parse_digest_credentials("Digest nonce=\"a\", Nonce=\"b\"");
  ASSERT_TRUE(said);
  EXPECT_TRUE(said->repeated);
  EXPECT_EQ(said->nonce, "a");
}

TEST(DigestCredentials, RefuseWhatIsNoneOrBroken) {
  for (const char* text : {"", "Basic dXNlcg==", "Digest", "Digest ,", "Digest username", "Digest username=",
                           "Digest username=\"a", "Digest username=\"a\" nonce=\"b\"", "Digest username=\"a\","})
    EXPECT_FALSE(parse_digest_credentials(text)) << text;
}

TEST_F(Digest, KnowsItsOwnNonces) {
  const auto answer = phone.answer({challenge()});  // what is parsed only looks into it
  const auto ours = *parse_digest_credentials(answer);
  EXPECT_TRUE(server.digest.is_ours(ours, kPhone));
  EXPECT_FALSE(server.digest.is_ours(ours, *IpAddress::parse("192.0.2.8")));
  EXPECT_FALSE(server.digest.is_ours(*parse_digest_credentials("Digest nonce=\"abc\""), kPhone));
}

TEST_F(Digest, RefusesTheWrongPassword) {
  phone.password = "guess";
  EXPECT_EQ(verify(phone.request(phone.answer({challenge()}))), AuthOutcome::Wrong);
}

TEST_F(Digest, RefusesAReplay) {
  const auto request = phone.request(phone.answer({challenge()}));
  EXPECT_EQ(verify(request), AuthOutcome::Ok);
  EXPECT_EQ(verify(request), AuthOutcome::Stale);
}

TEST_F(Digest, CountsMayComeOutOfOrderButOnce) {
  const auto nonce = challenge();
  for (const auto& [count, outcome] : std::initializer_list<std::pair<unsigned, AuthOutcome>>{{1, AuthOutcome::Ok},
                                                                                              {4, AuthOutcome::Ok},
                                                                                              {2, AuthOutcome::Ok},
                                                                                              {2, AuthOutcome::Stale},
                                                                                              {3, AuthOutcome::Ok},
                                                                                              {200, AuthOutcome::Ok},
                                                                                              {5, AuthOutcome::Stale},
                                                                                              {0, AuthOutcome::Stale}})
    EXPECT_EQ(verify(phone.request(phone.answer({nonce}, count))), outcome) << count;
}

TEST_F(Digest, NonceIsBoundToAddressAndTime) {
  const auto answer = phone.answer({challenge()});
  EXPECT_EQ(verify(phone.request(answer, "192.0.2.8:5060")), AuthOutcome::Stale);
  EXPECT_EQ(verify(phone.request(answer, "192.0.2.7:6060"), kStart + seconds(299)),
            AuthOutcome::Ok);  // NAT may change the port
  EXPECT_EQ(verify(phone.request(phone.answer({challenge()})), kStart + seconds(301)), AuthOutcome::Stale);
}

TEST_F(Digest, NonceOfAnotherSecretIsStale) {
  Checked other({9});
  EXPECT_EQ(verify(phone.request(phone.answer({other.challenge(kRealm, DigestAlgorithm::Sha256, kPhone, kStart)}))),
            AuthOutcome::Stale);
}

TEST_F(Digest, AnswersForAnotherUriAreMalformed) {
  const auto answer = phone.answer({challenge()});
  phone.uri = "sip:elsewhere.example";
  EXPECT_EQ(verify(phone.request(answer)), AuthOutcome::Malformed);
}

/// RFC 3261 §22.4 (9): the signed uri and the Request-URI need not be the same text.
TEST_F(Digest, TheSignedUriMayDifferWhereItNamesNoOtherUserOrServer) {
  struct Case {
    std::string named, requested;
    AuthOutcome outcome;
  };
  const Case cases[] = {
      {"sip:192.0.2.1:5060", "sip:demo.example", AuthOutcome::Ok},  // SIPp signs the address that it sends to
      {"sip:192.0.2.1:5060", "sip:102@192.0.2.1:5060", AuthOutcome::Ok},
      {"sip:192.0.2.1:5060", "sip:102@demo.example", AuthOutcome::Ok},
      {"sip:[2001:db8::1]", "sip:102@demo.example", AuthOutcome::Ok},
      {"sip:102@demo.example", "sip:102@192.0.2.1", AuthOutcome::Ok},  // a proxy put the address there
      {"sip:102@DEMO.example:5060;transport=tcp", "sip:102@demo.example", AuthOutcome::Ok},
      {"sips:%31%302@demo.example", "sip:102@demo.example", AuthOutcome::Ok},
      {"sip:demo.example", "sip:102@demo.example", AuthOutcome::Ok},
      {"sip:102@demo.example", "sip:0900@demo.example", AuthOutcome::Malformed},  // a caught answer dials nothing else
      {"sip:102@192.0.2.1", "sip:0900@192.0.2.1", AuthOutcome::Malformed},
      {"sip:101@demo.example", "sip:demo.example", AuthOutcome::Malformed},
      {"sip:102@elsewhere.example", "sip:102@demo.example", AuthOutcome::Malformed},
      {"sip:elsewhere.example", "sip:demo.example", AuthOutcome::Malformed},
      {"mailto:102@demo.example", "sip:102@demo.example", AuthOutcome::Malformed},
      {"tel:+4930555", "tel:+49-30-555", AuthOutcome::Ok},
      {"tel:+4930555", "tel:+4930556", AuthOutcome::Malformed},
  };
  for (const auto& one : cases) {
    phone.uri = one.named;
    const auto answer = phone.answer({challenge()});
    phone.uri = one.requested;
    EXPECT_EQ(verify(phone.request(answer)), one.outcome) << one.named << " for " << one.requested;
    if (one.outcome == AuthOutcome::Ok) {
      EXPECT_EQ(verify(phone.request(answer)), AuthOutcome::Stale) << one.named << " is played again";
    }
  }
}

TEST_F(Digest, RepeatedOrMissingPartsAreMalformed) {
  const auto answer = phone.answer({challenge()});
  EXPECT_EQ(verify(phone.request(answer + ", username=\"102\"")), AuthOutcome::Malformed);
  auto without = answer;
  without.replace(without.find("response="), 9, "responsx=");
  EXPECT_EQ(verify(phone.request(without)), AuthOutcome::Malformed);
  auto algorithm = answer;
  algorithm.replace(algorithm.find("SHA-256"), 7, "SHA-999");
  EXPECT_EQ(verify(phone.request(algorithm)), AuthOutcome::Malformed);
}

TEST_F(Digest, DemandsQop) {
  const auto nonce = challenge();
  auto bare = nonce;
  bare.replace(bare.find(", qop=\"auth\""), 12, "");
  EXPECT_EQ(verify(phone.request(phone.answer({bare}))), AuthOutcome::Wrong);
}

TEST_F(Digest, CredentialsOfAnotherRealmAreNone) {
  const auto request = phone.request(phone.answer({challenge()}));
  EXPECT_FALSE(DigestServer::credentials(request, Header::Authorization, "other.example"));
  EXPECT_FALSE(DigestServer::credentials(request, Header::ProxyAuthorization, kRealm));
}

TEST_F(Digest, ClientAnswersOnlyItsRealm) {  // CVE-2021-41158: no response for a realm that a stranger names
  EXPECT_EQ(phone.answer({server.challenge("stranger", DigestAlgorithm::Md5, kPhone, kStart)}), "");
}

TEST_F(Digest, TracksNoncesWithinBounds) {
  server = Checked({1}, 3);
  std::vector<Message> used;
  for (int i = 0; i < 5; ++i) {
    used.push_back(phone.request(phone.answer({challenge(DigestAlgorithm::Md5, kStart + seconds(i))})));
    EXPECT_EQ(verify(used.back(), kStart + seconds(i)), AuthOutcome::Ok);
  }
  // The first two are forgotten; they must not become usable again by that.
  for (const auto& request : used) EXPECT_EQ(verify(request, kStart + seconds(6)), AuthOutcome::Stale);
}

TEST_F(Digest, OddUserNamesSurviveQuoting) {
  phone.user = "a\"b\\c, d";
  ha1 = Ha1::of(phone.user, kRealm, phone.password);
  const auto request = phone.request(phone.answer({challenge()}));
  EXPECT_EQ(DigestServer::username(*DigestServer::credentials(request, Header::Authorization, kRealm)), phone.user);
  EXPECT_EQ(verify(request), AuthOutcome::Ok);
}

}  // namespace
}  // namespace parley::sip
