#include <algorithm>
#include <array>

#include <base/metrics.hpp>
#include <pbx/caller_identity.hpp>
#include <pbx/forking.hpp>
#include <pbx/message_relay.hpp>
#include <pbx/routing.hpp>
#include <pbx/sip_methods.hpp>
#include <sip/builder.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {
namespace {

metrics::Counter& counter(std::string_view result) {
  return metrics::counter("parley_sip_messages_total", "Text messages by what became of them", {{"result", result}});
}

/// What the sender is told of a contact's answer. A challenge, a dead end or another place is no business of his.
unsigned told(unsigned status) {
  constexpr std::array kOurs{401U, 407U, 408U, 430U, 481U, 503U};
  return (status >= 300 && status < 400) || std::ranges::find(kOurs, status) != kOurs.end() ? 480 : status;
}

}  // namespace

bool message_fits(const sip::Message& message, const sip::Flow& onward) {
  const bool streams = sip::is_reliable(message.source.transport) && sip::is_reliable(onward.transport);
  return streams ? message.body().size() <= kMaxMessageBody : message.bytes().size() <= kMaxMessageDatagram;
}

std::vector<HeaderText> content_headers(const sip::Message& message) {
  using sip::Header;
  std::vector<HeaderText> out;
  for (const auto header : {Header::ContentDisposition, Header::ContentEncoding, Header::ContentLanguage,
                            Header::MimeVersion, Header::Expires})
    if (const auto value = message.value(header)) out.emplace_back(sip::name_of(header), *value);
  return out;
}

/// One message on its way: a client transaction for each place that it goes to.
class MessageRelay::Delivery final : public ClientUser {
 public:
  struct Way {
    Shown from;
    std::string to;
    unsigned max_forwards = 70;
    PeerClass sender = PeerClass::Device;
  };
  Delivery(Core& core, MessageRelay& relay, sip::ServerId server, Way way)
      : core_(core),
        relay_(relay),
        server_(server),
        way_(std::move(way)),
        call_id_(sip::mint_call_id(core.reactor().number(), core.shared().random)),
        tag_(sip::mint_tag(core.reactor().number(), core.shared().random)),
        timer_(core.reactor().after(kAnswerWithin, [this] { finish(); })) {}
  ~Delivery() {
    core_.reactor().cancel(timer_);
    core_.forget(*this);
  }
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  void start(std::vector<LocationTable::Place> places) {
    for (auto& place : places)
      if (places_.size() < core_.shared().options.max_forks) send(std::move(place));
    if (places_.empty()) finish();
  }

  void on_response(sip::ClientId id, const sip::Message& response) override {
    if (response.status() >= 200) answered(id, response.status(), &response);
  }
  void on_client_failure(sip::ClientId id, sip::TransactionFailure failure) override {
    answered(id, failure == sip::TransactionFailure::Timeout ? 408 : 503, nullptr);
  }

 private:
  void send(LocationTable::Place place) {
    const auto* request = core_.transactions().request(server_);
    if (!request) return;
    for (;;) {
      const auto& binding = place.binding;
      if (message_fits(*request, binding.flow)) {
        if (auto sent = core_.send(copy_for(*request, binding), binding.flow, *this)) {
          places_.emplace(*sent, std::move(place));
          return;
        }
        note(503, nullptr);
      } else {
        note(413, nullptr);
      }
      if (place.others.empty()) return;
      place = std::move(place).next();
    }
  }

  sip::Outgoing copy_for(const sip::Message& request, const Binding& binding) {
    const auto sent_by = sip::host_port(core_.wire().own_endpoint(binding.flow));
    const auto branch = core_.transactions().mint_branch();
    sip::RequestBuilder out(sip::Method::Message, binding.contact, {binding.flow.transport, sent_by, branch});
    out.max_forwards(way_.max_forwards);
    for (const auto& hop : binding.path) out.header(sip::Header::Route, hop);
    // The same for all: a phone that is registered twice knows it for the same message (RFC 3261 §8.2.2.2).
    out.from(sip::name_addr(way_.from.name, uri_of(way_.from), tag_)).to("<" + way_.to + ">").call_id(call_id_).cseq(1);
    if (const auto asserted = asserted_identity(way_.from)) out.header(asserted->first, asserted->second);
    for (const auto& [name, value] : passed_on(request, way_.sender, PeerClass::Device)) out.header(name, value);
    for (const auto& [name, value] : content_headers(request)) out.header(name, value);
    if (!request.body().empty()) out.body(request.value(sip::Header::ContentType).value_or(""), request.body());
    return std::move(out).finish();
  }

