#include <algorithm>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <net/reactor.hpp>
#include <pbx/call_events.hpp>
#include <pbx/sip_methods.hpp>
#include <pbx/trunk_line.hpp>
#include <sip/builder.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kMaxProbed = 8;  // servers of one carrier
constexpr auto kBadAfterProbe = std::chrono::minutes(2);
constexpr auto kLostAgain = std::chrono::seconds(30);  // between registrations for lost connections

metrics::Counter& registrations(std::string_view result) {
  return metrics::counter("parley_trunk_registrations_total", "REGISTER requests of trunks by what they were answered",
                          {{"result", result}});
}
metrics::Counter& probes(std::string_view result) {
  return metrics::counter("parley_trunk_probes_total", "OPTIONS requests to carriers", {{"result", result}});
}
metrics::Gauge& trunks_up() { return metrics::gauge("parley_trunks_up", "Trunks that can take calls"); }

std::string server_text(const Target& target) {
  return std::string(sip::to_string(target.transport)) + " " + target.remote.text();
}

}  // namespace

TrunkLine::TrunkLine(Core& core, TargetFinder& finder, const DirectoryTrunk& trunk, const Reach& reach)
    : core_(core),
      finder_(finder),
      trunk_(trunk.settings),
      place_(trunk.place),
      reach_(reach),
      contact_user_(trunk.contact_user),
      uri_(trunk.uri),
      call_id_(sip::mint_call_id(core.reactor().number(), core.shared().random)),
      tag_(sip::mint_tag(core.reactor().number(), core.shared().random)) {
  if (trunk_.kind != store::TrunkKind::Register) return;
  TrunkRegistration::Options options;
  options.uri = uri_;
  options.contact = contact_user_;
  options.credential = trunk.credential;
  options.expires = std::chrono::seconds(trunk_.expires_s);
  registration_.emplace(std::move(options), static_cast<TrunkRegistration::Owner&>(*this), core.shared().random);
}

TrunkLine::~TrunkLine() {
  if (status_.condition == TrunkCondition::Up) trunks_up().add(-1);
  core_.reactor().cancel(timer_);
}

void TrunkLine::start() {
  core_.shared().trunks.set(trunk_.id, status_);
  if (registration_) return registration_->start(now());
  find_servers(false);
}

void TrunkLine::retry() {
  if (registration_) registration_->start(now());
  alive_.clear();
  find_servers(false);
}

void TrunkLine::leave() {
  leaving_ = true;
  find_at_.reset();
  probe_at_.reset();
  again_at_.reset();
  probes_.clear();
  if (registration_) registration_->stop(now());
  arm();
}

// ---- servers ----

void TrunkLine::locate() { find_servers(true); }

void TrunkLine::find_servers(bool for_registration) {
  finder_.find(place_, reach_,
               [this, for_registration, life = std::weak_ptr<int>(life_)](const TargetFinder::Found& found) {
                 if (life.expired()) return;
                 const bool any = !found.selection.targets.empty();
                 // Without an answer the servers known so far stay: better an old address than none.
                 if (any || !found.selection.dns_failed || servers_.empty()) {
                   servers_ = found.selection.targets;
                   TrunkBoard::Way way{place_, reach_, found.answers, std::nullopt};
                   if (registration_ && registration_->up()) way.first = registration_->target();
                   core_.shared().trunks.set(trunk_.id, std::move(way));
                 }
                 const bool first = !std::exchange(located_, true);
                 find_at_ = now() + found.good_for;
                 if (first && trunk_.probe_s > 0) probe_all();
                 if (for_registration && registration_) registration_->on_targets(servers_, now());
                 judge();
                 arm();
               });
}

// ---- registration ----

sip::RequestBuilder TrunkLine::request(sip::Method method, const sip::Flow& flow, const std::string& uri,
                                       const std::string& user, const std::string& call_id, std::uint32_t cseq) {
  const auto own = sip::host_port(core_.wire().own_endpoint(flow));
  sent_by_ = own;
  branch_ = core_.transactions().mint_branch();
  const auto party =
      "sip:" + sip::escape_user(user) + "@" +
      (IpAddress::parse(place_.host) && place_.host.contains(':') ? "[" + place_.host + "]" : place_.host);
  sip::RequestBuilder out(method, uri, {flow.transport, sent_by_, branch_, core_.wire().opened(flow)});
  auto contact = "<sip:" + contact_user_ + "@" + own;
  if (flow.transport == sip::Transport::Tcp) contact += ";transport=tcp";
  if (flow.transport == sip::Transport::Tls) contact += ";transport=tls";
  out.max_forwards()
      .from(sip::name_addr("", party, tag_))
      .to(sip::name_addr("", method == sip::Method::Register ? party : uri))
      .call_id(call_id)
      .cseq(cseq)
      .contact(contact + ">");
  return out;
}

