// ICE and DTLS-SRTP in the media path: real sockets on loopback, a browser made of our own parts.
#include <gtest/gtest.h>

#include <ice/stun_message.hpp>
#include <media/fake_call.hpp>

namespace parley::media {
namespace {

using codec::CodecId;
using ice::StunMessage;

const ice::Credentials kOurs{"pyaa/abcdefgh", "abcdefghijkmnpqrstuvwxyz23"}, kTheirs{"them", "theirpasswordtheirpassw"};

/// A full ICE agent and DTLS client with a telephone's voice.
struct Browser {
  explicit Browser(unsigned seed) : phone(CodecId::Pcmu, 0, seed) {}

  static Bytes check(const std::string& key = kOurs.password, bool nominate = true) {
    ice::StunWriter out(ice::kBindingRequest, ice::StunId{7});
    out.attribute(ice::kUsername, as_bytes(kOurs.ufrag + ":" + kTheirs.ufrag)).number(ice::kPriority, 1);
    if (nominate) out.attribute(ice::kUseCandidate);
    out.integrity(key).fingerprint();
    return {out.bytes().begin(), out.bytes().end()};
  }

  [[nodiscard]] RemoteMedia media(const dtls::Fingerprint& fingerprint) const {
    RemoteMedia out;
    out.formats = {{CodecId::Pcmu, 0, {}}};
    out.encrypted = out.rtcp_mux = true;
    out.ice = RemoteIce{kTheirs, {fingerprint}, dtls::Role::Server};
    return out;
  }

  fake::Phone phone;
  std::shared_ptr<const dtls::Identity> identity = dtls::Identity::make(system_clock().wall()).value();
};

class IceLeg : public testing::Test {
 protected:
  IceLeg() {
    const auto opened = call.engine->open_leg({}, {.post = call.mailbox.poster()});
    leg = opened->handle;
    browser.phone.send_to(opened->rtp_port, opened->rtcp_port);
    stranger.phone.send_to(opened->rtp_port, opened->rtcp_port);
    own = call.engine->dtls_identity();
    call.engine->set_local_ice(leg, {kOurs, own});
    client = std::make_unique<dtls::Session>(browser.identity, dtls::Role::Client,
                                             std::vector<dtls::Fingerprint>{own->fingerprint()});
    telephone_leg = call.join(telephone);
    call.engine->bridge(leg, telephone_leg);
    call.settle();
  }
  void agree() {
    call.engine->set_remote(leg, browser.media(browser.identity->fingerprint()));
    call.settle();
  }
  /// Sends it and gives what came back within a moment.
  std::vector<Bytes> ask(Browser& from, BytesView datagram) {
    from.phone.others.clear();
    from.phone.send_raw(datagram);
    call.run(8, {&from.phone});
    return from.phone.others;
  }
  void handshake(Browser& from, dtls::Session& session) {
    const auto now = [] { return system_clock().now(); };
    session.start(now());
    for (int i = 0; i < 60 && session.state() != dtls::Session::State::Up; ++i) {
      for (const auto& datagram : session.take_outgoing()) from.phone.send_raw(datagram);
      call.run(4, {&from.phone});
      for (const auto& one : std::exchange(from.phone.others, {})) (void)session.on_datagram(one, now());
      session.on_time(now());
    }
    for (const auto& datagram : session.take_outgoing()) from.phone.send_raw(datagram);
  }
  void connect() {
    agree();
    (void)ask(browser, Browser::check());
    handshake(browser, *client);
    ASSERT_EQ(client->state(), dtls::Session::State::Up);
    browser.phone.secure(*client->keys());
    call.settle();
  }

