#include <algorithm>

#include <pbx/sip_trace.hpp>
#include <sip/message.hpp>
#include <sip/scan.hpp>

namespace parley::pbx {
namespace {

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

/// The Call-ID of a message that need not be whole; "" if it has none.
std::string_view call_id_of(std::string_view message) {
  constexpr std::string_view kUsual = "\nCall-ID: ";  // as we write it, and nearly everybody else
  if (const auto at = message.find(kUsual); at != std::string_view::npos) {
    const auto value = message.substr(at + kUsual.size());
    const bool in_header = message.substr(0, at).find("\r\n\r\n") == std::string_view::npos;
    if (in_header) return sip::scan::trim(value.substr(0, value.find_first_of("\r\n")));
  }
  for (std::size_t at = message.find('\n'); at != std::string_view::npos; at = message.find('\n', at + 1)) {
    const auto line = message.substr(at + 1, message.find('\n', at + 1) - at - 1);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      if (sip::scan::trim(line).empty()) return {};
      continue;
    }
    if (sip::header_of(sip::scan::trim(line.substr(0, colon))) != sip::Header::CallId) continue;
    auto value = line.substr(colon + 1);
    while (!value.empty() && (value.back() == '\r' || value.back() == ' ')) value.remove_suffix(1);
    return sip::scan::trim(value);
  }
  return {};
}

/// Replaces what stands in quotes behind `name=` by stars.
void hide_parameter(std::string& line, std::string_view name) {
  const auto at = line.find(name);
  if (at == std::string::npos) return;
  const auto open = line.find('"', at);
  const auto close = open == std::string::npos ? open : line.find('"', open + 1);
  if (close != std::string::npos) line.replace(open + 1, close - open - 1, "***");
}

/// User parts, display names and hosts of addresses: `"…" <sip:…@…>`.
std::string without_people(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      quoted = !quoted;
      out += quoted ? "\"…" : "\"";
      continue;
    }
    if (quoted) {
      if (text[i] == '\\') ++i;
      continue;
    }
    const auto rest = text.substr(i);
    const auto scheme = rest.starts_with("sip:")    ? 4U
                        : rest.starts_with("sips:") ? 5U
                        : rest.starts_with("tel:")  ? 4U
                                                    : 0U;
    if (scheme > 0) {
      out.append(rest.substr(0, scheme)).append("…");
      i += std::min(rest.find_first_of(";>?, \r\n", scheme), rest.size()) - 1;
      continue;
    }
    out += text[i];
  }
  return out;
}

bool is_address_header(sip::Header header) {
  using enum sip::Header;
  switch (header) {
    case From:
    case To:
    case Contact:
    case Route:
    case RecordRoute:
    case PAssertedIdentity:
    case PPreferredIdentity:
    case Diversion:
    case HistoryInfo:
    case ReferTo:
    case ReferredBy:
    case ReplyTo: return true;
    default: return false;
  }
}

/// The lines that say nothing of people; everything else is starred when a trace is masked.
bool is_plain_header(sip::Header header) {
  using enum sip::Header;
  switch (header) {
    case CSeq:
    case MaxForwards:
    case ContentLength:
    case ContentType:
    case Expires:
    case MinExpires:
    case Allow:
    case Supported:
    case Require:
    case Unsupported:
    case RetryAfter:
    case Reason:
    case UserAgent:
    case Server:
    case SessionExpires:
    case MinSe:
    case Event:
    case SubscriptionState:
    case Rack:
    case Rseq:
    case Accept:
    case Date:
    case CallId: return true;
    default: return false;
  }
}

std::string shown_header(std::string line, TraceView view) {
  const auto colon = line.find(':');
  const auto id = colon == std::string::npos ? sip::Header::Other
                                             : sip::header_of(sip::scan::trim(std::string_view(line).substr(0, colon)));
  using enum sip::Header;
  if (id == Authorization || id == ProxyAuthorization) {
    hide_parameter(line, "response=");
    hide_parameter(line, "cnonce=");
    if (view == TraceView::Masked) hide_parameter(line, "username=");
    return line;
  }
  if (view == TraceView::Whole || colon == std::string::npos || is_plain_header(id)) return line;
  if (id == WwwAuthenticate || id == ProxyAuthenticate) return line;
  if (is_address_header(id))
    return line.substr(0, colon + 1) + without_people(std::string_view(line).substr(colon + 1));
  if (id == Via) {
    const auto space = line.find(' ', colon + 2);
    return line.substr(0, space == std::string::npos ? colon + 1 : space) + " …";
  }
  return line.substr(0, colon + 1) + " …";
}

