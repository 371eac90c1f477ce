#include <algorithm>
#include <exception>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <pthread.h>

#include <base/assert.hpp>
#include <base/log.hpp>
#include <base/metrics.hpp>
#include <net/reactor.hpp>
#include <net/reactor_impl.hpp>

namespace parley::net {

namespace asio = boost::asio;

void Reactor::Impl::call(UniqueFunction<void()>& work) noexcept {
  try {
    work();
  } catch (const std::exception& caught) {
    static auto& thrown = metrics::counter("parley_reactor_exceptions_total", "Functions on a reactor that threw.");
    thrown.add();
    log::error("reactor.exception", {{"reactor", number}, {"what", caught.what()}});
  }
}

void Reactor::Impl::arm() {
  if (timers.empty() || polling) return;
  const TimePoint first = timers.begin()->first.first;
  if (first >= armed_for) return;
  armed_for = first;
  alarm.expires_after(std::max(first - clock.now(), TimePoint::duration::zero()));
  alarm.async_wait([this](const boost::system::error_code& failure) {
    if (failure) return;  // re-armed for something earlier, or closing
    armed_for = TimePoint::max();
    run_due();
    arm();
  });
}

void Reactor::Impl::run_due() {
  const TimePoint now = clock.now();
  const std::uint64_t newest = last_timer;  // a timer made by a timer waits for the next turn
  while (!timers.empty() && timers.begin()->first.first <= now && timers.begin()->first.second <= newest) {
    auto node = timers.extract(timers.begin());
    call(node.mapped());
  }
}

Reactor::Reactor(unsigned number, const Clock& clock) : impl_(std::make_unique<Impl>(number, clock)) {}
Reactor::~Reactor() = default;

unsigned Reactor::number() const noexcept { return impl_->number; }
TimePoint Reactor::now() const { return impl_->clock.now(); }
WallTime Reactor::wall() const { return impl_->clock.wall(); }
const Clock& Reactor::clock() const noexcept { return impl_->clock; }

void Reactor::post(UniqueFunction<void()> work) {
  asio::post(impl_->io, [self = impl_.get(), work = std::move(work)]() mutable { self->call(work); });
}

Reactor::TimerHandle Reactor::after(Duration delay, UniqueFunction<void()> work) {
  return at(now() + std::chrono::duration_cast<TimePoint::duration>(delay), std::move(work));
}

Reactor::TimerHandle Reactor::at(TimePoint when, UniqueFunction<void()> work) {
  assert_current();
  const TimerHandle timer{when, ++impl_->last_timer};
  impl_->timers.emplace(Impl::Key{timer.when, timer.id}, std::move(work));
  impl_->arm();
  return timer;
}

bool Reactor::cancel(TimerHandle timer) {
  assert_current();
  return impl_->timers.erase({timer.when, timer.id}) != 0;
}

void Reactor::run() {
  impl_->thread = std::this_thread::get_id();
  const auto guard = asio::make_work_guard(impl_->io);
  impl_->io.run();
  impl_->thread = std::thread::id{};
}

std::size_t Reactor::poll() {
  if (impl_->io.stopped()) impl_->io.restart();
  impl_->polling = true;  // a timer of no delay made by a timer would keep io.poll() busy for ever
  std::size_t count = impl_->io.poll();
  const std::size_t waiting = impl_->timers.size();
  impl_->run_due();
  count += waiting - std::min(waiting, impl_->timers.size());
  if (impl_->io.stopped()) impl_->io.restart();
  count += impl_->io.poll();
  impl_->polling = false;
  impl_->arm();
  return count;
}

void Reactor::stop() { impl_->io.stop(); }

bool Reactor::is_current() const noexcept {
  const std::thread::id owner = impl_->thread.load(std::memory_order_relaxed);
  return owner == std::thread::id{} || owner == std::this_thread::get_id();
}

void Reactor::assert_current() const { PARLEY_ASSERT(is_current()); }

ReactorPool::ReactorPool(unsigned count, const Clock& clock) {
  PARLEY_ASSERT(count > 0);
  for (unsigned number = 0; number < count; ++number) reactors_.push_back(std::make_unique<Reactor>(number, clock));
}

ReactorPool::~ReactorPool() { stop(); }

void ReactorPool::start() {
  for (const auto& reactor : reactors_) {
    threads_.emplace_back([&reactor = *reactor] {
      pthread_setname_np(pthread_self(), fmt::format("reactor-{}", reactor.number()).c_str());
      reactor.run();
    });
  }
}

void ReactorPool::stop() {
  for (const auto& reactor : reactors_) reactor->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace parley::net
