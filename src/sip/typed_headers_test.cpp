// Typed headers beyond those of every message: what they read, and what they refuse. Cases named by their RFC.
#include <gtest/gtest.h>

#include <sip/dialog_headers.hpp>
#include <sip/event_headers.hpp>
#include <sip/header_name.hpp>
#include <sip/identity_headers.hpp>
#include <sip/negotiation_headers.hpp>

namespace parley::sip {
namespace {

template <class F>
void expect_refused(F&& parse, std::initializer_list<std::string_view> texts) {
  for (const auto text : texts) {
    const auto result = parse(text);
    EXPECT_FALSE(result) << text;
    if (!result) EXPECT_LE(result.error().offset, text.size()) << text;
  }
}

TEST(TypedHeaders, CompactFormsHaveTheirFullNames) {  // IANA registry
  const std::pair<std::string_view, Header> forms[] = {{"a", Header::AcceptContact},
                                                       {"u", Header::AllowEvents},
                                                       {"i", Header::CallId},
                                                       {"m", Header::Contact},
                                                       {"e", Header::ContentEncoding},
                                                       {"l", Header::ContentLength},
                                                       {"c", Header::ContentType},
                                                       {"o", Header::Event},
                                                       {"f", Header::From},
                                                       {"y", Header::Identity},
                                                       {"r", Header::ReferTo},
                                                       {"b", Header::ReferredBy},
                                                       {"j", Header::RejectContact},
                                                       {"d", Header::RequestDisposition},
                                                       {"x", Header::SessionExpires},
                                                       {"s", Header::Subject},
                                                       {"k", Header::Supported},
                                                       {"t", Header::To},
                                                       {"v", Header::Via}};
  for (const auto& [name, id] : forms) {
    EXPECT_EQ(header_of(name), id) << name;
    EXPECT_EQ(header_of(name_of(id)), id) << name;
  }
  EXPECT_EQ(header_of("z"), Header::Other);
  for (unsigned i = 0; i < static_cast<unsigned>(Header::Other); ++i)
    EXPECT_EQ(header_of(name_of(static_cast<Header>(i))), static_cast<Header>(i));
}

TEST(Replaces, NamesADialog) {  // RFC 3891 §6.1
  const auto r = parse_replaces("12adf2f34456gs5;to-tag=12345 ; from-tag=54321;early-only");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->call_id, "12adf2f34456gs5");
  EXPECT_EQ(r->to_tag, "12345");
  EXPECT_EQ(r->from_tag, "54321");
  EXPECT_TRUE(r->early_only);
  EXPECT_EQ(parse_replaces("98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff")->call_id, "98732@sip.example.com");
  expect_refused(parse_replaces,
                 {"", "x", "x;to-tag=1", "x;from-tag=1", "x;to-tag=1;from-tag=", "x;to-tag=1;to-tag=2;from-tag=3",
                  "x y;to-tag=1;from-tag=2", "x@y@z;to-tag=1;from-tag=2", "x;to-tag=1;from-tag=2,y"});
}

TEST(Join, NamesADialog) {  // RFC 3911 §7.1
  const auto j = parse_join("12adf2f34456gs5;to-tag=12345;from-tag=54321");
  ASSERT_TRUE(j);
  EXPECT_EQ(j->from_tag, "54321");
  expect_refused(parse_join, {"", "x;to-tag=1"});
}

TEST(TargetDialog, MayLackATag) {  // RFC 4538 §7
  const auto t = parse_target_dialog("fa77as7dad8-sd98ajzz@host.example.com;local-tag=kkaz-;remote-tag=6544");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->local_tag, "kkaz-");
  EXPECT_EQ(t->remote_tag, "6544");
  EXPECT_TRUE(parse_target_dialog("x"));
  expect_refused(parse_target_dialog, {"", ";local-tag=1", "x;local-tag=1;local-tag=2"});
}

