#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <media/fake_call.hpp>
#include <media/fake_recording.hpp>

namespace parley::media {
namespace {
using namespace std::chrono_literals;
using codec::CodecId;
using fake::Call;
using fake::channel;
using fake::match;
using fake::Phone;
using fake::Voice;

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "parley-recorder-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

RecordingStart start_at(const std::filesystem::path& path) {
  RecordingStart start;
  start.organisation = OrganisationId::make();
  start.call = CallId::make();
  start.recording = RecordingId::make();
  start.file = std::move(*create_append_file(path));
  return start;
}

Result<RecordingReader> open(const std::filesystem::path& path) {
  auto file = open_random_access_file(path);
  if (!file) return std::unexpected(file.error());
  return RecordingReader::open(std::move(*file), fake::key());
}

/// Waits for what other threads do, five seconds at most.
template <class So>
bool soon(So so) {
  for (int i = 0; i < 1000 && !so(); ++i) std::this_thread::sleep_for(5ms);
  return so();
}

TEST(Recorder, ACallIsRecordedAsItWasSpokenPerChannel) {  // PBX-4
  const Folder folder;
  Recorder recorder(system_clock(), system_random());
  Call call;
  call.step = 20ms;
  Phone a(CodecId::Pcmu, 0, 1), b(CodecId::Pcma, 8, 2);
  const auto leg_a = call.join(a), leg_b = call.join(b);
  call.engine->bridge(leg_a, leg_b);
  call.talk(10, a, b);

  std::optional<RecordingSummary> summary;
  auto start = start_at(folder.path / "one");
  const auto id = start.recording;
  start.post = call.mailbox.poster();
  start.on_ended = [&](const RecordingSummary& ended) { summary = ended; };
  const auto recording = recorder.start(std::move(start), fake::key());
  ASSERT_TRUE(recording);
  call.engine->record(leg_a, *recording, Party::Caller);
  call.engine->record(leg_b, *recording, Party::Callee);
  Duration recorded{};
  const auto talk_recorded = [&](unsigned steps) {
    const TimePoint begun = system_clock().now();
    call.talk(steps, a, b);
    recorded += system_clock().now() - begun;
  };
  talk_recorded(50);
  (*recording)->pause();
  call.talk(30, a, b);
  (*recording)->resume();
  talk_recorded(40);
  RemoteMedia other = a.media();
  other.direction = Direction::Inactive;  // hold by re-INVITE: the recording goes on, with silence
  call.engine->set_remote(leg_a, other);
  talk_recorded(25);
  (*recording)->stop();
  ASSERT_TRUE(soon([&] { return call.mailbox.run(), summary.has_value(); }));
  EXPECT_EQ(summary->recording, id);
  EXPECT_EQ(summary->state, RecordingState::Stopped);
  EXPECT_EQ(summary->dropped, 0U);
  call.talk(5, a, b);  // the call goes on

  struct stat status{};
  ASSERT_EQ(::stat((folder.path / "one").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), summary->bytes);

  auto reader = open(folder.path / "one");
  ASSERT_TRUE(reader);
  reader->expect(*summary);
  EXPECT_TRUE(reader->info().faults.empty());
  EXPECT_NEAR(std::chrono::duration<double>(reader->info().length).count(),
              std::chrono::duration<double>(recorded).count(), 0.15);
  const auto said_a = a.spoken(), said_b = b.spoken();
  const auto heard_a = channel(*reader, 8000, Party::Caller), heard_b = channel(*reader, 8000, Party::Callee);
  EXPECT_GT(match(said_a.subspan(15 * 160, 6000), heard_a, 0, 1600).likeness, 0.98);
  EXPECT_GT(match(said_b.subspan(15 * 160, 6000), heard_b, 0, 1600).likeness, 0.98);
  EXPECT_LT(match(said_a.subspan(15 * 160, 6000), heard_b, 0, 1600).likeness, 0.3);
  EXPECT_GT(match(said_a.subspan(98 * 160, 4000), heard_a, 7000, 12000).likeness, 0.98);  // after the pause
  for (std::size_t at = 64 * 160; at < 80 * 160; at += 8 * 160)
    EXPECT_LT(match(said_a.subspan(at, 1280), heard_a, 0, 16000).likeness, 0.6) << "of the pause";
}

TEST(Recorder, ManyRecordingsRunSideBySide) {
  const Folder folder;
  Recorder recorder(system_clock(), system_random());
  std::vector<std::shared_ptr<Recording>> running;
  std::atomic<unsigned> ended = 0;
  for (unsigned i = 0; i < 20; ++i) {
    auto start = start_at(folder.path / std::to_string(i));
    start.post = [](const std::function<void()>& work) { work(); };
    start.on_ended = [&](const RecordingSummary& summary) {
      ended += summary.state == RecordingState::Stopped ? 1 : 0;
    };
    running.push_back(*recorder.start(std::move(start), fake::key()));
  }
  std::vector<Voice> voices;
  for (unsigned i = 0; i < 20; ++i) voices.emplace_back(Party::Callee, CodecId::Pcma, i, 1, 2);
  for (unsigned step = 0; step < 40; ++step) {
    for (unsigned i = 0; i < 20; ++i) voices[i].speak(*running[i], system_clock().now());
    std::this_thread::sleep_for(5ms);
  }
  for (const auto& one : running) one->stop(), one->stop();
  ASSERT_TRUE(soon([&] { return ended == 20; }));
  for (unsigned i = 0; i < 20; ++i) {
    const auto reader = open(folder.path / std::to_string(i));
    ASSERT_TRUE(reader);
    EXPECT_TRUE(reader->info().faults.empty());
    EXPECT_EQ(reader->info().packets[1], 40U);
  }
}

TEST(Recorder, EndingTheProcessProperlyClosesWhatRuns) {
  const Folder folder;
  {
    Recorder recorder(system_clock(), system_random());
    const auto recording = recorder.start(start_at(folder.path / "one"), fake::key());
    Voice(Party::Caller, CodecId::Pcmu, 1, 1, 1).speak(**recording, system_clock().now());
  }
  const auto reader = open(folder.path / "one");
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->info().faults.empty());
  EXPECT_EQ(reader->info().packets[0], 1U);
}

TEST(Recorder, AFullDeviceIsAnErrorOfTheStart) {
  Recorder recorder(system_clock(), system_random());
  RecordingStart start;
  start.recording = RecordingId::make();
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  start.file = append_file_from(full);
  const auto recording = recorder.start(std::move(start), fake::key());
  ASSERT_FALSE(recording);
  EXPECT_EQ(recording.error().code, Errc::Full);
  const Folder folder;
  ASSERT_TRUE(create_append_file(folder.path / "x"));
  EXPECT_EQ(create_append_file(folder.path / "x").error().code, Errc::Conflict);
}

TEST(Recorder, KilledAtAnyMomentTheFileIsReadableToShortlyBefore) {  // F-3
  const Folder folder;
  auto* const last_offer = static_cast<std::atomic<std::int64_t>*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(static_cast<void*>(last_offer), MAP_FAILED);
  std::mt19937 random(21);
  double worst = 0;
  for (int round = 0; round < 10; ++round) {
    const auto path = folder.path / std::to_string(round);
    last_offer->store(0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Recorder recorder(system_clock(), system_random());
      const auto recording = recorder.start(start_at(path), fake::key());
      Voice caller(Party::Caller, CodecId::Pcmu, 1, 1, 5), callee(Party::Callee, CodecId::Pcmu, 2, 1, 5);
      const auto begun = std::chrono::steady_clock::now();
      for (int i = 0; i < 240; ++i) {
        caller.speak(**recording, system_clock().now());
        callee.speak(**recording, system_clock().now());
        last_offer->store((std::chrono::steady_clock::now() - begun).count());
        std::this_thread::sleep_until(begun + (i + 1) * 20ms);
      }
      ::_exit(0);
    }
    for (int i = 0; i < 400 && last_offer->load() == 0; ++i) std::this_thread::sleep_for(5ms);
    std::this_thread::sleep_for(std::chrono::milliseconds(250 + random() % 400));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    auto reader = open(path);
    ASSERT_TRUE(reader) << reader.error().text;
    EXPECT_FALSE(reader->info().closed);
    for (const auto& fault : reader->info().faults)
      EXPECT_TRUE(fault.kind == RecordingFault::Kind::NotClosed || fault.kind == RecordingFault::Kind::Torn)
          << fault.text();
    const double lost =
        std::chrono::duration<double, std::milli>(std::chrono::nanoseconds(last_offer->load()) - reader->info().length)
            .count();
    worst = std::max(worst, lost);
    EXPECT_LT(lost, 1000);
    EXPECT_EQ(channel(*reader, 8000, Party::Callee).size(), reader->samples(8000));
  }
  RecordProperty("worst_lost_ms", std::to_string(worst));
  ::munmap(last_offer, 4096);
}

}  // namespace
}  // namespace parley::media
