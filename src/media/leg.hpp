#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>

#include <base/random.hpp>
#include <media/courier.hpp>
#include <media/media_engine.hpp>
#include <media/media_socket.hpp>
#include <media/outgoing_stream.hpp>
#include <media/player.hpp>
#include <media/transcoder.hpp>
#include <rtp/packet.hpp>
#include <rtp/reception.hpp>
#include <rtp/rtcp.hpp>
#include <rtp/source_learning.hpp>
#include <rtp/telephone_event.hpp>

namespace parley::media {

class KernelRelay;
struct RelayCount;

/// What all legs share. The media thread's only, but for the references.
struct LegShared {
  const Clock& clock;
  Random& random;
  Courier& courier;
  const EngineOptions& options;
  std::uint64_t last_segment = 0;  // numbers of OutgoingStream segments and recorded sources
  /// Sums over all legs since start, for the metrics.
  struct Totals {
    std::uint64_t packets_in = 0, packets_out = 0, refused_source = 0, refused_malformed = 0, refused_payload = 0,
                  send_errors = 0, by_kernel = 0;
  } totals;
  KernelRelay* kernel = nullptr;                       // nullptr: there is none
  std::uint64_t kernel_directions = 0;                 // that it relays now
  std::array<std::uint8_t, rtp::kMaxPacket> buffer{};  // of the packet in hand; stays in the cache
};

/// One party's RTP and RTCP: what comes is checked, counted, recorded and handed to the other leg of the bridge; what
/// goes is relayed, transcoded, a prompt or a key press, all in one outgoing stream.
/// Thread: the media thread's, but for construction and destruction.
class Leg {
 public:
  Leg(LegShared& shared, LegHandle handle, SocketPair sockets, LegOptions options, LegCallbacks callbacks);
  ~Leg();
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;

  void set_remote(RemoteMedia remote, TimePoint now);
  void set_peer(Leg* peer);  // nullptr: nobody; this: echo
  void play(std::shared_ptr<const Prompt> prompt, bool repeat, Player::Done done);
  void stop_play(PlayOutcome outcome);
  void send_dtmf(char digit, Duration duration);
  void relay_dtmf(bool on) { relay_dtmf_ = on; }
  void record(std::shared_ptr<Recording> recording, Party party);
  /// Ends everything; the object may then be destroyed on any thread.
  void close(TimePoint now);

  void on_rtp_readable(TimePoint now);
  void on_rtcp_readable(TimePoint now);
  /// Every 20 ms while wants_ticks().
  void on_tick(TimePoint now);
  [[nodiscard]] bool wants_ticks() const noexcept { return player_.active() || key_.active(); }
  /// A few times a second: time-outs, reports.
  void on_housekeeping(TimePoint now);

  [[nodiscard]] LegStatistics statistics();
  /// The bridge is more than relaying for now: the kernel gives it back (leg_kernel.cpp). Nothing if it does not have
  /// it.
  void take_back(TimePoint now);
  [[nodiscard]] LegHandle handle() const noexcept { return handle_; }
  [[nodiscard]] Leg* peer() const noexcept { return peer_; }
  [[nodiscard]] SocketPair& sockets() noexcept { return sockets_; }
  /// Runs `work` on the owner's thread.
  void post(UniqueFunction<void()> work);
  /// The same from the courier's thread.
  void post_now(std::function<void()> work) const {
    if (callbacks_.post) callbacks_.post(std::move(work));
  }

 private:
  struct Incoming;  // one checked packet with what is known about it

  // leg_receive.cpp
  [[nodiscard]] bool may_come_from(const sockaddr_storage& from, bool& known) const;
  void learn_source(const sockaddr_storage& from, TimePoint now);
  void on_datagram(std::size_t size, const sockaddr_storage& from, TimePoint now);
  void on_audio(const Incoming& in);
  void on_key_packet(const Incoming& in);
  void tell_press(const rtp::KeyPress& press);
  void on_rtcp(BytesView datagram, TimePoint now);
  void note_life(TimePoint now);

