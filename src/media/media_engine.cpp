#include <algorithm>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <base/guarded.hpp>
#include <media/media_engine.hpp>
#include <media/media_thread.hpp>

namespace parley::media {

class MediaEngine::Impl {
 public:
  Impl(const EngineOptions& options, const Clock& clock, Random& random) : thread(options, clock, random) {
    names.with([&](Names& n) {
      n.generations.resize(options.max_legs, 0);
      for (std::uint32_t i = options.max_legs; i > 0; --i) n.free.push_back(i - 1);
    });
  }

  /// Handles given out. An index comes back when its leg is gone, with another generation.
  struct Names {
    std::vector<std::uint32_t> generations;
    std::vector<std::uint32_t> free;
  };

  std::optional<LegHandle> take_name() {
    return names.with([](Names& n) -> std::optional<LegHandle> {
      if (n.free.empty()) return std::nullopt;
      const std::uint32_t index = n.free.back();
      n.free.pop_back();
      if (++n.generations[index] == 0) ++n.generations[index];
      return LegHandle{index, n.generations[index]};
    });
  }
  void give_name(LegHandle handle) {
    names.with([&](Names& n) { n.free.push_back(handle.index); });
  }

  /// Runs `work` with the leg on the media thread, if it is still open then.
  template <class Work>
  void with(LegHandle handle, Work work) {
    thread.run([this, handle, work = std::move(work)]() mutable {
      if (Leg* const leg = thread.find(handle)) work(*leg);
    });
  }

  // The media thread's.
  static void part(Leg& leg) {
    if (Leg* const peer = leg.peer(); peer != nullptr && peer != &leg) peer->set_peer(nullptr);
    leg.set_peer(nullptr);
  }

  Guarded<Names> names;
  MediaThread thread;
};

MediaEngine::MediaEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MediaEngine::~MediaEngine() = default;

namespace {
/// Two sockets a leg, and those that wait for the next: as far as the hard limit allows.
void raise_descriptor_limit(unsigned max_legs) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(rlim_t{2} * (max_legs + PortPool::kMost) + 1024, limit.rlim_max);
  if (wanted <= limit.rlim_cur) return;
  limit.rlim_cur = wanted;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}
}  // namespace

Result<std::unique_ptr<MediaEngine>> MediaEngine::start(const EngineOptions& options, const Clock& clock,
                                                        Random& random) {
  if (options.max_legs == 0 || options.max_legs > 1'000'000)
    return fail(Errc::Invalid, "media: a senseless limit of legs");
  if (options.first_port != 0 && options.last_port < options.first_port + 1U)
    return fail(Errc::Invalid, "media: the port range holds no pair of an even and an odd port");
  raise_descriptor_limit(options.max_legs);
  // An address that cannot be bound is an error of the start, not of the first call.
  if (const auto probe = MediaSocket::bind(options.bind_address, 0); !probe) return std::unexpected(probe.error());
  return std::unique_ptr<MediaEngine>(new MediaEngine(std::make_unique<Impl>(options, clock, random)));
}

Result<OpenLeg> MediaEngine::open_leg(LegOptions options, LegCallbacks callbacks) {
  const auto handle = impl_->take_name();
  if (!handle) return fail(Errc::Full, "media: all legs are in use");
  auto sockets = impl_->thread.ports().take();
  if (!sockets) {
    impl_->give_name(*handle);
    return std::unexpected(sockets.error());
  }
  const OpenLeg open{*handle, sockets->rtp.port(), sockets->rtcp.port()};
  auto leg = std::make_unique<Leg>(impl_->thread.shared(), *handle, std::move(*sockets), std::move(options),
                                   std::move(callbacks));
  impl_->thread.run([impl = impl_.get(), leg = std::move(leg)]() mutable { impl->thread.add(std::move(leg)); });
  return open;
}

