#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <store/journal.hpp>
#include <vault/hash.hpp>

namespace parley::store {
namespace {

constexpr std::string_view kMagic = "PARLEYJ1";
constexpr std::size_t kHead = 4 + 8;  // length, number
constexpr std::size_t kSum = 8;

std::unexpected<Error> failed(const char* what) {
  const int error = errno;
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return fail(full ? Errc::Full : Errc::Io, std::string(what) + ": " + std::strerror(error));
}

void put(Bytes& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint64_t take(BytesView in, std::size_t at, int bytes) {
  std::uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) value = value << 8 | in[at + static_cast<std::size_t>(i)];
  return value;
}

Bytes encode(std::uint64_t number, BytesView record) {
  Bytes out;
  out.reserve(kHead + record.size() + kSum);
  put(out, record.size(), 4);
  put(out, number, 8);
  out.insert(out.end(), record.begin(), record.end());
  const auto sum = vault::sha256(out);
  out.insert(out.end(), sum.begin(), sum.begin() + kSum);
  return out;
}

bool write_all(int descriptor, BytesView bytes, off_t at) {
  while (!bytes.empty()) {
    const auto got = ::pwrite(descriptor, bytes.data(), bytes.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
    at += got;
  }
  return true;
}

Result<Bytes> read_all(int descriptor) {
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) return failed("cannot read the journal");
  Bytes out(static_cast<std::size_t>(info.st_size));
  std::size_t done = 0;
  while (done < out.size()) {
    const auto got = ::pread(descriptor, out.data() + done, out.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot read the journal");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return out;
}

/// Blocks set aside beyond the file's end, so that a full disk still takes some hundred records. Best effort.
void reserve(int descriptor) { (void)::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, 1 << 20); }

/// The record at `at`: its whole size, or nullopt when it is not whole.
std::optional<std::size_t> record_at(BytesView file, std::size_t at, std::uint64_t number) {
  if (file.size() - at < kHead + kSum) return std::nullopt;
  const std::size_t length = take(file, at, 4);
  if (length > Journal::kMaxRecord || file.size() - at < kHead + length + kSum) return std::nullopt;
  if (take(file, at + 4, 8) != number) return std::nullopt;
  const auto sum = vault::sha256(file.subspan(at, kHead + length));
  if (std::memcmp(sum.data(), file.data() + at + kHead + length, kSum) != 0) return std::nullopt;
  return kHead + length + kSum;
}

}  // namespace

struct Journal::State {
  ~State() {
    if (descriptor >= 0) ::close(descriptor);
  }
  std::mutex draining;  // taken before `mutex`
  std::mutex mutex;
  std::filesystem::path path;
  int descriptor = -1;
  off_t end = 0;
  std::uint64_t next = 0;
  std::size_t records = 0;
  std::uint64_t cut = 0;
  bool broken = false;  // after a failed fsync
};

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Journal::~Journal() = default;

Result<std::unique_ptr<Journal>> Journal::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (state->descriptor < 0) return failed("cannot open the journal");
  const auto file = read_all(state->descriptor);
  if (!file) return std::unexpected(file.error());
  if (file->size() < kMagic.size()) {
    // New, or cut while it was made: nothing can have been acknowledged from it.
    if (::ftruncate(state->descriptor, 0) != 0 || !write_all(state->descriptor, as_bytes(kMagic), 0) ||
        ::fsync(state->descriptor) != 0) {
      return failed("cannot write the journal");
    }
    state->end = static_cast<off_t>(kMagic.size());
    reserve(state->descriptor);
    return std::unique_ptr<Journal>(new Journal(std::move(state)));
  }
  if (as_text(BytesView(*file).first(kMagic.size())) != kMagic) {
    return fail(Errc::Corrupt, "the journal " + path.string() + " is not one; move it away");
  }
  std::size_t at = kMagic.size();
  while (at < file->size()) {
    const auto size = record_at(*file, at, state->next);
    if (!size) break;
    at += *size;
    ++state->next;
    ++state->records;
  }
  if (at < file->size()) {
    // A torn tail has nothing whole behind it. If the next record can be found whole, the damage is in the middle.
    for (std::size_t probe = at + 1; probe + kHead + kSum <= file->size(); ++probe) {
      const std::uint64_t number = take(*file, probe + 4, 8);
      if (number > state->next && number < state->next + 1000 && record_at(*file, probe, number)) {
        return fail(Errc::Corrupt,
                    "the journal " + path.string() + " is damaged before its end; keep a copy of it and ask for help");
      }
    }
    state->cut = file->size() - at;
    if (::ftruncate(state->descriptor, static_cast<off_t>(at)) != 0 || ::fsync(state->descriptor) != 0) {
      return failed("cannot cut the journal's torn tail");
    }
  }
  state->end = static_cast<off_t>(at);
  return std::unique_ptr<Journal>(new Journal(std::move(state)));
}

Result<std::uint64_t> Journal::append(BytesView record) {
  const std::lock_guard lock(state_->mutex);
  if (record.size() > kMaxRecord) return fail(Errc::Limited, "a journal record is longer than 1 MiB");
  return append_encoded(encode(state_->next, record), 1);
}

Result<void> Journal::append_all(const std::vector<Bytes>& records) {
  const std::lock_guard lock(state_->mutex);
  Bytes bytes;
  auto number = state_->next;
  for (const auto& record : records) {
    if (record.size() > kMaxRecord) return fail(Errc::Limited, "a journal record is longer than 1 MiB");
    const auto encoded = encode(number++, record);
    bytes.insert(bytes.end(), encoded.begin(), encoded.end());
  }
  if (auto appended = append_encoded(bytes, records.size()); !appended) return std::unexpected(appended.error());
  return {};
}

/// Called with the lock. The number of the first record.
Result<std::uint64_t> Journal::append_encoded(BytesView bytes, std::size_t records) {
  if (state_->broken) return fail(Errc::Io, "the journal failed to sync and must be opened anew");
  if (!write_all(state_->descriptor, bytes, state_->end)) {
    const auto error = failed("cannot write the journal");
    (void)::ftruncate(state_->descriptor, state_->end);
    return error;
  }
  if (::fdatasync(state_->descriptor) != 0) {
    state_->broken = true;
    return failed("cannot sync the journal");
  }
  const auto first = state_->next;
  state_->end += static_cast<off_t>(bytes.size());
  state_->records += records;
  state_->next += records;
  return first;
}

Result<std::size_t> Journal::drain(const std::function<Result<void>(BytesView)>& take_record) {
  const std::lock_guard one_at_a_time(state_->draining);
  std::size_t taken = 0;
  std::size_t at = kMagic.size();
  for (;;) {
    Bytes file;
    {
      const std::lock_guard lock(state_->mutex);
      if (static_cast<std::size_t>(state_->end) == at) return empty(taken);
      auto read = read_all(state_->descriptor);
      if (!read) return std::unexpected(read.error());
      file = std::move(*read);
      file.resize(static_cast<std::size_t>(state_->end));
    }
    // Without the lock: whoever takes the records may wait for a thread that is about to append one.
    while (at < file.size()) {
      const std::size_t length = take(file, at, 4);
      if (auto done = take_record(BytesView(file).subspan(at + kHead, length)); !done)
        return std::unexpected(done.error());
      at += kHead + length + kSum;
      ++taken;
    }
  }
}

/// The old bytes are overwritten before the file is cut, so that the file system's free blocks do not keep them. Called
/// with the lock.
Result<std::size_t> Journal::empty(std::size_t taken) {
  if (taken == 0) return 0;
  const Bytes zeroes(static_cast<std::size_t>(state_->end) - kMagic.size(), 0);
  if (!write_all(state_->descriptor, zeroes, static_cast<off_t>(kMagic.size())) ||
      ::fdatasync(state_->descriptor) != 0 || ::ftruncate(state_->descriptor, static_cast<off_t>(kMagic.size())) != 0 ||
      ::fsync(state_->descriptor) != 0) {
    state_->broken = true;
    return failed("cannot empty the journal");
  }
  state_->end = static_cast<off_t>(kMagic.size());
  state_->records = 0;
  state_->next = 0;
  reserve(state_->descriptor);
  return taken;
}

std::size_t Journal::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->records;
}

std::uint64_t Journal::cut() const { return state_->cut; }

}  // namespace parley::store
