#pragma once
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <codec/codec.hpp>
#include <media/media_socket.hpp>
#include <media/media_types.hpp>
#include <rtp/packet.hpp>
#include <rtp/rtcp.hpp>
#include <rtp/telephone_event.hpp>

/// A telephone for tests: real sockets, driven by the test's own loop. Never part of the product.
namespace parley::media::fake {

/// A sound that is like itself at no other time and like no other seed's: tones that wander.
inline std::vector<std::int16_t> voice(unsigned seed, std::uint32_t rate, double seconds) {
  std::vector<std::int16_t> out(static_cast<std::size_t>(rate * seconds));
  std::mt19937 random(seed);
  const auto step = static_cast<double>(random() % 1000) / 1000.0;
  double phase_a = step, phase_b = 2 * step, a = 500, b = 1500;
  const std::uint32_t change = rate / 25;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % change == 0) {
      a = 300 + static_cast<double>(random() % 900);
      b = 1300 + static_cast<double>(random() % 1600);
    }
    phase_a += 2 * M_PI * a / rate;
    phase_b += 2 * M_PI * b / rate;
    out[i] = static_cast<std::int16_t>(5000 * std::sin(phase_a) + 4000 * std::sin(phase_b));
  }
  return out;
}

/// The best correlation of `part` anywhere in `whole` within the lags given (samples), and where.
struct Match {
  double likeness = 0;
  std::ptrdiff_t lag = 0;
};
inline Match match(std::span<const std::int16_t> part, std::span<const std::int16_t> whole, std::ptrdiff_t from,
                   std::ptrdiff_t to) {
  Match best;
  for (std::ptrdiff_t lag = from; lag <= to; ++lag) {
    double cross = 0, energy_a = 1, energy_b = 1;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(i) + lag;
      if (at < 0 || at >= static_cast<std::ptrdiff_t>(whole.size())) continue;
      const double x = part[i], y = whole[static_cast<std::size_t>(at)];
      cross += x * y;
      energy_a += x * x;
      energy_b += y * y;
    }
    const double likeness = cross / std::sqrt(energy_a * energy_b);
    if (likeness > best.likeness) best = {likeness, lag};
  }
  return best;
}

class Phone {
 public:
  struct Heard {
    std::uint16_t sequence_number;
    std::uint32_t timestamp, ssrc;
    bool marker;
    std::uint8_t payload_type;
    Bytes payload;
  };

