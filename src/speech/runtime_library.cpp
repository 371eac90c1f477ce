#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include <elf.h>
#include <fmt/format.h>

#include <speech/runtime_library.hpp>

namespace parley::speech {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "which machine is this?"
#endif

/// LD_LIBRARY_PATH and the folders that Debian's linker knows.
std::vector<std::string> linker_folders() {
  std::vector<std::string> out;
  const char* set = std::getenv("LD_LIBRARY_PATH");
  std::string_view rest = set == nullptr ? "" : set;
  while (!rest.empty()) {
    const auto end = rest.find(':');
    if (end != 0) out.emplace_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  const std::string machine = kMachine == EM_X86_64 ? "x86_64-linux-gnu" : "aarch64-linux-gnu";
  for (const char* root : {"/usr/local/lib/", "/lib/", "/usr/lib/"}) {
    out.push_back(root + machine);
    out.emplace_back(root);
  }
  return out;
}

}  // namespace

Result<void> check_shared_library(const std::string& path) {
  const auto wrong = [&](std::string_view what) { return fail(Errc::Corrupt, fmt::format("{}: {}", path, what)); };
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    return fail(Errc::NotFound, fmt::format("{}: there is no such file", path));
  const auto size = std::filesystem::file_size(path, error);
  if (error) return wrong("it cannot be read");
  Elf64_Ehdr header{};
  std::ifstream in(path, std::ios::binary);
  if (!in) return wrong("it cannot be read");
  if (!in.read(reinterpret_cast<char*>(&header), sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_type != ET_DYN)
    return wrong("it is no shared library");
  if (header.e_machine != kMachine) return wrong("it is for another kind of machine");
  // The section headers are a library's last bytes.
  const std::uint64_t sections = std::uint64_t{header.e_shentsize} * header.e_shnum;
  if (header.e_shoff > size || sections > size - header.e_shoff) return wrong("it is cut short");
  return {};
}

Result<void> look_for_runtime(const ModelFolder& folder) {
  const auto own = check_shared_library(folder.file(kRuntimeFile));
  if (own) return {};
  for (const auto& other : linker_folders()) {
    if (check_shared_library(other + '/' + kRuntimeName)) return {};
  }
  return fail(Errc::Unavailable,
              fmt::format("ONNX Runtime cannot be loaded ({}); tools/fetch-speech brings it", own.error().text));
}

}  // namespace parley::speech
