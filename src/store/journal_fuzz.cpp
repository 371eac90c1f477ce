#include <cstddef>
#include <cstdint>
#include <fstream>

#include <unistd.h>

#include <base/assert.hpp>
#include <base/random.hpp>
#include <store/journal.hpp>

/// A journal file of any bytes: opened, drained and written to again without a crash, or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto path =
      std::filesystem::temp_directory_path() / ("parley_journal_fuzz_" + std::to_string(::getpid()));
  {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << "PARLEYJ1";
    file.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  }
  auto journal = parley::store::Journal::open(path);
  if (journal) {
    const auto waiting = (*journal)->waiting();
    const auto drained = (*journal)->drain([](parley::BytesView) -> parley::Result<void> { return {}; });
    PARLEY_ASSERT(drained && *drained == waiting);
    PARLEY_ASSERT((*journal)->append(parley::as_bytes("next")).has_value());
  }
  std::filesystem::remove(path);
  return 0;
}
