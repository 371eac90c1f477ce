#pragma once
#include <base/result.hpp>
#include <store/store.hpp>

namespace parley::server {

struct Recovered {
  std::size_t calls = 0;       // closed as failed by the system
  std::size_t recordings = 0;  // readable to the last frame, marked as cut
  std::size_t lost = 0;        // without a readable header
};

/// After a crash: closes what was open, reads cut recordings to their last whole frame and queues their transcription.
/// The normal start runs through here too (crash-only start).
[[nodiscard]] Result<Recovered> recover(store::Store& store);

}  // namespace parley::server