TEST(ReferTo, CarriesMethodAndHeadersInItsUri) {  // RFC 3515 §2.1, RFC 3891 §6.1
  const auto refer = parse_refer_to(
      "<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994&x=1>");
  ASSERT_TRUE(refer);
  EXPECT_EQ(refer->method, Method::Invite);
  const auto replaces = uri_header(refer->target.uri, "replaces");
  ASSERT_TRUE(replaces);
  EXPECT_EQ(parse_replaces(*replaces)->from_tag, "5FFE-3994");
  EXPECT_FALSE(uri_header(refer->target.uri, "Require"));
  EXPECT_EQ(parse_refer_to("<sip:x@y;method=SUBSCRIBE>")->method, Method::Subscribe);
  EXPECT_EQ(parse_refer_to("sip:+1555@gw")->target.uri.user, "+1555");
  expect_refused(parse_refer_to, {"", "*", "sip:x@y?a=b", "<sip:x@y", "<>", "<sip:x@y>, <sip:z@y>"});
}

TEST(ReferredBy, MayNameAToken) {  // RFC 3892 §3
  EXPECT_EQ(parse_referred_by("sip:r@ref.example;cid=\"2UWQFN309shb3@ref.example\"")->cid, "2UWQFN309shb3@ref.example");
  expect_refused(parse_referred_by, {"", "*", "<sip:a@b>;cid="});
  EXPECT_TRUE(*parse_refer_sub("TRUE"));
  EXPECT_FALSE(*parse_refer_sub("false;x=y"));
  expect_refused(parse_refer_sub, {"", "maybe", "true x"});
}

TEST(Rack, NamesAResponseOfARequest) {  // RFC 3262 §7.2
  const auto r = parse_rack("776656 1 INVITE");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->rseq, 776656U);
  EXPECT_EQ(r->cseq, 1U);
  EXPECT_EQ(r->method, Method::Invite);
  expect_refused(parse_rack, {"", "1", "1 1", "0 1 INVITE", "1 1INVITE", "4294967296 1 INVITE", "1 2147483648 INVITE",
                              "1 1 INVITE x"});
  EXPECT_EQ(parse_rseq("988789"), 988789U);
  expect_refused(parse_rseq, {"", "0", "-1", "4294967296", "1 2"});
}

TEST(SessionExpires, HasARefresher) {  // RFC 4028 §4
  const auto s = parse_session_expires("4000 ;refresher=UAC");
  ASSERT_TRUE(s);
  EXPECT_EQ(s->seconds, 4000U);
  EXPECT_EQ(s->refresher, Refresher::Uac);
  EXPECT_EQ(parse_session_expires("90")->refresher, Refresher::None);
  expect_refused(parse_session_expires, {"", "0", "x", "90;refresher=me", "90;refresher", "99999999999", "90 90"});
  EXPECT_EQ(parse_min_se("120;x=y"), 120U);
  expect_refused(parse_min_se, {"", "-1", "120s"});
}

TEST(Event, SplitsPackageAndTemplates) {  // RFC 6665 §8.2.1
  const auto e = parse_event("presence.winfo ;id=a1");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->package, "presence");
  EXPECT_EQ(e->templates, "winfo");
  EXPECT_EQ(e->id, "a1");
  EXPECT_TRUE(parse_event("dialog;shared")->same_as(*parse_event("Dialog")));
  EXPECT_FALSE(parse_event("dialog;id=1")->same_as(*parse_event("dialog")));
  expect_refused(parse_event, {"", ".x", "presence.", "a b", "a;", "a, b"});
}

TEST(SubscriptionState, SaysWhyAndHowLong) {  // RFC 6665 §8.2.3
  const auto s = parse_subscription_state("terminated;reason=probation;retry-after=30");
  ASSERT_TRUE(s);
  EXPECT_EQ(s->status, SubscriptionStatus::Terminated);
  EXPECT_EQ(s->reason, "probation");
  EXPECT_EQ(s->retry_after, 30U);
  EXPECT_FALSE(s->expires);
  EXPECT_EQ(parse_subscription_state("active;expires=99999999999999")->expires, 0xffffffffU);
  EXPECT_EQ(parse_subscription_state("extended")->status, SubscriptionStatus::Other);
  expect_refused(parse_subscription_state, {"", "active;expires=x", "active;", "active x"});
  EXPECT_EQ(parse_entity_tag("dx200xyz"), "dx200xyz");
  expect_refused(parse_entity_tag, {"", "\"x\"", "a b"});
  EXPECT_EQ(parse_suppress_if_match("*"), "*");
}

