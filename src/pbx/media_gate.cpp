#include <utility>

#include <pbx/media_gate.hpp>

namespace parley::pbx {
namespace {

class EngineGate final : public MediaGate {
 public:
  explicit EngineGate(media::MediaEngine& engine) : engine_(engine) {}
  Result<media::OpenLeg> open_leg(media::LegOptions options, media::LegCallbacks callbacks) override {
    return engine_.open_leg(std::move(options), std::move(callbacks));
  }
  void set_remote(media::LegHandle leg, media::RemoteMedia remote) override {
    engine_.set_remote(leg, std::move(remote));
  }
  void set_local_ice(media::LegHandle leg, media::LocalIce local) override {
    engine_.set_local_ice(leg, std::move(local));
  }
  std::shared_ptr<const dtls::Identity> dtls_identity() override { return engine_.dtls_identity(); }
  void bridge(media::LegHandle a, media::LegHandle b) override { engine_.bridge(a, b); }
  void unbridge(media::LegHandle leg) override { engine_.unbridge(leg); }
  void echo(media::LegHandle leg) override { engine_.echo(leg); }
  media::RoomHandle open_room(media::RoomOptions options) override { return engine_.open_room(std::move(options)); }
  void close_room(media::RoomHandle room) override { engine_.close_room(room); }
  void enter_room(media::LegHandle leg, media::RoomHandle room, media::MixSettings settings) override {
    engine_.enter_room(leg, room, settings);
  }
  void leave_room(media::LegHandle leg) override { engine_.leave_room(leg); }
  void adjust(media::LegHandle leg, media::MixSettings settings) override { engine_.adjust(leg, settings); }
  void play(media::LegHandle leg, std::shared_ptr<const media::Prompt> prompt, bool repeat, Outcome on_done) override {
    engine_.play(leg, std::move(prompt), repeat, std::move(on_done));
  }
  void stop_play(media::LegHandle leg) override { engine_.stop_play(leg); }
  void record(media::LegHandle leg, std::shared_ptr<media::Recording> recording, media::Party party) override {
    engine_.record(leg, std::move(recording), party);
  }
  void stop_recording(media::LegHandle leg) override { engine_.stop_recording(leg); }
  void close(media::LegHandle leg, Closed on_closed) override { engine_.close(leg, std::move(on_closed)); }

 private:
  media::MediaEngine& engine_;
};

}  // namespace

std::unique_ptr<MediaGate> make_media_gate(media::MediaEngine& engine) { return std::make_unique<EngineGate>(engine); }

}  // namespace parley::pbx