void MediaEngine::set_remote(LegHandle handle, RemoteMedia remote) {
  impl_->with(handle, [impl = impl_.get(), remote = std::move(remote)](Leg& leg) mutable {
    leg.set_remote(std::move(remote), impl->thread.now());
  });
}

void MediaEngine::bridge(LegHandle a, LegHandle b) {
  impl_->with(a, [impl = impl_.get(), b](Leg& first) {
    Leg* const second = impl->thread.find(b);
    if (second == nullptr) return;
    Impl::part(first);
    Impl::part(*second);
    first.set_peer(second);
    second->set_peer(&first);
  });
}

void MediaEngine::unbridge(LegHandle handle) {
  impl_->with(handle, [](Leg& leg) { Impl::part(leg); });
}

void MediaEngine::echo(LegHandle handle) { bridge(handle, handle); }

void MediaEngine::play(LegHandle handle, std::shared_ptr<const Prompt> prompt, bool repeat,
                       std::function<void(LegHandle, PlayOutcome)> on_done) {
  impl_->with(handle,
              [impl = impl_.get(), prompt = std::move(prompt), repeat, on_done = std::move(on_done)](Leg& leg) mutable {
                leg.play(std::move(prompt), repeat, std::move(on_done));
                impl->thread.watch_ticks(leg);
              });
}

void MediaEngine::stop_play(LegHandle handle) {
  impl_->with(handle, [](Leg& leg) { leg.stop_play(PlayOutcome::Stopped); });
}

void MediaEngine::send_dtmf(LegHandle handle, char digit, Duration duration) {
  impl_->with(handle, [impl = impl_.get(), digit, duration](Leg& leg) {
    leg.send_dtmf(digit, duration);
    impl->thread.watch_ticks(leg);
  });
}

void MediaEngine::relay_dtmf(LegHandle handle, bool on) {
  impl_->with(handle, [on](Leg& leg) { leg.relay_dtmf(on); });
}

void MediaEngine::record(LegHandle handle, std::shared_ptr<Recording> recording, Party party) {
  impl_->with(handle,
              [recording = std::move(recording), party](Leg& leg) mutable { leg.record(std::move(recording), party); });
}

void MediaEngine::stop_recording(LegHandle handle) {
  impl_->with(handle, [](Leg& leg) { leg.record(nullptr, Party::Caller); });
}

void MediaEngine::statistics(LegHandle handle, std::function<void(LegHandle, const LegStatistics&)> on_result) {
  impl_->with(handle, [on_result = std::move(on_result)](Leg& leg) mutable {
    leg.post([on_result = std::move(on_result), handle = leg.handle(), figures = leg.statistics()] {
      on_result(handle, figures);
    });
  });
}

void MediaEngine::close(LegHandle handle, std::function<void(LegHandle, const LegStatistics&)> on_closed) {
  impl_->with(handle, [impl = impl_.get(), on_closed = std::move(on_closed)](Leg& open) mutable {
    const LegHandle gone = open.handle();
    Impl::part(open);
    open.close(impl->thread.now());
    auto removed = impl->thread.remove(gone);
    // Destroyed on the courier: closing sockets and freeing memory is not the media thread's work.
    impl->thread.courier().send([impl, gone, on_closed = std::move(on_closed), removed = std::move(removed)]() mutable {
      auto& leg = removed.leg;
      const LegStatistics figures = leg->statistics();
      if (on_closed) leg->post_now([on_closed = std::move(on_closed), gone, figures] { on_closed(gone, figures); });
      if (removed.rests) impl->thread.ports().give_back(std::move(leg->sockets()));
      leg.reset();
      impl->give_name(gone);
    });
  });
}

unsigned MediaEngine::open_legs() const {
  return impl_->names.with(
      [](const Impl::Names& n) { return static_cast<unsigned>(n.generations.size() - n.free.size()); });
}

bool MediaEngine::kernel_relay() const { return impl_->thread.kernel_relay(); }
bool MediaEngine::realtime() const { return impl_->thread.realtime(); }

}  // namespace parley::media
