#include <algorithm>
#include <array>

#include <codec/resampler.hpp>
#include <pbx/softphone_media.hpp>
#include <rtp/packet.hpp>
#include <sdp/session.hpp>

namespace parley::pbx {
namespace {

constexpr auto kPacketTime = std::chrono::milliseconds(20);
constexpr int kMostCaughtUp = 10;  // packets sent at once after the thread was away; older ones are skipped

}  // namespace

SoftphoneMedia::SoftphoneMedia(net::Reactor& reactor, const Options& options, Random& random)
    : reactor_(reactor), options_(options), origin_{random.next() >> 2U, 1} {
  ssrc_ = static_cast<std::uint32_t>(random.next());
  sequence_ = static_cast<std::uint16_t>(random.next());
  timestamp_ = static_cast<std::uint32_t>(random.next());
}

SoftphoneMedia::~SoftphoneMedia() { stop(); }

Result<std::unique_ptr<SoftphoneMedia>> SoftphoneMedia::open(net::Reactor& reactor, const Options& options,
                                                             Random& random) {
  std::unique_ptr<SoftphoneMedia> made(new SoftphoneMedia(reactor, options, random));
  auto socket = net::UdpSocket::bind(reactor, {options.address, 0}, {});
  if (!socket) return std::unexpected(socket.error());
  made->socket_ = std::move(*socket);
  made->socket_->on_datagram([raw = made.get()](BytesView bytes, const Endpoint&) { raw->on_datagram(bytes); });
  return made;
}

sdp::LocalAudio SoftphoneMedia::local() const {
  sdp::LocalAudio audio;
  audio.address = options_.address;
  audio.rtp_port = socket_->local().port;
  for (const auto id : options_.codecs) {
    const auto& format = codec::info(id);
    audio.codecs.push_back({format.static_payload_type.value_or(96),
                            std::string(format.name),
                            format.rtp_clock_rate,
                            format.rtpmap_channels,
                            {}});
  }
  audio.codecs.push_back({101, "telephone-event", 8000, 1, "0-15"});
  return audio;
}

std::string SoftphoneMedia::offer() { return local_text_ = sdp::build_offer(origin_, local()); }

std::optional<std::string> SoftphoneMedia::answer(const std::string& offer) {
  const auto session = sdp::parse_session(offer);
  if (!session) return std::nullopt;
  const auto made = sdp::build_answer(*session, origin_, local());
  if (!made) return std::nullopt;
  ++origin_.version;
  return local_text_ = made->text;
}

Result<void> SoftphoneMedia::agree(const std::string& remote, bool remote_is_answer) {
  const auto theirs = sdp::parse_session(remote);
  const auto ours = sdp::parse_session(local_text_);
  if (!theirs || !ours) return fail(Errc::Invalid, "unreadable session description");
  const auto* stream = theirs->first_audio();
  const auto* own = ours->first_audio();
  if (!stream || !own) return fail(Errc::Unsupported, "no audio stream");
  const auto chosen = sdp::chosen_codec(remote_is_answer ? *stream : *own);
  const auto id = chosen ? codec::codec_by_name(chosen->name, chosen->clock_rate) : std::nullopt;
  if (!id) return fail(Errc::Unsupported, "no codec in common");
  for (const auto& codec : stream->codecs()) {
    if (codec.same_encoding(*chosen)) payload_type_ = codec.payload_type;
    if (codec.is_telephone_event() && codec.clock_rate == 8000) event_type_ = codec.payload_type;
  }
  remote_ = theirs->rtp_of(*stream);
  sending_ = remote_ && sdp::receives(theirs->direction_of(*stream));
  if (!encoder_ || rate_ != codec::info(*id).sample_rate) {
    encoder_ = codec::make_encoder(*id);
    decoder_ = codec::make_decoder(*id);
    rate_ = codec::info(*id).sample_rate;
    clock_step_ = codec::info(*id).rtp_clock_rate / 50;
  }
  if (!source_.empty()) play(std::move(source_), pcm_rate_, std::move(done_));
  if (!timer_) {
    next_ = reactor_.now();
    tick();
  }
  return {};
}

void SoftphoneMedia::stop() {
  reactor_.cancel(timer_);
  timer_ = {};
  remote_.reset();
  sending_ = false;
  pcm_.clear();
  done_ = nullptr;
}

void SoftphoneMedia::play(std::vector<std::int16_t> pcm, std::uint32_t rate, std::function<void()> done) {
  at_ = 0;
  pcm_.clear();
  done_ = std::move(done);
  pcm_rate_ = rate;
  if (!encoder_) {  // before the answer: the codec's rate is not known yet
    source_ = std::move(pcm);
    return;
  }
  source_.clear();
  if (rate == rate_) {
    pcm_ = std::move(pcm);
  } else if (auto changed = codec::resample(std::span<const std::int16_t>(pcm), rate, rate_)) {
    pcm_ = std::move(*changed);
  }
}

double SoftphoneMedia::played_seconds() const { return static_cast<double>(at_) / rate_; }

void SoftphoneMedia::press(char digit) {
  const auto event = rtp::event_of_key(digit);
  if (!event || events_.active() || !event_type_) return;
  event_timestamp_ = timestamp_;
  events_.start(*event, 1280, 160);
}

void SoftphoneMedia::tick() {
  int sent = 0;
  while (next_ <= reactor_.now() && sent++ < kMostCaughtUp) {
    send_packet();
    next_ += kPacketTime;
  }
  if (next_ < reactor_.now()) next_ = reactor_.now();
  timer_ = reactor_.at(next_, [this] { tick(); });
}

void SoftphoneMedia::send_packet() {
  const std::size_t samples = rate_ / 50;
  std::array<std::int16_t, 960> frame{};
  const auto left = pcm_.size() - at_;
  const auto count = std::min(samples, left);
  std::copy_n(pcm_.begin() + static_cast<std::ptrdiff_t>(at_), count, frame.begin());
  at_ += count;
  if (events_.active()) {
    const auto packet = events_.next();
    send(packet.payload, *event_type_, packet.marker, event_timestamp_);
  } else {
    std::array<std::uint8_t, codec::kMaxPayload> payload{};
    const auto size = encoder_->encode(std::span(frame).first(samples), payload);
    send(std::span(payload).first(size), payload_type_, figures_.packets_out == 0, timestamp_);
  }
  timestamp_ += clock_step_;
  if (count > 0 && at_ >= pcm_.size() && done_) std::exchange(done_, nullptr)();
}

void SoftphoneMedia::send(BytesView payload, std::uint8_t payload_type, bool marker, std::uint32_t timestamp) {
  if (!sending_) return;
  std::array<std::uint8_t, rtp::kRtpHeaderSize + codec::kMaxPayload> packet{};
  rtp::RtpPacket header;
  header.marker = marker;
  header.payload_type = payload_type;
  header.sequence_number = sequence_++;
  header.timestamp = timestamp;
  header.ssrc = ssrc_;
  rtp::write_rtp_header(packet, header);
  std::ranges::copy(payload, packet.begin() + rtp::kRtpHeaderSize);
  if (socket_->send(std::span(packet).first(rtp::kRtpHeaderSize + payload.size()), *remote_)) ++figures_.packets_out;
}

void SoftphoneMedia::on_datagram(BytesView datagram) {
  const auto packet = rtp::RtpPacket::parse(datagram);
  if (!packet || !decoder_ || packet->payload_type != payload_type_) return;
  ++figures_.packets_in;
  if (heard_.size() >= options_.keep_heard) return;
  std::array<std::int16_t, codec::kMaxPacketSamples> pcm{};
  const auto count = decoder_->decode(packet->payload, pcm);
  heard_.insert(heard_.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace parley::pbx