  fake::Call call;
  fake::Phone telephone{CodecId::Pcmu, 0, 2};
  Browser browser{1}, stranger{3};
  LegHandle leg, telephone_leg;
  std::shared_ptr<const dtls::Identity> own;
  std::unique_ptr<dtls::Session> client;
};

TEST_F(IceLeg, ABrowserAndATelephoneHearEachOther) {
  connect();
  call.talk(60, browser.phone, telephone);
  EXPECT_GE(browser.phone.heard.size(), 58U);
  EXPECT_GE(telephone.heard.size(), 58U);
  EXPECT_EQ(browser.phone.unproven, 0U);
  const auto figures = call.close(leg);
  EXPECT_TRUE(figures.encrypted);
  EXPECT_EQ(figures.learned_remote, browser.phone.rtp());
}

TEST_F(IceLeg, ChecksAreAnsweredBeforeTheAnswerIsKnownAndOnlyProvenOnes) {
  const auto answers = ask(browser, Browser::check());
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(StunMessage::parse(answers[0])->proves(kOurs.password));
  EXPECT_TRUE(ask(stranger, Browser::check("guess")).empty());
}

TEST_F(IceLeg, NobodyButTheProvenPathGetsAWordOrAHandshake) {
  agree();
  dtls::Session spray(stranger.identity, dtls::Role::Client, {own->fingerprint()});
  spray.start(system_clock().now());
  const auto hello = spray.take_outgoing();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(ask(stranger, hello.front()).empty()) << "ClientHello from elsewhere";
  (void)ask(browser, Browser::check());
  handshake(browser, *client);
  EXPECT_EQ(client->state(), dtls::Session::State::Up) << "the spraying did no harm";
  browser.phone.secure(*client->keys());
  call.run(30, {&browser.phone, &telephone, &stranger.phone}, [&](unsigned) {
    stranger.phone.speak();
    stranger.phone.send_raw(hello.front());
    telephone.speak();
    browser.phone.speak();
  });
  EXPECT_TRUE(stranger.phone.heard.empty() && stranger.phone.others.empty());
  EXPECT_GE(browser.phone.heard.size(), 28U);
  EXPECT_GE(telephone.heard.size(), 28U);
  EXPECT_LE(telephone.heard.size(), 31U) << "the stranger is not heard";
}

TEST_F(IceLeg, WithoutNominationNothingIsSent) {
  agree();
  (void)ask(browser, Browser::check(kOurs.password, false));
  handshake(browser, *client);
  ASSERT_EQ(client->state(), dtls::Session::State::Up) << "the path is proven, the handshake may run";
  browser.phone.secure(*client->keys());
  call.talk(10, browser.phone, telephone);
  EXPECT_TRUE(browser.phone.heard.empty());
  (void)ask(browser, Browser::check());
  call.talk(10, browser.phone, telephone);
  EXPECT_GE(browser.phone.heard.size(), 8U);
}

TEST_F(IceLeg, APromptWaitsForTheHandshake) {  // the notice of a recording (PBX-4)
  agree();
  std::optional<PlayOutcome> outcome;
  call.engine->play(leg, *Prompt::from_pcm(fake::voice(9, 16000, 0.4), 16000), false,
                    [&](LegHandle, PlayOutcome how) { outcome = how; });
  call.run(20, {&browser.phone});
  EXPECT_FALSE(outcome);
  connect();
  call.until({&browser.phone}, [&] { return outcome.has_value(); });
  EXPECT_EQ(outcome, PlayOutcome::Finished);
  call.until({&browser.phone}, [&] { return browser.phone.heard.size() >= 20; });
  EXPECT_GE(browser.phone.heard.size(), 18U) << "all of it, but what came while the phone took its keys";
}

TEST_F(IceLeg, AnotherCertificateThanTheSignalledOneGetsNoSound) {
  call.engine->set_remote(leg, browser.media(stranger.identity->fingerprint()));
  (void)ask(browser, Browser::check());
  handshake(browser, *client);
  if (client->keys()) browser.phone.secure(*client->keys());
  call.talk(20, browser.phone, telephone);
  EXPECT_TRUE(browser.phone.heard.empty());
  EXPECT_TRUE(telephone.heard.empty());
}

TEST_F(IceLeg, TheStreamFollowsTheNominationAndAReinviteKeepsTheKeys) {
  connect();
  call.talk(10, browser.phone, telephone);
  agree();
  call.talk(10, browser.phone, telephone);
  EXPECT_GE(browser.phone.heard.size(), 18U);
  (void)ask(stranger, Browser::check());  // the same browser, by another interface
  stranger.phone.secure(*client->keys());
  stranger.phone.others.clear();
  const auto before = browser.phone.heard.size();
  call.run(10, {&browser.phone, &stranger.phone, &telephone}, [&](unsigned) { telephone.speak(); });
  EXPECT_EQ(browser.phone.heard.size(), before);
  EXPECT_GE(stranger.phone.heard.size(), 9U);
}

}  // namespace
}  // namespace parley::media
