#pragma once
#include <functional>
#include <memory>

#include <base/guarded.hpp>
#include <media/media_types.hpp>

namespace parley::net {
class Reactor;
}
namespace parley::pbx {

class CallLeg;

/// Where the media engine's reports about one leg go. A leg may move to another call, and to another reactor, while
/// the engine keeps its ports: the engine talks to this, and this knows where the leg is.
/// Thread: any; what is delivered runs on the leg's reactor.   Lifetime: shared by the leg and the engine.
class LegSink : public std::enable_shared_from_this<LegSink> {
 public:
  void point_to(CallLeg* leg, const net::Reactor& reactor, media::Poster post);
  /// The leg is gone from there.
  void detach(const CallLeg& leg);
  void post(std::function<void()> work) const;
  void deliver(std::function<void(CallLeg&)> use);

 private:
  struct To {
    CallLeg* leg = nullptr;
    const net::Reactor* reactor = nullptr;
    media::Poster post;
  };
  [[nodiscard]] To to() const {
    return to_.with([](const To& held) { return held; });
  }
  Guarded<To> to_;
};

}  // namespace parley::pbx
