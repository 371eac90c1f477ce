#include <algorithm>
#include <array>
#include <utility>

#include <pbx/call_history.hpp>
#include <pbx/caller_identity.hpp>
#include <pbx/number_format.hpp>
#include <pbx/trunk_ring.hpp>
#include <sip/builder.hpp>
#include <sip/identity_headers.hpp>
#include <sip/scan.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kMaxNames = 20;  // remembered of an INVITE
constexpr std::size_t kMaxIndex = 32;
constexpr std::string_view kAnonymous = "sip:anonymous@anonymous.invalid";
constexpr std::array<std::string_view, 11> kReasons{
    "unknown",        "user-busy",  "no-answer", "unavailable",    "unconditional", "time-of-day",
    "do-not-disturb", "deflection", "follow-me", "out-of-service", "away"};

std::string place_of(std::string_view user, std::string_view host) {
  std::string out = std::string(user) + "@";
  for (const char c : host) out += sip::scan::lower(c);
  return out;
}

/// Of a call that comes with a history of its own: the last entry of that.
std::string index_of_first(const std::string& last) { return last.empty() ? "1" : last; }

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

void CallHistory::begin(const sip::Message& invite, bool believed) {
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
    if (believed && said->index.size() <= kMaxIndex) last_index_ = said->index;
  });
  // The last one of a history is who is called now: the call is there for the first time.
  const auto here = place_of(invite.request_uri().user_text(), invite.request_uri().host);
  std::erase(before_, here);
  count_before_ = std::max(diversions, entries);
  wanted_ = invite.lists(sip::Header::Supported, "histinfo");
}

bool CallHistory::may_divert_out() const noexcept {
  const auto made = hops_.empty() ? 0 : hops_.size() - 1;
  return count_before_ + made < kMost;
}

bool CallHistory::may_divert(const DirectoryExtension& to) const {
  return may_divert_out() &&
         std::ranges::find(before_, place_of(to.number, to.organisation->sip_domain)) == before_.end();
}

void CallHistory::add(const DirectoryExtension& from, Hop to, Cause cause) {
  auto parent = std::ranges::find(hops_, &from, &Hop::at);
  if (parent == hops_.end()) {
    if (hops_.size() >= 2 * kMost) return;
    parent = hops_.insert(hops_.end(), Hop{&from, {}, hops_.size(), {}, index_of_first(last_index_), 0});
  }
  if (hops_.size() >= 2 * kMost) return;
  to.from = static_cast<std::size_t>(parent - hops_.begin());
  to.cause = cause;
  // Diversions stand side by side under the first (RFC 7044 §10.3): 1, 1.1, 1.2 …
  to.index = below(hops_[way_to(to.from).back()]);
  hops_.push_back(std::move(to));
}

void CallHistory::divert(const DirectoryExtension& from, const DirectoryExtension& to, Cause cause) {
  Hop hop;
  hop.at = &to;
  add(from, std::move(hop), cause);
}

void CallHistory::divert_out(const DirectoryExtension& from, const std::string& number, Cause cause) {
  Hop hop;
  hop.number = number;
  add(from, std::move(hop), cause);
}

CallHistory::Way CallHistory::way_to(std::size_t hop) const {
  Way way{hop};
  while (hops_[way.back()].from != way.back()) way.push_back(hops_[way.back()].from);
  return way;
}

/// Whether who stands at that step of the way wants not to be seen; the last one (step 0) is who is called.
bool CallHistory::hidden(const Way& way, std::size_t step, bool quiet) const {
  return quiet || (step > 0 && hops_[way[step - 1]].cause.hidden);
}

template <class UriOf>
std::string CallHistory::story_of(const Way& way, bool quiet, bool inside, const UriOf& uri_of) const {
  std::string story;
  for (std::size_t step = way.size(); step-- > 0;) {
    const auto& hop = hops_[way[step]];
    const bool secret = hidden(way, step, quiet);
    std::string headers;
    if (step > 0 && hops_[way[step - 1]].cause.status != 0)  // it went on from here, by the cause of the next one
      headers = "?Reason=SIP%3Bcause%3D" + std::to_string(hops_[way[step - 1]].cause.status);
    if (secret && inside) headers += std::string(headers.empty() ? "?" : "&") + "Privacy=history";
    const bool named = !secret || inside;
    story += (story.empty() ? "<" : ", <") + (named ? uri_of(hop) + headers : std::string(kAnonymous)) +
             ">;index=" + hop.index;
    if (hop.from != way[step]) story += ";mp=" + hops_[hop.from].index;
  }
  return story;
}

