#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <sys/mman.h>

#include <base/assert.hpp>
#include <vault/secret.hpp>

namespace parley::vault {
namespace {

constexpr std::size_t kSlot = 64;          // a key with room to spare
constexpr std::size_t kArena = 64 * 1024;  // one mapping holds a thousand keys
std::atomic<std::size_t> refused{0};

std::uint8_t* map_locked(std::size_t size) {
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  if (::mlock(memory, size) != 0) refused.fetch_add(size / 4096, std::memory_order_relaxed);
  (void)::madvise(memory, size, MADV_DONTDUMP);
  return static_cast<std::uint8_t*>(memory);
}

/// Slots of one size from locked pages. mlock counts whole pages without nesting, so that secrets which share a page
/// must also share its lock: pages stay locked for the life of the process and slots are handed around within them.
class Arena {
 public:
  std::uint8_t* take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      std::uint8_t* const page = map_locked(kArena);
      free_.reserve(free_.size() + kArena / kSlot);
      for (std::size_t at = kArena; at >= kSlot; at -= kSlot) free_.push_back(page + at - kSlot);
    }
    std::uint8_t* const slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void give(std::uint8_t* slot) noexcept {
    const std::lock_guard lock(mutex_);
    free_.push_back(slot);  // capacity was reserved when the slot was made
  }

 private:
  std::mutex mutex_;
  std::vector<std::uint8_t*> free_;
};

Arena& arena() {
  static Arena* const shared = new Arena;  // never destroyed: secrets in static objects may outlive it otherwise
  return *shared;
}

std::size_t whole_pages(std::size_t size) { return (size + 4095) / 4096 * 4096; }

}  // namespace

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  data_ = size <= kSlot ? arena().take() : map_locked(whole_pages(size));
  std::memset(data_, 0, size);
}

SecretBytes::SecretBytes(BytesView bytes) : SecretBytes(bytes.size()) { std::ranges::copy(bytes, data_); }

SecretBytes SecretBytes::random(std::size_t size, Random& random) {
  SecretBytes out(size);
  random.fill(out.writable());
  return out;
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this == &other) return *this;
  release();
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

SecretBytes::~SecretBytes() { release(); }

void SecretBytes::release() noexcept {
  if (data_ == nullptr) return;
  wipe(writable());
  if (size_ <= kSlot) {
    arena().give(data_);
  } else {
    (void)::munmap(data_, whole_pages(size_));
  }
  data_ = nullptr;
  size_ = 0;
}

std::size_t locked_memory_refused() noexcept { return refused.load(std::memory_order_relaxed); }

}  // namespace parley::vault
