#include <algorithm>

#include <media/leg_incoming.hpp>
#include <rtp/wire.hpp>

namespace parley::media {

bool Leg::can_send() const noexcept { return may_send_ && rtp_to_.length != 0 && (!security_ || security_->ready()); }

bool Leg::send_packet(std::span<std::uint8_t> buffer, std::size_t size, std::uint8_t payload_type,
                      const OutgoingStream::Place& place) {
  rtp::write_rtp_header(buffer, {place.marker, payload_type, place.sequence_number, place.timestamp, out_.ssrc(), {}});
  const std::size_t length = security_ ? security_->protect(buffer, size, false) : size;
  if (length == 0 || !sockets_.rtp.send(buffer.first(length), rtp_to_)) {
    ++send_errors_;
    ++shared_.totals.send_errors;
    return false;
  }
  ++packets_out_;
  ++shared_.totals.packets_out;
  bytes_out_ += size - rtp::kRtpHeaderSize;
  return true;
}

void Leg::relay_audio(const Incoming& in, codec::CodecId codec, std::uint32_t rate) {
  if (!can_send() || taken()) return;
  const Format* format = nullptr;
  for (unsigned i = 0; i < format_count_ && format == nullptr; ++i)
    if (formats_[i].codec == codec) format = &formats_[i];
  if (format == nullptr) return transcode(in, codec);
  const auto place = out_.place({in.segment, in.sequence, in.packet.timestamp, rate, in.packet.marker}, rate, in.now);
  if (!place) return;
  // The payload lies in the receive buffer behind a header at least as long as ours: sent from there, not copied.
  auto* const begin = shared_.buffer.data() + (in.packet.payload.data() - shared_.buffer.data()) - rtp::kRtpHeaderSize;
  const std::size_t size = in.packet.payload.size() + rtp::kRtpHeaderSize;
  (void)send_packet({begin, size + srtp::kMaxTrailer}, size, format->send_type, *place);
}

void Leg::transcode(const Incoming& in, codec::CodecId from) {
  auto* const transcoder = transcoders_[static_cast<std::size_t>(from)].get();
  if (transcoder == nullptr || !rtp::in_order(in.arrival)) return;
  const std::uint32_t in_rate = codec::info(from).rtp_clock_rate,
                      out_rate = codec::info(formats_[0].codec).rtp_clock_rate;
  bool marker = in.packet.marker;
  for (const auto& frame : transcoder->feed(in.sequence, in.packet.timestamp, in.packet.payload)) {
    (void)send_own(frame.payload, formats_[0].send_type, {in.segment, frame.sequence, frame.timestamp, in_rate, marker},
                   out_rate, in.now);
    marker = false;
  }
}

bool Leg::send_own(BytesView payload, std::uint8_t payload_type, const OutgoingStream::Position& position,
                   std::uint32_t rate, TimePoint now) {
  const auto place = out_.place(position, rate, now);
  if (!place) return true;
  std::array<std::uint8_t, rtp::kRtpHeaderSize + codec::kMaxPayload + srtp::kMaxTrailer> buffer;
  std::ranges::copy(payload, buffer.begin() + rtp::kRtpHeaderSize);
  return send_packet(buffer, rtp::kRtpHeaderSize + payload.size(), payload_type, *place);
}

void Leg::hear_room(BytesView payload, TimePoint now) {
  const auto rate = room_position_.clock_rate;
  if (!payload.empty()) (void)send_own(payload, formats_[0].send_type, room_position_, rate, now);
  ++room_position_.sequence;
  room_position_.timestamp += rate / 50;
}

void Leg::relay_key(const Incoming& in) {
  if (!can_send() || taken()) return;
  if (!send_event_type_ || in.packet.payload.size() < 4) return leave_out(in);
  std::array<std::uint8_t, 4> payload;
  std::copy_n(in.packet.payload.begin(), 4, payload.begin());
  if (in.clock_rate != event_rate_)
    rtp::put16(&payload[2], static_cast<std::uint16_t>(std::min<std::uint64_t>(
                                std::uint64_t{rtp::get16(&payload[2])} * event_rate_ / in.clock_rate, 0xFFFF)));
  (void)send_own(payload, *send_event_type_,
                 {in.segment, in.sequence, in.packet.timestamp, in.clock_rate, in.packet.marker}, event_rate_, in.now);
}

void Leg::leave_out(const Incoming& in) { out_.leave_out(in.segment, in.sequence); }

void Leg::prepare_transcoders(const Leg& source) {
  for (auto& transcoder : transcoders_) transcoder.reset();
  if (format_count_ == 0) return;
  for (unsigned i = 0; i < source.format_count_; ++i) {
    const auto from = source.formats_[i].codec;
    const bool common = std::any_of(formats_.begin(), formats_.begin() + format_count_,
                                    [&](const Format& format) { return format.codec == from; });
    if (!common) transcoders_[static_cast<std::size_t>(from)] = std::make_unique<Transcoder>(from, formats_[0].codec);
  }
}

void Leg::on_tick(TimePoint now) {
  if (key_.active())
    tick_key(now);
  else if (player_.active())
    tick_player(now);
}

void Leg::tick_key(TimePoint now) {
  const auto packet = key_.next();
  key_position_.marker = packet.marker;
  if (can_send() && send_event_type_)
    (void)send_own(packet.payload, *send_event_type_, key_position_, event_rate_, now);
  ++key_position_.sequence;
}

void Leg::tick_player(TimePoint now) {
  if (is_connecting() && now < play_waits_until_) return;
  if (!can_send() || format_count_ == 0) return stop_play(PlayOutcome::Failed);
  const BytesView payload = player_.next();
  if (payload.empty()) return stop_play(player_.mostly_refused() ? PlayOutcome::Failed : PlayOutcome::Finished);
  const std::uint32_t rate = codec::info(formats_[0].codec).rtp_clock_rate;
  play_position_.clock_rate = rate;
  player_.on_sent(send_own(payload, formats_[0].send_type, play_position_, rate, now));
  ++play_position_.sequence;
  play_position_.timestamp += rate / 50;
}

void Leg::send_report(TimePoint now, bool bye) {
  const auto to = ice_ ? ice_->selected() : rtcp_mux_ ? rtp_source_.destination() : rtcp_source_.destination();
  if (!to) return;
  rtp::RtcpReport report;
  report.ssrc = out_.ssrc();
  report.cname = cname_;
  report.bye = bye;
  if (packets_out_ != reported_out_)
    report.sender_info =
        rtp::SenderInfo{rtp::ntp_time(shared_.clock.wall()), out_.timestamp_at(now),
                        static_cast<std::uint32_t>(packets_out_), static_cast<std::uint32_t>(bytes_out_)};
  reported_out_ = packets_out_;
  if (reception_.any()) report.block = reception_.report(now);
  std::array<std::uint8_t, rtp::kMaxRtcpReport + srtp::kMaxTrailer> buffer;
  std::size_t size = rtp::write_rtcp(buffer, report);
  if (security_) size = security_->protect(buffer, size, true);
  MediaSocket& socket = rtcp_mux_ ? sockets_.rtp : sockets_.rtcp;
  if (size > 0) (void)socket.send(BytesView(buffer).first(size), NativeAddress(*to, socket.v6()));
}

}  // namespace parley::media