  // leg_send.cpp: called on the receiving leg of the bridge
  void relay_audio(const Incoming& in, codec::CodecId codec, std::uint32_t rate);
  void relay_key(const Incoming& in);
  void leave_out(const Incoming& in);
  void transcode(const Incoming& in, codec::CodecId from);
  [[nodiscard]] bool can_send() const noexcept;
  [[nodiscard]] bool taken() const noexcept { return player_.active() || key_.active(); }
  bool send_packet(std::span<std::uint8_t> datagram, std::uint8_t payload_type, const OutgoingStream::Place& place);
  bool send_own(BytesView payload, std::uint8_t payload_type, const OutgoingStream::Position& position,
                std::uint32_t rate, TimePoint now);
  void prepare_transcoders(const Leg& source);
  void tick_key(TimePoint now);
  void tick_player(TimePoint now);
  void send_report(TimePoint now, bool bye);
  void update_destination();

  // leg_kernel.cpp
  struct Format;
  [[nodiscard]] bool is_plain_relay(TimePoint now) const;
  [[nodiscard]] const Format* out_format(codec::CodecId codec) const;
  bool hand_over(TimePoint now);
  void offer_to_kernel(TimePoint now);
  void count_kernel(TimePoint now);
  void absorb(const RelayCount& count);
  void came_up(TimePoint now, bool plain_audio);

  LegShared& shared_;
  // Read or written for every packet: kept together.
  SocketPair sockets_;
  NativeAddress rtp_to_;
  rtp::SourceLearning rtp_source_;
  Leg* peer_ = nullptr;
  bool may_send_ = false, may_receive_ = false;
  bool connected_ = false;
  bool relay_dtmf_ = true;
  struct Format {
    codec::CodecId codec;
    std::uint8_t send_type, receive_type;
  };
  std::array<Format, 8> formats_{};
  unsigned format_count_ = 0;
  std::optional<std::uint8_t> send_event_type_, receive_event_type_;
  std::uint32_t event_rate_ = 8000;
  rtp::Reception reception_;
  std::uint64_t segment_ = 0;  // of what the peer sends now
  TimePoint last_received_{};
  OutgoingStream out_;
  std::uint64_t packets_in_ = 0, bytes_in_ = 0, packets_out_ = 0, bytes_out_ = 0;
  std::uint64_t refused_source_ = 0, refused_malformed_ = 0, refused_payload_ = 0, send_errors_ = 0;
  std::optional<codec::CodecId> last_codec_;
  std::shared_ptr<Recording> recording_;
  Party party_ = Party::Caller;
  /// While the kernel relays what comes to this leg.
  struct InKernel {
    Endpoint local;
    TimePoint since, counted_at = since;
    std::uint64_t packets = 0, octets = 0, repeated = 0;  // counted already
  };
  std::unique_ptr<InKernel> in_kernel_;
  TimePoint not_plain_at_{};                                // when something else than audio came or was done
  std::array<std::unique_ptr<Transcoder>, 4> transcoders_;  // by the source's codec

  // Rarely touched.
  LegHandle handle_;
  LegCallbacks callbacks_;
  std::string cname_;
  rtp::SourceLearning rtcp_source_;
  bool rtcp_mux_ = false;
  rtp::TelephoneEventDecoder keys_in_;
  rtp::TelephoneEventEncoder key_;
  OutgoingStream::Position key_position_;
  Player player_;
  OutgoingStream::Position play_position_;
  std::optional<TimePoint> latched_at_;
  std::optional<TimePoint> next_report_;
  std::uint64_t reported_out_ = 0;
  bool told_inactive_ = false, told_first_ = false, reported_ = false;
  std::uint64_t lost_out_ = 0;
  double jitter_out_ms_ = 0;
  std::optional<Duration> round_trip_;
};

}  // namespace parley::media
