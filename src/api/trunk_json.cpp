#include <fmt/format.h>

#include <api/trunk_json.hpp>
#include <base/ip_range.hpp>
#include <pbx/dial_pattern.hpp>
#include <pbx/target_selection.hpp>

namespace parley::api {

namespace {
const Schema kInbound{
    "TrunkNumber",
    {text("pattern").need().between(1, 256).says("as in routes; numbers that are known as E.164 begin with +"),
     text("extension").need().between(1, 32).says("the number of the extension that takes the calls")}};
}  // namespace

const Schema kTrunkWrite{
    "TrunkWrite",
    {text("name").need().between(1, 100),
     truth("enabled"),
     choice("kind", {"register", "peer"})
         .need()
         .says("register: we log in at the carrier; peer: addresses know each other"),
     text("host").need().between(1, 253).says("the carrier's domain or address"),
     integer("port").between(0, 65535).says("0: DNS says it (RFC 3263)"),
     choice("transport", {"", "udp", "tcp", "tls"}).says("empty: DNS says it"),
     text("username").between(0, 100),
     text("password").between(0, 200).says("written only"),
     text("realm").between(0, 200).says("the only realm that the password answers for; empty: the host"),
     integer("expires_s").between(60, 86'400).says("registration, as asked for"),
     texts("addresses").says("whose calls are the carrier's beside its servers': 192.0.2.0/24"),
     integer("probe_s").between(0, 3600).says("OPTIONS so often; 0: never"),
     integer("channels").between(0, 10'000).says("calls at a time; 0: any"),
     text("caller_id").between(0, 32).says("shown for extensions that have none of their own"),
     truth("caller_in_from").says("false: From is the account"),
     truth("asserted_identity").says("send P-Asserted-Identity"),
     choice("diversions", {"none", "diversion", "history_info", "both"})
         .says("headers that tell the carrier from which of our numbers a call goes on to it"),
     choice("numbers", {"as_dialled", "e164", "e164_bare"}).says("how the carrier wants numbers"),
     text("country_code").between(0, 3).says("without +: 49"),
     text("national_prefix").between(0, 5),
     text("international_prefix").between(0, 5),
     list_of("inbound", kInbound).between(0, 1000)}};

namespace {
constexpr std::size_t kMostAddresses = 64;
constexpr unsigned kWidestV4 = 16, kWidestV6 = 32;  // whoever is believed by address needs no password

std::string text_of(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

struct Faults {
  const std::string& prefix;
  std::vector<Fault>& all;
  void add(std::string_view member, std::string what, std::string remedy) const {
    all.push_back({Problem::InvalidValue, fmt::format("{}{}", prefix, member), std::move(what), std::move(remedy)});
  }
};

bool digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

void take_inbound(const json::array& list, store::Trunk& trunk, const std::set<std::string>& numbers,
                  const Faults& faults) {
  trunk.inbound.clear();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& form = list[i].get_object();
    store::TrunkNumber one{text_of(form, "pattern"), text_of(form, "extension")};
    if (const auto pattern = pbx::DialPattern::compile(one.pattern); !pattern)
      faults.add(fmt::format("inbound[{}].pattern", i),
                 fmt::format("is wrong at its sign {}: {}", pattern.error().offset + 1, pattern.error().what),
                 pattern.error().remedy);
    if (!numbers.contains(one.extension))
      faults.add(fmt::format("inbound[{}].extension", i), fmt::format("there is no extension {}", one.extension),
                 "make the extension first");
    trunk.inbound.push_back(std::move(one));
  }
}

void judge(const store::Trunk& trunk, const Faults& faults) {
  if (!IpAddress::parse(trunk.host) && !net::dns_name(trunk.host))
    faults.add("host", "is neither a domain nor an address", "write the carrier's name alone, without sip: and port");
  if (trunk.kind == store::TrunkKind::Register) {
    if (trunk.username.empty()) faults.add("username", "is missing", "write the account that the carrier gave you");
    if (trunk.password.empty()) faults.add("password", "is missing", "write the account's password");
  } else if (!trunk.password.empty() && trunk.username.empty()) {
    faults.add("username", "is missing", "write the account that the password is for");
  }
  if (trunk.addresses.size() > kMostAddresses)
    faults.add("addresses", "are too many", fmt::format("{} at most: write networks", kMostAddresses));
  for (std::size_t i = 0; i < trunk.addresses.size(); ++i) {
    const auto range = IpRange::parse(trunk.addresses[i]);
    const auto place = fmt::format("addresses[{}]", i);
    if (!range) {
      faults.add(place, "is neither an address nor a network", "write 192.0.2.7 or 192.0.2.0/24");
    } else if (range->prefix < (range->first.v6 ? kWidestV6 : kWidestV4)) {
      faults.add(place, "is wider than a carrier is",
                 fmt::format("write networks of /{} (IPv6: /{}) or narrower", kWidestV4, kWidestV6));
    }
  }
  if (!trunk.caller_id.empty() && !pbx::is_dialled_number(trunk.caller_id))
    faults.add("caller_id", "is no number", "write digits and +");
  const std::pair<std::string_view, const std::string&> prefixes[] = {
      {"country_code", trunk.country_code},
      {"national_prefix", trunk.national_prefix},
      {"international_prefix", trunk.international_prefix}};
  for (const auto& [name, value] : prefixes)
    if (!digits(value)) faults.add(name, "holds other signs than digits", "write digits alone, without +");
}
}  // namespace

json::object trunk_fields(const store::Trunk& trunk) {
  json::array inbound;
  for (const auto& one : trunk.inbound)
    inbound.push_back(json::object{{"pattern", one.pattern}, {"extension", one.extension}});
  return {{"name", trunk.name},
          {"enabled", trunk.enabled},
          {"kind", store::to_string(trunk.kind)},
          {"host", trunk.host},
          {"port", trunk.port},
          {"transport", trunk.transport},
          {"username", trunk.username},
          {"realm", trunk.realm},
          {"expires_s", trunk.expires_s},
          {"addresses", json::array(trunk.addresses.begin(), trunk.addresses.end())},
          {"probe_s", trunk.probe_s},
          {"channels", trunk.channels},
          {"caller_id", trunk.caller_id},
          {"caller_in_from", trunk.caller_in_from},
          {"asserted_identity", trunk.asserted_identity},
          {"diversions", store::to_string(trunk.diversions)},
          {"numbers", store::to_string(trunk.numbers)},
          {"country_code", trunk.country_code},
          {"national_prefix", trunk.national_prefix},
          {"international_prefix", trunk.international_prefix},
          {"inbound", std::move(inbound)}};
}

void take_trunk(const json::object& body, store::Trunk& trunk, const std::set<std::string>& numbers,
                const std::string& prefix, std::vector<Fault>& faults) {
  const Faults here{prefix, faults};
  const auto before = trunk;
  const auto take_text = [&](std::string_view name, std::string& out) {
    if (body.contains(name)) out = text_of(body, name);
  };
  const auto take_number = [&](std::string_view name, int& out) {
    if (const auto* value = body.if_contains(name)) out = static_cast<int>(value->get_int64());
  };
  const auto take_truth = [&](std::string_view name, bool& out) {
    if (const auto* value = body.if_contains(name)) out = value->get_bool();
  };
  take_text("name", trunk.name);
  take_truth("enabled", trunk.enabled);
  if (const auto kind = store::trunk_kind_of(text_of(body, "kind"))) trunk.kind = *kind;
  take_text("host", trunk.host);
  take_number("port", trunk.port);
  take_text("transport", trunk.transport);
  take_text("username", trunk.username);
  take_text("password", trunk.password);
  take_text("realm", trunk.realm);
  take_number("expires_s", trunk.expires_s);
  if (const auto* value = body.if_contains("addresses")) {
    trunk.addresses.clear();
    for (const auto& one : value->get_array()) trunk.addresses.emplace_back(one.get_string());
  }
  take_number("probe_s", trunk.probe_s);
  take_number("channels", trunk.channels);
  take_text("caller_id", trunk.caller_id);
  take_truth("caller_in_from", trunk.caller_in_from);
  take_truth("asserted_identity", trunk.asserted_identity);
  if (const auto told = store::trunk_diversions_of(text_of(body, "diversions"))) trunk.diversions = *told;
  if (const auto format = store::trunk_numbers_of(text_of(body, "numbers"))) trunk.numbers = *format;
  take_text("country_code", trunk.country_code);
  take_text("national_prefix", trunk.national_prefix);
  take_text("international_prefix", trunk.international_prefix);
  if (const auto* value = body.if_contains("inbound")) take_inbound(value->get_array(), trunk, numbers, here);
  judge(trunk, here);
  // Else whoever may change trunks could have a server of his own ask for the password that he does not know.
  if (!before.password.empty() && !trunk.password.empty() && !body.contains("password") &&
      (trunk.host != before.host || trunk.realm != before.realm))
    here.add("password", "is needed again: it was given for another host or realm", "write it again");
}

}  // namespace parley::api
