#include <boost/json/parse.hpp>

#include <api/extension_json.hpp>
#include <api/own_calls.hpp>
#include <pbx/switchboard.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {

struct Parties {
  bool named = false;
  std::optional<ExtensionId> caller, callee;
};

Parties parties_of(const store::Event& event) {
  Parties out;
  boost::system::error_code failure;
  const auto data = json::parse(event.data, failure);
  if (failure || !data.is_object()) return out;
  const auto extension = [&](std::string_view side) -> std::optional<ExtensionId> {
    const auto* party = data.get_object().if_contains(side);
    if (party == nullptr || !party->is_object()) return std::nullopt;
    const auto* id = party->get_object().if_contains("extension");
    return id != nullptr && id->is_string() ? ExtensionId::parse(id->get_string()) : std::nullopt;
  };
  out.caller = extension("caller");
  out.callee = extension("callee");
  out.named = out.caller || out.callee;
  return out;
}

}  // namespace

Result<void> OwnCalls::learn() {
  auto extensions = extensions_of(parts_, user_);
  if (!extensions) return std::unexpected(extensions.error());
  extensions_ = std::move(*extensions);
  for (const auto& extension : extensions_) {
    store::CallFilter filter;
    filter.extension = extension;
    const auto page = parts_.store.calls.list(user_.organisation, filter, {}, kSeen);
    if (!page) return std::unexpected(page.error());
    for (auto one = page->items.rbegin(); one != page->items.rend(); ++one)
      if (owns(one->call.caller.extension) || owns(one->call.callee.extension)) remember(one->call.id);
  }
  for (const auto& call : parts_.switchboard.live_calls(user_.organisation))
    if (owns(call.caller.extension) || owns(call.callee.extension)) remember(call.id);
  return {};
}

OwnCalls::Verdict OwnCalls::judge(const store::Event& event) {
  if (!event.call_id || event.organisation != user_.organisation) return Verdict::NotTheirs;
  if (const auto parties = parties_of(event); parties.named) {
    if (owns(parties.caller) || owns(parties.callee)) return remember(*event.call_id), Verdict::Theirs;
    forget(*event.call_id);  // it was transferred away
    return Verdict::NotTheirs;
  }
  return calls_.contains(*event.call_id) ? Verdict::Theirs : Verdict::Unknown;
}

bool OwnCalls::hears(const store::Event& event) { return judge(event) == Verdict::Theirs; }

bool OwnCalls::heard(const store::Event& event) {
  const auto verdict = judge(event);
  if (verdict != Verdict::Unknown) return verdict == Verdict::Theirs;
  const auto found = parts_.store.calls.summary(user_.organisation, *event.call_id);
  if (!found || (!owns(found->call.caller.extension) && !owns(found->call.callee.extension))) return false;
  remember(*event.call_id);
  return true;
}

void OwnCalls::remember(CallId call) {
  if (!calls_.insert(call).second) return;
  order_.push_back(call);
  if (order_.size() <= kMostCalls) return;
  calls_.erase(order_.front());
  order_.pop_front();
}

void OwnCalls::forget(CallId call) {
  if (calls_.erase(call) > 0) std::erase(order_, call);
}

}  // namespace parley::api
