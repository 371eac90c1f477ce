// RFC 4475, every message: what the parser and check() make of it is what the index demands.
#include <fstream>
#include <map>
#include <sstream>

#include <boost/json/src.hpp>
#include <gtest/gtest.h>

#include <sip/builder.hpp>
#include <sip/check.hpp>
#include <sip/digest.hpp>
#include <sip/framer.hpp>

namespace parley::sip {
namespace {

std::string read(const std::string& name) {
  std::ifstream file("tests/data/rfc4475/" + name, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

constexpr std::string_view kBodies[] = {"application/sdp"};
CheckOptions pbx_options() {
  CheckOptions options;
  options.methods = MethodSet(Method::Invite, Method::Ack, Method::Bye, Method::Cancel, Method::Options,
                              Method::Register, Method::Message);
  options.body_types = kBodies;
  return options;
}

constexpr unsigned kProcess = 0;
constexpr unsigned kDrop = 1;

/// What our element does. Where the RFC leaves a choice ("either") this is the choice that we made.
const std::map<std::string, unsigned> kExpected = {
    {"wsinv.dat", kProcess},    {"intmeth.dat", 501},         {"esc01.dat", kProcess},    {"escnull.dat", kProcess},
    {"esc02.dat", 501},         {"lwsdisp.dat", kProcess},    {"longreq.dat", kProcess},  {"dblreq.dat", kProcess},
    {"semiuri.dat", kProcess},  {"transports.dat", kProcess}, {"mpart01.dat", kProcess},  {"unreason.dat", kProcess},
    {"noreason.dat", kProcess}, {"badinv01.dat", 400},        {"clerr.dat", 400},         {"ncl.dat", 400},
    {"scalar02.dat", 400},      {"scalarlg.dat", kDrop},      {"quotbal.dat", 400},       {"ltgtruri.dat", 400},
    {"lwsruri.dat", 400},       {"lwsstart.dat", 400},        {"trws.dat", 400},          {"escruri.dat", 400},
    {"baddate.dat", 400},       {"regbadct.dat", 400},        {"badaspec.dat", 400},      {"baddn.dat", 400},
    {"badvers.dat", 505},       {"mismatch01.dat", 400},      {"mismatch02.dat", 501},    {"bigcode.dat", kDrop},
    {"badbranch.dat", 400},     {"insuf.dat", 400},           {"unkscm.dat", 416},        {"novelsc.dat", 416},
    {"unksm2.dat", 400},        {"bext01.dat", 420},          {"invut.dat", 415},         {"regaut01.dat", kProcess},
    {"multi01.dat", 400},       {"mcl01.dat", 400},           {"bcast.dat", kDrop},       {"zeromf.dat", 483},
    {"cparam01.dat", kProcess}, {"cparam02.dat", kProcess},   {"regescrt.dat", kProcess}, {"sdp01.dat", 406},
    {"inv2543.dat", kProcess},  {"test.dat", kDrop},  // no Via: no way back
};

unsigned outcome_of(const Verdict& verdict) {
  if (verdict.outcome == Outcome::Reply) return verdict.status;
  return verdict.outcome == Outcome::Process ? kProcess : kDrop;
}

TEST(Torture, EveryMessageHasTheOutcomeOfTheIndex) {
  const auto index = boost::json::parse(read("index.json"));
  const auto& messages = index.at("messages").as_array();
  ASSERT_EQ(messages.size(), 50U);
  for (const auto& entry : messages) {
    const std::string file(entry.at("file").as_string());
    SCOPED_TRACE(file);
    const auto bytes = read(file);
    ASSERT_EQ(bytes.size(), entry.at("bytes").as_int64());
    auto message = Message::parse(bytes);
    EXPECT_EQ(message.is_request(), entry.at("kind").as_string() == "request");
    const auto verdict = check(message, pbx_options());
    ASSERT_TRUE(kExpected.contains(file));
    const unsigned outcome = outcome_of(verdict);
    EXPECT_EQ(outcome, kExpected.at(file)) << to_string(verdict.error.code) << " at " << verdict.error.offset;
    const std::string expected(entry.at("expected").as_string());
    const std::string parse(entry.at("parse").as_string());
    if (parse == "reject") {
      EXPECT_NE(outcome, kProcess);
      EXPECT_TRUE(message.fault() || verdict.outcome != Outcome::Process);
    }
    if (parse == "accept" && message.is_request())
      EXPECT_EQ(message.fault() && message.fault()->status == 400, file == "insuf.dat");
    if (outcome > kDrop) EXPECT_NE(expected.find(std::to_string(outcome)), std::string::npos) << expected;
    if (outcome == kDrop && file != "test.dat") EXPECT_NE(expected.find("drop"), std::string::npos) << expected;
    if (verdict.outcome == Outcome::Reply) {  // the answer to the worst of them is a message itself
      message.source.remote = *Endpoint::parse("192.0.2.254:5062");
      const auto reply = ResponseBuilder(message, verdict.status, "t").header_line(verdict.header).finish();
      const auto again = Message::parse(reply.bytes);
      EXPECT_EQ(again.status(), verdict.status);
    }
    const auto* const oracle = entry.as_object().if_contains("oracle");
    if (oracle == nullptr) continue;
    EXPECT_EQ(message.method_text(), std::string_view(oracle->at("method").as_string()));
    EXPECT_EQ(message.max_forwards(), static_cast<unsigned>(oracle->at("max_forwards").as_int64()));
    EXPECT_EQ(message.call_id(), std::string_view(oracle->at("call_id").as_string()));
    EXPECT_EQ(message.cseq().number, static_cast<std::uint32_t>(oracle->at("cseq").as_int64()));
    EXPECT_EQ(message.cseq().method_text, std::string_view(oracle->at("cseq_method").as_string()));
    EXPECT_EQ(message.via_count(), static_cast<unsigned>(oracle->at("via_count").as_int64()));
    EXPECT_EQ(message.name_addrs(Header::Route).size(), static_cast<std::size_t>(oracle->at("route_count").as_int64()));
    EXPECT_EQ(message.to().display_text(), std::string_view(oracle->at("to_display").as_string()));
    EXPECT_EQ(message.from().tag(), std::string_view(oracle->at("from_tag").as_string()));
  }
}

TEST(Torture, ShortTortuousInviteReadsToTheLastField) {
  const auto message = Message::parse(read("wsinv.dat"));
  ASSERT_FALSE(message.fault());
  EXPECT_EQ(message.to().tag(), "1918181833n");
  EXPECT_EQ(message.from().display_text(), "J Rosenberg \\\"");
  EXPECT_EQ(message.top_via().host, "192.0.2.2");
  EXPECT_EQ(message.top_via().branch, "390skdjuw");
  const auto contact = message.first_name_addr(Header::Contact);
  ASSERT_TRUE(contact);
  EXPECT_EQ(contact->display_text(), "Quoted string \"\"");
  EXPECT_EQ(contact->params.value("newparam"), "newvalue");
  EXPECT_EQ(contact->q_thousandths(), 330U);
  EXPECT_EQ(message.value("NewFangledHeader"), "newfangled value   continued newfangled value");
  EXPECT_EQ(message.body().size(), 150U);
  EXPECT_EQ(message.value(Header::Subject), "");
}

TEST(Torture, EscapesInTheUserDoNotChangeTheScheme) {  // §3.1.1.3
  const auto message = Message::parse(read("esc01.dat"));
  EXPECT_EQ(message.request_uri().scheme, Scheme::Sip);
  EXPECT_EQ(message.request_uri().user_text(), "sips:user@example.com");
  EXPECT_EQ(message.request_uri().host, "example.net");
  EXPECT_TRUE(equivalent(message.to().uri, *parse_uri("sip:user@example.com")));
}

TEST(Torture, EscapedNullsAreTwoBindings) {  // §3.1.1.4
  const auto contacts = Message::parse(read("escnull.dat")).name_addrs(Header::Contact).size();
  EXPECT_EQ(contacts, 2U);
  const auto message = Message::parse(read("escnull.dat"));
  const auto list = message.name_addrs(Header::Contact);
  EXPECT_FALSE(equivalent(list[0].uri, list[1].uri));
  EXPECT_EQ(list[0].uri.user_text(), std::string(1, '\0'));
}

TEST(Torture, OctetsBehindTheBodyAreCutOff) {  // §3.1.1.8; on a stream they are the next message
  const auto bytes = read("dblreq.dat");
  const auto message = Message::parse(bytes);
  EXPECT_TRUE(message.is(Method::Register));
  EXPECT_TRUE(message.body().empty());
  StreamFramer framer;
  framer.append(as_bytes(bytes));
  ASSERT_TRUE(framer.next()->has_value());
  const auto second = framer.next();
  ASSERT_TRUE(second && *second);
  EXPECT_TRUE(Message::parse(**second, Framing::Stream).is(Method::Invite));
}

TEST(Torture, SemicolonBeforeTheAtSignBelongsToTheUser) {  // §3.1.1.9
  const auto message = Message::parse(read("semiuri.dat"));
  EXPECT_EQ(message.request_uri().user_text(), "user;par=u@example.net");
  EXPECT_EQ(message.request_uri().host, "example.com");
  EXPECT_TRUE(message.request_uri().params.empty());
}

TEST(Torture, MultipartBodyIsKeptByteForByte) {  // §3.1.1.11
  const auto bytes = read("mpart01.dat");
  const auto message = Message::parse(bytes);
  ASSERT_FALSE(message.fault());
  EXPECT_EQ(message.body(), std::string_view(bytes).substr(bytes.find("\r\n\r\n") + 4));
  EXPECT_NE(message.body().find('\0'), std::string_view::npos);
}

TEST(Torture, MissingTransactionIdentifierFallsBackToRfc2543Matching) {  // §3.2.1
  EXPECT_FALSE(Message::parse(read("badbranch.dat")).top_via().has_rfc3261_branch());
}

TEST(Torture, BothUnknownTagListsAreNamed) {  // §3.3.5
  const auto verdict = check(Message::parse(read("bext01.dat")), pbx_options());
  EXPECT_EQ(
      verdict.header,
      "Unsupported: nothingSupportsThis, nothingSupportsThisEither, noProxiesSupportThis, norDoAnyProxiesSupportThis");
}

TEST(Torture, OddFieldsComeBackByteForByte) {  // §3.1.1.2: To holds quoted BEL, NUL and DEL
  const auto request = Message::parse(read("intmeth.dat"));
  const auto response = Message::parse(ResponseBuilder(request, 501, "mine").finish().bytes);
  ASSERT_FALSE(response.fault());
  EXPECT_NE(request.to().text.find('\0'), std::string_view::npos);
  EXPECT_EQ(response.to().text, std::string(request.to().text) + ";tag=mine");
  EXPECT_EQ(response.from().text, request.from().text);
  EXPECT_EQ(response.call_id(), request.call_id());
  EXPECT_EQ(response.cseq().method_text, request.method_text());
}

TEST(Torture, UnknownAuthorizationSchemeIsNoCredentials) {  // §3.3.7: so the registrar challenges with 401
  const auto message = Message::parse(read("regaut01.dat"));
  EXPECT_FALSE(DigestServer::credentials(message, Header::Authorization, "example.com"));
}

TEST(Torture, MaxForwardsOfZeroIsServedByTheTarget) {  // §3.3.11
  const auto message = Message::parse(read("zeromf.dat"));
  auto options = pbx_options();
  options.forwards = false;
  EXPECT_EQ(check(message, options).outcome, Outcome::Process);
}

TEST(Torture, ParameterOutsideBracketsIsTheHeaders) {  // §3.3.12, §3.3.13
  const auto outside = Message::parse(read("cparam01.dat"));
  const auto inside = Message::parse(read("cparam02.dat"));
  const auto a = *outside.first_name_addr(Header::Contact);
  const auto b = *inside.first_name_addr(Header::Contact);
  EXPECT_TRUE(a.params.has("unknownparam"));
  EXPECT_FALSE(a.uri.params.has("unknownparam"));
  EXPECT_FALSE(b.params.has("unknownparam"));
  EXPECT_TRUE(b.uri.params.has("unknownparam"));
}

TEST(Torture, RouteInAContactUriIsNoRouteOfTheRequest) {  // §3.3.14
  const auto message = Message::parse(read("regescrt.dat"));
  EXPECT_FALSE(message.has(Header::Route));
  EXPECT_EQ(message.first_name_addr(Header::Contact)->uri.headers, "Route=%3Csip:sip.example.com%3E");
}

TEST(Torture, EveryPrefixAndEveryChangedOctetIsSurvived) {
  for (const auto& [file, ignored] : kExpected) {
    const auto bytes = read(file);
    for (std::size_t size = 0; size < bytes.size(); size += 3) {
      auto part = Message::parse(bytes.substr(0, size));
      (void)check(part, pbx_options());
      auto changed = bytes;
      changed[size] = static_cast<char>(changed[size] ^ static_cast<char>(1U << (size % 8)));
      (void)check(Message::parse(std::move(changed)), pbx_options());
    }
  }
}

}  // namespace
}  // namespace parley::sip
