#pragma once
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <codec/codec.hpp>
#include <codec/stream_resampler.hpp>
#include <media/media_types.hpp>
#include <media/mix_input.hpp>
#include <media/prompt.hpp>

namespace parley::media {

/// Whether a party talks, by the energy of its 20 ms frames: opens at -54 dBFS, closes when half a second stayed below
/// -60. What is quieter is the noise of a line, which does not add up in a large room that way.
class TalkGate {
 public:
  static constexpr std::int64_t kOpen = 64 * 64, kKeep = 32 * 32;  // mean square
  static constexpr unsigned kHang = 25;                            // ticks
  /// Of the next frame; returns whether it is to be heard.
  bool next(std::int64_t mean_square) noexcept;
  void close() noexcept { left_ = 0, level_ = 0; }
  [[nodiscard]] bool is_open() const noexcept { return left_ > 0; }
  [[nodiscard]] float level() const noexcept { return level_; }  // smoothed, of the same unit

 private:
  unsigned left_ = 0;
  float level_ = 0;
};

/// One party of a room: what it says, and how it hears the others.
class MixParty {
 public:
  /// `formats`: as negotiated; the first is what it is sent. Not empty.
  MixParty(std::span<const codec::CodecId> formats, MixSettings settings);
  ~MixParty();
  MixParty(const MixParty&) = delete;
  MixParty& operator=(const MixParty&) = delete;

  [[nodiscard]] MixInput& input() noexcept { return input_; }
  MixSettings settings;
  bool hears = true;  // false: nothing is encoded for it in this tick
  [[nodiscard]] bool talks() const noexcept { return gate_.is_open(); }
  [[nodiscard]] codec::CodecId codec() const noexcept { return codec_; }

 private:
  friend class Mixer;
  codec::CodecId codec_;
  std::size_t layer_;
  MixInput input_;
  TalkGate gate_;
  bool heard_itself_out_ = false;            // the last payload was of its own mix
  std::unique_ptr<codec::Encoder> encoder_;  // for its own mix, while it talks
  std::array<std::int16_t, kMixFrame> frame_{};
  std::array<std::uint8_t, 480> payload_{};
};

/// Everybody hears everybody else (N-1), at the rate of their own codec: parties of one sample rate (8, 16, 48 kHz) are
/// added up as they are, only these sums are resampled to the other rates. Who does not talk is not added and hears
/// what all such hear, encoded once per codec; who talks gets its own mix without itself. The sum is limited, not
/// clipped: one gain for the room, down at once, up slowly.
///   each 20 ms: mixer.mix(); then payload_for(party) for each that hears
/// Pure. Thread: one at a time. mix() and payload_for() do not allocate.
/// Lifetime: parties are the owner's and are removed before they go.
class Mixer {
 public:
  Mixer();
  void add(MixParty& party);
  void remove(MixParty& party);
  /// A sound for all, among their voices; another one replaces it. `repeat`: until stop().
  void play(std::shared_ptr<const Prompt> sound, bool repeat);
  void stop() noexcept { sound_.reset(); }
  [[nodiscard]] bool is_playing() const noexcept { return sound_ != nullptr; }

  void mix() noexcept;
  /// Valid until the next mix(). Empty: the encoder has nothing.
  [[nodiscard]] BytesView payload_for(MixParty& party) noexcept;

  /// Who talks loudest; stays with who talked last. Another one must be louder by 3 dB for 200 ms.
  [[nodiscard]] const MixParty* speaker() const noexcept { return speaker_; }
  [[nodiscard]] std::size_t size() const noexcept { return parties_.size(); }

 private:
  static constexpr std::size_t kLayers = 3;
  static constexpr std::array<std::uint32_t, kLayers> kRates{8000, 16000, 48000};
  static constexpr unsigned kTail = 3;  // ticks for which a resampler gets silence after the last sound
  friend class MixParty;
  static std::size_t layer_of(std::uint32_t rate) noexcept { return rate <= 8000 ? 0 : rate <= 16000 ? 1 : 2; }

  struct Common {
    std::unique_ptr<codec::Encoder> encoder;
    std::array<std::uint8_t, 480> payload{};
    std::size_t size = 0;
    bool fresh = false;  // encoded in this tick
    unsigned parties = 0;
  };
  struct Layer {
    std::size_t samples = 0;
    unsigned parties = 0;
    bool sounds = false;                           // something was added in this tick
    unsigned quiet = kTail;                        // ticks since
    std::array<std::int32_t, kMixFrame> sum{};     // of this layer's own
    std::array<std::int32_t, kMixFrame> all{};     // with the others', which every listener of this rate hears
    std::array<std::int16_t, kMixFrame> out{};     // ... limited: what who is silent hears
    std::array<std::int16_t, kMixFrame> before{};  // of the last tick
    std::array<std::optional<codec::StreamResampler>, kLayers> to;
  };

  void take_in() noexcept;
  void add_sound() noexcept;
  void cross_layers() noexcept;
  void limit() noexcept;
  void find_speaker() noexcept;
  void prepare();

  std::vector<MixParty*> parties_;
  std::array<Layer, kLayers> layers_{};
  std::array<Common, 4> common_{};  // by CodecId
  std::shared_ptr<const Prompt> sound_;
  bool repeat_ = false;
  std::size_t sound_at_ = 0;
  std::int32_t gain_ = kUnity, gain_before_ = kUnity;  // of the limiter, 1/4096
  static constexpr std::int32_t kUnity = 4096;
  unsigned sources_ = 0;  // added in this tick
  const MixParty* speaker_ = nullptr;
  const MixParty* challenger_ = nullptr;
  unsigned challenged_ = 0;
};

}  // namespace parley::media
