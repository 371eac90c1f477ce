#include <cmath>
#include <map>
#include <numbers>

#include <gtest/gtest.h>

#include <codec/tones.hpp>
#include <media/mixer.hpp>

namespace parley::media {
namespace {
using codec::CodecId;

/// A party with a phone: says a tone, keeps what it hears.
class Guest {
 public:
  Guest(Mixer& mixer, CodecId id, double hertz, MixSettings settings = {}, double loud = 4000)
      : party(std::vector{id}, settings),
        id_(id),
        encoder_(codec::make_widest_encoder(id)),
        decoder_(codec::make_widest_decoder(id)),
        mixer_(mixer),
        hertz_(hertz),
        loud_(loud) {
    mixer_.add(party);
  }
  ~Guest() { mixer_.remove(party); }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  [[nodiscard]] std::uint32_t rate() const { return codec::widest_rate(id_); }
  void speak() {
    const std::size_t frame = rate() / 50;
    std::vector<std::int16_t> pcm(frame);
    for (auto& sample : pcm)
      sample = static_cast<std::int16_t>(loud_ *
                                         std::sin(2 * std::numbers::pi * hertz_ * static_cast<double>(at_++) / rate()));
    std::array<std::uint8_t, codec::kMaxPayload> payload;
    const std::size_t size = encoder_->encode(pcm, payload);
    if (!mute)
      party.input().put(id_, 1, 65536 + sent_, sent_ * (codec::info(id_).rtp_clock_rate / 50),
                        BytesView(payload).first(size));
    ++sent_;
  }
  void listen() {
    const auto payload = mixer_.payload_for(party);
    std::array<std::int16_t, codec::kMaxFullBandSamples> pcm;
    const std::size_t count = decoder_->decode(payload, pcm);
    heard.insert(heard.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(count));
  }
  /// How loud that tone was in the last half second.
  [[nodiscard]] double hears(double hertz) const {
    const std::size_t count = std::min<std::size_t>(rate() / 2, heard.size());
    double real = 0, imaginary = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double sample = heard[heard.size() - count + i];
      const double angle = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate();
      real += sample * std::cos(angle);
      imaginary += sample * std::sin(angle);
    }
    return 2 * std::hypot(real, imaginary) / static_cast<double>(count);
  }
  [[nodiscard]] double hears(const Guest& other) const { return hears(other.hertz_); }
  [[nodiscard]] int loudest() const {
    int out = 0;
    for (const auto sample : heard) out = std::max(out, std::abs(int{sample}));
    return out;
  }

  MixParty party;
  bool mute = false;
  std::vector<std::int16_t> heard;

