#include <algorithm>

#include <base/metrics.hpp>
#include <pbx/authenticator.hpp>
#include <pbx/digest_offer.hpp>
#include <pbx/trunk_calls.hpp>
#include <sip/scan.hpp>

namespace parley::pbx {
namespace {

struct Counters {
  metrics::Counter& ok =
      metrics::counter("parley_sip_authentications_total", "Digest authentications", {{"result", "ok"}});
  metrics::Counter& wrong =
      metrics::counter("parley_sip_authentications_total", "Digest authentications", {{"result", "wrong"}});
  metrics::Counter& stale =
      metrics::counter("parley_sip_authentications_total", "Digest authentications", {{"result", "stale"}});
  metrics::Counter& limited =
      metrics::counter("parley_sip_authentications_total", "Digest authentications", {{"result", "limited"}});
  metrics::Counter& challenges =
      metrics::counter("parley_sip_challenges_total", "Requests without credentials that were challenged");
};
Counters& counters() {
  static Counters made;
  return made;
}

/// Status line, Server, Content-Length, and what is around the fields that are copied from the request.
constexpr std::size_t kAnswerWithoutChallenge = 120;

/// Stands for every user that does not exist, so that looking one up costs what a known one costs.
const sip::Ha1& nobody() {
  static const sip::Ha1 ha1 = sip::Ha1::of(system_random().token(16), "nowhere", system_random().token(32));
  return ha1;
}

}  // namespace

std::uint32_t Authenticator::next_serial() {
  if (serial_ % SharedDigest::kSerials == 0) serial_ = digest_.serial.fetch_add(SharedDigest::kSerials);
  return serial_++;
}

Refusal Authenticator::challenge(const sip::Message& request, std::string_view realm, WallTime wall, bool stale) {
  const auto nonce = digest_.server.nonce(request.source.remote.address, wall, next_serial());
  Refusal refusal{401, {}};
  // The first challenge always; further ones as long as the answer stays about as short as the question, so that a
  // forged source gains nothing (T-13).
  const auto most = request.bytes().size() + request.bytes().size() / 5;
  auto size = kAnswerWithoutChallenge + request.top_via().text.size() + request.from().text.size() +
              request.to().text.size() + request.call_id().size();
  for (const auto algorithm : digest_offer(request.value(sip::Header::UserAgent).value_or(""))) {
    auto value = sip::DigestServer::challenge(realm, algorithm, nonce, stale);
    size += value.size() + std::string_view("WWW-Authenticate: \r\n").size();
    if (!refusal.headers.empty() && size > most && !sip::is_reliable(request.source.transport)) continue;
    refusal.headers.emplace_back(sip::Header::WwwAuthenticate, std::move(value));
  }
  return refusal;
}

bool Authenticator::is_trusted(const sip::Message& request) const {
  return std::ranges::find(shared_.options.trusted_addresses, request.source.remote.address) !=
         shared_.options.trusted_addresses.end();
}

/// Whom a proxy in front that is never banned got the request from, by the Via below its own (RFC 3261 §18.2.1). A
/// telephone may lie about it where the proxy lets it: it then counts as another, and the limit of tries at an account
/// from everywhere stands for it as well.
std::optional<IpAddress> Authenticator::behind_proxy(const sip::Message& request) const {
  if (request.via_count() < 2 || !shared_.guard.bans().allowed(request.source.remote.address)) return std::nullopt;
  std::optional<IpAddress> client;
  unsigned place = 0;
  request.each_element(sip::Header::Via, [&](std::string_view element) {
    if (++place != 2) return;
    const auto via = sip::parse_via(element);
    if (via) client = sip::host_address(via->received.empty() ? via->host : via->received);
  });
  return client;
}

const DirectoryOrganisation* Authenticator::organisation_of(const sip::Message& request,
                                                            const Directory& directory) const {
  if (request.is(sip::Method::Register)) return directory.domain(request.request_uri().host);
  if (const auto* own = directory.domain(request.from().uri.host)) return own;
  return directory.domain(request.request_uri().host);
}

bool Authenticator::signs_in(const sip::Message& request) {
  constexpr sip::MethodSet kSigned{sip::Method::Register, sip::Method::Invite, sip::Method::Message,
                                   sip::Method::Subscribe, sip::Method::Publish};
  return kSigned.has(request.method());
}

std::optional<Refusal> Authenticator::at_the_door(const sip::Message& request, WallTime wall) {
  if (!signs_in(request) || (is_trusted(request) && !request.is(sip::Method::Register))) return std::nullopt;
  const auto& directory = directory_.get();
  if (request.is(sip::Method::Invite) && trunk_of(*directory, shared_.trunks, request)) return std::nullopt;
  const auto* organisation = organisation_of(request, *directory);
  if (!organisation && !request.is(sip::Method::Register)) return Refusal{403, {}};
  // Of a domain that is not here it is asked as anybody is, so that nobody learns which are.
  const std::string_view realm = organisation ? std::string_view(organisation->sip_domain) : request.request_uri().host;
  if (sip::DigestServer::credentials(request, sip::Header::Authorization, realm)) return std::nullopt;
  counters().challenges.add();
  return challenge(request, realm, wall, false);
}

Result<Identity, Refusal> Authenticator::by_digest(const sip::Message& request,
                                                   std::shared_ptr<const Directory> directory,
                                                   const DirectoryOrganisation& organisation, TimePoint now,
                                                   WallTime wall) {
  const auto credentials = sip::DigestServer::credentials(request, sip::Header::Authorization, organisation.sip_domain);
  if (!credentials) {
    counters().challenges.add();
    return std::unexpected(challenge(request, organisation.sip_domain, wall, false));
  }
  const auto& source = request.source.remote.address;
  // Some sign as "101@acme.example": the same account by another spelling, and so another hash.
  auto user = sip::DigestServer::username(*credentials);
  bool with_domain = false;
  if (const auto at = user.rfind('@');
      at != std::string::npos && sip::scan::iequals(std::string_view(user).substr(at + 1), organisation.sip_domain)) {
    with_domain = true;
    user.resize(at);
  }
  const auto account = user + "@" + organisation.sip_domain;
  const auto client = behind_proxy(request);
  if (const auto decision = shared_.guard.check(source, account, now, client);
      decision.verdict != AccessGuard::Verdict::Allow) {
    counters().limited.add();
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(decision.retry_after).count();
    return std::unexpected(Refusal{403, {{sip::Header::RetryAfter, std::to_string(seconds)}}});
  }
  const auto* device = organisation.device(user);
  const sip::Ha1& ha1 = device ? (with_domain ? device->ha1_with_domain : device->ha1) : nobody();
  sip::NonceUse use;
  auto outcome = digest_.server.verify(*credentials, request, ha1, wall, use);
  if (outcome == sip::AuthOutcome::Ok && !digest_.accept(use, wall)) outcome = sip::AuthOutcome::Stale;
  switch (outcome) {
    case sip::AuthOutcome::Ok:
      if (!device) break;  // cannot be: nobody() has no password that anybody knows
      counters().ok.add();
      shared_.guard.success(source, account, now, client);
      if (!device->extension->enabled) return std::unexpected(Refusal{403, {}});
      return Identity{std::move(directory), &organisation, device->extension, device};
    case sip::AuthOutcome::Stale:
      counters().stale.add();
      return std::unexpected(challenge(request, organisation.sip_domain, wall, true));
    case sip::AuthOutcome::Malformed: return std::unexpected(Refusal{400, {}});
    case sip::AuthOutcome::Wrong: break;
  }
  counters().wrong.add();
  // A forged UDP source never saw our nonce.
  const bool proven = sip::is_reliable(request.source.transport) || digest_.server.is_ours(*credentials, source);
  shared_.guard.failure(source, account, proven, now, client);
  return std::unexpected(challenge(request, organisation.sip_domain, wall, false));
}

Result<Identity, Refusal> Authenticator::of_register(const sip::Message& request, TimePoint now, WallTime wall) {
  auto directory = directory_.get();
  const auto* organisation = organisation_of(request, *directory);
  if (!organisation) {  // asked as anybody is, so that nobody learns which domains are here; what it then says is wrong
    const auto realm = request.request_uri().host;
    if (sip::DigestServer::credentials(request, sip::Header::Authorization, realm))
      return std::unexpected(Refusal{403, {}});
    counters().challenges.add();
    return std::unexpected(challenge(request, realm, wall, false));
  }
  return by_digest(request, std::move(directory), *organisation, now, wall);
}

Result<Identity, Refusal> Authenticator::of_call(const sip::Message& request, TimePoint now, WallTime wall) {
  auto directory = directory_.get();
  if (const auto* trunk = trunk_of(*directory, shared_.trunks, request)) {
    shared_.guard.success(request.source.remote.address, trunk->contact_user, now);
    return Identity{std::move(directory), trunk->organisation, nullptr, nullptr, trunk};
  }
  const auto* organisation = organisation_of(request, *directory);
  if (!organisation) return std::unexpected(Refusal{403, {}});
  if (is_trusted(request)) {
    const auto* extension = organisation->extension_of_user(request.from().uri.user_text());
    if (!extension || !extension->enabled) return std::unexpected(Refusal{403, {}});
    return Identity{std::move(directory), organisation, extension, nullptr};
  }
  return by_digest(request, std::move(directory), *organisation, now, wall);
}

}  // namespace parley::pbx
