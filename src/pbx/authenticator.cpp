#include <algorithm>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <pbx/authenticator.hpp>
#include <pbx/digest_offer.hpp>

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
  metrics::Counter& bans = metrics::counter("parley_sip_bans_total", "Addresses banned for wrong credentials");
};
Counters& counters() {
  static Counters made;
  return made;
}

/// Stands for every user that does not exist, so that looking one up costs what a known one costs.
const sip::Ha1& nobody() {
  static const sip::Ha1 ha1 = sip::Ha1::of(system_random().token(16), "nowhere", system_random().token(32));
  return ha1;
}

}  // namespace

Refusal Authenticator::challenge(const sip::Message& request, std::string_view realm, WallTime wall, bool stale) {
  const auto& source = request.source.remote.address;
  Refusal refusal{401, {}};
  digest_.with([&](sip::DigestServer& digest) {
    for (const auto algorithm : digest_offer(request.value(sip::Header::UserAgent).value_or("")))
      refusal.headers.emplace_back(sip::Header::WwwAuthenticate,
                                   digest.challenge(realm, algorithm, source, wall, stale));
  });
  return refusal;
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
  const auto user = sip::DigestServer::username(*credentials);
  const auto account = user + "@" + organisation.sip_domain;
  if (const auto decision = shared_.guard.check(source, account, now);
      decision.verdict != AccessGuard::Verdict::Allow) {
    counters().limited.add();
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(decision.retry_after).count();
    return std::unexpected(Refusal{403, {{sip::Header::RetryAfter, std::to_string(seconds)}}});
  }
  const auto* device = organisation.device(user);
  const auto outcome = digest_.with([&](sip::DigestServer& digest) {
    return digest.verify(*credentials, request, device ? device->ha1 : nobody(), wall);
  });
  switch (outcome) {
    case sip::AuthOutcome::Ok:
      if (!device) break;  // cannot be: nobody() has no password that anybody knows
      counters().ok.add();
      shared_.guard.success(source, account, now);
      if (!device->extension->enabled) return std::unexpected(Refusal{403, {}});
      return Identity{std::move(directory), &organisation, device->extension, device};
    case sip::AuthOutcome::Stale:
      counters().stale.add();
      return std::unexpected(challenge(request, organisation.sip_domain, wall, true));
    case sip::AuthOutcome::Malformed: return std::unexpected(Refusal{400, {}});
    case sip::AuthOutcome::Wrong: break;
  }
  counters().wrong.add();
  if (shared_.guard.failure(source, account, now)) {
    counters().bans.add();
    log::warning("sip.address_banned", {{"reason", "wrong credentials"}, {"address", log::personal(source.text())}});
  }
  return std::unexpected(challenge(request, organisation.sip_domain, wall, false));
}

Result<Identity, Refusal> Authenticator::of_register(const sip::Message& request, TimePoint now, WallTime wall) {
  auto directory = shared_.directory.get();
  const auto* organisation = directory->domain(request.request_uri().host);
  if (!organisation) {  // asked as anybody is, so that nobody learns which domains are here; what it then says is wrong
    const auto realm = request.request_uri().host;
    if (request.has(sip::Header::Authorization) &&
        sip::DigestServer::credentials(request, sip::Header::Authorization, realm))
      return std::unexpected(Refusal{403, {}});
    counters().challenges.add();
    return std::unexpected(challenge(request, realm, wall, false));
  }
  return by_digest(request, std::move(directory), *organisation, now, wall);
}

Result<Identity, Refusal> Authenticator::of_call(const sip::Message& request, TimePoint now, WallTime wall) {
  auto directory = shared_.directory.get();
  const auto* organisation = directory->domain(request.from().uri.host);
  if (!organisation) organisation = directory->domain(request.request_uri().host);
  if (!organisation) return std::unexpected(Refusal{403, {}});
  if (std::ranges::find(shared_.options.trusted_addresses, request.source.remote.address) !=
      shared_.options.trusted_addresses.end()) {
    const auto* extension = organisation->extension_of_user(request.from().uri.user_text());
    if (!extension || !extension->enabled) return std::unexpected(Refusal{403, {}});
    return Identity{std::move(directory), organisation, extension, nullptr};
  }
  return by_digest(request, std::move(directory), *organisation, now, wall);
}

}  // namespace parley::pbx
