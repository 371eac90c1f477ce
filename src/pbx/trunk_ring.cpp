#include <pbx/number_format.hpp>
#include <pbx/trunk_ring.hpp>
#include <sip/builder.hpp>

namespace parley::pbx {
namespace {

constexpr auto kSilence = std::chrono::seconds(6);  // of a server, not even 100: then the next one is asked

}  // namespace

std::string uri_at(const DirectoryTrunk& trunk, const std::string& user) {
  constexpr std::string_view kScheme = "sip:";
  return std::string(kScheme) + sip::escape_user(user) + "@" + trunk.uri.substr(kScheme.size());
}

std::string number_at(const DirectoryTrunk& trunk, const DirectoryExtension& extension) {
  const auto& own = !extension.caller_id.empty()        ? extension.caller_id
                    : !trunk.settings.caller_id.empty() ? trunk.settings.caller_id
                                                        : extension.number;
  return for_carrier(trunk.settings, own);
}

TrunkRing::TrunkRing(Core& core, LegOwner& owner, Host& host, Order order)
    : core_(core),
      owner_(owner),
      host_(host),
      order_(std::move(order)),
      hunt_(core.shared().trunks, std::exchange(order_.to.trunks, {}), order_.to.emergency, core.reactor().now(),
            core.shared().random) {}

TrunkRing::~TrunkRing() { stop(); }

void TrunkRing::stop() {
  core_.reactor().cancel(silence_timer_);
  silence_timer_ = {};
  alive_.reset();
}

bool TrunkRing::next() {
  auto next = hunt_.next();
  if (!next) return false;
  const auto to = flow_to(next->target);
  const auto host = next->target.host;
  core_.wire().connect(to, host,
                       [this, alive = std::weak_ptr<int>(alive_), at = std::move(*next)](Result<sip::Flow> way) {
                         if (!alive.expired()) ring(at, std::move(way));
                       });
  return true;
}

void TrunkRing::next_or_not_taken(const std::string& what, const TrunkHunt::Try& at) {
  host_.trunk_step("trunk " + at.trunk->settings.name + " at " + at.target.remote.text() + " " + what);
  (void)hunt_.failed(503, nullptr);
  if (next()) return;
  const auto [status, cause] = told(503);
  host_.not_taken(*this, status, cause, {});
}

CallLeg::Invite TrunkRing::invite_to(const DirectoryTrunk& trunk) const {
  const auto& settings = trunk.settings;
  const auto own = number_at(trunk, *order_.by);
  const bool account = !settings.caller_in_from && !settings.username.empty();
  // A carrier that is told who diverts may show the one whose call it was; another one takes our own numbers only.
  const bool onward = order_.onward && settings.diversions != store::TrunkDiversions::None;
  const auto number = onward ? for_carrier(settings, order_.onward->number) : own;
  const auto& name = onward ? order_.onward->name : order_.by->display_name;
  const auto called = uri_at(trunk, for_carrier(settings, order_.to.number));

  CallLeg::Invite invite;
  invite.parties = {uri_at(trunk, account ? settings.username : number),
                    account ? std::string{} : name,
                    called,
                    {},
                    trunk.contact_user};
  if (order_.anonymous) {  // the carrier learns it for its own use, by P-Asserted-Identity (RFC 3325 §7)
    invite.parties.local_uri = "sip:anonymous@anonymous.invalid";
    invite.parties.local_display = "Anonymous";
  }
  invite.target = called;
  invite.max_forwards = order_.max_forwards;
  invite.headers = order_.headers;
  if (order_.history)
    for (auto& line : order_.history(trunk)) invite.headers.push_back(std::move(line));
  if (settings.asserted_identity) invite.headers.emplace_back("P-Asserted-Identity", "<" + uri_at(trunk, own) + ">");
  return invite;
}

void TrunkRing::ring(const TrunkHunt::Try& at, Result<sip::Flow> way) {
  if (!way) return next_or_not_taken(way.error().code == Errc::Forbidden ? way.error().text : "cannot be reached", at);
  const auto& trunk = *at.trunk;
  auto made = std::make_unique<CallLeg>(core_, owner_, *way);
  if (!made->open_media()) return host_.not_taken(*this, 503, "no media port left", {});
  made->hold(at.channel);
  const auto offer = host_.offer_for(*this, *made);
  if (!offer) return host_.not_taken(*this, 488, "no usable audio offered", {});
  auto invite = invite_to(trunk);
  invite.sdp = *offer;
  if (!trunk.credential.password.empty()) invite.login = {trunk.credential, at.target};

  host_.trunk_step("trunk " + trunk.settings.name + " at " + at.target.remote.text());
  auto& leg = host_.rings(*this, std::move(made));
  if (!leg.invite(std::move(invite))) {
    host_.trunk_leg_ended(leg, "cannot be sent");
    return next_or_not_taken("cannot be reached", at);
  }
  tried_ = &leg;
  silence_timer_ = core_.reactor().after(kSilence, [this] { give_up_silent(); });
}

/// Nobody listens for the half minute of a transaction's end (RFC 3261 §17.1.1.2) while another server could answer.
/// What the silent one says later is still acknowledged and ended.
void TrunkRing::give_up_silent() {
  auto* leg = std::exchange(tried_, nullptr);
  if (leg == nullptr) return;
  leg->cancel("Reason: SIP;cause=408;text=\"No answer\"");
  host_.trunk_leg_ended(*leg, "no answer of the server");
  const auto* trunk = hunt_.trunk();
  host_.trunk_step("trunk " + (trunk ? trunk->settings.name : std::string()) + " does not answer");
  (void)hunt_.failed(408, nullptr);
  if (next()) return;
  const auto [status, cause] = told(408);
  host_.not_taken(*this, status, cause, {});
}

void TrunkRing::on_trying(const CallLeg& leg) {
  if (&leg == tried_) core_.reactor().cancel(silence_timer_);
}

bool TrunkRing::on_refused(const CallLeg& leg, unsigned status, const sip::Message* response) {
  if (tried_ != &leg || !alive_) return false;
  core_.reactor().cancel(silence_timer_);
  const auto* trunk = hunt_.trunk();
  if (hunt_.failed(status, response) == TrunkHunt::Verdict::Final) return false;
  host_.trunk_step("trunk " + (trunk ? trunk->settings.name : std::string()) +
                   (response ? " says " + std::to_string(status) : std::string(" does not answer")));
  tried_ = nullptr;
  return next();
}

TrunkRing::Told TrunkRing::told(unsigned status) const {
  switch (status) {
    case 486:
    case 600: return {status, "busy"};
    case 603: return {603, "declined"};
    case 401:
    case 407: return {500, "the carrier does not take our credentials"};
    case 408:
    case 500:
    case 502:
    case 503:
    case 504: return {500, hunt_.reason()};  // RFC 3261 §16.7: a 503 further on is not ours
    default:
      if (status < 400) return {480, "the carrier redirects, which is not followed"};
      return {status, "the carrier says " + std::to_string(status)};
  }
}

}  // namespace parley::pbx
