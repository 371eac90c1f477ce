#include <base/metrics.hpp>
#include <pbx/trunk_credential.hpp>
#include <sip/headers.hpp>
#include <sip/scan.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kLongestRealmShown = 100;

metrics::Counter& refused(std::string_view reason) {
  return metrics::counter("parley_trunk_challenges_refused_total",
                          "Challenges that a carrier's password did not answer", {{"reason", reason}});
}

std::string printable(std::string text) {
  if (text.size() > kLongestRealmShown) text.resize(kLongestRealmShown);
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  return text;
}

}  // namespace

ChallengeAnswer answer_carrier(const sip::Message& response, const TrunkCredential& credential, const Target& asked,
                               sip::Method method, std::string_view uri, Random& random) {
  ChallengeAnswer out;
  const bool proxy = response.status() == 407;
  out.header = proxy ? sip::Header::ProxyAuthorization : sip::Header::Authorization;
  bool any = false, ours = false;
  response.each_field(proxy ? sip::Header::ProxyAuthenticate : sip::Header::WwwAuthenticate,
                      [&](std::string_view text) {
                        const auto auth = sip::parse_auth(text);
                        if (!auth || !auth->is_digest()) return;
                        const auto realm = sip::unquote(auth->value("realm"));
                        if (!any || realm == credential.realm) out.realm = printable(realm);
                        any = true;
                        if (realm != credential.realm) return;
                        ours = true;
                        out.stale = out.stale || sip::scan::iequals(sip::unquote(auth->value("stale")), "true");
                      });
  if (!any || credential.realm.empty()) return out;
  if (!ours) {
    static auto& counter = refused("realm");
    counter.add();
    out.verdict = ChallengeAnswer::Verdict::OtherRealm;
    return out;
  }
  const bool in_clear = asked.transport == sip::Transport::Tls && response.source.transport != sip::Transport::Tls;
  if (in_clear || response.source.remote.address != asked.remote.address) {
    static auto& counter = refused("host");
    counter.add();
    out.verdict = ChallengeAnswer::Verdict::OtherHost;
    return out;
  }
  auto value =
      sip::answer_challenge(response, {credential.user, credential.realm, credential.password}, method, uri, 1, random);
  if (!value) {
    static auto& counter = refused("algorithm");
    counter.add();
    return out;
  }
  out.verdict = ChallengeAnswer::Verdict::Answer;
  out.value = std::move(*value);
  return out;
}

}  // namespace parley::pbx
