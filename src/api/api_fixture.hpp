#pragma once
#include <map>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <api/api.hpp>
#include <pbx/ban_list.hpp>
#include <pbx/sip_trace.hpp>
#include <pbx/switchboard.hpp>
#include <privacy/eraser.hpp>
#include <privacy/prove.hpp>
#include <store/temporary.hpp>

/// For tests of api/: the real Api over a real store on a clock that stands still; no sockets, no telephones.
namespace parley::api {

class QuietSwitchboard final : public pbx::Switchboard {
 public:
  std::vector<pbx::LiveCall> live_calls(OrganisationId organisation) const override {
    std::vector<pbx::LiveCall> out;
    for (const auto& call : running) {
      if (call.organisation == organisation) out.push_back(call);
    }
    return out;
  }
  std::optional<pbx::LiveCall> live_call(OrganisationId organisation, CallId id) const override {
    for (const auto& call : live_calls(organisation)) {
      if (call.id == id) return call;
    }
    return std::nullopt;
  }
  std::size_t live_call_count() const override { return running.size(); }
  std::vector<pbx::RegistrationView> registrations(OrganisationId) const override { return {}; }
  std::size_t registration_count() const override { return 0; }
  std::optional<pbx::TrunkStatus> trunk_status(TrunkId) const override { return std::nullopt; }
  void retry_trunk(TrunkId) override {}
  Result<void> hangup(OrganisationId organisation, CallId id) override {
    return live_call(organisation, id) ? Result<void>{} : fail(Errc::NotFound, "no such call");
  }
  Result<void> recording(OrganisationId organisation, CallId id, pbx::RecordingAction) override {
    return hangup(organisation, id);
  }
  std::vector<pbx::Conference> conferences(OrganisationId organisation) const override {
    return organisation == meets ? std::vector{conference} : std::vector<pbx::Conference>{};
  }
  Result<pbx::ConferenceParticipant> adjust_participant(OrganisationId organisation, LegId id,
                                                        const pbx::ParticipantChange& change) override {
    for (auto& one : conference.participants) {
      if (organisation != meets || one.id != id) continue;
      one.mix.muted = change.muted.value_or(one.mix.muted);
      one.mix.deaf = change.deaf.value_or(one.mix.deaf);
      one.mix.gain_percent = change.gain_percent.value_or(one.mix.gain_percent);
      return one;
    }
    return fail(Errc::NotFound, "nobody of that id is in a conference");
  }
  Result<void> remove_participant(OrganisationId organisation, LegId id) override {
    const auto gone = organisation == meets
                          ? std::erase_if(conference.participants, [&](const auto& one) { return one.id == id; })
                          : 0;
    return gone > 0 ? Result<void>{} : fail(Errc::NotFound, "nobody of that id is in a conference");
  }

  OrganisationId meets;  // whose conference it is
  pbx::Conference conference;
  std::vector<pbx::LiveCall> running;
};

class NoDemo final : public DemoCalls {
 public:
  Result<DemoState> start(OrganisationId) override { return DemoState{"running", "calling", 0, std::nullopt, ""}; }
  DemoState state(OrganisationId) override { return {}; }
};

struct Reply {
  int status = 0;
  net::HttpFields headers;
  json::value body;
  std::string text;
  [[nodiscard]] std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (net::equals_ignoring_case(key, name)) return value;
    }
    return {};
  }
  [[nodiscard]] std::string at(std::string_view name) const {
    const auto* value = body.is_object() ? body.get_object().if_contains(name) : nullptr;
    if (value == nullptr) return {};
    return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
  }
};

class ApiFixture {
 public:
  static constexpr const char* kPassword = "correct horse battery";

  ApiFixture() { api = std::make_unique<Api>(parts()); }

  ApiParts parts() {
    return {.store = *store,
            .switchboard = switchboard,
            .bans = bans,
            .trace = trace,
            .prover = prover,
            .eraser = eraser,
            .demo = demo,
            .clock = store.clock,
            .configuration_changed = [this] { return ++reloads, Result<void>{}; },
            .speech = [] { return SpeechStatus{}; },
            .sip_address = [] { return SipAddress{"192.0.2.1", 5060, "udp"}; },
            .recording_ok = [] { return true; },
            .version = "test",
            .public_url = "",
            .console_folder = "",
            .cheap_passwords = true};
  }

  store::User user(OrganisationId organisation, std::string_view login, store::Role role) {
    store::User one;
    one.id = UserId::make();
    one.organisation = organisation;
    one.login = login;
    one.role = role;
    one.created = store.clock.wall();
    (void)store->users.create(one, api->hash_new_password(kPassword)).value();
    return one;
  }
  std::string token(const store::User& user) {
    const auto tier = user.role == store::Role::PlatformAdministrator ? store::Tier::Platform : store::Tier::User;
    return store->sessions.create(user.organisation, user.id, tier, "192.0.2.9", "test").value().token;
  }

  Reply call(std::string_view method, const std::string& target, const std::string& bearer,
             const std::string& body = {}, net::HttpFields headers = {}) {
    net::HttpRequest request;
    request.method = method;
    request.target = target;
    const std::size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = net::parse_query(target.substr(question + 1)).value();
    request.headers = std::move(headers);
    request.headers.emplace_back("host", "parley.test:8443");
    if (!bearer.empty()) request.headers.emplace_back("authorization", "Bearer " + bearer);
    if (!body.empty()) request.headers.emplace_back("content-type", "application/json");
    request.body = body;
    request.tls = true;
    request.peer = *Endpoint::parse("192.0.2.7:40000");
    auto response = api->handle(request);
    Reply reply{response.status, response.headers, {}, response.body};
    boost::system::error_code failure;
    if (auto value = json::parse(response.body, failure); !failure) reply.body = std::move(value);
    return reply;
  }

  store::TemporaryStore store;
  QuietSwitchboard switchboard;
  SeededRandom random{3};
  pbx::BanList bans{store.clock, random};
  pbx::SipTrace trace{1, {}};
  NoDemo demo;
  privacy::Eraser eraser{*store};
  privacy::Prover prover{*store, {}};
  int reloads = 0;
  std::unique_ptr<Api> api;
};

/// An organisation with an administrator who is signed in.
struct OneOrganisation : ApiFixture {
  OrganisationId organisation = store.organisation("one.test");
  store::User admin = user(organisation, "admin", store::Role::Administrator);
  std::string bearer = token(admin);
  std::string base = "/v1/organisations/" + organisation.text();
};

}  // namespace parley::api
