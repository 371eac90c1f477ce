#include <sip/cursor.hpp>
#include <sip/digest_credentials.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

struct Part {
  std::string_view name;
  std::string_view DigestCredentials::* value;
};
constexpr Part kParts[] = {{"username", &DigestCredentials::username}, {"realm", &DigestCredentials::realm},
                           {"nonce", &DigestCredentials::nonce},       {"uri", &DigestCredentials::uri},
                           {"response", &DigestCredentials::response}, {"algorithm", &DigestCredentials::algorithm},
                           {"cnonce", &DigestCredentials::cnonce},     {"qop", &DigestCredentials::qop},
                           {"nc", &DigestCredentials::nonce_count},    {"opaque", &DigestCredentials::opaque}};

}  // namespace

Result<DigestCredentials, ParseError> parse_digest_credentials(std::string_view text) noexcept {
  DigestCredentials out;
  Cursor in(text);
  in.lws();
  if (!scan::iequals(in.token(), "Digest")) in.fail(SipErrc::BadToken);
  unsigned seen = 0;
  for (bool more = true; more && !in.failed();) {
    in.lws();
    const auto name = in.token();
    in.lws(), in.expect('='), in.lws();
    auto value = in.peek() == '"' ? in.quoted() : in.run(scan::kParamValue, SipErrc::BadParameter);
    if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
    for (unsigned i = 0; i < std::size(kParts); ++i) {
      if (!scan::iequals(name, kParts[i].name)) continue;
      out.repeated = out.repeated || (seen >> i & 1U) != 0;
      if ((seen >> i & 1U) == 0) out.*kParts[i].value = value;
      seen |= 1U << i;
      break;
    }
    in.lws();
    more = in.accept(',');
  }
  return in.finish(out);
}

}  // namespace parley::sip
