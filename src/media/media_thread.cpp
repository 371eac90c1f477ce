#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <base/assert.hpp>
#include <base/log.hpp>
#include <base/metrics.hpp>
#include <media/kernel_relay.hpp>
#include <media/media_thread.hpp>

namespace parley::media {
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kWake = ~std::uint64_t{0};
constexpr Duration kTick = 20ms, kHousekeeping = 200ms, kTrim = 10s;
// Packets per second from which waking once a millisecond is cheaper, and from which the grid would slip.
constexpr std::uint64_t kGridFrom = 2'000, kGridTo = 150'000;

}  // namespace

MediaThread::MediaThread(const EngineOptions& options, const Clock& clock, Random& random)
    : options_(options),
      clock_(clock),
      ports_(options.bind_address, options.first_port, options.last_port, clock, random),
      shared_{clock, random, courier_, handshakes_, *this, options_, 0, {}, nullptr, 0, {}},
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      legs_(options.max_legs) {
  PARLEY_ASSERT(epoll_ >= 0);
  ticking_.reserve(options.max_legs);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWake;
  PARLEY_ASSERT(::epoll_ctl(epoll_, EPOLL_CTL_ADD, inbox_.wake_fd(), &event) == 0);
  thread_ = std::thread([this] { loop(); });
  started_.wait(false);
}

void MediaThread::load_kernel_relay() {
  if (!options_.kernel_relay) return;
  auto loaded = KernelRelay::load(options_.max_legs);
  if (loaded) {
    kernel_ = std::move(*loaded);
    kernel_->keep_alive(now_);
    shared_.kernel = kernel_.get();
    courier_.send([] { log::info("media.kernel_relay", {{"state", "plain calls are relayed by the kernel"}}); });
  } else {
    courier_.send([why = loaded.error().text] {
      log::info("media.no_kernel_relay",
                {{"reason", why}, {"effect", "packets are relayed by the media thread, at several times the cost"}});
    });
  }
}

MediaThread::~MediaThread() {
  run([this] { stopping_ = true; });
  thread_.join();
  handshakes_.stop();  // what it brings back from now on is not run any more
  for (const auto& room : rooms_) room->everybody_out();
  legs_.clear();
  courier_.stop();  // what it still holds refers to this object
  ::close(epoll_);
}

Duration MediaThread::cpu_time() {
  clockid_t id{};
  timespec used{};
  if (::pthread_getcpuclockid(thread_.native_handle(), &id) != 0 || ::clock_gettime(id, &used) != 0) return {};
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

void MediaThread::become_realtime() {
  ::pthread_setname_np(::pthread_self(), "media");
  ::prctl(PR_SET_TIMERSLACK, 1);
  if (options_.realtime_priority <= 0) return;
  sched_param parameter{};
  parameter.sched_priority = options_.realtime_priority;
  const int error = ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &parameter);
  realtime_ = error == 0;
  if (error != 0)
    courier_.send([error] {
      log::warning("media.no_realtime",
                   {{"reason", std::strerror(error)},
                    {"remedy", "allow an rtprio limit or CAP_SYS_NICE for steadier audio under load"}});
    });
}

void MediaThread::loop() {
  become_realtime();
  now_ = clock_.now();
  next_tick_ = now_ + kTick;
  next_housekeeping_ = now_ + kHousekeeping;
  next_count_ = now_ + 1s;
  next_trim_ = now_ + kTrim;
  count();  // makes the counters
  load_kernel_relay();
  started_ = true;
  started_.notify_all();
  std::array<epoll_event, 1024> events;
  while (!stopping_) {
    const bool grid = rate_ >= kGridFrom && rate_ < kGridTo;
    if (grid) wait_for_grid();
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), grid ? 0 : wait_ms());
    now_ = clock_.now();
    bool woken = false;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
      if (data == kWake)
        woken = true;
      else
        dispatch(data);
    }
    events_this_second_ += static_cast<std::uint64_t>(std::max(count, 0));
    if (woken) run_inbox();
    run_timers();
  }
}

