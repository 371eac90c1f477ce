#include <pbx/digest_offer.hpp>

namespace parley::pbx {
namespace {

using sip::DigestAlgorithm;

constexpr DigestAlgorithm kUsual[] = {DigestAlgorithm::Sha256, DigestAlgorithm::Sha512_256, DigestAlgorithm::Md5};
constexpr DigestAlgorithm kFirstOnly[] = {DigestAlgorithm::Md5, DigestAlgorithm::Sha256, DigestAlgorithm::Sha512_256};
constexpr DigestAlgorithm kMd5Only[] = {DigestAlgorithm::Md5};

struct Limited {
  std::string_view prefix;  // of the User-Agent
  std::span<const DigestAlgorithm> offer;
};
constexpr Limited kLimited[] = {
    {"baresip v0.", kMd5Only},
    {"baresip v1.", kMd5Only},
    {"SIPp", kFirstOnly},
};

}  // namespace

std::span<const DigestAlgorithm> digest_offer(std::string_view user_agent) noexcept {
  if (user_agent.empty()) return kFirstOnly;
  for (const auto& limited : kLimited)
    if (user_agent.starts_with(limited.prefix)) return limited.offer;
  return kUsual;
}

}  // namespace parley::pbx
