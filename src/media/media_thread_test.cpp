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

TEST(MediaThread, RelayingTranscodingAndRecordingAllocateNothing) {
  EngineOptions options;
  options.bind_address = *IpAddress::parse("127.0.0.1");
  options.max_legs = 8;
  Recorder recorder(system_clock(), system_random());
  MediaThread thread(options, system_clock(), system_random());
  PortRange range(options.bind_address, 0, 0, system_random());
  std::vector<std::unique_ptr<Phone>> phones;
  phones.push_back(std::make_unique<Phone>(CodecId::Pcmu, 0, 1));
  phones.push_back(std::make_unique<Phone>(CodecId::Pcmu, 0, 2));  // relayed
  phones.push_back(std::make_unique<Phone>(CodecId::Pcma, 8, 3));
  phones.push_back(std::make_unique<Phone>(CodecId::G722, 9, 4));  // transcoded
  std::vector<Leg*> legs;
  for (std::uint32_t i = 0; i < phones.size(); ++i) {
    auto sockets = std::move(*range.bind_pair());
    phones[i]->send_to(sockets.rtp.port(), sockets.rtcp.port());
    auto leg =
        std::make_unique<Leg>(thread.shared(), LegHandle{i, 1}, std::move(sockets), LegOptions{}, LegCallbacks{});
    legs.push_back(leg.get());
    thread.run([&thread, leg = std::move(leg), remote = phones[i]->media()]() mutable {
      leg->set_remote(remote, thread.now());
      thread.add(std::move(leg));
    });
  }
  auto disk = std::make_shared<fake::Disk>();
  RecordingStart start;
  start.recording = RecordingId::make();
  start.file = std::make_unique<fake::DiskFile>(disk);
  const auto recording = *recorder.start(std::move(start), fake::key());
  for (const auto& [a, b] : {std::pair{0, 1}, std::pair{2, 3}})
    thread.run([&legs, &recording, a, b] {
      legs[static_cast<std::size_t>(a)]->set_peer(legs[static_cast<std::size_t>(b)]);
      legs[static_cast<std::size_t>(b)]->set_peer(legs[static_cast<std::size_t>(a)]);
      if (a == 0) legs[0]->record(recording, Party::Caller), legs[1]->record(recording, Party::Callee);
    });
  const auto counted = [&thread] {
    std::promise<std::uint64_t> answer;
    thread.run([&answer] { answer.set_value(allocations); });
    return answer.get_future().get();
  };
  const auto talk = [&](int steps) {
    for (int i = 0; i < steps; ++i) {
      for (const auto& phone : phones) phone->speak();
      std::this_thread::sleep_for(3ms);
      for (const auto& phone : phones) phone->listen({});
    }
  };
  talk(20);
  (void)counted();  // the first answer may make something for itself
  const std::uint64_t before = counted();
  const std::uint64_t of_counting = counted() - before;
  talk(100);
  EXPECT_LE(counted() - before, 2 * of_counting);
  for (const auto& phone : phones) EXPECT_GT(phone->heard.size(), 100U);
  std::promise<void> ended;
  thread.run([&] {
    for (Leg* leg : legs) leg->set_peer(nullptr), leg->record(nullptr, Party::Caller);
    ended.set_value();
  });
  ended.get_future().get();
}

}  // namespace
}  // namespace parley::media
#endif
