#include <cstddef>
#include <cstdint>

#include <boost/json/parse.hpp>

#include <api/route.hpp>

/// Any JSON against every schema of the API: refused or let through, never a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley::api;
  if (size == 0) return 0;
  boost::system::error_code failure;
  const auto value = json::parse({reinterpret_cast<const char*>(data) + 1, size - 1}, failure);
  if (failure || !value.is_object()) return 0;
  const auto& all = routes();
  const auto& route = all[data[0] % all.size()];
  if (route.request != nullptr) (void)check(*route.request, value.get_object(), route.method == "PATCH");
  return 0;
}
