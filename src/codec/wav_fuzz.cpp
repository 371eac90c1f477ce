#include <cstdlib>

#include <codec/wav.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto wav = parley::codec::parse_wav({data, size});
  if (wav && (wav->channels == 0 || wav->samples.size() % wav->channels != 0)) std::abort();
  return 0;
}
