#include <array>
#include <cerrno>
#include <cstring>

#include <sys/random.h>

#include <base/assert.hpp>
#include <base/bytes.hpp>
#include <base/random.hpp>

namespace parley {
namespace {

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    if (out.size() > 64) return fill_direct(out);
    // Small requests (tags, branches) come from a per-thread pool: one system call for many of them. What is
    // handed out is wiped from the pool, so that it cannot be read there later.
    thread_local std::array<std::uint8_t, 512> pool;
    thread_local std::size_t used = pool.size();
    if (pool.size() - used < out.size()) {
      fill_direct(pool);
      used = 0;
    }
    std::memcpy(out.data(), pool.data() + used, out.size());
    wipe(std::span(pool).subspan(used, out.size()));
    used += out.size();
  }

 private:
  static void fill_direct(std::span<std::uint8_t> out) {
    while (!out.empty()) {
      const auto got = ::getrandom(out.data(), out.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      PARLEY_ASSERT(got > 0);
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

}  // namespace

std::uint64_t Random::next() {
  std::array<std::uint8_t, 8> bytes{};
  fill(bytes);
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  return value;
}

std::string Random::token(std::size_t count) {
  static constexpr char kAlphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
  std::string out(count, '\0');
  fill(std::span(reinterpret_cast<std::uint8_t*>(out.data()), count));
  for (char& c : out) c = kAlphabet[static_cast<unsigned char>(c) & 31U];
  return out;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  for (auto& byte : out) byte = static_cast<std::uint8_t>(engine_());
}

}  // namespace parley