  void answered(sip::ClientId id, unsigned status, const sip::Message* response) {
    auto sent = places_.extract(id);
    if (sent.empty() || over_) return;
    if (status < 300) {
      best_ = status;
      line_.clear();
      return finish();
    }
    note(status, response);
    auto& place = sent.mapped();
    if ((status == 430 || status == 408 || status == 503) && !place.others.empty())
      send(std::move(place).next());  // the same phone by another of its flows
    if (status >= 600 || places_.empty()) finish();
  }

  void note(unsigned status, const sip::Message* response) {
    if (best_ != 0 && rank_of_status(status) >= rank_of_status(best_)) return;
    best_ = status;
    line_.clear();
    if (!response) return;
    for (const auto header : {sip::Header::Accept, sip::Header::RetryAfter})
      if (const auto value = response->value(header); value && line_.empty() && value->size() <= 256)
        line_.append(sip::name_of(header)).append(": ").append(*value);
    if (line_.empty()) line_ = reason_line_of(*response);
  }

  void finish() {
    if (std::exchange(over_, true)) return;
    static auto &delivered = counter("delivered"), &refused = counter("refused"), &unreachable = counter("unreachable");
    const auto status = told(best_ == 0 ? 480 : best_);
    (status < 300 ? delivered : status == 480 ? unreachable : refused).add();
    relay_.reply(server_, status, line_);
    core_.reactor().cancel(timer_);
    relay_.done(server_);
  }

  Core& core_;
  MessageRelay& relay_;
  sip::ServerId server_;
  Way way_;
  std::string call_id_, tag_;
  std::unordered_map<sip::ClientId, LocationTable::Place> places_;  // that have not answered
  unsigned best_ = 0;
  std::string line_;  // a header line that goes with it
  bool over_ = false;
  net::Reactor::TimerHandle timer_;
};

MessageRelay::MessageRelay(Core& core) : core_(core) {}
MessageRelay::~MessageRelay() = default;

void MessageRelay::reply(sip::ServerId id, unsigned status, std::string_view header_line) {
  (void)core_.transactions().respond(id, status, sip::mint_tag(core_.reactor().number(), core_.shared().random),
                                     core_.reactor().now(), header_line);
  core_.touch();
}

void MessageRelay::done(sip::ServerId id) {
  core_.reactor().post([this, id] { running_.erase(id); });  // later: it may be calling
}

void MessageRelay::serve(sip::ServerId id, const sip::Message& request, const Identity& sender) {
  static auto &limited = counter("limited"), &refused = counter("refused"), &unreachable = counter("unreachable");
  const auto refuse = [&](unsigned status, std::string_view header_line = {}) {
    (status == 480 ? unreachable : refused).add();
    reply(id, status, header_line);
  };
  auto& shared = core_.shared();
  const auto now = core_.reactor().now();
  if (!sender.extension) return refuse(403);
  if (!request.body().empty() && !request.has(sip::Header::ContentType)) return refuse(400);
  if (!message_fits(request, request.source)) return refuse(413);
  if (!shared.message_rate.with([&](MessageRateLimit& rate) { return rate.allow(sender.extension->id, now); })) {
    limited.add();
    return reply(id, 480, "Retry-After: 1");
  }
  if (running_.size() >= kMaxRunning) return refuse(503, "Retry-After: 5");
  const auto privacy = privacy_of(request);
  if (privacy.refusal != 0) return refuse(privacy.refusal);
  const auto to = route(sender, request.request_uri());
  if (to.kind == Route::Kind::Refuse) return refuse(to.status);
  if (to.kind != Route::Kind::Extension) return refuse(404);  // nobody there who reads
  auto places = shared.locations.places(to.extension->id, now);
  if (places.empty()) return refuse(480);

  Delivery::Way way;
  way.from = privacy.anonymous ? nobody() : shown_as(*sender.extension, asks_for_number(*sender.extension, request));
  way.to = "sip:" + sip::escape_user(to.extension->number) + "@" + to.extension->organisation->sip_domain;
  way.max_forwards = request.max_forwards().value_or(70) - 1;  // 0 was answered 483
  way.sender = sender.device ? PeerClass::Device : PeerClass::Inner;
  auto& delivery = *running_.emplace(id, std::make_unique<Delivery>(core_, *this, id, std::move(way))).first->second;
  delivery.start(std::move(places));
}

}  // namespace parley::pbx
