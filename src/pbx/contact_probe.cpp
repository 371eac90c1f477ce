#include <algorithm>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <pbx/contact_probe.hpp>
#include <pbx/sip_methods.hpp>
#include <sip/builder.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {
namespace {

metrics::Counter& probes(std::string_view result) {
  return metrics::counter("parley_sip_probes_total", "OPTIONS to registered contacts", {{"result", result}});
}

/// What a proxy on the way says of a phone that it does not reach.
bool is_of_proxy(unsigned status) { return status == 408 || status == 430 || status == 503 || status == 504; }

}  // namespace

/// One OPTIONS and what comes of it.
class ContactProbe::Question final : public ClientUser {
 public:
  Question(ContactProbe& probe, std::uint64_t number, const Binding& binding)
      : key(HealthTable::key_for(binding)),
        asked_at(probe.core_.reactor().now()),
        probe_(probe),
        number_(number),
        by_proxy_(!binding.path.empty()) {}
  void on_response(sip::ClientId, const sip::Message& response) override {
    if (response.status() >= 200) probe_.end(number_, !by_proxy_ || !is_of_proxy(response.status()));
  }
  void on_client_failure(sip::ClientId, sip::TransactionFailure) override { probe_.end(number_, false); }

  const std::string key;
  const TimePoint asked_at;

 private:
  ContactProbe& probe_;
  std::uint64_t number_;
  bool by_proxy_;
};

ContactProbe::ContactProbe(Core& core) : core_(core) {}
ContactProbe::~ContactProbe() {
  core_.reactor().cancel(timer_);
  for (const auto& [id, question] : waiting_) core_.forget(*question);
}

void ContactProbe::start() {
  if (core_.shared().options.probe_interval <= Duration::zero()) return;
  next_round_ = core_.reactor().now();
  on_tick();
}

void ContactProbe::begin_round() {
  static auto& dead = metrics::gauge("parley_sip_contacts_dead", "Registered contacts that answer no probe");
  const auto now = core_.reactor().now();
  const auto interval = core_.shared().options.probe_interval;
  next_round_ = now + interval;
  queue_ = core_.shared().locations.all(now);
  std::unordered_set<std::string> registered;
  for (const auto& binding : queue_) registered.insert(HealthTable::key_for(binding));
  dead.set(static_cast<double>(core_.shared().health.with([&](HealthTable& table) { return table.keep(registered); })));
  const auto ticks = std::max<std::int64_t>(1, interval / kTick);
  per_tick_ = std::clamp<std::size_t>(queue_.size() / static_cast<std::size_t>(ticks) + 1, 1, kMostPerTick);
}

void ContactProbe::on_tick() {
  const auto now = core_.reactor().now();
  if (queue_.empty() && now >= next_round_) begin_round();
  for (std::size_t n = 0; n < per_tick_ && !queue_.empty() && waiting_.size() < kMostWaiting; ++n) {
    const auto binding = std::move(queue_.back());
    queue_.pop_back();
    if (binding.expires > now && !binding.flow_gone) ask(binding);
  }
  timer_ = core_.reactor().after(kTick, [this] { on_tick(); });
}

void ContactProbe::ask(const Binding& binding) {
  const auto current = core_.shared().directory.get();
  const auto* organisation = current->organisation(binding.organisation);
  if (!organisation) return;
  const auto sent_by = sip::host_port(core_.wire().own_endpoint(binding.flow));
  const auto branch = core_.transactions().mint_branch();
  const auto number = core_.reactor().number();
  auto& random = core_.shared().random;
  sip::RequestBuilder out(sip::Method::Options, binding.contact, {binding.flow.transport, sent_by, branch});
  out.max_forwards();
  for (const auto& hop : binding.path) out.header(sip::Header::Route, hop);
  out.from(sip::name_addr({}, "sip:" + organisation->sip_domain, sip::mint_tag(number, random)))
      .to("<" + binding.contact + ">")
      .call_id(sip::mint_call_id(number, random))
      .cseq(1)
      .header(sip::Header::Accept, kSdp);
  const auto id = ++questions_;
  auto& question = *waiting_.emplace(id, std::make_unique<Question>(*this, id, binding)).first->second;
  if (!core_.send(std::move(out).finish(), binding.flow, question)) end(id, false);
}

void ContactProbe::end(std::uint64_t id, bool alive) {
  static auto &answered = probes("answered"), &missed = probes("missed");
  const auto found = waiting_.find(id);
  if (found == waiting_.end() || !found->second) return;
  auto question = std::move(found->second);
  waiting_.erase(found);
  core_.forget(*question);
  (alive ? answered : missed).add();
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(core_.reactor().now() - question->asked_at);
  const bool died = core_.shared().health.with([&](HealthTable& table) {
    if (!alive) return table.missed(question->key);
    table.answered(question->key, passed);
    return false;
  });
  if (died) log::info("registration.dead", {{"contact", log::personal(question->key)}});
  core_.reactor().post([done = std::shared_ptr<Question>(std::move(question))] {});  // later: it may be calling
}

}  // namespace parley::pbx
