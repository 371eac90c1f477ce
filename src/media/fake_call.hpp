#pragma once
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include <base/guarded.hpp>
#include <media/fake_phone.hpp>
#include <media/media_engine.hpp>

namespace parley::media::fake {

/// Callbacks wait here until the test's thread runs them, as on a reactor.
class Mailbox {
 public:
  [[nodiscard]] Poster poster() {
    return [this](std::function<void()> work) { waiting_.with([&](auto& list) { list.push_back(std::move(work)); }); };
  }
  void run() {
    std::vector<std::function<void()>> work;
    waiting_.with([&](auto& list) { work.swap(list); });
    for (auto& one : work) one();
  }

 private:
  Guarded<std::vector<std::function<void()>>> waiting_;
};

/// An engine on loopback. A step carries 20 ms of sound; relaying does not mind that it takes less.
struct Call {
  explicit Call(EngineOptions options = {}) {
    options.bind_address = *IpAddress::parse("127.0.0.1");
    options.max_legs = options.max_legs == 4096 ? 16 : options.max_legs;
    engine = std::move(*MediaEngine::start(options, system_clock(), system_random()));
  }

  LegHandle join(Phone& phone, LegCallbacks callbacks = {}) {
    callbacks.post = mailbox.poster();
    const auto leg = engine->open_leg({}, std::move(callbacks));
    phone.send_to(leg->rtp_port, leg->rtcp_port);
    near_[leg->handle.index] = *leg;
    engine->set_remote(leg->handle, phone.media());
    settle();  // a packet that overtakes this order would be a stranger's
    return leg->handle;
  }

  /// Until what was sent and ordered before is done and its callbacks lie in the mailbox: the media thread looks at its
  /// sockets first, then takes its orders, and hands each to the courier to be freed.
  void settle() {
    auto freed = std::make_shared<std::promise<void>>();
    const auto over = freed->get_future();
    engine->statistics({}, [freed = std::move(freed)](LegHandle, const LegStatistics&) {});  // no such leg: freed unrun
    over.wait();
  }

  /// `each` is called at every step with its number; then the phones listen.
  void run(unsigned steps, const std::vector<Phone*>& phones, const std::function<void(unsigned)>& each = {}) {
    auto next = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < steps; ++i) {
      if (each) each(i);
      next += step;
      std::this_thread::sleep_until(next);
      for (Phone* phone : phones) phone->listen(system_clock().wall());
      mailbox.run();
    }
    settle();  // a busy machine hands over late
    for (Phone* phone : phones) phone->listen(system_clock().wall());
    mailbox.run();
  }
  /// Goes on until it is so, for five seconds at most.
  void until(const std::vector<Phone*>& phones, const std::function<bool()>& so) {
    for (int i = 0; i < 1000 && !so(); ++i) run(1, phones);
  }
  /// Both speak all the time.
  void talk(unsigned steps, Phone& a, Phone& b) {
    run(steps, {&a, &b}, [&](unsigned) { a.speak(), b.speak(); });
  }

  LegStatistics close(LegHandle leg) {
    LegStatistics out;
    bool closed = false;
    engine->close(leg, [&](LegHandle, const LegStatistics& figures) { out = figures, closed = true; });
    for (int i = 0; i < 500 && !closed; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      mailbox.run();
    }
    return out;
  }

  [[nodiscard]] const OpenLeg& near(LegHandle leg) const { return near_.at(leg.index); }

  std::chrono::milliseconds step{5};
  Mailbox mailbox;
  std::unique_ptr<MediaEngine> engine;

 private:
  std::map<std::uint32_t, OpenLeg> near_;
};

}  // namespace parley::media::fake
