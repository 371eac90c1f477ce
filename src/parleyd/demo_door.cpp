#include <cmath>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <parleyd/demo_door.hpp>

namespace parley::server {

namespace json = boost::json;

namespace {
api::DemoState to_state(const pbx::DemoProgress& progress) {
  api::DemoState out;
  out.state = pbx::to_string(progress.state);
  out.step = progress.step;
  out.progress = static_cast<int>(std::lround(progress.progress * 100));
  out.call = progress.call;
  if (progress.state == pbx::DemoProgress::State::Failed) out.error = progress.step;
  return out;
}
}  // namespace

DemoDoor::DemoDoor(store::Store& store, pbx::Switchboard& switchboard, Endpoint sip, std::filesystem::path conversation)
    : store_(store), sip_(sip), conversation_(std::move(conversation)), call_(switchboard, store.clock, store.random) {}

Result<api::DemoState> DemoDoor::start(OrganisationId organisation) {
  const std::lock_guard lock(mutex_);
  if (conversation_.empty())
    return fail(Errc::Unavailable, "the demo conversation (share/parley/demo/call.wav) is not installed");
  const auto owner = store_.organisations.find(organisation);
  if (!owner) return std::unexpected(owner.error());
  const auto extensions = store_.extensions.list(organisation);
  if (!extensions) return std::unexpected(extensions.error());
  std::vector<pbx::DemoAccount> accounts;
  for (const auto& extension : *extensions) {
    if (!extension.enabled || accounts.size() == 2) continue;
    const auto devices = store_.devices.list(organisation, extension.id);
    if (!devices) return std::unexpected(devices.error());
    if (devices->empty()) continue;
    accounts.push_back(
        {extension.number, devices->front().sip_username, devices->front().sip_password, extension.display_name});
  }
  if (accounts.size() < 2) return fail(Errc::Conflict, "the demo call needs two extensions with a phone");
  pbx::DemoCallOptions options;
  options.organisation = organisation;
  options.server = sip_;
  options.address = sip_.address;
  options.domain = owner->sip_domain;
  options.caller = accounts[0];
  options.callee = accounts[1];
  options.conversation = conversation_;
  if (auto begun = call_.start(options,
                               [this, organisation](const pbx::DemoProgress& progress) {
                                 store::Event event;
                                 event.id = EventId::make(store_.clock, store_.random);
                                 event.type = "demo.progress";
                                 event.organisation = organisation;
                                 event.time = store_.clock.wall();
                                 event.call_id = progress.call;
                                 const auto state = to_state(progress);
                                 event.data = json::serialize(json::object{
                                     {"state", state.state}, {"step", state.step}, {"progress", state.progress}});
                                 store_.bus.publish(event);
                               });
      !begun) {
    return std::unexpected(begun.error());
  }
  organisation_ = organisation;
  return to_state(call_.progress());
}

api::DemoState DemoDoor::state(OrganisationId organisation) {
  const std::lock_guard lock(mutex_);
  if (organisation != organisation_) return {};
  return to_state(call_.progress());
}

void DemoDoor::stop() { call_.stop(); }

}  // namespace parley::server
