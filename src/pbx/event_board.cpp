#include <algorithm>
#include <array>
#include <iterator>

#include <pbx/event_board.hpp>

namespace parley::pbx {

namespace {

/// Its texts, the id first.
template <class Dialog>
auto texts_of(Dialog& dialog) {
  return std::array{
      &dialog.id,        &dialog.call_id,        &dialog.local_tag, &dialog.remote_tag, &dialog.local.display,
      &dialog.local.uri, &dialog.remote.display, &dialog.remote.uri};
}
constexpr std::size_t kFlags = 2, kLength = 2;

/// State, three truths in a byte, then each text behind its length. Texts are of messages, none of which is longer than
/// 64 KiB.
std::string packed(const sip::DialogInfo& dialog) {
  const auto texts = texts_of(dialog);
  std::size_t size = kFlags;
  for (const auto* text : texts) size += kLength + text->size();
  std::string out;
  out.reserve(size);
  out.push_back(static_cast<char>(dialog.state));
  out.push_back(
      static_cast<char>((dialog.initiator ? 1 : 0) | (dialog.local.renders ? 2 : 0) | (dialog.remote.renders ? 4 : 0)));
  for (const auto* text : texts) {
    const auto length = static_cast<std::uint16_t>(std::min<std::size_t>(text->size(), 0xFFFF));
    out.push_back(static_cast<char>(length >> 8U));
    out.push_back(static_cast<char>(length & 0xFFU));
    out.append(*text, 0, length);
  }
  return out;
}

/// Takes the next text off what is packed.
std::string_view take(std::string_view& rest) {
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(rest[0])) << 8U |
                      static_cast<std::size_t>(static_cast<unsigned char>(rest[1]));
  const auto out = rest.substr(kLength, length);
  rest.remove_prefix(kLength + length);
  return out;
}

bool is_of(std::string_view held, std::string_view id) {
  held.remove_prefix(kFlags);
  return take(held) == id;
}

sip::DialogInfo unpacked(std::string_view held) {
  sip::DialogInfo out;
  out.state = static_cast<sip::DialogInfoState>(held[0]);
  const auto truths = static_cast<unsigned char>(held[1]);
  out.initiator = (truths & 1U) != 0;
  out.local.renders = (truths & 2U) != 0;
  out.remote.renders = (truths & 4U) != 0;
  held.remove_prefix(kFlags);
  for (auto* text : texts_of(out)) *text = take(held);
  return out;
}

}  // namespace

bool EventBoard::put(ExtensionId extension, const sip::DialogInfo& dialog) {
  auto now = packed(dialog);
  return dialogs_.with([&](auto& all) {
    auto& held = all[extension];
    const auto found = std::ranges::find_if(held, [&](const auto& one) { return is_of(one, dialog.id); });
    if (found == held.end()) {
      held.push_back(std::move(now));
      return true;
    }
    if (*found == now) return false;
    *found = std::move(now);
    return true;
  });
}

bool EventBoard::drop(ExtensionId extension, const std::string& id) {
  return dialogs_.with([&](auto& all) {
    const auto found = all.find(extension);
    if (found == all.end()) return false;
    const auto gone = std::erase_if(found->second, [&](const auto& one) { return is_of(one, id); });
    if (found->second.empty()) all.erase(found);
    return gone > 0;
  });
}

std::vector<sip::DialogInfo> EventBoard::dialogs(ExtensionId extension) const {
  return dialogs_.with([&](const auto& all) {
    const auto found = all.find(extension);
    std::vector<sip::DialogInfo> out;
    if (found != all.end()) std::ranges::transform(found->second, std::back_inserter(out), unpacked);
    return out;
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
