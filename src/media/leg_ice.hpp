#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <base/function.hpp>
#include <dtls/demultiplex.hpp>
#include <dtls/session.hpp>
#include <ice/lite_agent.hpp>
#include <media/media_types.hpp>

namespace parley::media {

class Courier;

/// What a handshake's worker brings back to the media thread.
struct HandshakeReport {
  std::shared_ptr<dtls::Session> session;  // whose it is: a newer association ignores it
  std::vector<Bytes> outgoing{};
  dtls::Session::State state = dtls::Session::State::Waiting;
  std::shared_ptr<const srtp::KeyPair> keys{};
  std::optional<TimePoint> deadline{};
};

/// ICE and DTLS of one leg, for which one port carries everything (RFC 7983, RFC 5761): who may send to it is decided
/// by proven checks, where it sends by the peer's nomination; the handshake runs over paths that are proven and no
/// others, and gives SRTP its keys.
/// The handshake's arithmetic (about a millisecond a call) is done by a worker, not on the media thread, so that a
/// burst of calls delays no packet; what goes there and comes back are copies, at most kMaxWaiting datagrams at once.
/// Source:   RFC 8445, RFC 7675, RFC 5763, RFC 5764 §5.1.2, RFC 8842.
/// Thread:   the media thread's; the session inside is the worker's.
class LegIce {
 public:
  /// Has the report given to on_report() on the media thread, if the leg is still there.
  using Deliver = std::function<void(HandshakeReport)>;
  static constexpr unsigned kMaxWaiting = 8;

  LegIce(LocalIce local, Courier& worker, Deliver deliver)
      : agent_(local.credentials), local_(std::move(local)), worker_(worker), deliver_(std::move(deliver)) {}

  /// Our side of a later description: other credentials are an ICE restart, which takes effect with the peer's.
  void set_local(LocalIce local) { local_ = std::move(local); }
  /// After offer/answer. A peer with the same fingerprints keeps its association and its keys (RFC 8842 §4), whatever
  /// its credentials.
  void set_remote(const RemoteIce& remote, TimePoint now);

  struct Taken {
    dtls::Kind kind = dtls::Kind::Other;
    bool admitted = false;  // RTP and RTCP: from a proven path; STUN: it proved itself
    bool moved = false;     // selected() changed
    BytesView answer{};     // to the source
  };
  /// Everything that comes; STUN and DTLS are dealt with.
  [[nodiscard]] Taken on_datagram(BytesView datagram, const Endpoint& from, TimePoint now);
  /// A few times a second. Whether selected() changed.
  bool on_time(TimePoint now);

  struct Outcome {
    std::optional<Endpoint> to;  // where the handshake's datagrams go
    std::vector<Bytes> outgoing{};
    std::shared_ptr<const srtp::KeyPair> keys{};  // new ones
    bool closed = false;                          // the keys that are there are worth nothing any more
  };
  [[nodiscard]] Outcome on_report(HandshakeReport report);

  [[nodiscard]] std::optional<Endpoint> selected() const noexcept { return agent_.selected(); }
  [[nodiscard]] bool takes_from(const Endpoint& source) const noexcept { return agent_.takes_from(source); }

 private:
  void work(UniqueFunction<void(dtls::Session&)> step);
  void begin_if_client(TimePoint now);

  ice::LiteAgent agent_;
  LocalIce local_;
  std::optional<RemoteIce> remote_;
  Courier& worker_;
  Deliver deliver_;
  std::shared_ptr<dtls::Session> session_;
  dtls::Session::State state_ = dtls::Session::State::Waiting;
  bool has_keys_ = false, begun_ = false;
  std::optional<TimePoint> deadline_;
  std::optional<Endpoint> heard_from_;  // the last DTLS datagram
  unsigned waiting_ = 0;
};

}  // namespace parley::media
