#include <array>
#include <cstdlib>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <speech/worker.hpp>
#include <speech/worker_socket.hpp>

namespace parley::speech {
namespace {

using namespace std::chrono_literals;

PcmSource silence(std::size_t samples) {
  return [samples](std::span<std::int16_t> out) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(samples, out.size());
    std::ranges::fill(out.first(count), std::int16_t{0});
    samples -= count;
    return count;
  };
}

WorkerOptions shell(std::string script) { return {{"/nowhere"}, {"/bin/sh", "-c", std::move(script)}, 60s}; }

TEST(WorkerClient, CallsADyingChildACrashAndStartsAnother) {
  WorkerClient client(shell("kill -SEGV $$"));
  for (unsigned round = 1; round <= 2; ++round) {
    const auto result = client.transcribe({}, silence(1'000'000));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::Internal);
    EXPECT_NE(result.error().text.find("crashed (killed by signal 11)"), std::string::npos) << result.error().text;
    EXPECT_FALSE(client.running());
    EXPECT_EQ(client.starts(), round);
  }
}

TEST(WorkerClient, RefusesBytesThatAreNoFrames) {
  WorkerClient client(shell("printf '\\001\\000\\000\\000\\143x' >&3; exec cat <&3 >/dev/null"));
  const auto result = client.transcribe({}, silence(1000));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::Internal);
}

TEST(WorkerClient, KillsAChildThatGivesNoSignOfLife) {
  WorkerOptions options = shell("exec sleep 100");
  options.stall_limit = 0s;
  WorkerClient client(options);
  const auto result = client.transcribe({}, silence(10'000'000));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::Timeout);
  EXPECT_FALSE(client.running());
}

TEST(WorkerClient, KeepsTheTimeLimit) {
  WorkerClient client(shell("exec sleep 100"));
  TranscribeRequest request;
  request.time_limit = 0s;
  EXPECT_EQ(client.transcribe(request, silence(1000)).error().code, Errc::Timeout);
}

TEST(WorkerClient, StopsWhenAsked) {
  WorkerClient client(shell("exec sleep 100"));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(client.transcribe({}, silence(1000), {}, stop.get_token()).error().code, Errc::Unavailable);
}

TEST(WorkerClient, GivesTheSourcesErrorBack) {
  WorkerClient client(shell("exec cat <&3 >/dev/null"));
  const auto result = client.transcribe({}, [](std::span<std::int16_t>) -> Result<std::size_t> {
    return fail(Errc::Corrupt, "frame 7 of the recording was altered");
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::Corrupt);
}

TEST(WorkerClient, SaysThatAProgramCannotBeStarted) {
  WorkerClient client({{"/nowhere"}, {"/no/such/program"}, 60s});
  EXPECT_EQ(client.transcribe({}, silence(1)).error().code, Errc::Unavailable);
}

TEST(WorkerClient, GivesTheChildNoEnvironmentAndNoOtherDescriptor) {
  setenv("PARLEY_ROOT_KEY", "secret", 1);
  WorkerClient client(shell("test -z \"$PARLEY_ROOT_KEY\" && ! test -e /proc/self/fd/4 && exit 7; exit 8"));
  const auto result = client.transcribe({}, silence(1'000'000));
  unsetenv("PARLEY_ROOT_KEY");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().text.find("exit status 7"), std::string::npos) << result.error().text;
}

/// The child's side on a thread, without its models.
class Serving {
 public:
  Serving() {
    std::array<int, 2> pair{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    socket.emplace(pair[0]);
    thread = std::jthread([theirs = pair[1], this] { status = serve_worker(theirs, {"/nowhere"}); });
  }
  ~Serving() { socket.reset(); }

  int status = -1;
  std::jthread thread;
  std::optional<WorkerSocket> socket;
};

TEST(Worker, AnswersWithAReasonWhenModelsAreMissing) {
  Serving serving;
  for (const auto kind : {FrameKind::Transcribe, FrameKind::Speak, FrameKind::Transcribe}) {
    const std::string_view request = kind == FrameKind::Speak ? R"({"text":"Hello","voice":"af_heart","speed":1})"
                                                              : R"({"rate":8000,"channels":2,"model":0})";
    ASSERT_TRUE(serving.socket->send(kind, as_bytes(request)));
    const auto answer = serving.socket->receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->kind, FrameKind::Error);
    EXPECT_NE(answer->text().find("fetch-speech"), std::string_view::npos) << answer->text();
  }
}

TEST(Worker, RefusesMalformedRequestsAndGoesOn) {
  Serving serving;
  for (const std::string_view request : {"", "[]", "{\"model\":99}", "{\"text\":1}"}) {
    for (const auto kind : {FrameKind::Transcribe, FrameKind::Speak}) {
      ASSERT_TRUE(serving.socket->send(kind, as_bytes(request)));
      const auto answer = serving.socket->receive();
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->kind, FrameKind::Error);
    }
  }
}

TEST(Worker, LeavesWhenTheClientHasGone) {
  Serving serving;
  serving.socket.reset();
  serving.thread.join();
  EXPECT_EQ(serving.status, 0);
}

}  // namespace
}  // namespace parley::speech
