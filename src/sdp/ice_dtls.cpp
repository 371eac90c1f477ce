#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <sdp/ice_dtls.hpp>

namespace parley::sdp {
namespace {

struct SetupRow {
  std::string_view name;
  Setup setup;
};
constexpr SetupRow kSetups[] = {
    {"actpass", Setup::ActPass}, {"active", Setup::Active}, {"passive", Setup::Passive}, {"holdconn", Setup::HoldConn}};

/// The stream's own attribute, else the session's; "" if neither has it.
std::string_view value_of(const Session& session, const Media& medium, std::string_view name) {
  const auto* const own = medium.find(name);
  const auto* const found = own != nullptr ? own : session.find(name);
  return found != nullptr ? found->value : std::string_view{};
}

std::vector<std::string_view> all_of(const std::vector<Attribute>& attributes, std::string_view name) {
  std::vector<std::string_view> out;
  for (const auto& attribute : attributes)
    if (attribute.name == name && out.size() < kMaxFingerprints) out.push_back(attribute.value);
  return out;
}

/// "BUNDLE 0 1": whether it names this mid.
bool bundles(std::string_view group, std::string_view mid) {
  bool first = true, named = false;
  while (!group.empty()) {
    const auto end = std::min(group.find(' '), group.size());
    const auto word = group.substr(0, end);
    group.remove_prefix(std::min(end + 1, group.size()));
    if (first && word != "BUNDLE") return false;
    named = named || (!first && word == mid);
    first = false;
  }
  return named;
}

}  // namespace

std::optional<IceDtls> ice_dtls_of(const Session& session, const Media& medium) {
  if (!is_dtls(medium.profile)) return std::nullopt;
  IceDtls out;
  out.ufrag = value_of(session, medium, "ice-ufrag");
  out.password = value_of(session, medium, "ice-pwd");
  out.fingerprints = all_of(medium.attributes, "fingerprint");
  if (out.fingerprints.empty()) out.fingerprints = all_of(session.attributes, "fingerprint");
  if (out.ufrag.empty() || out.password.empty() || out.fingerprints.empty()) return std::nullopt;
  const auto setup = value_of(session, medium, "setup");
  const auto* const row = std::ranges::find(kSetups, setup, &SetupRow::name);
  if (row != std::end(kSetups)) out.setup = row->setup;
  if (const auto* const mid = medium.find("mid")) out.mid = mid->value;
  out.bundled = !out.mid.empty() && std::ranges::any_of(session.attributes, [&](const Attribute& attribute) {
    return attribute.name == "group" && bundles(attribute.value, out.mid);
  });
  out.lite = session.find("ice-lite") != nullptr;
  out.rtcp_mux = medium.rtcp_mux();
  return out;
}

TransportLines write_ice_dtls(const LocalIceDtls& local) {
  TransportLines out;
  auto session = std::back_inserter(out.session), media = std::back_inserter(out.media);
  if (local.bundled && !local.mid.empty()) fmt::format_to(session, "a=group:BUNDLE {}\r\n", local.mid);
  out.session += "a=ice-lite\r\na=msid-semantic:WMS *\r\n";
  if (!local.mid.empty()) fmt::format_to(media, "a=mid:{}\r\n", local.mid);
  const auto setup = std::ranges::find(kSetups, local.setup, &SetupRow::setup)->name;
  fmt::format_to(media, "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:{}\r\na=setup:{}\r\na=rtcp-mux\r\n",
                 local.ufrag, local.password, local.fingerprint, setup);
  unsigned preference = 65'535;
  for (std::size_t i = 0; i < local.candidates.size(); ++i, --preference)  // RFC 8445 §5.1.2: host, component 1
    fmt::format_to(media, "a=candidate:{} 1 udp {} {} {} typ host\r\n", i + 1, 126U << 24U | preference << 8U | 255U,
                   local.candidates[i].address.text(), local.candidates[i].port);
  out.media += "a=end-of-candidates\r\na=msid:parley audio\r\n";
  return out;
}

bool is_trickle_fragment(std::string_view text) noexcept {
  if (text.size() > kMaxText) return false;
  bool any = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.size() < 3 || line[1] != '=' || std::string_view("amc").find(line[0]) == std::string_view::npos)
      return false;
    any = true;
  }
  return any;
}

}  // namespace parley::sdp