void TrunkLine::send(const TrunkRegistration::Attempt& attempt) {
  auto make = [this, attempt](const sip::Flow& flow) {
    auto message = request(sip::Method::Register, flow, uri_, trunk_.username, call_id_, attempt.cseq);
    message.header(sip::Header::Expires, std::to_string(attempt.expires.count())).header(sip::Header::Allow, kAllow);
    if (attempt.authorization) message.header(attempt.authorization->first, attempt.authorization->second);
    return std::move(message).finish();
  };
  register_ = std::make_unique<OneRequest>(core_);
  register_->send(attempt.target, std::move(make), [this](const sip::Message* response, std::string_view failure) {
    registered_by_ = register_->connection();
    if (response == nullptr) {
      registrations("failure").add();
      registration_->on_failure(failure, now());
    } else {
      const auto status = response->status();
      registrations(status < 300 ? "ok" : status == 401 || status == 407 ? "challenge" : "refused").add();
      if (status < 300 && registration_->state() != TrunkState::Leaving) registered_at_ = core_.reactor().wall();
      registration_->on_response(*response, now());
    }
    judge();
    arm();
  });
}

/// The carrier's calls come by the connection that we registered over: without it nobody reaches us. A server that ends
/// each connection is not asked again in a circle.
void TrunkLine::flow_lost(const sip::Flow& flow) {
  if (!registration_ || !registration_->up() || flow.connection == 0 || flow.connection != registered_by_) return;
  registered_by_ = 0;
  const auto spread = std::chrono::milliseconds(core_.shared().random.next() % 2000);
  again_at_ = std::max<TimePoint>(now() + spread, lost_before_ ? *lost_before_ + kLostAgain : TimePoint{});
  lost_before_ = now();
  arm();
}

// ---- probing ----

void TrunkLine::probe_all() {
  probe_at_ = now() + std::chrono::seconds(trunk_.probe_s);
  std::erase_if(alive_, [&](const auto& entry) {
    return std::ranges::none_of(
        servers_, [&](const Target& target) { return ServerKey(target.transport, target.remote) == entry.first; });
  });
  for (std::size_t i = 0; i < std::min(servers_.size(), kMaxProbed); ++i) probe(servers_[i]);
}

void TrunkLine::probe(const Target& target) {
  const ServerKey key(target.transport, target.remote);
  auto& asked = probes_[key];
  if (asked) return;  // the last one still waits
  asked = std::make_unique<OneRequest>(core_);
  auto make = [this](const sip::Flow& flow) {
    const auto user = trunk_.username.empty() ? std::string("parley") : trunk_.username;
    auto message = request(sip::Method::Options, flow, uri_, user,
                           sip::mint_call_id(core_.reactor().number(), core_.shared().random), ++probe_cseq_);
    message.header(sip::Header::Accept, "application/sdp");
    return std::move(message).finish();
  };
  asked->send(target, std::move(make), [this, target](const sip::Message* response, std::string_view failure) {
    probed(target, response, failure);
  });
}

void TrunkLine::probed(const Target& target, const sip::Message* response, std::string_view failure) {
  const ServerKey key(target.transport, target.remote);
  const auto done = probes_.extract(key);  // kept until we return: it calls us
  // Any answer shows that somebody serves there, but 503 and 408: "not now" and "not reached" (RFC 3261 §11, §21).
  const bool good = response != nullptr && response->status() != 503 && response->status() != 408;
  probes(good ? "answered" : response != nullptr ? "refused" : "lost").add();
  const auto before = alive_.find(key);
  if (before == alive_.end() || before->second.answers != good)
    log::info("trunk.server",
              {{"trunk", trunk_.id.text()},
               {"server", server_text(target)},
               {"alive", good},
               {"why", response != nullptr ? std::to_string(response->status()) : std::string(failure)}});
  alive_[key] = {good, core_.reactor().wall(),
                 response != nullptr ? "it says " + std::to_string(response->status()) : std::string(failure)};
  auto& board = core_.shared().trunks;
  if (good) {
    board.good(trunk_.id, target);
  } else {
    board.bad(trunk_.id, target, now() + std::chrono::seconds(trunk_.probe_s) + kBadAfterProbe);
  }
  judge();
}