int MediaThread::wait_ms() const {
  const TimePoint next = ticks() ? std::min(next_tick_, next_housekeeping_) : next_housekeeping_;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - clock_.now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
}

void MediaThread::wait_for_grid() {
  // Points of time, not "a millisecond after the work": the wake-ups must not drift.
  constexpr std::int64_t kGrid = 1'000'000, kSecond = 1'000'000'000;
  const std::int64_t until = (std::chrono::nanoseconds(clock_.now().time_since_epoch()).count() / kGrid + 1) * kGrid;
  const timespec at{until / kSecond, until % kSecond};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

void MediaThread::dispatch(std::uint64_t data) {
  const Watched& socket = watched_[data];
  if (socket.leg == nullptr) return;
  if (socket.rtcp)
    socket.leg->on_rtcp_readable(now_);
  else
    socket.leg->on_rtp_readable(now_);
}

void MediaThread::run_inbox() {
  for (Inbox::Item* item = inbox_.take(); item != nullptr;) {
    Inbox::Item* const next = item->next;
    item->run();
    item->done = true;
    courier_.send(item);  // frees it
    item = next;
  }
}

void MediaThread::run_timers() {
  if (now_ >= next_tick_) {
    next_tick_ += kTick;
    if (now_ - next_tick_ > 200ms) next_tick_ = now_ + kTick;  // asleep for long: no burst of old audio
    for (const auto& room : rooms_) room->tick(now_);
    for (Leg* leg : ticking_) leg->on_tick(now_);
    std::erase_if(ticking_, [](const Leg* leg) { return !leg->wants_ticks(); });
  }
  if (now_ >= next_housekeeping_) {
    next_housekeeping_ = now_ + kHousekeeping;
    for (const auto& leg : legs_)
      if (leg) leg->on_housekeeping(now_);
  }
  if (now_ >= next_count_) {
    next_count_ = now_ + 1s;
    rate_ = std::exchange(events_this_second_, 0);
    if (kernel_) kernel_->keep_alive(now_);
    count();
  }
  if (now_ >= next_trim_) {
    next_trim_ = now_ + kTrim;
    courier_.send([this] { ports_.trim(); });
  }
}

void MediaThread::count() {
  static metrics::Counter& in = metrics::counter("parley_media_packets_in_total", "RTP packets accepted");
  static metrics::Counter& out = metrics::counter("parley_media_packets_out_total", "RTP packets sent");
  static metrics::Counter& source =
      metrics::counter("parley_media_refused_total", "RTP and RTCP packets refused", {{"reason", "source"}});
  static metrics::Counter& malformed =
      metrics::counter("parley_media_refused_total", "RTP and RTCP packets refused", {{"reason", "malformed"}});
  static metrics::Counter& payload =
      metrics::counter("parley_media_refused_total", "RTP and RTCP packets refused", {{"reason", "payload"}});
  static metrics::Counter& unproven =
      metrics::counter("parley_media_refused_total", "RTP and RTCP packets refused", {{"reason", "unproven"}});
  static metrics::Counter& errors =
      metrics::counter("parley_media_send_errors_total", "RTP packets that the network refused");
  static metrics::Counter& checks =
      metrics::counter("parley_media_ice_total", "ICE checks of peers", {{"result", "answered"}});
  static metrics::Counter& unproven_checks =
      metrics::counter("parley_media_ice_total", "ICE checks of peers", {{"result", "unproven"}});
  static metrics::Counter& handshakes =
      metrics::counter("parley_media_dtls_total", "DTLS handshakes", {{"result", "done"}});
  static metrics::Counter& failed_handshakes =
      metrics::counter("parley_media_dtls_total", "DTLS handshakes", {{"result", "ended"}});
  static metrics::Counter& kernel =
      metrics::counter("parley_media_kernel_packets_total", "RTP packets relayed by the kernel, among in and out");
  static metrics::Gauge& directions =
      metrics::gauge("parley_media_kernel_directions", "Directions of calls that the kernel relays now");
  directions.set(static_cast<double>(shared_.kernel_directions));
  const auto add = [](metrics::Counter& counter, std::uint64_t sum, std::uint64_t& before) {
    if (sum != before) counter.add(static_cast<double>(sum - std::exchange(before, sum)));
  };
  add(in, shared_.totals.packets_in, counted_.packets_in);
  add(out, shared_.totals.packets_out, counted_.packets_out);
  add(source, shared_.totals.refused_source, counted_.refused_source);
  add(malformed, shared_.totals.refused_malformed, counted_.refused_malformed);
  add(payload, shared_.totals.refused_payload, counted_.refused_payload);
  add(unproven, shared_.totals.refused_unproven, counted_.refused_unproven);
  add(kernel, shared_.totals.by_kernel, counted_.by_kernel);
  add(errors, shared_.totals.send_errors, counted_.send_errors);
  add(checks, shared_.totals.checks, counted_.checks);
  add(unproven_checks, shared_.totals.unproven_checks, counted_.unproven_checks);
  add(handshakes, shared_.totals.handshakes, counted_.handshakes);
  add(failed_handshakes, shared_.totals.failed_handshakes, counted_.failed_handshakes);
}

void MediaThread::watch(MediaSocket& socket, Leg* leg, bool rtcp) {
  const auto at = static_cast<std::size_t>(socket.descriptor());
  if (at >= watched_.size()) watched_.resize(std::max(at + 1, 2 * watched_.size()));
  watched_[at] = {leg, rtcp};
  if (socket.is_watched()) return;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = at;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.descriptor(), &event) == 0) socket.set_watched();
}

