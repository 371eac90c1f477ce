#pragma once
#include <optional>

#include <base/clock.hpp>
#include <base/result.hpp>
#include <speech/worker_frame.hpp>

namespace parley::speech {

/// One end of a worker's socket pair; owns the descriptor. Never raises SIGPIPE. Thread: one at a time.
class WorkerSocket {
 public:
  explicit WorkerSocket(int descriptor) : descriptor_(descriptor) {}
  WorkerSocket(const WorkerSocket&) = delete;
  WorkerSocket& operator=(const WorkerSocket&) = delete;
  ~WorkerSocket();

  [[nodiscard]] int descriptor() const { return descriptor_; }

  /// Blocks until the frame has been taken. Errors: Unavailable (the other end has gone).
  [[nodiscard]] Result<void> send(FrameKind kind, BytesView payload);
  /// Blocks until a frame is there. Errors: Unavailable (the other end has gone), Limited or Invalid (broken frames).
  [[nodiscard]] Result<Frame> receive();

  /// For a caller that must not block: writes what fits of `bytes` and returns how much that was.
  [[nodiscard]] Result<std::size_t> send_some(BytesView bytes);
  /// Takes what has arrived; nullopt: no whole frame yet.
  [[nodiscard]] Result<std::optional<Frame>> receive_some();

 private:
  int descriptor_;
  FrameReader reader_;
};

}  // namespace parley::speech
