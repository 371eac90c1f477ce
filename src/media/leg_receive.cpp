#include <algorithm>

#include <codec/codec.hpp>
#include <media/leg_incoming.hpp>
#include <media/mixer.hpp>

namespace parley::media {
namespace {

/// What a datagram may fill of the shared buffer.
std::span<std::uint8_t> packet_space(LegShared& shared) { return std::span(shared.buffer).first(rtp::kMaxPacket); }

}  // namespace

bool Leg::may_come_from(const sockaddr_storage& from, bool& known) const {
  known = connected_ && rtp_to_.same_as(from);
  if (known) return true;
  const Endpoint source = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr&>(from));
  const auto action = rtp::SourceLearning::next(rtp_source_.state(), rtp_source_.classify(source)).action;
  return action == rtp::SourceLearning::Action::Take || action == rtp::SourceLearning::Action::TakeAndMove;
}

void Leg::learn_source(const sockaddr_storage& from, TimePoint now) {
  const auto before = rtp_source_.state();
  bool moved = false;
  (void)rtp_source_.on_packet(Endpoint::from_sockaddr(reinterpret_cast<const sockaddr&>(from)), &moved);
  if (rtp_source_.state() == before && !moved) return;
  latched_at_ = rtp_source_.state() == rtp::SourceLearning::State::Latched ? std::optional(now) : std::nullopt;
  update_destination();
}

void Leg::on_rtp_readable(TimePoint now) {
  sockaddr_storage from{};
  const auto size = sockets_.rtp.receive(packet_space(shared_), from);
  if (size < 0) return;
  on_datagram(static_cast<std::size_t>(size), from, now);
}

void Leg::on_datagram(std::size_t size, const sockaddr_storage& from, TimePoint now) {
  bool known = ice_ != nullptr;
  if (ice_) {
    if (!takes_as_media(packet_space(shared_).first(std::min(size, rtp::kMaxPacket)), from, now)) return;
  } else if (!may_come_from(from, known)) {
    ++refused_source_;
    ++shared_.totals.refused_source;
    return;
  }
  BytesView datagram = BytesView(packet_space(shared_)).first(std::min(size, rtp::kMaxPacket));
  const bool rtcp = rtcp_mux_ && rtp::looks_like_rtcp(datagram);
  if (security_) {
    const auto plain = opened(size, rtcp, now);
    if (!plain) return;
    datagram = *plain;
  }
  if (rtcp) {
    if (known || rtp_source_.state() == rtp::SourceLearning::State::Latched) on_rtcp(datagram, now);
    return;
  }
  const auto packet =
      size > rtp::kMaxPacket ? std::unexpected(rtp::RtpErrc::Truncated) : rtp::RtpPacket::parse(datagram);
  if (!packet) {
    ++refused_malformed_;
    ++shared_.totals.refused_malformed;
    return;
  }
  const bool is_key = packet->payload_type == receive_event_type_;
  const Format* format = nullptr;
  for (unsigned i = 0; i < format_count_ && format == nullptr; ++i)
    if (formats_[i].receive_type == packet->payload_type) format = &formats_[i];
  const bool bad_payload =
      format != nullptr && !packet->payload.empty() && codec::duration_of(format->codec, packet->payload) == 0;
  if (known) came_up(now, format != nullptr && !is_key && !bad_payload);
  if ((!is_key && format == nullptr) || bad_payload) {
    ++(bad_payload ? refused_malformed_ : refused_payload_);
    ++(bad_payload ? shared_.totals.refused_malformed : shared_.totals.refused_payload);
    // Comfort noise and the like still hold a place in the sequence of a source that we know.
    if (known && reception_.any() && packet->ssrc == reception_.ssrc() && !bad_payload) {
      const auto arrival =
          reception_.on_packet(packet->ssrc, packet->sequence_number, packet->timestamp, 8000, now, false);
      if (rtp::is_new(arrival) && peer_ != nullptr)
        peer_->leave_out({*packet, arrival, reception_.sequence().last(), segment_, 8000, now, peer_ == this});
    }
    return;
  }
  if (!known) learn_source(from, now);

  const std::uint32_t rate = is_key ? event_rate_ : codec::info(format->codec).rtp_clock_rate;
  const bool new_source = !reception_.any() || packet->ssrc != reception_.ssrc();
  const auto arrival =
      reception_.on_packet(packet->ssrc, packet->sequence_number, packet->timestamp, rate, now, !is_key);
  if (!rtp::is_new(arrival)) return;
  if (new_source || arrival == rtp::Arrival::Restart) segment_ = ++shared_.last_segment;
  ++packets_in_;
  ++shared_.totals.packets_in;
  bytes_in_ += packet->payload.size();
  note_life(now);
  if (!told_first_) {
    told_first_ = true;
    if (callbacks_.on_first_packet) post([tell = callbacks_.on_first_packet, handle = handle_] { tell(handle); });
  }
  const Incoming in{*packet, arrival, reception_.sequence().last(), segment_, rate, now, peer_ == this};
  if (is_key) {
    on_key_packet(in);
  } else {
    last_codec_ = format->codec;
    if (may_receive_ && !packet->payload.empty()) on_audio(in);
  }
}

