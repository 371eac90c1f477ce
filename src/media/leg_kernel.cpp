#include <media/kernel_relay.hpp>
#include <media/leg.hpp>

// What a leg has to do with the kernel's relay: a bridge of two plain streams is handed to it once nothing happened to
// them for a while, and taken back by whatever is more than relaying. Both directions go together.
namespace parley::media {
using namespace std::chrono_literals;

namespace {
constexpr Duration kPlainFor = 1s;        // nothing but audio for so long, before it is handed over
constexpr Duration kHandingOver = 100ms;  // what was in the socket's queue then still comes up
constexpr Duration kCountEvery = 1s;
constexpr Duration kRefusedFor = 1min;  // and then asked again
}  // namespace

/// One way: whether all that comes to this leg is sent on by its peer with another header, and nothing else is done.
bool Leg::is_plain_relay(TimePoint now) const {
  if (peer_ == nullptr || peer_ == this || peer_->peer_ != this) return false;
  if (!connected_ || !may_receive_ || recording_ || !last_codec_ || !reception_.any()) return false;
  if (!peer_->connected_ || !peer_->can_send() || peer_->taken()) return false;
  return now - not_plain_at_ >= kPlainFor && now - last_received_ < kPlainFor && out_format(*last_codec_) != nullptr;
}

const Leg::Format* Leg::out_format(codec::CodecId codec) const {
  for (unsigned i = 0; i < peer_->format_count_; ++i)
    if (peer_->formats_[i].codec == codec) return &peer_->formats_[i];
  return nullptr;
}

bool Leg::hand_over(TimePoint now) {
  const auto shift = peer_->out_.shift(segment_);
  const auto local = sockets_.rtp.local(), out_local = peer_->sockets_.rtp.local();
  const Format* in = nullptr;
  for (unsigned i = 0; i < format_count_ && in == nullptr; ++i)
    if (formats_[i].codec == *last_codec_) in = &formats_[i];
  if (!shift || !local || !out_local || in == nullptr) return false;
  RelayRule rule{.local = *local,
                 .remote = *rtp_source_.destination(),
                 .out_local = *out_local,
                 .out_remote = *peer_->rtp_source_.destination()};
  rule.type_in = in->receive_type;
  rule.type_out = out_format(*last_codec_)->send_type;
  rule.traffic_class = kTrafficClass;
  rule.ssrc_in = reception_.ssrc();
  rule.ssrc_out = peer_->out_.ssrc();
  rule.sequence_shift = shift->sequence_number;
  rule.timestamp_shift = shift->timestamp;
  rule.clock_rate = codec::info(*last_codec_).rtp_clock_rate;
  rule.highest = reception_.sequence().highest();
  rule.seen = reception_.sequence().seen();
  rule.jitter_q4 = reception_.jitter_q4();
  if (!shared_.kernel->add(rule)) return false;
  in_kernel_ = std::make_unique<InKernel>(*local, now);
  ++shared_.kernel_directions;
  return true;
}

void Leg::offer_to_kernel(TimePoint now) {
  if (shared_.kernel == nullptr) return;
  if (in_kernel_) {
    if (now - in_kernel_->counted_at >= kCountEvery) count_kernel(now);
    return;
  }
  if (!is_plain_relay(now) || !peer_->is_plain_relay(now)) return;
  if (hand_over(now) && peer_->hand_over(now)) return;
  take_back(now);
  not_plain_at_ = peer_->not_plain_at_ = now + kRefusedFor;
}

void Leg::count_kernel(TimePoint now) {
  if (!in_kernel_) return;
  in_kernel_->counted_at = now;
  if (const auto count = shared_.kernel->read(in_kernel_->local)) absorb(*count);
}

void Leg::absorb(const RelayCount& count) {
  const auto packets = count.packets - in_kernel_->packets, octets = count.octets - in_kernel_->octets;
  const auto repeated = count.repeated - in_kernel_->repeated;
  in_kernel_->packets = count.packets;
  in_kernel_->octets = count.octets;
  in_kernel_->repeated = count.repeated;
  if (packets == 0 && repeated == 0) return;
  reception_.absorb({count.highest, count.seen, packets, repeated, count.jitter_q4});
  packets_in_ += packets;
  bytes_in_ += octets;
  peer_->packets_out_ += packets;
  peer_->bytes_out_ += octets;
  shared_.totals.packets_in += packets;
  shared_.totals.packets_out += packets;
  shared_.totals.by_kernel += packets;
  if (!count.last_at) return;
  note_life(*count.last_at);
  const auto rate = codec::info(*last_codec_).rtp_clock_rate;
  (void)peer_->out_.place({segment_, count.highest, count.timestamp, rate, false}, rate, *count.last_at);
}

void Leg::take_back(TimePoint now) {
  for (Leg* const leg : {this, peer_}) {
    if (leg == nullptr || !leg->in_kernel_) continue;
    if (const auto count = shared_.kernel->remove(leg->in_kernel_->local)) leg->absorb(*count);
    leg->in_kernel_.reset();
    leg->not_plain_at_ = now;
    --shared_.kernel_directions;
  }
}

void Leg::came_up(TimePoint now, bool plain_audio) {
  if (!plain_audio) not_plain_at_ = now;
  if (!in_kernel_) return;
  if (plain_audio && now - in_kernel_->since < kHandingOver) return count_kernel(now);
  take_back(now);
}

}  // namespace parley::media