// ---- time ----

void TrunkLine::arm() {
  core_.reactor().cancel(timer_);
  std::optional<TimePoint> due;
  const auto consider = [&](const std::optional<TimePoint>& when) {
    if (when && (!due || *when < *due)) due = when;
  };
  consider(find_at_);
  consider(probe_at_);
  consider(again_at_);
  if (registration_) consider(registration_->next_deadline());
  if (due) timer_ = core_.reactor().at(*due, [this] { on_time(); });
}

void TrunkLine::on_time() {
  timer_ = {};
  if (find_at_ && now() >= *find_at_) {
    find_at_.reset();
    find_servers(false);
  }
  if (probe_at_ && now() >= *probe_at_) probe_all();
  if (again_at_ && now() >= *again_at_) {
    again_at_.reset();
    if (registration_->up()) registration_->start(now());
  }
  if (registration_) registration_->on_time(now());
  judge();
  arm();
}

// ---- what people see ----

void TrunkLine::judge() {
  if (leaving_) return;
  TrunkStatus next;
  const bool any_alive = std::ranges::any_of(servers_, [&](const Target& target) {
    const auto known = alive_.find({target.transport, target.remote});
    return known == alive_.end() ? trunk_.probe_s == 0 : known->second.answers;
  });
  const bool all_dead = !servers_.empty() && std::ranges::all_of(servers_, [&](const Target& target) {
    const auto known = alive_.find({target.transport, target.remote});
    return known != alive_.end() && !known->second.answers;
  });
  std::optional<Target> server;
  if (registration_) {
    const auto state = registration_->state();
    server = registration_->target();
    next.condition = state == TrunkState::Refused ? TrunkCondition::Refused
                     : registration_->up()        ? TrunkCondition::Up
                     : state == TrunkState::Waiting || status_.condition == TrunkCondition::Down
                         ? TrunkCondition::Down
                         : TrunkCondition::Connecting;
    next.reason = registration_->reason();
    if (const auto until = registration_->expires(); until && registration_->up())
      next.registered_until =
          core_.reactor().wall() + std::chrono::duration_cast<std::chrono::milliseconds>(*until - now());
  } else if (located_ && servers_.empty()) {
    next.condition = TrunkCondition::Down;
    next.reason = "no server of the carrier was found in DNS";
  } else if (any_alive) {
    next.condition = TrunkCondition::Up;
  }
  if (all_dead && next.condition != TrunkCondition::Refused) {
    next.condition = TrunkCondition::Down;
    const auto& first = servers_.front();
    next.reason = "no server of the carrier answers: " + alive_.at({first.transport, first.remote}).why;
  }
  if (!server && !servers_.empty()) server = servers_.front();
  if (server) next.server = server_text(*server);
  next.registered_at = registered_at_;
  for (const auto& target : servers_) {
    const auto known = alive_.find({target.transport, target.remote});
    const bool probed = known != alive_.end();
    next.servers.push_back({server_text(target), probed ? std::optional(known->second.answers) : std::nullopt,
                            probed ? std::optional(known->second.at) : std::nullopt});
  }

  const auto before = status_.condition;
  next.since = before == next.condition ? status_.since : std::optional(core_.reactor().wall());
  status_ = next;
  core_.shared().trunks.set(trunk_.id, status_);
  if (before == next.condition) return;
  const bool up = next.condition == TrunkCondition::Up;
  if (up) {
    trunks_up().add(1);
    if (registration_) find_servers(false);  // the server that holds the registration goes first from now on
    tell("trunk.up", {});
  } else if (before == TrunkCondition::Up) {
    trunks_up().add(-1);
  }
  if (next.condition == TrunkCondition::Down || next.condition == TrunkCondition::Refused)
    tell("trunk.down", next.reason);
}

void TrunkLine::tell(std::string_view event, const std::string& reason) {
  log::info(event, {{"trunk", trunk_.id.text()}, {"server", status_.server}, {"reason", reason}});
  core_.shared().ledger.publish(
      trunk_event(event, trunk_.organisation, trunk_.id, trunk_.name, to_string(status_.condition), reason,
                  core_.reactor().wall(), core_.shared().clock, core_.shared().random),
      true);
}

}  // namespace parley::pbx
