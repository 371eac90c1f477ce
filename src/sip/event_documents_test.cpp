#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sip/dialog_info.hpp>
#include <sip/pidf.hpp>
#include <sip/publication.hpp>
#include <sip/reginfo.hpp>

namespace parley::sip {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

DialogInfo dialog(std::string id, DialogInfoState state) {
  DialogInfo out;
  out.id = std::move(id);
  out.call_id = "call@x";
  out.local_tag = "theirs";
  out.remote_tag = "ours";
  out.state = state;
  out.local = {"Bob", "sip:102@acme.example"};
  out.remote = {"Ann & \"Co\" <1>", "sip:101@acme.example"};
  return out;
}

TEST(DialogInfo, AWholeDocumentHasEverything) {
  DialogInfoTeller teller("sip:102@acme.example");
  EXPECT_EQ(teller.tell({dialog("d1", DialogInfoState::Early)}, true),
            R"(<?xml version="1.0" encoding="UTF-8"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:102@acme.example">
<dialog id="d1" call-id="call@x" local-tag="theirs" remote-tag="ours" direction="recipient">
<state>early</state>
<local>
<identity display="Bob">sip:102@acme.example</identity>
<target uri="sip:102@acme.example"/>
</local>
<remote>
<identity display="Ann &amp; &quot;Co&quot; &lt;1&gt;">sip:101@acme.example</identity>
<target uri="sip:101@acme.example"/>
</remote>
</dialog>
</dialog-info>
)");
}

TEST(DialogInfo, WhoHoldsHearsNothing) {  // RFC 4235 §4.1.6.2
  DialogInfoTeller teller("sip:102@acme.example");
  auto held = dialog("d1", DialogInfoState::Confirmed);
  (void)teller.tell({held}, true);
  held.local.renders = false;
  EXPECT_TRUE(teller.differs({held}));
  EXPECT_THAT(teller.tell({held}, false), HasSubstr(R"(<local>
<identity display="Bob">sip:102@acme.example</identity>
<target uri="sip:102@acme.example">
<param pname="+sip.rendering" pval="no"/>
</target>
</local>)"));
}

TEST(DialogInfo, APartialOneHasWhatChangedAndWhatIsGone) {
  DialogInfoTeller teller("sip:102@acme.example");
  const auto one = dialog("d1", DialogInfoState::Early), two = dialog("d2", DialogInfoState::Confirmed);
  (void)teller.tell({one, two}, true);
  EXPECT_FALSE(teller.differs({one, two}));
  auto answered = one;
  answered.state = DialogInfoState::Confirmed;
  EXPECT_TRUE(teller.differs({answered, two}));
  const auto first = teller.tell({answered, two}, false);
  EXPECT_THAT(first, HasSubstr("version=\"1\" state=\"partial\""));
  EXPECT_THAT(first, HasSubstr("id=\"d1\""));
  EXPECT_THAT(first, Not(HasSubstr("id=\"d2\"")));
  const auto second = teller.tell({two}, false);
  EXPECT_THAT(second, HasSubstr("version=\"2\""));
  EXPECT_THAT(second, HasSubstr("<state>terminated</state>"));
  EXPECT_THAT(second, Not(HasSubstr("id=\"d2\"")));
  EXPECT_THAT(teller.tell({two}, false), Not(HasSubstr("<dialog "))) << "terminated is told once";
}

TEST(DialogInfo, APrivatePartyHasNoIdentity) {
  DialogInfoTeller teller("sip:102@acme.example");
  auto one = dialog("d1", DialogInfoState::Confirmed);
  one.remote = {};
  EXPECT_THAT(teller.tell({one}, true), Not(HasSubstr("<remote>")));
}

TEST(Reginfo, TellsContactsAndTheirEnd) {
  const auto now = TimePoint{} + 100s;
  ReginfoTeller teller("sip:101@acme.example");
  EXPECT_THAT(teller.tell({}, now), HasSubstr("version=\"0\" state=\"full\""));
  const RegContact one{"c1", "sip:101@192.0.2.1", "reg-1", 7, now + 60s, 500};
  EXPECT_TRUE(teller.differs({one}));
  EXPECT_THAT(teller.tell({one}, now),
              HasSubstr(R"(<contact id="c1" state="active" event="registered" expires="60" q="0.500" callid="reg-1" )"
                        "cseq=\"7\">\n<uri>sip:101@192.0.2.1</uri>"));
  auto later = one;
  later.expires += 60s;
  EXPECT_FALSE(teller.differs({later}));
  EXPECT_THAT(teller.tell({later}, now + 30s), HasSubstr(R"(event="refreshed" expires="90")"));
  const auto gone = teller.tell({}, now + 60s);
  EXPECT_THAT(gone, HasSubstr("<registration aor=\"sip:101@acme.example\" id=\"r1\" state=\"terminated\">"));
  EXPECT_THAT(gone, HasSubstr(R"(<contact id="c1" state="terminated" event="unregistered">)"));
  EXPECT_THAT(teller.tell({}, now), HasSubstr("state=\"init\""));
}

TEST(Reginfo, KnowsWhatRanOut) {
  const auto now = TimePoint{} + 100s;
  ReginfoTeller teller("sip:101@acme.example");
  (void)teller.tell({{"c1", "sip:101@192.0.2.1", "reg-1", 7, now + 60s, 1000}}, now);
  EXPECT_THAT(teller.tell({}, now + 61s), HasSubstr("event=\"expired\""));
}

constexpr std::string_view kAway = R"(<?xml version="1.0" encoding="UTF-8"?>
<pr:presence xmlns:pr="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
  xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="pres:ann@acme.example">
 <pr:tuple id="t1"><pr:status><pr:basic> open </pr:basic></pr:status>
  <pr:contact priority="0.8">sip:101@acme.example</pr:contact><pr:note xml:lang="en">at &lt;lunch&gt;</pr:note></pr:tuple>
 <pr:tuple id="t2"><pr:status/></pr:tuple>
 <pr:note>whole</pr:note>
 <dm:person id="p1"><rpid:activities><rpid:away/><rpid:away/><rpid:nonsense/></rpid:activities><dm:note>back at 2</dm:note></dm:person>
</pr:presence>)";

TEST(Pidf, ReadsWhatTelephonesPublish) {
  const auto read = parse_pidf(kAway);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->entity, "pres:ann@acme.example");
  ASSERT_EQ(read->tuples.size(), 2U);
  EXPECT_EQ(read->tuples[0], (PresenceTuple{"t1", true, "sip:101@acme.example", {"at <lunch>"}}));
  EXPECT_EQ(read->tuples[1], (PresenceTuple{"t2", std::nullopt, "", {}}));
  EXPECT_EQ(read->notes, (std::vector<std::string>{"whole", "back at 2"}));
  EXPECT_EQ(read->activities, std::vector<std::string>{"away"});
}

