#include <algorithm>

#include <media/leg.hpp>
#include <rtp/quality.hpp>

namespace parley::media {
using namespace std::chrono_literals;

namespace {
constexpr Duration kSettle = 3s;  // how long the exact address may take a stream over from a latched port

OutgoingStream random_stream(Random& random) {
  const std::uint64_t a = random.next(), b = random.next();
  // Half of the number ranges is kept free, so that nothing wraps in the first seconds of a call.
  return {static_cast<std::uint32_t>(a), static_cast<std::uint16_t>(b & 0x7FFFU), static_cast<std::uint32_t>(a >> 33U)};
}
}  // namespace

Leg::Leg(LegShared& shared, LegHandle handle, SocketPair sockets, LegOptions options, LegCallbacks callbacks)
    : shared_(shared),
      sockets_(std::move(sockets)),
      out_(random_stream(shared.random)),
      handle_(handle),
      callbacks_(std::move(callbacks)),
      cname_(options.cname.empty() ? shared.random.token(16) : std::move(options.cname)) {}

Leg::~Leg() = default;

void Leg::post(UniqueFunction<void()> work) {
  if (!callbacks_.post) return;
  // std::function copies, so the work is held by a shared pointer; all this is off the packet path.
  auto held = std::make_shared<UniqueFunction<void()>>(std::move(work));
  shared_.courier.send([post = callbacks_.post, held] { post([held] { (*held)(); }); });
}

void Leg::update_destination() {
  const auto to = rtp_source_.destination();
  rtp_to_ = to ? NativeAddress(*to, sockets_.rtp.v6()) : NativeAddress();
  const bool lock = rtp_source_.state() == rtp::SourceLearning::State::Locked;
  if (lock)
    sockets_.rtp.connect(rtp_to_);
  else if (connected_)
    sockets_.rtp.disconnect();
  connected_ = lock;
}

void Leg::set_remote(RemoteMedia remote, TimePoint now) {
  take_back(now);
  const auto before = rtp_source_.state();
  rtp_source_.on_signalled(remote.rtp, remote.signalling_source);
  const Endpoint rtcp = remote.rtcp.value_or(
      Endpoint{remote.rtp.address, static_cast<std::uint16_t>(remote.rtp.port == 0 ? 0 : remote.rtp.port + 1)});
  rtcp_source_.on_signalled(rtcp, remote.signalling_source);
  if (rtp_source_.state() != before) latched_at_.reset();
  update_destination();

  may_send_ = remote.direction == Direction::SendRecv || remote.direction == Direction::SendOnly;
  may_receive_ = remote.direction == Direction::SendRecv || remote.direction == Direction::RecvOnly;
  note_life(now);  // what was agreed anew counts as one
  format_count_ = static_cast<unsigned>(std::min(remote.formats.size(), formats_.size()));
  for (unsigned i = 0; i < format_count_; ++i) {
    const auto& format = remote.formats[i];
    formats_[i] = {format.codec, format.payload_type, format.receive_payload_type.value_or(format.payload_type)};
  }
  send_event_type_ = remote.telephone_event;
  receive_event_type_ = remote.receive_telephone_event ? remote.receive_telephone_event : remote.telephone_event;
  event_rate_ = remote.telephone_event_clock_rate == 0 ? 8000 : remote.telephone_event_clock_rate;
  rtcp_mux_ = remote.rtcp_mux;
  if (!next_report_) next_report_ = now + shared_.options.rtcp_interval / 2;
  if (peer_ != nullptr) {
    prepare_transcoders(*peer_);
    if (peer_ != this) peer_->prepare_transcoders(*this);
  }
}

void Leg::set_peer(Leg* peer) {
  take_back(shared_.clock.now());
  peer_ = peer;
  if (peer_ != nullptr) prepare_transcoders(*peer_);
}

void Leg::play(std::shared_ptr<const Prompt> prompt, bool repeat, Player::Done done) {
  stop_play(PlayOutcome::Stopped);
  if (!prompt || !can_send() || format_count_ == 0) {
    if (done) post([done = std::move(done), handle = handle_] { done(handle, PlayOutcome::Failed); });
    return;
  }
  take_back(shared_.clock.now());
  player_.start(std::move(prompt), repeat, formats_[0].codec, std::move(done));
  play_position_ = {++shared_.last_segment, 1, 0, codec::info(formats_[0].codec).rtp_clock_rate, false};
}

void Leg::stop_play(PlayOutcome outcome) {
  if (!player_.active()) return;
  if (auto done = player_.finish())
    post([done = std::move(done), handle = handle_, outcome] { done(handle, outcome); });
}

void Leg::send_dtmf(char digit, Duration duration) {
  const auto event = rtp::event_of_key(digit);
  if (!event || !send_event_type_ || !can_send() || key_.active()) return;
  const auto ticks = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count() * event_rate_ / 1000;
  take_back(shared_.clock.now());
  key_.start(*event, static_cast<std::uint32_t>(std::clamp<std::int64_t>(ticks, 1, 0xFFFF)), event_rate_ / 50);
  key_position_ = {++shared_.last_segment, 1, 0, event_rate_, true};
}

void Leg::record(std::shared_ptr<Recording> recording, Party party) {
  take_back(shared_.clock.now());
  recording_ = std::move(recording);
  party_ = party;
}

void Leg::close(TimePoint now) {
  take_back(now);
  stop_play(PlayOutcome::Closed);
  if (const auto press = keys_in_.on_time(now + 1h)) tell_press(*press);
  if (packets_out_ > 0 || reported_) send_report(now, true);  // who said nothing takes no leave (RFC 3550 §6.3.7)
  recording_.reset();
  peer_ = nullptr;
}

void Leg::on_housekeeping(TimePoint now) {
  if (const auto press = keys_in_.on_time(now)) tell_press(*press);
  if (latched_at_ && now - *latched_at_ >= kSettle) {
    latched_at_.reset();
    rtp_source_.on_settled();
    rtcp_source_.on_settled();
    update_destination();
  }
  if (next_report_ && now >= *next_report_) {
    // Between half and one and a half intervals, so that reports do not march in step (RFC 3550 §6.2).
    const auto interval = shared_.options.rtcp_interval;
    next_report_ =
        now + interval / 2 +
        Duration(static_cast<std::int64_t>(shared_.random.next() % static_cast<std::uint64_t>(interval.count())));
    count_kernel(now);
    if (peer_ != nullptr) peer_->count_kernel(now);  // what we sent by it
    send_report(now, false);
    reported_ = true;
  }
  offer_to_kernel(now);
  const auto limit = shared_.options.inactivity_timeout;
  if (limit > Duration::zero() && may_receive_ && !told_inactive_ && now - last_received_ >= limit) {
    told_inactive_ = true;
    if (callbacks_.on_inactive) post([tell = callbacks_.on_inactive, handle = handle_] { tell(handle); });
  }
}

LegStatistics Leg::statistics() {
  count_kernel(shared_.clock.now());
  if (peer_ != nullptr) peer_->count_kernel(shared_.clock.now());
  LegStatistics out;
  out.packets_in = packets_in_;
  out.bytes_in = bytes_in_;
  out.packets_out = packets_out_;
  out.bytes_out = bytes_out_;
  out.lost_in = reception_.lost();
  out.late_or_duplicate_in = reception_.late_or_duplicate();
  out.jitter_in_ms = reception_.jitter_ms();
  out.lost_out = lost_out_;
  out.jitter_out_ms = jitter_out_ms_;
  if (round_trip_) out.round_trip_ms = std::chrono::duration<double, std::milli>(*round_trip_).count();
  if (packets_in_ > 0) {
    const double expected = static_cast<double>(reception_.received() + reception_.lost());
    const double network = out.round_trip_ms.value_or(0) / 2, buffer = std::max(40.0, 2 * out.jitter_in_ms);
    out.mos_in = rtp::estimate_mos({static_cast<double>(out.lost_in) / std::max(expected, 1.0), network + 20 + buffer});
  }
  out.refused_source = refused_source_;
  out.refused_malformed = refused_malformed_;
  out.refused_payload = refused_payload_;
  out.send_errors = send_errors_;
  const auto state = rtp_source_.state();
  if (state == rtp::SourceLearning::State::Latched || state == rtp::SourceLearning::State::Locked)
    out.learned_remote = rtp_source_.destination();
  out.codec = last_codec_;
  return out;
}

}  // namespace parley::media
