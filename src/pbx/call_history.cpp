#include <algorithm>
#include <array>
#include <utility>

#include <pbx/call_history.hpp>
#include <pbx/caller_identity.hpp>
#include <sip/builder.hpp>
#include <sip/identity_headers.hpp>
#include <sip/scan.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kMaxNames = 20;  // remembered of an INVITE
constexpr std::array<std::string_view, 11> kReasons{
    "unknown",        "user-busy",  "no-answer", "unavailable",    "unconditional", "time-of-day",
    "do-not-disturb", "deflection", "follow-me", "out-of-service", "away"};

std::string place_of(std::string_view user, std::string_view host) {
  std::string out = std::string(user) + "@";
  for (const char c : host) out += sip::scan::lower(c);
  return out;
}

}  // namespace

std::string_view to_string(DiversionReason reason) noexcept { return kReasons[static_cast<std::size_t>(reason)]; }

DiversionReason diversion_reason(const sip::Message& redirection, bool rang) {
  auto out = rang ? DiversionReason::Deflection : DiversionReason::Unconditional;
  bool first = true;
  redirection.each_element(sip::Header::Diversion, [&](std::string_view element) {
    const auto said = sip::parse_diversion(element);
    if (!std::exchange(first, false) || !said) return;
    for (std::size_t i = 0; i < kReasons.size(); ++i)
      if (sip::scan::iequals(said->reason, kReasons[i])) out = static_cast<DiversionReason>(i);
  });
  return out;
}

void CallHistory::begin(const sip::Message& invite) {
  std::size_t diversions = 0, entries = 0;
  const auto note = [this](const sip::Uri& uri) {
    if (before_.size() < kMaxNames) before_.push_back(place_of(uri.user_text(), uri.host));
  };
  invite.each_element(sip::Header::Diversion, [&](std::string_view element) {
    const auto said = sip::parse_diversion(element);
    if (!said) return;
    diversions += std::min<std::size_t>(said->counter.value_or(1), kMost);
    note(said->who.uri);
  });
  invite.each_element(sip::Header::HistoryInfo, [&](std::string_view element) {
    const auto said = sip::parse_history_entry(element);
    if (!said) return;
    // An entry that came to be from another user's is a diversion; those of contacts are none.
    if (said->target == sip::HistoryTarget::Mp) ++entries;
    note(said->who.uri);
  });
  // The last one of a history is who is called now: the call is there for the first time.
  const auto here = place_of(invite.request_uri().user_text(), invite.request_uri().host);
  std::erase(before_, here);
  count_before_ = std::max(diversions, entries);
}

bool CallHistory::may_divert(const DirectoryExtension& to) const {
  const auto made = hops_.empty() ? 0 : hops_.size() - 1;
  return count_before_ + made < kMost &&
         std::ranges::find(before_, place_of(to.number, to.organisation->sip_domain)) == before_.end();
}

void CallHistory::divert(const DirectoryExtension& from, const DirectoryExtension& to, Cause cause) {
  auto parent = std::ranges::find(hops_, &from, &Hop::at);
  if (parent == hops_.end()) {
    if (hops_.size() >= 2 * kMost) return;
    parent = hops_.insert(hops_.end(), Hop{&from, hops_.size(), {}});
  }
  if (hops_.size() >= 2 * kMost) return;
  const auto index = static_cast<std::size_t>(parent - hops_.begin());
  hops_.push_back({&to, index, cause});
}

std::vector<HeaderText> CallHistory::headers(const DirectoryExtension& at, PeerClass to, bool quiet) const {
  std::vector<HeaderText> out;
  const auto found = std::ranges::find(hops_.rbegin(), hops_.rend(), &at, &Hop::at);
  if (found == hops_.rend()) return out;
  const bool inside = to == PeerClass::Inner || to == PeerClass::Trunk;
  if (quiet && !inside) return out;

  std::vector<std::size_t> way{static_cast<std::size_t>(hops_.rend() - found) - 1};  // from here back to the first
  while (hops_[way.back()].from != way.back()) way.push_back(hops_[way.back()].from);
  if (way.size() == 1) return out;

  // Diversions stand side by side under the first (RFC 7044 §10.3): 1, 1.1, 1.2 …
  const auto index_of = [first = way.back()](std::size_t hop) {
    return hop == first ? std::string("1") : "1." + std::to_string(hop - first);
  };
  const auto is_hidden = [&](std::size_t step) { return quiet || hops_[way[step]].cause.hidden; };
  std::string story;
  for (std::size_t step = way.size(); step-- > 0;) {
    const auto& hop = hops_[way[step]];
    const bool left = step > 0;  // it went on from here, by the cause of the next one
    const bool hidden = left && is_hidden(step - 1);
    if (hidden && !inside) continue;
    std::string headers;
    if (left && hops_[way[step - 1]].cause.status != 0)
      headers = "?Reason=SIP%3Bcause%3D" + std::to_string(hops_[way[step - 1]].cause.status);
    if (hidden) headers += std::string(headers.empty() ? "?" : "&") + "Privacy=history";
    story += (story.empty() ? "<" : ", <") + uri_of(shown_as(*hop.at)) + headers + ">;index=" + index_of(way[step]);
    if (hop.from != way[step]) story += ";mp=" + index_of(hop.from);
  }
  for (std::size_t step = 0; step + 1 < way.size(); ++step) {
    const auto& by = *hops_[way[step + 1]].at;
    if (is_hidden(step) && !inside) continue;
    out.emplace_back("Diversion", sip::name_addr(by.display_name, uri_of(shown_as(by))) +
                                      ";reason=" + std::string(to_string(hops_[way[step]].cause.reason)) +
                                      ";counter=1;privacy=" + (is_hidden(step) ? "full" : "off"));
  }
  out.emplace_back("History-Info", std::move(story));
  return out;
}

}  // namespace parley::pbx
