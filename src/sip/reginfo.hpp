#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <base/clock.hpp>

/// The document of the `reg` event package (application/reginfo+xml).   Source: RFC 3680 §5.   Pure.
namespace parley::sip {

inline constexpr std::string_view kReginfoType = "application/reginfo+xml";

struct RegContact {
  std::string id;  // the same as long as the contact is bound
  std::string uri, call_id;
  std::uint32_t cseq = 0;
  TimePoint expires{};
  std::uint16_t q = 1000;  // thousandths
  [[nodiscard]] static bool same(const RegContact& a, const RegContact& b) { return a.id == b.id && a.uri == b.uri; }
};

/// What one subscriber is told of one address of record. Every document is whole (state="full"), for there are few
/// contacts; one that is gone since the last is told as terminated, once.
/// Lifetime: the subscription's.
class ReginfoTeller {
 public:
  explicit ReginfoTeller(std::string aor) : aor_(std::move(aor)) {}
  /// Refreshed contacts do not count.
  [[nodiscard]] bool differs(const std::vector<RegContact>& contacts) const;
  [[nodiscard]] std::string tell(const std::vector<RegContact>& contacts, TimePoint now);

 private:
  std::string aor_;
  std::uint32_t version_ = 0;
  std::vector<RegContact> told_;
};

}  // namespace parley::sip
