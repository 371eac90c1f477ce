#include <algorithm>

#include <pbx/event_board.hpp>

namespace parley::pbx {

bool EventBoard::put(ExtensionId extension, const sip::DialogInfo& dialog) {
  return dialogs_.with([&](auto& all) {
    auto& held = all[extension];
    const auto found = std::ranges::find(held, dialog.id, &sip::DialogInfo::id);
    if (found == held.end()) {
      held.push_back(dialog);
      return true;
    }
    if (*found == dialog) return false;
    *found = dialog;
    return true;
  });
}

bool EventBoard::drop(ExtensionId extension, const std::string& id) {
  return dialogs_.with([&](auto& all) {
    const auto found = all.find(extension);
    if (found == all.end()) return false;
    const auto gone = std::erase_if(found->second, [&](const sip::DialogInfo& dialog) { return dialog.id == id; });
    if (found->second.empty()) all.erase(found);
    return gone > 0;
  });
}

std::vector<sip::DialogInfo> EventBoard::dialogs(ExtensionId extension) const {
  return dialogs_.with([&](const auto& all) {
    const auto found = all.find(extension);
    return found == all.end() ? std::vector<sip::DialogInfo>{} : found->second;
  });
}

EventBoard::Admission EventBoard::join(ExtensionId watched, ExtensionId subscriber, unsigned reactor) {
  return watched_.with([&](Watched& all) {
    if (all.count >= kMaxSubscriptions) return Admission::TooMany;
    auto& own = all.by_subscriber[subscriber];
    if (own >= kMaxPerSubscriber) return Admission::TooManyOfSubscriber;
    ++own;
    ++all.count;
    auto& watches = all.by_extension[watched];
    const auto found = std::ranges::find(watches, reactor, &Watch::reactor);
    ++(found == watches.end() ? watches.emplace_back(Watch{reactor, 0}) : *found).count;
    return Admission::Admitted;
  });
}

void EventBoard::leave(ExtensionId watched, ExtensionId subscriber, unsigned reactor) {
  watched_.with([&](Watched& all) {
    --all.count;
    if (const auto own = all.by_subscriber.find(subscriber); --own->second == 0) all.by_subscriber.erase(own);
    const auto watches = all.by_extension.find(watched);
    const auto found = std::ranges::find(watches->second, reactor, &Watch::reactor);
    if (--found->count == 0) watches->second.erase(found);
    if (watches->second.empty()) all.by_extension.erase(watches);
  });
}

std::vector<unsigned> EventBoard::watchers(ExtensionId extension) const {
  std::vector<unsigned> out;
  watched_.with([&](const Watched& all) {
    const auto found = all.by_extension.find(extension);
    if (found == all.by_extension.end()) return;
    for (const auto& watch : found->second) out.push_back(watch.reactor);
  });
  return out;
}

std::size_t EventBoard::subscriptions() const {
  return watched_.with([](const Watched& all) { return all.count; });
}

}  // namespace parley::pbx
