#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <store/blobs.hpp>

namespace parley::store {
namespace {

constexpr std::size_t kIdSize = 32;

std::unexpected<Error> failed(const char* what) {
  const int error = errno;
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return fail(full ? Errc::Full : Errc::Io, std::string(what) + ": " + std::strerror(error));
}

bool valid(std::string_view id) {
  return id.size() == kIdSize &&
         std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed("cannot open the blob folder");
  const bool synced = ::fsync(descriptor) == 0;
  const auto error = failed("cannot sync the blob folder");
  ::close(descriptor);
  if (!synced) return error;
  return {};
}

}  // namespace

BlobWriter::BlobWriter(std::string id, std::filesystem::path path, int descriptor)
    : id_(std::move(id)), path_(std::move(path)), descriptor_(descriptor) {}

BlobWriter::~BlobWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> BlobWriter::append(BytesView bytes) {
  if (descriptor_ < 0) return fail(Errc::Io, "the blob is closed");
  std::uint64_t written = 0;
  while (written < bytes.size()) {
    const auto got = ::write(descriptor_, bytes.data() + written, bytes.size() - written);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const auto error = failed("cannot write the blob");
      (void)::ftruncate(descriptor_, static_cast<off_t>(size_));  // no torn frame stays behind
      return error;
    }
    written += static_cast<std::uint64_t>(got);
  }
  size_ += written;
  return {};
}

Result<void> BlobWriter::sync() {
  if (descriptor_ < 0) return fail(Errc::Io, "the blob is closed");
  if (::fdatasync(descriptor_) == 0) return {};
  const auto error = failed("cannot sync the blob");
  ::close(descriptor_);
  descriptor_ = -1;
  return error;
}

Result<void> BlobWriter::close() {
  if (auto synced = sync(); !synced) return synced;
  ::close(descriptor_);
  descriptor_ = -1;
  return {};
}

BlobStore::BlobStore(std::filesystem::path folder, Random& random) : folder_(std::move(folder)), random_(random) {}

Result<std::unique_ptr<BlobWriter>> BlobStore::create() {
  std::array<std::uint8_t, kIdSize / 2> bytes{};
  random_.fill(bytes);
  const std::string id = to_hex(bytes);
  const auto folder = folder_ / id.substr(0, 2);
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error)
    return fail(error.value() == ENOSPC ? Errc::Full : Errc::Io, "cannot make the blob folder: " + error.message());
  const auto path = folder / id;
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed("cannot make a blob");
  auto writer = std::make_unique<BlobWriter>(id, path, descriptor);
  if (auto synced = sync_folder(folder); !synced) return std::unexpected(synced.error());
  if (made) {
    if (auto synced = sync_folder(folder_); !synced) return std::unexpected(synced.error());
  }
  return writer;
}

Result<std::filesystem::path> BlobStore::path(std::string_view id) const {
  if (!valid(id)) return fail(Errc::Invalid, "not the id of a blob");
  auto path = folder_ / id.substr(0, 2) / id;
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return fail(Errc::NotFound, "no such blob");
    return failed("cannot look at a blob");
  }
  return path;
}

bool BlobStore::exists(std::string_view id) const { return path(id).has_value(); }

Result<std::uint64_t> BlobStore::size(std::string_view id) const {
  const auto where = path(id);
  if (!where) return std::unexpected(where.error());
  std::error_code error;
  const auto size = std::filesystem::file_size(*where, error);
  if (error) return fail(Errc::Io, "cannot look at a blob: " + error.message());
  return size;
}

Result<Bytes> BlobStore::read(std::string_view id) const {
  const auto where = path(id);
  if (!where) return std::unexpected(where.error());
  const int descriptor = ::open(where->c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed("cannot open a blob");
  Bytes out;
  std::array<std::uint8_t, 65536> buffer{};
  for (;;) {
    const auto got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const auto error = failed("cannot read a blob");
      ::close(descriptor);
      return error;
    }
    if (got == 0) break;
    out.insert(out.end(), buffer.begin(), buffer.begin() + got);
  }
  ::close(descriptor);
  return out;
}

Result<void> BlobStore::remove(std::string_view id) {
  const auto where = path(id);
  if (!where) return where.error().code == Errc::NotFound ? Result<void>{} : std::unexpected(where.error());
  const int descriptor = ::open(where->c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0 && errno != ENOENT) return failed("cannot open a blob to erase it");
  if (descriptor >= 0) {
    static constexpr std::array<std::uint8_t, 65536> kZeroes{};
    const auto size = ::lseek(descriptor, 0, SEEK_END);
    off_t at = 0;
    bool written = true;
    while (at < size && written) {
      const auto part = std::min<off_t>(size - at, static_cast<off_t>(kZeroes.size()));
      written = ::pwrite(descriptor, kZeroes.data(), static_cast<std::size_t>(part), at) == part;
      at += part;
    }
    written = written && ::fdatasync(descriptor) == 0;
    const auto error = failed("cannot overwrite a blob");
    ::close(descriptor);
    // What cannot be overwritten is still unlinked: its key goes too.
    if (!written && ::unlink(where->c_str()) != 0) return error;
  }
  if (::unlink(where->c_str()) != 0 && errno != ENOENT) return failed("cannot remove a blob");
  return sync_folder(where->parent_path());
}

Result<std::vector<std::string>> BlobStore::list() const {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder_, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (at->is_regular_file(error) && valid(name)) out.push_back(name);
  }
  if (error && error.value() != ENOENT) return fail(Errc::Io, "cannot list the blobs: " + error.message());
  std::ranges::sort(out);
  return out;
}

Result<std::uint64_t> BlobStore::free_bytes() const {
  struct statvfs info{};
  if (::statvfs(folder_.c_str(), &info) != 0) return failed("cannot look at the blob folder");
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace parley::store
