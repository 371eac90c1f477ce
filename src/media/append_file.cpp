#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <media/append_file.hpp>

namespace parley::media {
namespace {

std::unexpected<Error> io_error(const char* what, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return fail(full              ? Errc::Full
              : error == EEXIST ? Errc::Conflict
              : error == ENOENT ? Errc::NotFound
                                : Errc::Io,
              std::string(what) + ": " + std::strerror(error));
}

class PosixAppendFile final : public AppendFile {
 public:
  explicit PosixAppendFile(int descriptor) : descriptor_(descriptor) {
    const off_t end = ::lseek(descriptor, 0, SEEK_END);
    end_ = std::max<off_t>(end, 0);
  }
  ~PosixAppendFile() override { ::close(descriptor_); }
  PosixAppendFile(const PosixAppendFile&) = delete;
  PosixAppendFile& operator=(const PosixAppendFile&) = delete;

  Result<void> append(BytesView bytes) override {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written == static_cast<ssize_t>(bytes.size())) {
      end_ += written;
      return {};
    }
    // A short write of a disk file means that it is full: the next attempt says why.
    const int error = written < 0 ? errno : ENOSPC;
    (void)!::ftruncate(descriptor_, end_);
    (void)::lseek(descriptor_, end_, SEEK_SET);
    return io_error("cannot write the recording", error);
  }
  Result<void> sync() override {
    if (::fdatasync(descriptor_) == 0) return {};
    return io_error("cannot sync the recording", errno);
  }

 private:
  int descriptor_;
  off_t end_ = 0;
};

class PosixRandomAccessFile final : public RandomAccessFile {
 public:
  PosixRandomAccessFile(int descriptor, std::uint64_t size) : descriptor_(descriptor), size_(size) {}
  ~PosixRandomAccessFile() override { ::close(descriptor_); }
  PosixRandomAccessFile(const PosixRandomAccessFile&) = delete;
  PosixRandomAccessFile& operator=(const PosixRandomAccessFile&) = delete;

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = ::pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return io_error("cannot read the recording", errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  int descriptor_;
  std::uint64_t size_;
};

class MemoryFile final : public RandomAccessFile {
 public:
  explicit MemoryFile(Bytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> out) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(out.size(), bytes_.size() - offset);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
    return count;
  }

 private:
  Bytes bytes_;
};

}  // namespace

Result<std::unique_ptr<AppendFile>> create_append_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return io_error("cannot create the recording", errno);
  return std::make_unique<PosixAppendFile>(descriptor);
}

std::unique_ptr<AppendFile> append_file_from(int descriptor) { return std::make_unique<PosixAppendFile>(descriptor); }

Result<std::unique_ptr<RandomAccessFile>> open_random_access_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return io_error("cannot open the recording", errno);
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) {
    const int error = errno;
    ::close(descriptor);
    return io_error("cannot open the recording", error);
  }
  return std::make_unique<PosixRandomAccessFile>(descriptor, static_cast<std::uint64_t>(status.st_size));
}

std::unique_ptr<RandomAccessFile> random_access_from(Bytes bytes) {
  return std::make_unique<MemoryFile>(std::move(bytes));
}

}  // namespace parley::media
