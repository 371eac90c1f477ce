#pragma once
#include <functional>
#include <memory>

#include <media/media_engine.hpp>

namespace parley::pbx {

/// What the call logic asks of media: MediaEngine's own functions, behind one virtual table so that scenarios run calls
/// in virtual time without sockets. Meaning, threads and errors are those of media/media_engine.hpp.
class MediaGate {
 public:
  using Outcome = std::function<void(media::LegHandle, media::PlayOutcome)>;
  using Closed = std::function<void(media::LegHandle, const media::LegStatistics&)>;

  virtual ~MediaGate() = default;
  [[nodiscard]] virtual Result<media::OpenLeg> open_leg(media::LegOptions options, media::LegCallbacks callbacks) = 0;
  virtual void set_remote(media::LegHandle leg, media::RemoteMedia remote) = 0;
  virtual void set_local_ice(media::LegHandle leg, media::LocalIce local) = 0;
  [[nodiscard]] virtual std::shared_ptr<const dtls::Identity> dtls_identity() = 0;
  virtual void bridge(media::LegHandle a, media::LegHandle b) = 0;
  virtual void unbridge(media::LegHandle leg) = 0;
  virtual void echo(media::LegHandle leg) = 0;
  [[nodiscard]] virtual media::RoomHandle open_room(media::RoomOptions options) = 0;
  virtual void close_room(media::RoomHandle room) = 0;
  virtual void enter_room(media::LegHandle leg, media::RoomHandle room, media::MixSettings settings) = 0;
  virtual void leave_room(media::LegHandle leg) = 0;
  virtual void adjust(media::LegHandle leg, media::MixSettings settings) = 0;
  virtual void play(media::LegHandle leg, std::shared_ptr<const media::Prompt> prompt, bool repeat,
                    Outcome on_done) = 0;
  virtual void stop_play(media::LegHandle leg) = 0;
  virtual void record(media::LegHandle leg, std::shared_ptr<media::Recording> recording, media::Party party) = 0;
  virtual void stop_recording(media::LegHandle leg) = 0;
  virtual void close(media::LegHandle leg, Closed on_closed) = 0;
};

[[nodiscard]] std::unique_ptr<MediaGate> make_media_gate(media::MediaEngine& engine);

}  // namespace parley::pbx