std::optional<BytesView> Leg::opened(std::size_t size, bool rtcp, TimePoint now) {
  const auto datagram = packet_space(shared_).first(std::min(size, rtp::kMaxPacket));
  if (size <= rtp::kMaxPacket)
    if (const auto plain = security_->open(datagram, rtcp, now)) return datagram.first(*plain);
  ++refused_unproven_;
  ++shared_.totals.refused_unproven;
  return std::nullopt;
}

void Leg::on_audio(const Incoming& in) {
  if (recording_)
    recording_->offer({party_, in.now, in.segment, in.sequence, in.packet.timestamp, *last_codec_, in.packet.payload});
  if (mix_party_ != nullptr)
    mix_party_->input().put(*last_codec_, in.segment, in.sequence, in.packet.timestamp, in.packet.payload);
  else if (peer_ != nullptr)
    peer_->relay_audio(in, *last_codec_, in.clock_rate);
}

void Leg::on_key_packet(const Incoming& in) {
  const auto presses =
      keys_in_.on_packet(in.packet.ssrc, in.packet.timestamp, in.packet.marker, in.packet.payload, in.now);
  for (unsigned i = 0; i < presses.count; ++i) tell_press(presses.items[i]);
  if (peer_ == nullptr || peer_ == this || !may_receive_) return;
  if (relay_dtmf_)
    peer_->relay_key(in);
  else
    peer_->leave_out(in);
}

void Leg::tell_press(const rtp::KeyPress& press) {
  if (!callbacks_.on_dtmf) return;
  const DtmfPress out{press.key, std::chrono::microseconds(std::uint64_t{press.duration} * 1'000'000 / event_rate_)};
  post([tell = callbacks_.on_dtmf, handle = handle_, out] { tell(handle, out); });
}

void Leg::on_rtcp_readable(TimePoint now) {
  sockaddr_storage from{};
  const auto size = sockets_.rtcp.receive(packet_space(shared_), from);
  if (size < 0) return;
  const Endpoint source = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr&>(from));
  const auto action = rtp::SourceLearning::next(rtcp_source_.state(), rtcp_source_.classify(source)).action;
  if (action == rtp::SourceLearning::Action::Refuse || action == rtp::SourceLearning::Action::None) {
    ++refused_source_;
    ++shared_.totals.refused_source;
    return;
  }
  BytesView datagram =
      BytesView(packet_space(shared_)).first(std::min(static_cast<std::size_t>(size), rtp::kMaxPacket));
  if (security_) {
    const auto plain = opened(static_cast<std::size_t>(size), true, now);
    if (!plain) return;
    datagram = *plain;
  }
  if (!rtp::RtcpCompound::parse(datagram)) {
    ++refused_malformed_;
    ++shared_.totals.refused_malformed;
    return;
  }
  (void)rtcp_source_.on_packet(source);
  on_rtcp(datagram, now);
}

void Leg::note_life(TimePoint now) {
  last_received_ = now;
  if (!std::exchange(told_inactive_, false)) return;
  if (callbacks_.on_active) post([tell = callbacks_.on_active, handle = handle_] { tell(handle); });
}

void Leg::on_rtcp(BytesView datagram, TimePoint now) {
  const auto compound = rtp::RtcpCompound::parse(datagram);
  if (!compound) {
    ++refused_malformed_;
    ++shared_.totals.refused_malformed;
    return;
  }
  note_life(now);  // a muted phone may send nothing else
  if (compound->sender_info) reception_.on_sender_report(compound->sender_ssrc, compound->sender_info->ntp_time, now);
  for (unsigned i = 0; i < compound->block_count; ++i) {
    const auto& block = compound->blocks[i];
    if (block.ssrc != out_.ssrc()) continue;
    lost_out_ = static_cast<std::uint64_t>(std::max(block.cumulative_lost, 0));
    const double rate = format_count_ == 0 ? 8000 : codec::info(formats_[0].codec).rtp_clock_rate;
    jitter_out_ms_ = block.jitter * 1000.0 / rate;
    if (const auto rtt = rtp::round_trip(block, rtp::ntp_middle(rtp::ntp_time(shared_.clock.wall()))))
      round_trip_ = rtt;
  }
}

}  // namespace parley::media