TEST(Diversion, CountsAndSaysWhy) {  // RFC 5806 §5
  const auto d = parse_diversion(
      "\"Bob\" <sip:+1555@gw;user=phone>;reason=no-answer;counter=2;limit=5;privacy=\"full\";screen=no");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->reason, "no-answer");
  EXPECT_EQ(d->counter, 2U);
  EXPECT_EQ(d->limit, 5U);
  EXPECT_EQ(d->privacy, "full");
  EXPECT_EQ(d->who.display_text(), "Bob");
  expect_refused(parse_diversion, {"", "*", "<sip:a@b>;reason="});
}

TEST(HistoryInfo, HasIndexAndOrigin) {  // RFC 7044 §5
  const auto h =
      parse_history_entry("<sip:bob@example.com?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1.1.2;mp=1.1");
  ASSERT_TRUE(h);
  EXPECT_EQ(h->index, "1.1.2");
  EXPECT_EQ(h->target, HistoryTarget::Mp);
  EXPECT_EQ(h->target_index, "1.1");
  EXPECT_EQ(uri_header(h->who.uri, "Reason"), "SIP;cause=302");
  EXPECT_EQ(parse_reason(*uri_header(h->who.uri, "Reason"))->cause, 302U);
  expect_refused(parse_history_entry, {"", "sip:a@b;index=1", "<sip:a@b>;index=1.", "<sip:a@b>;index=.1",
                                       "<sip:a@b>;index=1..2", "<sip:a@b>;index="});
}

TEST(Privacy, IsASetOfValues) {  // RFC 3323 §4.2
  const auto p = parse_privacy("header; user;id;critical");
  ASSERT_TRUE(p);
  EXPECT_TRUE(p->has(PrivacyValue::Header) && p->has(PrivacyValue::Id) && p->has(PrivacyValue::Critical));
  EXPECT_FALSE(p->has(PrivacyValue::None));
  EXPECT_EQ(p->unknown, 0U);
  EXPECT_EQ(parse_privacy("invisible")->unknown, 1U);
  expect_refused(parse_privacy, {"", ";", "id;", "id;;user", "i d"});
}

TEST(InfoUri, TakesAnyScheme) {  // RFC 3261 §20.4, §20.9; RFC 7462
  const auto a = parse_info_uri("<http://www.example.com/sounds/moo.wav>;info=alert-autoanswer");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->uri.scheme, Scheme::Other);
  EXPECT_EQ(a->params.value("info"), "alert-autoanswer");
  EXPECT_TRUE(parse_info_uri("<urn:alert:source:internal>"));
  EXPECT_EQ(parse_info_uri("<http://wwww.example.com/alice/photo.jpg> ;purpose=icon")->params.value("purpose"), "icon");
  EXPECT_TRUE(parse_info_uri("<cid:target123@atlanta.example.com>"));
  expect_refused(parse_info_uri, {"", "http://x", "<http://x", "<>", "<x>;", "<http://a b>"});
}

TEST(AnswerMode, MayBeRequired) {  // RFC 5373 §4
  const auto a = parse_answer_mode("Auto;require");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->mode, AnswerMode::Mode::Auto);
  EXPECT_TRUE(a->required);
  EXPECT_EQ(parse_answer_mode("Manual")->mode, AnswerMode::Mode::Manual);
  EXPECT_EQ(parse_answer_mode("later")->mode, AnswerMode::Mode::Other);
  expect_refused(parse_answer_mode, {"", "Auto require"});
}

TEST(Identity, IsReadButNotOpened) {  // RFC 8224 §4
  const auto i = parse_identity(
      "eyJhbGciOiJFUzI1NiJ9.eyJkZXN0Ijp7fX0.rq3pjT1hoRwakEGjHCnWSwUnshd0-zJ6F1VOgFWSjHBr8Qjpjlk-"
      "cpFYpFYsojNCpTzO3QfPOlckGaS6hEck7w;"
      "info=<https://biloxi.example.org/biloxi.cert>;alg=ES256;ppt=\"shaken\"");
  ASSERT_TRUE(i);
  EXPECT_EQ(i->info, "https://biloxi.example.org/biloxi.cert");
  EXPECT_EQ(i->passport_type, "shaken");
  EXPECT_EQ(i->algorithm, "ES256");
  EXPECT_EQ(parse_identity("..abc;info=<https://x>")->token, "..abc");
  expect_refused(parse_identity, {"", "<x>", "abc;info=<https://x", "abc;;", "a b"});
}

