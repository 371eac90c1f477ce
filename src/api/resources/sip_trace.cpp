#include <charconv>
#include <map>

#include <api/route.hpp>
#include <pbx/sip_trace.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
constexpr std::size_t kMost = 500;

const Schema kMessage{
    "SipTraceMessage",
    {integer("number").need().says("rising; ?after= takes it"), time("at").need(),
     choice("direction", {"in", "out"}).need(), text("transport").need(),
     text("peer").need().says("address:port; without sip_trace.read: party 1, party 2 …"), text("summary").need(),
     text("text").need().multiline().says("without digest answers and media keys; without sip_trace.read also without "
                                          "names, numbers, addresses and bodies")}};

/// "INVITE", "200 OK (INVITE)".
std::string summary(const std::string& message) {
  const auto first = message.substr(0, message.find_first_of("\r\n"));
  if (!first.starts_with("SIP/2.0 ")) return first.substr(0, first.find(' '));
  std::string method;
  for (const std::string_view name : {"\nCSeq:", "\nCSEQ:", "\ncseq:", "\nCseq:"})
    if (const auto at = message.find(name); at != std::string::npos) {
      const auto line = message.substr(at + 1, message.find_first_of("\r\n", at + 1) - at - 1);
      method = line.substr(line.rfind(' ') + 1);
    }
  return first.substr(8) + (method.empty() ? "" : " (" + method + ")");
}

json::array to_json(const Request& request, const std::vector<pbx::TracedMessage>& messages) {
  const bool whole = allowed(request.caller.role, Permission::SipTraceRead);
  std::map<Endpoint, std::string> parties;
  json::array items;
  for (const auto& one : messages) {
    auto& peer = parties[one.peer];
    if (peer.empty()) peer = whole ? one.peer.text() : "party " + std::to_string(parties.size());
    items.push_back(
        json::object{{"number", one.number},
                     {"at", to_rfc3339(one.at)},
                     {"direction", one.incoming ? "in" : "out"},
                     {"transport", sip::to_string(one.transport)},
                     {"peer", peer},
                     {"summary", summary(pbx::shown(one.text, pbx::TraceView::Whole))},
                     {"text", pbx::shown(one.text, whole ? pbx::TraceView::Whole : pbx::TraceView::Masked)}});
  }
  return items;
}

std::expected<std::uint64_t, Refusal> number_of(const Request& request, std::string_view name) {
  const auto text = request.http.parameter(name).value_or("");
  std::uint64_t out = 0;
  if (text.empty()) return out;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc{} || end != text.data() + text.size())
    return refuse(Problem::InvalidValue, std::string(name) + ": a number");
  return out;
}

Answer of_call(Request& request) {
  const auto after = number_of(request, "after");
  if (!after) return std::unexpected(after.error());
  const auto call = request.id<CallId>("call");
  const auto messages = request.parts.trace.of_call(request.organisation, call, *after);
  if (messages.empty() && *after == 0)
    return refuse(Problem::NotFound,
                  "no messages of such a call are kept: they are in memory, and the oldest go first");
  if (!messages.empty())
    if (auto done = request.audit("sip_trace.read", "call", call.text()); !done) return refuse(done.error());
  return ok(page(to_json(request, messages)));
}

Answer find(Request& request) {
  const auto limit = limit_of(request);
  if (!limit) return std::unexpected(limit.error());
  const auto after = number_of(request, "after");
  if (!after) return std::unexpected(after.error());
  const auto organisation = request.parts.store.organisations.find(request.organisation);
  if (!organisation) return refuse(organisation.error());
  pbx::SipTrace::Filter filter;
  filter.last = std::min(*limit, kMost);
  filter.after = *after;
  filter.address = std::string(request.http.parameter("address").value_or(""));
  filter.account = std::string(request.http.parameter("account").value_or(""));
  filter.sip_call_id = std::string(request.http.parameter("call_id").value_or(""));
  // The platform's administrator sees also what names no organisation: a telephone with a wrong domain.
  if (!request.caller.is_platform()) filter.organisation = request.organisation;
  filter.domain = organisation->sip_domain;
  const auto messages = request.parts.trace.find(filter);
  if (!messages.empty())
    if (auto done = request.audit("sip_trace.read", "organisation", request.organisation.text()); !done)
      return refuse(done.error());
  return ok(page(to_json(request, messages)));
}
}  // namespace

void add_trace_routes(std::vector<Route>& out) {
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/calls/{call}/sip-trace",
                 .permission = Permission::RegistrationsRead,
                 .summary = "The SIP messages of a call, while they are kept in memory; masked without sip_trace.read; "
                            "audited",
                 .response = &kMessage,
                 .list = true,
                 .handler = of_call,
                 .query = {{"after", "number of the last message that is known"}}});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/sip-trace",
                 .permission = Permission::RegistrationsRead,
                 .summary = "The last SIP messages, also of what failed; masked without sip_trace.read; audited",
                 .response = &kMessage,
                 .list = true,
                 .handler = find,
                 .query = {{"limit", "at most so many, the last ones"},
                           {"address", "begin of the peer's address"},
                           {"account", "user part of From or To"},
                           {"call_id", "Call-ID of SIP"},
                           {"after", "number of the last message that is known"}}});
}

}  // namespace parley::api
