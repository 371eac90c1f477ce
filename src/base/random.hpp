#pragma once
#include <cstdint>
#include <random>
#include <span>
#include <string>

namespace parley {

/// Source of randomness, an argument wherever one is needed, so that a test can replay. Thread: any for
/// system_random().
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
  [[nodiscard]] std::uint64_t next();
  /// `count` signs of the lower-case base-32 alphabet (5 bits each).
  [[nodiscard]] std::string token(std::size_t count);
};

/// The kernel's generator (getrandom), buffered per thread. Fit for keys.
[[nodiscard]] Random& system_random();

/// The same sequence for the same seed. Tests only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::mt19937_64 engine_;
};

}  // namespace parley
