#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <base/endpoint.hpp>
#include <base/random.hpp>
#include <base/result.hpp>
#include <codec/codec.hpp>
#include <net/reactor.hpp>
#include <net/udp_socket.hpp>
#include <rtp/telephone_event.hpp>
#include <sdp/offer_answer.hpp>

namespace parley::pbx {

/// The sound of a Softphone: one RTP stream each way over its own socket, a packet every 20 ms by the monotonic clock
/// (late timers are caught up), silence when there is nothing to play. Thread: the reactor's.   Lifetime: the
/// Softphone.
class SoftphoneMedia {
 public:
  struct Options {
    IpAddress address;
    std::vector<codec::CodecId> codecs{codec::CodecId::G722, codec::CodecId::Pcmu};  // as offered, preferred first
    std::size_t keep_heard = 0;  // samples of received sound to keep, for tests
  };
  [[nodiscard]] static Result<std::unique_ptr<SoftphoneMedia>> open(net::Reactor& reactor, const Options& options,
                                                                    Random& random);
  ~SoftphoneMedia();

  [[nodiscard]] std::string offer();
  /// nullopt: nothing in common.
  [[nodiscard]] std::optional<std::string> answer(const std::string& offer);
  /// Begins to send to where the other description says. Errors: Invalid, Unsupported.
  [[nodiscard]] Result<void> agree(const std::string& remote, bool remote_is_answer);
  void stop();

  /// From the next packet on; `done` when the last sample went out (not when replaced or stopped).
  void play(std::vector<std::int16_t> pcm, std::uint32_t rate, std::function<void()> done);
  [[nodiscard]] double played_seconds() const;
  void press(char digit);

  struct Figures {
    std::uint64_t packets_in = 0, packets_out = 0;
  };
  [[nodiscard]] const Figures& figures() const noexcept { return figures_; }
  /// At the codec's sample rate; empty unless keep_heard.
  [[nodiscard]] const std::vector<std::int16_t>& heard() const noexcept { return heard_; }
  [[nodiscard]] std::uint32_t heard_rate() const noexcept { return rate_; }

 private:
  SoftphoneMedia(net::Reactor& reactor, const Options& options, Random& random);
  [[nodiscard]] sdp::LocalAudio local() const;
  void on_datagram(BytesView datagram);
  void tick();
  void send_packet();
  void send(BytesView payload, std::uint8_t payload_type, bool marker, std::uint32_t timestamp);

  net::Reactor& reactor_;
  Options options_;
  std::unique_ptr<net::UdpSocket> socket_;
  sdp::Origin origin_;
  std::string local_text_;
  std::optional<Endpoint> remote_;
  bool sending_ = false;
  std::uint8_t payload_type_ = 0;
  std::optional<std::uint8_t> event_type_;
  std::uint32_t rate_ = 8000, clock_step_ = 160;
  std::unique_ptr<codec::Encoder> encoder_;
  std::unique_ptr<codec::Decoder> decoder_;
  std::vector<std::int16_t> pcm_, heard_;
  std::size_t at_ = 0;
  std::uint32_t pcm_rate_ = 8000;
  std::vector<std::int16_t> source_;  // as given, until the codec is known
  std::function<void()> done_;
  rtp::TelephoneEventEncoder events_;
  std::uint32_t event_timestamp_ = 0;
  std::uint16_t sequence_ = 0;
  std::uint32_t timestamp_ = 0, ssrc_ = 0;
  TimePoint next_{};
  net::Reactor::TimerHandle timer_;
  Figures figures_;
};

}  // namespace parley::pbx