TEST(Accept, RangesHaveAQuality) {  // RFC 3261 §20.1-§20.3
  const auto m = parse_media_range("application/*;q=0.5");
  ASSERT_TRUE(m);
  EXPECT_EQ(m->q, 500U);
  EXPECT_TRUE(m->covers("application", "sdp"));
  EXPECT_FALSE(m->covers("text", "plain"));
  EXPECT_FALSE(parse_media_range("*/*;q=0")->covers("application", "sdp"));
  EXPECT_EQ(parse_coding("en-gb;q=0.8")->q, 800U);
  EXPECT_EQ(parse_coding("*")->name, "*");
  expect_refused(parse_media_range, {"", "text", "*/x", "text/plain;q=2", "text/plain;q=0.1234"});
  expect_refused(parse_coding, {"", "en;q=x", "a b"});
}

TEST(ContentDisposition, IsRequiredUnlessItSaysOtherwise) {  // RFC 3261 §20.11
  EXPECT_TRUE(parse_content_disposition("session;handling=optional")->optional);
  EXPECT_FALSE(parse_content_disposition("render")->optional);
  expect_refused(parse_content_disposition, {"", "session;handling=", "a/b"});
}

TEST(Warning, HasCodeAgentAndText) {  // RFC 3261 §20.43
  const auto w = parse_warning("307 isi.edu:5060 \"Session parameter 'foo' not understood\"");
  ASSERT_TRUE(w);
  EXPECT_EQ(w->code, 307U);
  EXPECT_EQ(w->agent, "isi.edu:5060");
  EXPECT_EQ(w->text, "Session parameter 'foo' not understood");
  EXPECT_EQ(parse_warning("301 [2001:db8::1]:5060 \"x\"")->agent, "[2001:db8::1]:5060");
  expect_refused(parse_warning, {"", "30 x \"y\"", "1812 overture \"In Progress\"", "301 x", "301 x y", "301 \"y\""});
}

TEST(Date, IsGmtAndNothingElse) {  // RFC 3261 §20.17; RFC 4475 §3.1.2.12
  const auto date = parse_date("Sat, 13 Nov 2010 23:29:00 GMT");
  ASSERT_TRUE(date);
  EXPECT_EQ(to_rfc3339(*date), "2010-11-13T23:29:00.000Z");
  EXPECT_TRUE(parse_date("Thu, 29 Feb 2024 00:00:60 GMT"));
  expect_refused(parse_date,
                 {"", "Fri, 01 Jan 2010 16:00:00 EST", "Sat, 31 Nov 2010 23:29:00 GMT", "Sat, 13 Nov 10 23:29:00 GMT",
                  "Sat, 13 Nov 2010 24:29:00 GMT", "Sat,13 Nov 2010 23:29:00 GMT", "Sat, 13 Nov 2010 23:29:00 GMT+1"});
  EXPECT_EQ(parse_timestamp("54.21 .5"), "54.21");
  expect_refused(parse_timestamp, {"", ".", "x", "1 x", "1.2.3"});
}

TEST(Contact, OutboundParameters) {  // RFC 5626 §4
  const auto c = parse_name_addr(
      "<sip:line1@192.0.2.2;transport=tcp>; "
      "reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\";q=0.5");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->reg_id(), 1U);
  EXPECT_EQ(c->instance(), "urn:uuid:00000000-0000-1000-8000-000A95A0E128");
  EXPECT_EQ(parse_name_addr("<sip:a@b>;reg-id=0")->reg_id(), std::nullopt);
  EXPECT_EQ(parse_name_addr("<sip:a@b>;+sip.instance=x")->instance(), "");
}

}  // namespace
}  // namespace parley::sip
