// libFuzzer entry: what a message says survives being written again: parse, build, parse gives the same fields, the
// same body and the same verdict, and building once more changes nothing.
#include <base/assert.hpp>
#include <sip/check.hpp>
#include <sip/multipart.hpp>
#include <sip/report.hpp>

using namespace parley::sip;

namespace {

std::string rebuilt(const Message& message) {
  std::string out;
  if (message.is_request()) {
    out.append(message.method_text()).append(" ").append(message.request_uri_text()).append(" SIP/2.0\r\n");
  } else {
    out.append("SIP/2.0 ").append(std::to_string(message.status())).append(" ").append(message.reason_phrase());
    out += "\r\n";
  }
  for (const auto& field : message.fields()) {
    const auto name = field.id == Header::Other ? message.name_of_field(field) : name_of(field.id);
    out.append(name).append(": ").append(message.text_of(field)).append("\r\n");
  }
  return out.append("\r\n").append(message.body());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto first = Message::parse(std::string(reinterpret_cast<const char*>(data), size));
  const CheckOptions options;
  const auto report = report_on(first, options);
  for (const auto& finding : report.findings) PARLEY_ASSERT(finding.error.offset <= first.bytes().size());
  if (first.fault()) return 0;
  const auto text = rebuilt(first);
  if (text.size() > kMaxMessage) return 0;  // full names are longer than compact ones
  const auto second = Message::parse(text);
  PARLEY_ASSERT(!second.fault());
  PARLEY_ASSERT(second.fields().size() == first.fields().size());
  for (std::size_t i = 0; i < first.fields().size(); ++i)
    PARLEY_ASSERT(second.text_of(second.fields()[i]) == first.text_of(first.fields()[i]));
  PARLEY_ASSERT(second.body() == first.body());
  PARLEY_ASSERT(second.sdp() == first.sdp());
  PARLEY_ASSERT(check(second, options).status == report.verdict.status);
  PARLEY_ASSERT(rebuilt(second) == text);
  return 0;
}
