#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <base/result.hpp>
#include <sip/parse_error.hpp>
#include <sip/transport.hpp>

namespace parley::sip {

/// Of one header value or URI: more is malformed. It bounds what comparing two of them can cost.
inline constexpr std::size_t kMaxParams = 64;

struct Param {
  std::string_view name;
  std::string_view value;  // without the quotes of a quoted string, its escapes kept
  bool has_value = false;
};

/// ";name=value;name": parameters of a header or URI, already checked by the parser that made it. A view.
class Params {
 public:
  constexpr Params() = default;
  explicit constexpr Params(std::string_view text) : text_(text) {}
  /// Calls `use(Param)` for each.
  template <class F>
  void each(F&& use) const {
    std::string_view rest = text_;
    Param param;
    while (next(rest, param)) use(param);
  }
  [[nodiscard]] std::optional<Param> find(std::string_view name) const noexcept;  // any case; the first of that name
  [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name).has_value(); }
  /// "" both for a parameter without value and for one that is absent.
  [[nodiscard]] std::string_view value(std::string_view name) const noexcept;
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

 private:
  static bool next(std::string_view& rest, Param& param) noexcept;
  std::string_view text_;  // begins with ';' unless empty
};

enum class Scheme : std::uint8_t { Sip, Sips, Tel, Other };

/// A URI of any scheme; the parts below `text` are filled for sip, sips and (user = number, params) tel.
/// Source: RFC 3261 §19.1, §25.1; RFC 3966.   Lifetime: views into the parsed text.
struct Uri {
  Scheme scheme = Scheme::Other;
  std::string_view text;      // the whole URI as it came
  std::string_view user;      // still escaped
  std::string_view password;  // still escaped
  std::string_view host;      // IPv6 keeps its brackets
  std::uint16_t port = 0;     // 0: not given
  Params params;
  std::string_view headers;  // behind '?', still escaped

  [[nodiscard]] bool is_sip() const noexcept { return scheme == Scheme::Sip || scheme == Scheme::Sips; }
  [[nodiscard]] std::string user_text() const;  // unescaped; may hold any byte, NUL too
  /// From the transport parameter; sips gives Tls, nothing gives nullopt.
  [[nodiscard]] std::optional<Transport> transport() const noexcept;
  [[nodiscard]] std::uint16_t port_or_default() const noexcept;
};

[[nodiscard]] Result<Uri, ParseError> parse_uri(std::string_view text) noexcept;
/// RFC 3261 §19.1.4 (sip, sips), RFC 3966 §5 (tel); other schemes byte by byte.
[[nodiscard]] bool equivalent(const Uri& a, const Uri& b);
[[nodiscard]] std::string unescape(std::string_view text);     // %41 -> A; a '%' that is no escape stays
[[nodiscard]] std::string escape_user(std::string_view text);  // what may stand in the user part, rest as %XX
/// The address that a host is; nullopt: a name. Takes the third colon in front of an IPv4 part, which the grammar of
/// RFC 3261 lets in by mistake and RFC 5118 §4.10 wants tolerated: [2001:db8:::192.0.2.1].
[[nodiscard]] std::optional<IpAddress> host_address(std::string_view host);
/// "192.0.2.1:5060", brackets put around IPv6.
[[nodiscard]] std::string host_port(const Endpoint& endpoint);

}  // namespace parley::sip
