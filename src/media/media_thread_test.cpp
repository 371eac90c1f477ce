#include <cstdlib>
#include <future>
#include <new>

#include <gtest/gtest.h>

#include <media/fake_call.hpp>
#include <media/fake_recording.hpp>
#include <media/media_thread.hpp>

#ifndef PARLEY_SANITIZED
namespace {
thread_local std::uint64_t allocations = 0;
}
// Counts what each thread allocates. Sanitizers have hooks of their own here.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* const at = std::malloc(size == 0 ? 1 : size)) return at;
  throw std::bad_alloc();
}
// The analyser takes the memory for released before it comes here.
void operator delete(void* at) noexcept { std::free(at); }               // NOLINT(clang-analyzer-cplusplus.NewDelete)
void operator delete(void* at, std::size_t) noexcept { std::free(at); }  // NOLINT(clang-analyzer-cplusplus.NewDelete)

namespace parley::media {
namespace {
using namespace std::chrono_literals;
using codec::CodecId;
using fake::Phone;

/// A media thread with a leg for each phone.
struct Rig {
  explicit Rig(std::vector<std::pair<CodecId, std::uint8_t>> formats) {
    options.bind_address = *IpAddress::parse("127.0.0.1");
    options.max_legs = 8;
    thread.emplace(options, system_clock(), system_random());
    PortRange range(options.bind_address, 0, 0, system_random());
    for (std::uint32_t i = 0; i < formats.size(); ++i) {
      auto& phone = phones.emplace_back(std::make_unique<Phone>(formats[i].first, formats[i].second, i + 1));
      auto sockets = std::move(*range.bind_pair());
      phone->send_to(sockets.rtp.port(), sockets.rtcp.port());
      auto leg =
          std::make_unique<Leg>(thread->shared(), LegHandle{i, 1}, std::move(sockets), LegOptions{}, LegCallbacks{});
      legs.push_back(leg.get());
      thread->run([this, leg = std::move(leg), remote = phone->media()]() mutable {
        leg->set_remote(remote, thread->now());
        thread->add(std::move(leg));
      });
    }
  }
  std::uint64_t counted() {
    std::promise<std::uint64_t> answer;
    thread->run([&answer] { answer.set_value(allocations); });
    return answer.get_future().get();
  }
  void talk(int steps, std::chrono::milliseconds step) {
    for (int i = 0; i < steps; ++i) {
      for (const auto& phone : phones) phone->speak();
      std::this_thread::sleep_for(step);
      for (const auto& phone : phones) phone->listen({});
    }
  }
  /// Of a hundred steps, beyond what counting costs.
  std::uint64_t allocated(std::chrono::milliseconds step) {
    talk(20, step);
    (void)counted();  // the first answer may make something for itself
    const std::uint64_t before = counted();
    const std::uint64_t of_counting = counted() - before;
    talk(100, step);
    const std::uint64_t used = counted() - before;
    return used - std::min(used, 2 * of_counting);
  }
  void end(const std::function<void()>& work) {
    std::promise<void> ended;
    thread->run([&] { work(), ended.set_value(); });
    ended.get_future().get();
  }

  EngineOptions options;
  std::optional<MediaThread> thread;
  std::vector<std::unique_ptr<Phone>> phones;
  std::vector<Leg*> legs;
};

TEST(MediaThread, RelayingTranscodingAndRecordingAllocateNothing) {
  Recorder recorder(system_clock(), system_random());
  // Relayed, then transcoded.
  Rig rig({{CodecId::Pcmu, 0}, {CodecId::Pcmu, 0}, {CodecId::Pcma, 8}, {CodecId::G722, 9}});
  auto disk = std::make_shared<fake::Disk>();
  RecordingStart start;
  start.recording = RecordingId::make();
  start.file = std::make_unique<fake::DiskFile>(disk);
  const auto recording = *recorder.start(std::move(start), fake::key());
  rig.thread->run([&] {
    for (const std::size_t a : {0U, 2U}) rig.legs[a]->set_peer(rig.legs[a + 1]), rig.legs[a + 1]->set_peer(rig.legs[a]);
    rig.legs[0]->record(recording, Party::Caller), rig.legs[1]->record(recording, Party::Callee);
  });
  EXPECT_EQ(rig.allocated(3ms), 0U);
  for (const auto& phone : rig.phones) EXPECT_GT(phone->heard.size(), 100U);
  rig.end([&] {
    for (Leg* leg : rig.legs) leg->set_peer(nullptr), leg->record(nullptr, Party::Caller);
  });
}

TEST(MediaThread, MixingAllocatesNothing) {
  Rig rig({{CodecId::Pcmu, 0}, {CodecId::Pcma, 8}, {CodecId::G722, 9}, {CodecId::Opus, 111}, {CodecId::Pcmu, 0}});
  rig.thread->run([&] {
    auto room = std::make_unique<Room>(RoomHandle{1}, RoomOptions{}, rig.thread->courier());
    for (Leg* leg : rig.legs) room->enter(*leg, {});
    rig.thread->add(std::move(room));
  });
  EXPECT_EQ(rig.allocated(20ms), 0U);
  for (const auto& phone : rig.phones) EXPECT_GT(phone->heard.size(), 100U);
  rig.end([&] { (void)rig.thread->remove(RoomHandle{1}); });
}

}  // namespace
}  // namespace parley::media
#endif