/// Octets from the wire as text: what is no UTF-8 becomes U+FFFD, controls but line breaks and tabs become '?'.
std::string as_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) {
      out += lead >= 0x20 && lead != 0x7f ? text.front() : lead == '\n' || lead == '\t' ? text.front() : '?';
      text.remove_prefix(1);
      continue;
    }
    const std::size_t size = lead >= 0xc2 && lead < 0xe0   ? 2
                             : (lead & 0xf0) == 0xe0       ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
    bool good = size > 0 && size <= text.size();
    for (std::size_t i = 1; good && i < size; ++i) good = (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
    if (good && size > 2) {
      const auto second = static_cast<unsigned char>(text[1]);
      good = !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second > 0x9f) && !(lead == 0xf0 && second < 0x90) &&
             !(lead == 0xf4 && second > 0x8f);
    }
    if (good) {
      out.append(text.substr(0, size));
    } else {
      out += "\xef\xbf\xbd";
    }
    text.remove_prefix(good ? size : 1);
  }
  return out;
}

TracedMessage message_of(const TraceRing::Entry& entry, std::string_view text) {
  return {entry.number, entry.at, entry.incoming, entry.transport, entry.peer, std::string(text)};
}

/// What people write to one another is kept nowhere, here neither.
std::string_view without_letters(std::string_view message) {
  if (!message.starts_with("MESSAGE ")) return message;
  const auto end = message.find("\r\n\r\n");
  return end == std::string_view::npos ? message.substr(0, message.find("\r\n")) : message.substr(0, end + 4);
}

}  // namespace

std::string shown(std::string_view message, TraceView view) {
  std::string out;
  bool first = true, body = false;
  while (!message.empty()) {
    const auto end = message.find('\n');
    auto line = std::string(message.substr(0, end));
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    while (!line.empty() && line.back() == '\r') line.pop_back();
    if (body) {
      // Keys of SDES and passwords of ICE open media; nobody needs them to read a trace.
      for (const std::string_view secret : {"a=crypto:", "a=ice-pwd:"})
        if (line.starts_with(secret)) line = std::string(secret) + "***";
    } else if (first) {
      if (view == TraceView::Masked) line = without_people(line);
      first = false;
    } else if (line.empty()) {
      body = true;
      if (view == TraceView::Masked) {
        if (!message.empty()) out += "\n(body not shown)\n";
        break;
      }
    } else {
      line = shown_header(std::move(line), view);
    }
    out += line + "\n";
  }
  return as_utf8(out);
}

SipTrace::SipTrace(unsigned reactors, const Limits& limits) : limits_(limits) {
  const auto rings = 2 * std::max(1U, reactors);
  for (unsigned i = 0; i < rings; ++i)
    rings_.push_back(std::make_unique<Guarded<TraceRing>>(std::min<std::size_t>(limits.bytes / rings, 0xffffffffU)));
}

template <class F>
void SipTrace::each(F&& use) const {
  for (const auto& ring : rings_) ring->with([&](const TraceRing& held) { held.each(use); });
}

void SipTrace::record(unsigned reactor, bool stranger, bool incoming, const sip::Flow& flow, std::string_view message,
                      WallTime at) {
  const auto most = limits_.bytes / rings_.size();
  const auto text = without_letters(message).substr(0, limits_.longest);
  if (TraceRing::cost(text.size()) > most) return;
  const auto& peer = flow.remote;
  TraceRing::Entry entry{++number_, hash_of(call_id_of(text)), at, peer, flow.transport, incoming};
  rings_[(2 * reactor + (stranger ? 1 : 0)) % rings_.size()]->with([&](TraceRing& ring) { ring.add(entry, text); });
}