void MediaThread::add(std::unique_ptr<Leg> leg) {
  watch(leg->sockets().rtp, leg.get(), false);
  watch(leg->sockets().rtcp, leg.get(), true);
  const auto index = leg->handle().index;
  legs_[index] = std::move(leg);
}

MediaThread::Removed MediaThread::remove(LegHandle handle) {
  Leg* const leg = find(handle);
  if (leg == nullptr) return {};
  // Here and not on the courier: a socket that nobody reads and that still gets packets would keep this thread awake.
  auto& sockets = leg->sockets();
  const bool rests = sockets.rest(options_.bind_address);
  for (MediaSocket* socket : {&sockets.rtp, &sockets.rtcp}) {
    watched_[static_cast<std::size_t>(socket->descriptor())] = {};
    if (!rests) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket->descriptor(), nullptr);
  }
  std::erase(ticking_, leg);
  return {std::move(legs_[handle.index]), rests};
}

Leg* MediaThread::find(LegHandle handle) const noexcept {
  if (handle.generation == 0 || handle.index >= legs_.size()) return nullptr;
  Leg* const leg = legs_[handle.index].get();
  return leg != nullptr && leg->handle() == handle ? leg : nullptr;
}

void MediaThread::watch_ticks(Leg& leg) {
  if (!leg.wants_ticks() || std::ranges::find(ticking_, &leg) != ticking_.end()) return;
  if (!ticks()) next_tick_ = now_;
  ticking_.push_back(&leg);
}

void MediaThread::add(std::unique_ptr<Room> room) {
  if (!ticks()) next_tick_ = now_ + kTick;
  rooms_.push_back(std::move(room));
}

Room* MediaThread::find(RoomHandle handle) const noexcept {
  const auto found = std::ranges::find_if(rooms_, [&](const auto& room) { return room->handle() == handle; });
  return found == rooms_.end() ? nullptr : found->get();
}

std::unique_ptr<Room> MediaThread::remove(RoomHandle handle) {
  const auto found = std::ranges::find_if(rooms_, [&](const auto& room) { return room->handle() == handle; });
  if (found == rooms_.end()) return nullptr;
  auto room = std::move(*found);
  rooms_.erase(found);
  room->everybody_out();
  return room;
}

}  // namespace parley::media