 private:
  CodecId id_;
  std::unique_ptr<codec::Encoder> encoder_;
  std::unique_ptr<codec::Decoder> decoder_;
  Mixer& mixer_;
  double hertz_, loud_;
  std::uint64_t at_ = 0;
  std::uint32_t sent_ = 0;
};

void run(Mixer& mixer, std::span<Guest* const> guests, unsigned ticks) {
  for (unsigned i = 0; i < ticks; ++i) {
    for (Guest* guest : guests) guest->speak();
    mixer.mix();
    for (Guest* guest : guests)
      if (guest->party.hears) guest->listen();
  }
}
void run(Mixer& mixer, std::initializer_list<Guest*> guests, unsigned ticks) {
  run(mixer, std::span(guests.begin(), guests.size()), ticks);
}

TEST(Mixer, EachHearsAllOthersAndNotItself) {
  Mixer mixer;
  Guest a(mixer, CodecId::Pcmu, 500), b(mixer, CodecId::Pcma, 800), c(mixer, CodecId::Pcmu, 1100);
  run(mixer, {&a, &b, &c}, 60);
  for (const auto* one : {&a, &b, &c})
    for (const auto* other : {&a, &b, &c}) {
      if (one == other)
        EXPECT_LT(one->hears(*other), 40);
      else
        EXPECT_NEAR(one->hears(*other), 4000, 200);
    }
}

TEST(Mixer, PartiesOfEveryRateHearEachOther) {
  Mixer mixer;
  Guest narrow(mixer, CodecId::Pcma, 500), wide(mixer, CodecId::G722, 900), full(mixer, CodecId::Opus, 1300);
  run(mixer, {&narrow, &wide, &full}, 100);
  for (const auto* one : {&narrow, &wide, &full})
    for (const auto* other : {&narrow, &wide, &full}) {
      if (one == other)
        EXPECT_LT(one->hears(*other), 250);
      else
        EXPECT_NEAR(one->hears(*other), 4000, 900);
    }
}

TEST(Mixer, WidePartiesHearEachOtherWide) {
  Mixer mixer;
  Guest narrow(mixer, CodecId::Pcmu, 500), one(mixer, CodecId::G722, 6000), other(mixer, CodecId::G722, 900);
  run(mixer, {&narrow, &one, &other}, 60);
  EXPECT_GT(other.hears(one), 2500);
  EXPECT_LT(narrow.hears(2000), 100);  // 6 kHz is nothing at 8 kHz, no alias either
}

TEST(Mixer, WhoIsSilentGetsTheSameBytesAndCostsNoEncoding) {
  Mixer mixer;
  Guest talker(mixer, CodecId::Pcmu, 500), first(mixer, CodecId::Pcmu, 0), second(mixer, CodecId::Pcmu, 0);
  run(mixer, {&talker, &first, &second}, 30);
  EXPECT_EQ(mixer.payload_for(first.party).data(), mixer.payload_for(second.party).data());
  EXPECT_NE(mixer.payload_for(first.party).data(), mixer.payload_for(talker.party).data());
  EXPECT_FALSE(first.party.talks());
  EXPECT_TRUE(talker.party.talks());
  EXPECT_NEAR(first.hears(talker), 4000, 200);
}

TEST(Mixer, MutedPartiesAreNotHeardAndGainCounts) {
  Mixer mixer;
  Guest a(mixer, CodecId::Pcmu, 500, {.muted = true}), b(mixer, CodecId::Pcmu, 800, {.gain_percent = 200}, 2000),
      c(mixer, CodecId::Pcmu, 1100);
  run(mixer, {&a, &b, &c}, 60);
  EXPECT_LT(b.hears(a), 40);
  EXPECT_NEAR(a.hears(b), 4000, 250);
  EXPECT_NEAR(a.hears(c), 4000, 250);
  a.party.settings.muted = false;
  run(mixer, {&a, &b, &c}, 60);
  EXPECT_NEAR(b.hears(a), 4000, 250);
}

TEST(Mixer, ALoudRoomIsLimitedNotClipped) {
  Mixer mixer;
  std::vector<std::unique_ptr<Guest>> guests;
  for (int i = 0; i < 10; ++i)
    guests.push_back(std::make_unique<Guest>(mixer, CodecId::Pcmu, 400 + 150 * i, MixSettings{}, 9000));
  std::vector<Guest*> all;
  for (const auto& one : guests) all.push_back(one.get());
  run(mixer, all, 100);
  double others = 0;
  for (int i = 1; i < 10; ++i) {
    EXPECT_GT(guests[0]->hears(*guests[static_cast<std::size_t>(i)]), 1500);
    others += guests[0]->hears(*guests[static_cast<std::size_t>(i)]);
  }
  EXPECT_LT(guests[0]->hears(*guests[0]), 100);
  // Clipping would show between the tones.
  EXPECT_LT(guests[0]->hears(475), others / 9 / 15);
  EXPECT_GE(guests[0]->loudest(), 20000);
  // The gain comes back when it gets quieter.
  for (int i = 1; i < 10; ++i) guests[static_cast<std::size_t>(i)]->mute = true;
  run(mixer, all, 150);
  EXPECT_NEAR(guests[1]->hears(*guests[0]), 9000, 700);
}

TEST(Mixer, TheSpeakerIsWhoTalksLoudestAndDoesNotFlicker) {
  Mixer mixer;
  Guest a(mixer, CodecId::Pcmu, 500), b(mixer, CodecId::Pcmu, 800, {}, 4400), c(mixer, CodecId::Pcmu, 1100, {}, 9000);
  b.mute = c.mute = true;
  run(mixer, {&a, &b, &c}, 20);
  EXPECT_EQ(mixer.speaker(), &a.party);
  b.mute = false;
  run(mixer, {&a, &b, &c}, 50);
  EXPECT_EQ(mixer.speaker(), &a.party);  // a little louder is not enough
  c.mute = false;
  run(mixer, {&a, &b, &c}, 8);
  EXPECT_EQ(mixer.speaker(), &a.party);  // nor is a cough
  run(mixer, {&a, &b, &c}, 30);
  EXPECT_EQ(mixer.speaker(), &c.party);
  a.mute = b.mute = c.mute = true;
  run(mixer, {&a, &b, &c}, 60);
  EXPECT_EQ(mixer.speaker(), &c.party);  // who talked last
}

TEST(Mixer, ASoundIsHeardByAllAndGoesOnUntilItIsStopped) {
  Mixer mixer;
  Guest narrow(mixer, CodecId::Pcmu, 0), full(mixer, CodecId::Opus, 0);
  const std::array steps{codec::ToneStep{1000, 0, std::chrono::seconds(1)}};
  mixer.play(*Prompt::from_pcm(codec::make_tone(steps, 16000), 16000), false);
  run(mixer, {&narrow, &full}, 45);
  EXPECT_NEAR(narrow.hears(1000), 5000, 500);
  EXPECT_NEAR(full.hears(1000), 5000, 900);
  run(mixer, {&narrow, &full}, 40);
  EXPECT_LT(narrow.hears(1000), 20);
  EXPECT_FALSE(mixer.is_playing());
  mixer.play(*Prompt::from_pcm(codec::make_tone(steps, 16000), 16000), true);
  run(mixer, {&narrow, &full}, 200);
  EXPECT_NEAR(narrow.hears(1000), 5000, 500);
  mixer.stop();
  run(mixer, {&narrow, &full}, 40);
  EXPECT_LT(narrow.hears(1000), 20);
}

TEST(Mixer, LossIsConcealed) {
  for (const auto id : {CodecId::Pcmu, CodecId::G722, CodecId::Opus}) {
    Mixer mixer;
    Guest talker(mixer, id, 200), listener(mixer, CodecId::G722, 0);
    for (int i = 0; i < 100; ++i) {
      talker.mute = i > 30 && i % 10 == 0;
      run(mixer, {&talker, &listener}, 1);
    }
    EXPECT_EQ(talker.party.input().figures().lost, 6U) << codec::info(id).name;
    EXPECT_GT(listener.hears(talker), 3400) << codec::info(id).name;
  }
}

TEST(Mixer, FiveHundredPartiesWithTwentyWhoTalk) {
  Mixer mixer;
  std::vector<std::unique_ptr<Guest>> guests;
  std::vector<Guest*> all;
  for (int i = 0; i < 500; ++i) {
    guests.push_back(std::make_unique<Guest>(mixer, CodecId::Pcmu, i < 20 ? 300 + 100 * i : 0, MixSettings{}, 1000));
    all.push_back(guests.back().get());
  }
  run(mixer, all, 40);
  for (int i = 0; i < 20; ++i) EXPECT_NEAR(guests[400]->hears(300 + 100 * i), 1000, 100);
  EXPECT_LT(guests[7]->hears(*guests[7]), 40);
  guests.resize(3);
  EXPECT_EQ(mixer.size(), 3U);
}

}  // namespace
}  // namespace parley::media