namespace {

HeaderText diversion_of(const std::string& who, DiversionReason reason, bool hidden) {
  return {"Diversion",
          who + ";reason=" + std::string(to_string(reason)) + ";counter=1;privacy=" + (hidden ? "full" : "off")};
}

}  // namespace

std::vector<HeaderText> CallHistory::headers(const DirectoryExtension& at, PeerClass to, bool quiet,
                                             std::string_view contact) {
  std::vector<HeaderText> out;
  const auto found = std::ranges::find(hops_.rbegin(), hops_.rend(), &at, &Hop::at);
  auto last = static_cast<std::size_t>(hops_.rend() - found);  // behind it; 0: none
  if (last == 0) {
    if (!wanted_ || hops_.size() >= 2 * kMost) return out;
    hops_.push_back(Hop{&at, {}, hops_.size(), {}, index_of_first(last_index_), 0});
    last = hops_.size();
  }
  --last;
  const auto way = way_to(last);
  if (way.size() == 1 && !wanted_) return out;

  const bool inside = to == PeerClass::Inner;
  for (std::size_t step = 1; step < way.size(); ++step) {
    const auto& by = *hops_[way[step]].at;
    const bool secret = hidden(way, step, quiet);
    if (secret && !inside) continue;
    out.push_back(
        diversion_of(sip::name_addr(by.display_name, uri_of(shown_as(by))), hops_[way[step - 1]].cause.reason, secret));
  }
  auto story = story_of(way, quiet, inside, [](const Hop& hop) { return uri_of(shown_as(*hop.at)); });
  if (!contact.empty()) {  // which the registrar made of it (RFC 7044 §10.4)
    auto& hop = hops_[last];
    story += ", <" + (quiet && !inside ? std::string(kAnonymous) : std::string(contact)) + ">;index=";
    const auto index = below(hop);
    story += index + ";rc=" + hop.index;
  }
  out.emplace_back("History-Info", std::move(story));
  return out;
}

std::vector<HeaderText> CallHistory::headers_out(const std::string& number, const DirectoryTrunk& trunk,
                                                 bool quiet) const {
  using enum store::TrunkDiversions;
  std::vector<HeaderText> out;
  const auto told = trunk.settings.diversions;
  const auto found = std::ranges::find_if(hops_.rbegin(), hops_.rend(),
                                          [&](const Hop& hop) { return hop.at == nullptr && hop.number == number; });
  if (told == None || found == hops_.rend()) return out;
  const auto way = way_to(static_cast<std::size_t>(hops_.rend() - found) - 1);
  const auto uri = [&](const Hop& hop) {
    return uri_at(trunk, hop.at ? number_at(trunk, *hop.at) : for_carrier(trunk.settings, hop.number));
  };
  if (told != HistoryInfo)
    for (std::size_t step = 1; step < way.size(); ++step)
      if (!hidden(way, step, quiet))
        out.push_back(diversion_of("<" + uri(hops_[way[step]]) + ">", hops_[way[step - 1]].cause.reason, false));
  if (told == Diversion) return out;
  // What the call brought of its history goes on before it; its last entry is our first.
  auto own = way;
  if (!last_index_.empty()) own.pop_back();
  out.emplace_back("History-Info", story_of(own, quiet, false, uri));
  return out;
}

std::string CallHistory::told_back(const DirectoryExtension* at, const std::string& uri, bool quiet) const {
  const auto found = std::ranges::find(hops_.rbegin(), hops_.rend(), at, &Hop::at);
  if (found == hops_.rend()) return "<" + (quiet ? std::string(kAnonymous) : uri) + ">;index=1";
  return story_of(way_to(static_cast<std::size_t>(hops_.rend() - found) - 1), quiet, false,
                  [&](const Hop& hop) { return hop.at ? uri_of(shown_as(*hop.at)) : uri; });
}

}  // namespace parley::pbx
