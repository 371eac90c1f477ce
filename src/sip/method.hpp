#pragma once
#include <cstdint>
#include <string_view>

namespace parley::sip {

enum class Method : std::uint8_t {
  Invite,
  Ack,
  Bye,
  Cancel,
  Options,
  Register,  // RFC 3261
  Prack,
  Update,
  Info,
  Message,
  Refer,
  Subscribe,
  Notify,
  Publish,  // 3262 3311 6086 3428 3515 6665 3903
  Other,
};
/// Methods are compared with their case (RFC 3261 §7.1); what we do not know is Other.
[[nodiscard]] Method method_of(std::string_view text) noexcept;
[[nodiscard]] std::string_view to_string(Method method) noexcept;  // Other gives ""

/// A set of methods, for Allow and for what an element understands.
class MethodSet {
 public:
  constexpr MethodSet() = default;
  template <class... M>
  constexpr explicit MethodSet(M... methods) : bits_(((1U << static_cast<unsigned>(methods)) | ... | 0U)) {}
  [[nodiscard]] constexpr bool has(Method method) const { return (bits_ >> static_cast<unsigned>(method) & 1U) != 0; }

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace parley::sip