TEST(Pidf, WhatIsWrittenIsReadAgainAsTheSame) {
  const auto read = parse_pidf(kAway);
  ASSERT_TRUE(read);
  const auto again = parse_pidf(write_pidf(*read));
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ(*again, *read);
}

TEST(Pidf, RefusesWhatIsNoneOrTooMuch) {
  const auto error_of = [](const std::string& text) {
    const auto read = parse_pidf(text);
    return read ? std::nullopt : std::optional(read.error());
  };
  const std::string head = "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:a@b\">";
  EXPECT_TRUE(parse_pidf(head + "</presence>"));
  EXPECT_EQ(error_of(""), PidfErrc::Malformed);
  EXPECT_EQ(error_of("hello"), PidfErrc::Malformed);
  EXPECT_EQ(error_of(head), PidfErrc::Malformed);
  EXPECT_EQ(error_of("<presence xmlns=\"urn:other\" entity=\"pres:a@b\"/>"), PidfErrc::NotPidf);
  EXPECT_EQ(error_of("<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"/>"), PidfErrc::NotPidf);
  EXPECT_EQ(error_of("<!DOCTYPE x [<!ENTITY a \"b\">]>" + head + "</presence>"), PidfErrc::Doctype);
  EXPECT_EQ(error_of(head + std::string(kMaxPidf, ' ') + "</presence>"), PidfErrc::TooLarge);
  std::string deep = head, wide = head;
  for (int i = 0; i < 1000; ++i) deep += "<a>", wide += "<a/>";
  for (int i = 0; i < 1000; ++i) deep += "</a>";
  EXPECT_EQ(error_of(deep + "</presence>"), PidfErrc::TooDeep);
  EXPECT_EQ(error_of(wide + "</presence>"), PidfErrc::TooDeep);
}

Message publish(const std::string& lines, const std::string& body) {
  return Message::parse("PUBLISH sip:101@acme.example SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKp\r\n" + lines +
                        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

TEST(Publish, IsWhatTableOneOfRfc3903Says) {
  const EventLifetimes lifetimes;
  const auto kind = [&](const std::string& lines, const std::string& body) {
    const auto read = read_publish(publish(lines, body), lifetimes);
    return read ? std::optional(read->kind) : std::nullopt;
  };
  EXPECT_EQ(kind("", "x"), PublishKind::Initial);
  EXPECT_EQ(kind("SIP-If-Match: e1\r\n", ""), PublishKind::Refresh);
  EXPECT_EQ(kind("SIP-If-Match: e1\r\n", "x"), PublishKind::Modify);
  EXPECT_EQ(kind("SIP-If-Match: e1\r\nExpires: 0\r\n", ""), PublishKind::Remove);
  EXPECT_EQ(kind("", ""), std::nullopt);
  EXPECT_EQ(read_publish(publish("SIP-If-Match: e1\r\nExpires: 100\r\n", ""), lifetimes)->granted, 100s);
  const auto brief = read_publish(publish("Expires: 5\r\n", "x"), lifetimes);
  ASSERT_FALSE(brief);
  EXPECT_EQ(brief.error().status, 423U);
  EXPECT_EQ(brief.error().header_line, "Min-Expires: 60");
}

}  // namespace
}  // namespace parley::sip
