// The part of Call that comes in and goes out by carriers.
#include <algorithm>

#include <pbx/call.hpp>
#include <pbx/number_format.hpp>
#include <pbx/trunk_calls.hpp>

namespace parley::pbx {
namespace {

constexpr auto kSilence = std::chrono::seconds(6);  // of a server, not even 100: then the next one is asked

/// "sip:4930123@carrier.example:5070" from the carrier's "sip:carrier.example:5070".
std::string uri_at(const DirectoryTrunk& trunk, const std::string& user) {
  constexpr std::string_view kScheme = "sip:";
  return std::string(kScheme) + sip::escape_user(user) + "@" + trunk.uri.substr(kScheme.size());
}

}  // namespace

/// Who calls whom, for pages, CDR and those who ring.
void Call::introduce(const sip::Message& invite, const std::string& dialled) {
  view_.id = id_;
  view_.organisation = identity_.organisation->id;
  view_.started = story_.record().started;
  view_.callee.number = dialled;
  if (const auto* caller = identity_.extension) {
    view_.caller = {shown_number(*caller), caller->display_name, caller->id};
    return story_.parties(store::Direction::Internal, {caller->number, caller->display_name, caller->id},
                          {dialled, {}, {}}, dialled);
  }
  const auto caller = caller_of(*identity_.trunk, invite);
  view_.caller = {caller.number, caller.name, {}};
  story_.parties(store::Direction::Inbound, {caller.number, caller.name, {}}, {dialled, {}, {}}, dialled);
  story_.step("by trunk " + identity_.trunk->settings.name, now());
}

void Call::ring_trunks(Route to) {
  story_.direction(store::Direction::Outbound);
  story_.callee({to.number, {}, {}});
  trunk_number_ = std::move(to.number);
  hunt_.emplace(core_.shared().trunks, std::move(to.trunks), to.emergency, now(), core_.shared().random);
  enter(CallInput::Forked);
  if (!ring_next_trunk()) return refuse(503, hunt_->reason());
  ring_timer_ = core_.reactor().after(core_.shared().options.max_ring_time, [this] {
    story_.step("no answer", now());
    refuse(480, "no answer");
  });
  tell("call.ringing");
}

/// False: none is left.
bool Call::ring_next_trunk() {
  auto next = hunt_->next();
  if (!next) return false;
  const auto to = flow_to(next->target);
  const auto host = next->target.host;
  core_.wire().connect(to, host,
                       [this, alive = std::weak_ptr<int>(alive_), at = std::move(*next)](Result<sip::Flow> way) {
                         if (!alive.expired() && state_ == CallState::Ringing && hunt_) ring_trunk(at, std::move(way));
                       });
  return true;
}

void Call::next_or_refuse(const std::string& what, const TrunkHunt::Try& at) {
  story_.step("trunk " + at.trunk->settings.name + " at " + at.target.remote.text() + " " + what, now());
  (void)hunt_->failed(503, nullptr);
  if (!ring_next_trunk()) refused_by_trunk(503, {});
}

void Call::ring_trunk(const TrunkHunt::Try& at, Result<sip::Flow> way) {
  if (!way) return next_or_refuse(way.error().code == Errc::Forbidden ? way.error().text : "cannot be reached", at);
  const auto& trunk = *at.trunk;
  auto made = std::make_unique<CallLeg>(core_, *this, *way);
  if (!made->open_media()) return refuse(503, "no media port left", "Retry-After: 10");
  made->hold(at.channel);
  const auto address = made->own_address();
  const auto offer = caller_offer_.empty() ? std::optional(made->media().offer_of_ours(address))
                                           : made->media().relayed_offer(caller_offer_, address);
  if (!offer) return refuse(488, "no usable audio offered");

  const auto& caller = *identity_.extension;  // carriers' calls reach extensions only
  const auto& own = !caller.caller_id.empty()           ? caller.caller_id
                    : !trunk.settings.caller_id.empty() ? trunk.settings.caller_id
                                                        : caller.number;
  const auto number = for_carrier(trunk.settings, own);
  const auto called = for_carrier(trunk.settings, trunk_number_);
  const bool account = !trunk.settings.caller_in_from && !trunk.settings.username.empty();
  CallLeg::Invite invite;
  invite.parties = {uri_at(trunk, account ? trunk.settings.username : number),
                    account ? std::string{} : caller.display_name,
                    uri_at(trunk, called),
                    {},
                    trunk.contact_user};
  if (entry_of(*caller_).anonymous) {  // the carrier learns it for its own use, by P-Asserted-Identity (RFC 3325 §7)
    invite.parties.local_uri = "sip:anonymous@anonymous.invalid";
    invite.parties.local_display = "Anonymous";
  }
  invite.target = uri_at(trunk, called);
  invite.max_forwards = hops_;
  invite.sdp = *offer;
  invite.headers = passed_;
  if (trunk.settings.asserted_identity)
    invite.headers.push_back({"P-Asserted-Identity", "<" + uri_at(trunk, number) + ">"});
  if (!trunk.credential.password.empty()) invite.login = {trunk.credential, at.target};

  story_.step("trunk " + trunk.settings.name + " at " + at.target.remote.text(), now());
  auto& leg = forking_.add(std::move(made));
  write_leg(leg, "callee", nullptr, std::nullopt);
  entry_of(leg).outside =
      std::make_unique<RingOrder::Shown>(trunk_number_, std::string(), identity_.organisation->sip_domain);
  if (!leg.invite(std::move(invite))) {
    story_.leg_ended(id_of(leg), "cannot be sent", now());
    return next_or_refuse("cannot be reached", at);
  }
  hunted_ = &leg;
  hunt_timer_ = core_.reactor().after(kSilence, [this] { give_up_silent_trunk(); });
}

/// Nobody listens for the half minute of a transaction's end (RFC 3261 §17.1.1.2) while another server could answer.
/// What the silent one says later is still acknowledged and ended.
void Call::give_up_silent_trunk() {
  if (state_ != CallState::Ringing || !hunt_ || hunted_ == nullptr) return;
  const auto found = std::ranges::find_if(forking_.legs(), [&](const auto& leg) { return leg.get() == hunted_; });
  hunted_ = nullptr;
  if (found == forking_.legs().end()) return;
  (*found)->cancel("Reason: SIP;cause=408;text=\"No answer\"");
  story_.leg_ended(id_of(**found), "no answer of the server", now());
  const auto* trunk = hunt_->trunk();
  story_.step("trunk " + (trunk ? trunk->settings.name : std::string()) + " does not answer", now());
  (void)hunt_->failed(408, nullptr);
  if (!ring_next_trunk()) refused_by_trunk(408, {});
}

/// The server is there: from now on its party is waited for.
void Call::on_trying(CallLeg& leg) {
  if (&leg == hunted_) core_.reactor().cancel(hunt_timer_);
}

/// True: the call goes on at another server or trunk.
bool Call::hunt_on(const CallLeg& leg, unsigned status, const sip::Message* response) {
  if (!hunt_ || hunted_ != &leg) return false;
  core_.reactor().cancel(hunt_timer_);
  const auto* trunk = hunt_->trunk();
  if (hunt_->failed(status, response) == TrunkHunt::Verdict::Final) return false;
  story_.step("trunk " + (trunk ? trunk->settings.name : std::string()) +
                  (response ? " says " + std::to_string(status) : std::string(" does not answer")),
              now());
  return ring_next_trunk();
}

void Call::refused_by_trunk(unsigned status, const std::string& reason) {
  switch (status) {
    case 486:
    case 600: return refuse(status, "busy", reason);
    case 603: return refuse(603, "declined", reason);
    case 401:
    case 407: return refuse(500, "the carrier does not take our credentials");
    case 408:
    case 500:
    case 502:
    case 503:
    case 504: return refuse(500, hunt_->reason());  // RFC 3261 §16.7: a 503 further on is not ours
    default:
      if (status < 400) return refuse(480, "the carrier redirects, which is not followed");
      return refuse(status, "the carrier says " + std::to_string(status), reason);
  }
}

}  // namespace parley::pbx
