#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vault/hash.hpp>
#include <vault/root_key.hpp>

namespace parley::vault {
namespace {

constexpr std::size_t kLongest = 1024;

std::unexpected<Error> io_failed(const std::string& what, const std::filesystem::path& path) {
  return fail(Errc::Io, what + " " + path.string() + ": " + std::strerror(errno));
}

Result<RootKey> parse(std::string_view text, const std::string& source) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  auto bytes = from_base64(text);
  if (!bytes || bytes->size() != 32) {
    if (bytes) wipe(*bytes);
    return fail(Errc::Corrupt, "the root key from " + source +
                                   " is not 32 bytes in base64; restore it from your copy, for without it " +
                                   "nothing that is stored can be read");
  }
  RootKey key{SecretBytes(*bytes)};
  wipe(*bytes);
  return key;
}

Result<RootKey> read_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) {
    if (errno == ENOENT) return fail(Errc::NotFound, "no root key file " + path.string());
    return io_failed("cannot read the root key file", path);
  }
  struct stat info{};
  std::array<char, kLongest> buffer{};
  const bool known = ::fstat(descriptor, &info) == 0;
  const auto got = ::read(descriptor, buffer.data(), buffer.size());
  ::close(descriptor);
  if (!known || got < 0) return io_failed("cannot read the root key file", path);
  if ((info.st_mode & 077U) != 0) {
    return fail(Errc::Forbidden,
                "the root key file " + path.string() + " can be read by others; run: chmod 600 " + path.string());
  }
  auto key = parse({buffer.data(), static_cast<std::size_t>(got)}, path.string());
  wipe(std::span(reinterpret_cast<std::uint8_t*>(buffer.data()), buffer.size()));
  return key;
}

Result<void> sync_folder(const std::filesystem::path& file) {
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return io_failed("cannot open the folder", folder);
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!synced) return io_failed("cannot sync the folder", folder);
  return {};
}

Result<void> write_file(const std::filesystem::path& path, const RootKey& key) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return io_failed("cannot make the root key file", path);
  std::string text = to_base64(key.key.view()) + "\n";
  const bool written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(descriptor) == 0;
  wipe(text);
  ::close(descriptor);
  if (!written) {
    const auto error = io_failed("cannot write the root key file", path);
    ::unlink(path.c_str());
    return error;
  }
  return sync_folder(path);
}

Result<RootKey> run_command(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "re"), ::pclose);
  if (pipe == nullptr) return fail(Errc::Io, "cannot run the root key command");
  std::array<char, kLongest> buffer{};
  const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe.get());
  auto key = parse({buffer.data(), got}, "the command");
  wipe(std::span(reinterpret_cast<std::uint8_t*>(buffer.data()), buffer.size()));
  return key;
}

std::filesystem::path next_of(const std::filesystem::path& file) { return file.string() + ".next"; }

}  // namespace

std::string RootKey::id() const {
  return to_hex(BytesView(hmac_sha256(key.view(), as_bytes("parley root key id"))).first(8));
}

Result<RootKeys> load_root_key(const RootKeyOptions& options, Random& random) {
  if (!options.command.empty() || options.environment_value) {
    auto key =
        options.command.empty() ? parse(*options.environment_value, "the environment") : run_command(options.command);
    if (!key) return std::unexpected(key.error());
    return RootKeys{std::move(*key), std::nullopt};
  }
  auto key = read_file(options.file);
  if (!key && key.error().code == Errc::NotFound) {
    RootKey made{SecretBytes::random(32, random)};
    if (auto written = write_file(options.file, made); !written) return std::unexpected(written.error());
    return RootKeys{std::move(made), std::nullopt};
  }
  if (!key) return std::unexpected(key.error());
  RootKeys keys{std::move(*key), std::nullopt};
  if (auto next = read_file(next_of(options.file))) {
    keys.next = std::move(*next);
  } else if (next.error().code != Errc::NotFound && next.error().code != Errc::Corrupt) {
    return std::unexpected(
        next.error());  // a torn file was never used: staging syncs before anything is wrapped with it
  }
  return keys;
}

Result<RootKey> stage_root_key(const std::filesystem::path& file, Random& random) {
  const auto next = next_of(file);
  if (auto staged = read_file(next)) return staged;  // of a rotation that was cut short: go on with the same key
  ::unlink(next.c_str());
  RootKey made{SecretBytes::random(32, random)};
  if (auto written = write_file(next, made); !written) return std::unexpected(written.error());
  return made;
}

Result<void> commit_root_key(const std::filesystem::path& file) {
  if (::rename(next_of(file).c_str(), file.c_str()) != 0)
    return io_failed("cannot put the new root key in place of", file);
  return sync_folder(file);
}

}  // namespace parley::vault