  Phone(codec::CodecId codec, std::uint8_t payload_type, unsigned seed, const char* address = "127.0.0.1")
      : codec_(codec),
        payload_type_(payload_type),
        address_(*IpAddress::parse(address)),
        sockets_(bind(address)),
        encoder_(codec::make_encoder(codec)),
        voice_(voice(seed, codec::info(codec).sample_rate, 20)),
        ssrc_(seed * 7919U),
        sequence_(static_cast<std::uint16_t>(65000 + seed)),
        timestamp_(seed * 100'000U) {}

  [[nodiscard]] Endpoint rtp() const { return {address_, sockets_.rtp.port()}; }
  [[nodiscard]] RemoteMedia media() const {
    RemoteMedia remote;
    remote.rtp = rtp();
    remote.formats = {{codec_, payload_type_, {}}};
    remote.telephone_event = 101;
    return remote;
  }
  void send_to(std::uint16_t rtp_port, std::uint16_t rtcp_port) {
    to_ = NativeAddress({*IpAddress::parse("127.0.0.1"), rtp_port}, false);
    rtcp_to_ = NativeAddress({*IpAddress::parse("127.0.0.1"), rtcp_port}, false);
  }
  [[nodiscard]] std::uint32_t rate() const { return codec::info(codec_).sample_rate; }
  [[nodiscard]] std::span<const std::int16_t> spoken() const { return std::span(voice_).first(at_); }

  /// The next 20 ms of the voice.
  void speak(bool lose = false) {
    const std::size_t frame = rate() / 50;
    Bytes payload(codec::kMaxPayload);
    payload.resize(encoder_->encode(std::span(voice_).subspan(at_, frame), payload));
    at_ += frame;
    if (!lose) send(payload_type_, payload, timestamp_, at_ == frame);
    if (lose) ++sequence_;
    timestamp_ += codec::info(codec_).rtp_clock_rate / 50;
  }
  void send(std::uint8_t payload_type, BytesView payload, std::uint32_t timestamp, bool marker) {
    Bytes datagram(rtp::kRtpHeaderSize);
    rtp::write_rtp_header(datagram, {marker, payload_type, sequence_++, timestamp, ssrc_, {}});
    datagram.insert(datagram.end(), payload.begin(), payload.end());
    send_raw(datagram);
  }
  void send_raw(BytesView datagram) { (void)sockets_.rtp.send(datagram, to_); }
  void send_rtcp_raw(BytesView datagram) { (void)sockets_.rtcp.send(datagram, rtcp_to_); }
  [[nodiscard]] std::uint32_t timestamp() const { return timestamp_; }
  void change_ssrc(std::uint32_t ssrc) { ssrc_ = ssrc; }

  /// Takes what came. Answers a sender report as RFC 3550 says.
  void listen(WallTime now) {
    sockaddr_storage from{};
    std::array<std::uint8_t, 2048> buffer{};
    for (std::ptrdiff_t size = 0; (size = sockets_.rtp.receive(buffer, from)) >= 0;) {
      if (const auto packet = rtp::RtpPacket::parse(BytesView(buffer).first(static_cast<std::size_t>(size))))
        heard.push_back({packet->sequence_number, packet->timestamp, packet->ssrc, packet->marker, packet->payload_type,
                         Bytes(packet->payload.begin(), packet->payload.end())});
    }
    for (std::ptrdiff_t size = 0; (size = sockets_.rtcp.receive(buffer, from)) >= 0;) {
      const auto compound = rtp::RtcpCompound::parse(BytesView(buffer).first(static_cast<std::size_t>(size)));
      if (!compound) continue;
      ++reports;
      bye = bye || compound->bye;
      if (!compound->sender_info) continue;
      (void)now;
      rtp::RtcpReport answer{
          ssrc_,
          {},
          rtp::ReportBlock{compound->sender_ssrc, 0, 3, 0, 80, rtp::ntp_middle(compound->sender_info->ntp_time), 0},
          "phone",
          false};
      std::array<std::uint8_t, rtp::kMaxRtcpReport> datagram{};
      send_rtcp_raw(BytesView(datagram).first(rtp::write_rtcp(datagram, answer)));
    }
  }

  /// What was heard, decoded and laid out by its time stamps.
  [[nodiscard]] std::vector<std::int16_t> sound() const {
    std::vector<std::int16_t> out, pcm(codec::kMaxPacketSamples);
    const auto decoder = codec::make_decoder(codec_);
    std::optional<std::uint32_t> first;
    for (const auto& packet : heard) {
      if (packet.payload_type != payload_type_) continue;
      if (!first) first = packet.timestamp;
      const std::size_t count = decoder->decode(packet.payload, pcm);
      const auto at = static_cast<std::size_t>(static_cast<std::int32_t>(packet.timestamp - *first)) * rate() /
                      codec::info(codec_).rtp_clock_rate;
      if (at > std::size_t{60} * rate()) continue;
      if (out.size() < at + count) out.resize(at + count);
      std::copy_n(pcm.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return out;
  }
  /// Keys heard as telephone-event packets.
  [[nodiscard]] std::string keys() const {
    rtp::TelephoneEventDecoder decoder;
    std::string out;
    for (const auto& packet : heard) {
      if (packet.payload_type != 101) continue;
      const auto presses = decoder.on_packet(packet.ssrc, packet.timestamp, packet.marker, packet.payload, {});
      for (unsigned i = 0; i < presses.count; ++i) out += presses.items[i].key;
    }
    if (const auto last = decoder.on_time(TimePoint{} + std::chrono::seconds(1))) out += last->key;
    return out;
  }

  std::vector<Heard> heard;
  unsigned reports = 0;
  bool bye = false;

 private:
  static SocketPair bind(const char* address) {
    PortRange range(*IpAddress::parse(address), 0, 0, system_random());
    return std::move(*range.bind_pair());
  }

  codec::CodecId codec_;
  std::uint8_t payload_type_;
  IpAddress address_;
  SocketPair sockets_;
  NativeAddress to_, rtcp_to_;
  std::unique_ptr<codec::Encoder> encoder_;
  std::vector<std::int16_t> voice_;
  std::size_t at_ = 0;
  std::uint32_t ssrc_;
  std::uint16_t sequence_;
  std::uint32_t timestamp_;
};

}  // namespace parley::media::fake
