#pragma once
#include <map>
#include <memory>

#include <pbx/directory.hpp>
#include <pbx/one_request.hpp>
#include <pbx/target_finder.hpp>
#include <pbx/trunk_board.hpp>
#include <pbx/trunk_registration.hpp>

namespace parley::pbx {

/// One carrier kept ready: its servers found in DNS and found again, its registration, OPTIONS to each server.
/// Writes what it knows on the TrunkBoard; calls read it there. Events trunk.up and trunk.down.
/// Source: RFC 3261 §10.2, §11; RFC 3263.   Thread: the reactor of its Core.   Lifetime: its TrunkService.
class TrunkLine final : private TrunkRegistration::Owner {
 public:
  TrunkLine(Core& core, TargetFinder& finder, const DirectoryTrunk& trunk, const Reach& reach);
  ~TrunkLine();
  TrunkLine(const TrunkLine&) = delete;
  TrunkLine& operator=(const TrunkLine&) = delete;

  void start();
  /// Somebody wants it tried now.
  void retry();
  /// A connection has ended.
  void flow_lost(const sip::Flow& flow);
  /// Takes the registration back; silent() once that is done.
  void leave();
  [[nodiscard]] bool silent() const { return !registration_ || registration_->state() == TrunkState::Off; }
  [[nodiscard]] const store::Trunk& settings() const noexcept { return trunk_; }

 private:
  // TrunkRegistration::Owner
  void locate() override;
  void send(const TrunkRegistration::Attempt& attempt) override;
  void changed() override { judge(); }

  void find_servers(bool for_registration);
  void probe_all();
  void probe(const Target& target);
  void probed(const Target& target, const sip::Message* response, std::string_view failure);
  void on_time();
  void arm();
  void judge();
  void tell(std::string_view event, const std::string& reason);
  [[nodiscard]] sip::RequestBuilder request(sip::Method method, const sip::Flow& flow, const std::string& uri,
                                            const std::string& user, const std::string& call_id, std::uint32_t cseq);
  [[nodiscard]] TimePoint now() const { return core_.reactor().now(); }

  Core& core_;
  TargetFinder& finder_;
  const store::Trunk trunk_;
  const Place place_;
  const Reach reach_;
  const std::string contact_user_;
  std::string uri_, call_id_, tag_, sent_by_, branch_;
  std::optional<TrunkRegistration> registration_;
  std::unique_ptr<OneRequest> register_;
  std::uint64_t registered_by_ = 0;  // the connection
  std::optional<TimePoint> again_at_, lost_before_;

  using ServerKey = std::pair<sip::Transport, Endpoint>;
  std::vector<Target> servers_;
  bool located_ = false, leaving_ = false;
  struct Probed {
    bool answers = false;
    WallTime at;
    std::string why;  // it does not
  };
  std::map<ServerKey, Probed> alive_;  // the last OPTIONS; absent: not known
  std::optional<WallTime> registered_at_;
  std::map<ServerKey, std::unique_ptr<OneRequest>> probes_;
  std::uint32_t probe_cseq_ = 0;
  std::optional<TimePoint> find_at_, probe_at_;
  net::Reactor::TimerHandle timer_;
  TrunkStatus status_;
  std::shared_ptr<int> life_ = std::make_shared<int>(0);
};

}  // namespace parley::pbx
