#pragma once
#include <filesystem>
#include <mutex>

#include <api/parts.hpp>
#include <pbx/demo_call.hpp>
#include <store/store.hpp>

namespace parley::server {

/// The API's way to the demo call: chooses two extensions of the organisation that have a phone, and tells the events
/// demo.progress. Thread: any.
class DemoDoor final : public api::DemoCalls {
 public:
  DemoDoor(store::Store& store, pbx::Switchboard& switchboard, Endpoint sip, std::filesystem::path conversation);
  Result<api::DemoState> start(OrganisationId organisation) override;
  api::DemoState state(OrganisationId organisation) override;
  void stop();

 private:
  store::Store& store_;
  const Endpoint sip_;
  const std::filesystem::path conversation_;
  std::mutex mutex_;
  OrganisationId organisation_;  // of the latest
  pbx::DemoCall call_;
};

}  // namespace parley::server