void SipTrace::belongs(std::string_view sip_call_id, OrganisationId organisation, CallId call) {
  const auto hash = hash_of(sip_call_id);
  calls_.with([&](Calls& calls) {
    calls.owners[hash] = {organisation, call};
    auto& dialogs = calls.dialogs[call];
    if (dialogs.empty()) calls.order.push_back(call);
    if (std::ranges::find(dialogs, hash) == dialogs.end()) dialogs.push_back(hash);
    while (calls.order.size() > limits_.calls) {
      for (const auto old : calls.dialogs[calls.order.front()]) calls.owners.erase(old);
      calls.dialogs.erase(calls.order.front());
      calls.order.pop_front();
    }
  });
}

void SipTrace::forget(CallId call) {
  const auto dialogs = calls_.with([&](Calls& calls) {
    const auto found = calls.dialogs.find(call);
    if (found == calls.dialogs.end()) return std::vector<std::uint64_t>{};
    auto gone = std::move(found->second);
    calls.dialogs.erase(found);
    std::erase(calls.order, call);
    for (const auto hash : gone) calls.owners.erase(hash);
    return gone;
  });
  if (dialogs.empty()) return;
  for (const auto& one : rings_)
    one->with([&](TraceRing& ring) {
      ring.erase_if(
          [&](const TraceRing::Entry& entry) { return std::ranges::find(dialogs, entry.call_id) != dialogs.end(); });
    });
}

void SipTrace::expire(WallTime now) {
  for (const auto& one : rings_) one->with([&](TraceRing& ring) { ring.drop_before(now - limits_.age); });
}

std::vector<TracedMessage> SipTrace::of_call(OrganisationId organisation, CallId call, std::uint64_t after) const {
  const auto dialogs = calls_.with([&](const Calls& calls) {
    const auto found = calls.dialogs.find(call);
    if (found == calls.dialogs.end() || calls.owners.at(found->second.front()).organisation != organisation)
      return std::vector<std::uint64_t>{};
    return found->second;
  });
  std::vector<TracedMessage> out;
  if (dialogs.empty()) return out;
  each([&](const TraceRing::Entry& entry, std::string_view text) {
    if (entry.number > after && std::ranges::find(dialogs, entry.call_id) != dialogs.end())
      out.push_back(message_of(entry, text));
  });
  std::ranges::sort(out, {}, &TracedMessage::number);
  return out;
}

std::vector<TracedMessage> SipTrace::find(const Filter& filter) const {
  const auto wanted = hash_of(filter.sip_call_id);
  const auto mine = [&](std::uint64_t call_id, const sip::Message& message) {
    if (!filter.organisation) return true;
    const auto owner = calls_.with([&](const Calls& calls) -> std::optional<OrganisationId> {
      const auto found = calls.owners.find(call_id);
      return found == calls.owners.end() ? std::nullopt : std::optional(found->second.organisation);
    });
    if (owner) return *owner == *filter.organisation;
    return sip::scan::iequals(message.from().uri.host, filter.domain) ||
           sip::scan::iequals(message.to().uri.host, filter.domain) ||
           (message.is_request() && sip::scan::iequals(message.request_uri().host, filter.domain));
  };
  std::vector<TracedMessage> out;
  std::vector<std::pair<TracedMessage, std::uint64_t>> candidates;  // with the hash of the Call-ID
  each([&](const TraceRing::Entry& entry, std::string_view text) {
    if (entry.number <= filter.after) return;
    if (!filter.sip_call_id.empty() && entry.call_id != wanted) return;
    if (!filter.address.empty() && !entry.peer.address.text().starts_with(filter.address)) return;
    candidates.emplace_back(message_of(entry, text), entry.call_id);
  });
  std::ranges::sort(candidates, std::ranges::greater{}, [](const auto& one) { return one.first.number; });
  for (auto& [candidate, call_id] : candidates) {
    if (out.size() >= filter.last) break;
    const auto message = sip::Message::parse(candidate.text);
    if (!filter.account.empty() && message.from().uri.user_text() != filter.account &&
        message.to().uri.user_text() != filter.account)
      continue;
    if (mine(call_id, message)) out.push_back(std::move(candidate));
  }
  std::ranges::reverse(out);
  return out;
}

std::size_t SipTrace::bytes() const {
  std::size_t sum = 0;
  for (const auto& one : rings_) sum += one->with([](const TraceRing& ring) { return ring.bytes(); });
  return sum;
}

}  // namespace parley::pbx
