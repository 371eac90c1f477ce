#include <cstddef>
#include <cstdint>

#include <base/bytes.hpp>
#include <pbx/sip_trace.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  const auto text = as_text({data, size});
  (void)pbx::shown(text, pbx::TraceView::Whole);
  (void)pbx::shown(text, pbx::TraceView::Masked);
  pbx::SipTrace trace(1, {.bytes = 4096});
  trace.record(0, false, true, {}, text, {});
  (void)trace.find({.account = "101", .domain = "acme.example"});
  return 0;
}
