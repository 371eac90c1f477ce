#include <optional>
#include <utility>
#include <vector>

#include <media/port_pool.hpp>

namespace parley::media {

std::optional<SocketPair> PortPool::oldest(Duration rested) {
  return waiting_.with([&](auto& list) -> std::optional<SocketPair> {
    if (list.empty() || clock_.now() - list.front().since < rested) return std::nullopt;
    std::optional<SocketPair> out(std::move(list.front().pair));
    list.pop_front();
    return out;
  });
}

Result<SocketPair> PortPool::take() {
  const auto wake = [](SocketPair pair) -> Result<SocketPair> {
    pair.rtp.disconnect();
    pair.rtcp.disconnect();
    return pair;
  };
  if (auto pair = oldest(kRest)) return wake(std::move(*pair));
  auto made = range_.bind_pair();
  if (made || made.error().code != Errc::Full) return made;
  if (auto pair = oldest(Duration::zero())) return wake(std::move(*pair));
  return made;
}

void PortPool::give_back(SocketPair pair) {
  waiting_.with([&](auto& list) {
    if (list.size() < kMost) list.push_back({std::move(pair), clock_.now()});
  });
}

void PortPool::trim() {
  std::vector<Waiting> gone;  // closed without the lock
  waiting_.with([&](auto& list) {
    for (const auto now = clock_.now(); !list.empty() && now - list.front().since >= kIdle; list.pop_front())
      gone.push_back(std::move(list.front()));
  });
}

std::size_t PortPool::waiting() const {
  return waiting_.with([](const auto& list) { return list.size(); });
}

}  // namespace parley::media
