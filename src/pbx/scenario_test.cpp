// Runs tests/scenario/*.scn: calls as text, in virtual time. The language: tests/scenario/README.md.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include <pbx/fake_phone.hpp>

namespace parley::pbx::fake {
namespace {

class Script {
 public:
  explicit Script(const std::filesystem::path& file) : in_(file) {}

  void run() {
    std::string line;
    for (number_ = 1; std::getline(in_, line); ++number_) {
      line = line.substr(0, line.find('#') == 0 ? 0 : line.find(" #"));
      std::istringstream words(line);
      std::vector<std::string> parts;
      for (std::string word; words >> word;) parts.push_back(word);
      if (parts.empty()) continue;
      step(parts, line);
      if (::testing::Test::HasFatalFailure() || ::testing::Test::HasNonfatalFailure()) {
        ADD_FAILURE() << "line " << number_ << ": " << line;
        return;
      }
    }
  }

 private:
  static Options options_of(const std::vector<std::string>& parts, std::size_t from) {
    Options out;
    for (auto i = from; i < parts.size(); ++i) {
      const auto equals = parts[i].find('=');
      out[parts[i].substr(0, equals)] = equals == std::string::npos ? std::string("yes") : parts[i].substr(equals + 1);
    }
    return out;
  }

  static Duration duration_of(const std::string& text) {
    const auto value = std::stol(text);
    if (text.ends_with("ms")) return std::chrono::milliseconds(value);
    if (text.ends_with("min")) return std::chrono::minutes(value);
    if (text.ends_with("h")) return std::chrono::hours(value);
    return std::chrono::seconds(value);
  }

  World& world() {
    if (!world_) {
      world_ = std::make_unique<World>(settings_);
      organisation_ = world_->organisation("acme.example");
    }
    return *world_;
  }
  Phone& phone(const std::string& name) {
    const auto found = phones_.find(name);
    if (found == phones_.end()) throw std::runtime_error("no phone " + name);
    return *found->second;
  }

  void step(const std::vector<std::string>& parts, const std::string& line) {
    const auto& verb = parts[0];
    if (verb == "setting") return setting(options_of(parts, 1));
    if (verb == "extension") {
      const auto options = options_of(parts, 2);
      extensions_[parts[1]] =
          world().extension(organisation_, parts[1], option(options, "name"), option(options, "recording") == "on",
                            duration_of(option(options, "ring", "30s")), !options.contains("disabled"));
      world().ledger.source.extensions.back().caller_id = option(options, "caller_id");
      return world().reload();
    }
    if (verb == "device") {
      world().device(organisation_, extensions_.at(parts[1]), parts[2]);
      return world().reload();
    }
    if (verb == "route") return add_route(parts);
    if (verb == "phone") return add_phone(parts);
    if (verb == "trunk") return add_trunk(parts);
    if (verb == "carrier") return add_carrier(parts);
    if (verb == "wait") return world().advance(duration_of(parts[1]));
    if (verb == "press") {
      for (const char digit : parts[2]) world().media.press(phone(parts[1]).leg(), digit);
      return world().settle();
    }
    if (verb == "silent" || verb == "heard") {  // what the media engine says of that phone's leg
      const auto leg = phone(parts[1]).leg();
      const auto& callbacks = world().media.legs[leg].callbacks;
      (verb == "silent" ? callbacks.on_inactive : callbacks.on_active)({leg, 1});
      return world().settle();
    }
    if (verb == "fault") return fault(parts);
    if (verb == "order") return order(parts);
    if (verb == "expect") return expect(parts);
    if (verb == "cdr") return check_cdr(options_of(parts, 1));
    if (parts.size() >= 3 && parts[1] == "->") return say(parts);
    if (parts.size() >= 3 && parts[1] == "<-") return hear(parts);
    FAIL() << "not understood: " << line;
  }

  void setting(const Options& options) {
    for (const auto& [name, value] : options) {
      if (name == "trust") settings_.trusted_addresses.push_back(*IpAddress::parse(value));
      if (name == "intercom") settings_.intercom = value == "on";
      if (name == "pickup") settings_.pickup = value == "on";
      if (name == "held_silence_limit") settings_.held_silence_limit = duration_of(value);
      if (name == "session_interval") settings_.session_expires = std::chrono::seconds(std::stol(value));
      if (name == "max_calls") settings_.max_calls = static_cast<unsigned>(std::stoul(value));
      if (name == "max_calls_per_extension")
        settings_.max_calls_per_extension = static_cast<unsigned>(std::stoul(value));
    }
  }

  void add_route(const std::vector<std::string>& parts) {
    const auto options = options_of(parts, 3);
    store::Route route;
    route.id = RouteId::make(world().clock, world().random);
    route.organisation = organisation_;
    route.name = parts[1];
    std::ranges::replace(route.name, '_', ' ');
    route.pattern = parts[2];
    route.order = std::stoi(option(options, "order", "100"));
    route.strip = static_cast<unsigned>(std::stoul(option(options, "strip", "0")));
    route.prepend = option(options, "prepend");
    if (options.contains("for")) route.callers = {option(options, "for")};
    if (options.contains("extension")) {
      route.destination = store::ToExtension{option(options, "extension")};
    } else if (options.contains("echo")) {
      route.destination = store::ToEchoTest{};
    } else if (options.contains("trunk")) {
      store::ToTrunks to;
      std::istringstream names(option(options, "trunk"));
      for (std::string name; std::getline(names, name, ',');) to.names.push_back(name);
      route.destination = std::move(to);
    } else if (options.contains("refuse")) {
      route.destination = store::ToRefusal{*store::refusal_reason_of(option(options, "refuse"))};
    } else {
      route.destination = store::ToNumber{option(options, "number")};
    }
    world().ledger.source.routes.push_back(std::move(route));
    world().reload();
  }

  void add_phone(const std::vector<std::string>& parts) {
    const auto options = options_of(parts, 3);
    const auto at = option(options, "at", "127.0.0." + std::to_string(10 + phones_.size()) + ":5060");
    auto made = std::make_unique<Phone>(world(), parts[1], parts[2], *Endpoint::parse(at), "acme.example");
    if (!options.contains("unregistered")) {
      ASSERT_EQ(made->register_now(), 200U);
    }
    phones_[parts[1]] = std::move(made);
  }

  /// `trunk NAME 192.0.2.50:5060,192.0.2.51:5060 …`: a carrier, up, whose servers stand in DNS in this order.
  void add_trunk(const std::vector<std::string>& parts) {
    const auto options = options_of(parts, 3);
    store::Trunk trunk;
    trunk.id = TrunkId::make(world().clock, world().random);
    trunk.organisation = organisation_;
    trunk.name = parts[1];
    trunk.kind = store::TrunkKind::Peer;
    trunk.host = option(options, "host", "carrier.example");
    trunk.username = option(options, "user");
    trunk.password = option(options, "password");
    trunk.realm = option(options, "realm");
    trunk.caller_in_from = !options.contains("from-account");
    trunk.caller_id = option(options, "caller");
    trunk.country_code = option(options, "country");
    trunk.channels = std::stoi(option(options, "channels", "0"));
    trunk.diversions = store::trunk_diversions_of(option(options, "diversions")).value_or(store::TrunkDiversions::None);
    trunk.enabled = !options.contains("off");
    if (const auto in = option(options, "in"); !in.empty())
      trunk.inbound.push_back({in.substr(0, in.find(':')), in.substr(in.find(':') + 1)});

    TrunkBoard::Way way;
    way.place.host = trunk.host;
    const auto transport = option(options, "transport", "udp");
    way.place.transport = transport == "tcp" ? sip::Transport::Tcp : sip::Transport::Udp;
    const auto answer = [&](const std::string& name, net::DnsType type) -> net::DnsReply& {
      auto& reply = way.answers[{name, type}];
      reply.outcome = net::DnsReply::Outcome::Found;
      return reply;
    };
    std::istringstream servers(parts[2]);
    std::uint16_t priority = 0;
    for (std::string text; std::getline(servers, text, ',');) {
      const auto at = *Endpoint::parse(text);
      net::DnsRecord service, address;
      service.priority = ++priority;
      service.port = at.port;
      service.target = "s" + std::to_string(priority) + "." + trunk.host;
      address.address = at.address;
      answer("_sip._" + transport + "." + trunk.host, net::DnsType::Srv).records.push_back(service);
      answer(service.target, net::DnsType::A).records.push_back(address);
    }
    TrunkStatus status;
    status.condition = options.contains("down") ? TrunkCondition::Down : TrunkCondition::Up;
    world().trunks.set(trunk.id, status);
    world().trunks.set(trunk.id, std::move(way));
    world().ledger.source.trunks.push_back(std::move(trunk));
    world().reload();
  }

  void add_carrier(const std::vector<std::string>& parts) {
    phones_[parts[1]] =
        std::make_unique<Phone>(world(), parts[1], "+49301234567", *Endpoint::parse(parts[2]), "carrier.example");
  }

  void say(const std::vector<std::string>& parts) {
    auto& who = phone(parts[0]);
    const auto& what = parts[2];
    if (std::isdigit(static_cast<unsigned char>(what[0])))
      return who.respond(static_cast<unsigned>(std::stoul(what)), options_of(parts, 3));
    if (what == "INVITE") {
      const auto options = options_of(parts, 4);
      who.password_for_next_call = option(options, "password");
      return who.invite(parts[3], with_replaces(options, "INVITE"));
    }
    if (what == "REGISTER") {
      const auto options = options_of(parts, 3);
      status_ = who.register_now(option(options, "contact"), std::stoi(option(options, "expires", "300")),
                                 option(options, "password"));
      if (options.contains("gives")) {
        EXPECT_EQ(std::to_string(status_), option(options, "gives"));
      }
      return;
    }
    if (what == "SUBSCRIBE" || what == "PUBLISH") {
      const bool fresh = parts.size() > 3 && parts[3].find('=') == std::string::npos;
      auto options = options_of(parts, fresh ? 4 : 3);
      if (option(options, "if-match") == "mine") options["headers"] = "SIP-If-Match: " + who.etag();
      return who.signed_request(what, fresh ? parts[3] : "", options);
    }
    if (what == "inside") return who.request(parts[3], options_of(parts, 4));
    if (what == "lone") return who.lone(parts[3], parts[4], options_of(parts, 5));
    who.request(what, with_replaces(options_of(parts, 3), what));
  }

  /// `replaces=PHONE`: the dialog that phone has with us, in a header (INVITE) or in the Refer-To of a REFER.
  Options with_replaces(Options options, const std::string& method) {
    const bool watched = options.contains("watches");
    const auto other = option(options, watched ? "watches" : "replaces");
    if (other.empty()) return options;
    auto value = watched ? phone(other).dialog_as_watched() : phone(other).dialog_for_replaces();
    if (options.contains("early-only")) value += ";early-only";
    auto& headers = options["headers"];
    if (method == "REFER") {
      for (const auto& [plain, escaped] : {std::pair(";", "%3B"), std::pair("=", "%3D"), std::pair("@", "%40")})
        for (auto at = value.find(plain); at != std::string::npos; at = value.find(plain, at + 1))
          value.replace(at, 1, escaped);
      headers = "Refer-To: <sip:" + option(options, "refer-to") + "@acme.example?Replaces=" + value + ">";
    } else {
      headers = "Replaces: " + value;
    }
    return options;
  }

  void hear(const std::vector<std::string>& parts) {
    const auto heard = phone(parts[0]).hear();
    if (parts[2] == "nothing") {
      EXPECT_FALSE(heard) << "heard:\n" << (heard ? heard->bytes() : "");
      return;
    }
    ASSERT_TRUE(heard) << parts[0] << " heard nothing";
    const auto is = heard->is_request() ? std::string(heard->method_text()) : std::to_string(heard->status());
    ASSERT_EQ(is, parts[2] == "re-INVITE" ? "INVITE" : parts[2]) << "heard:\n" << heard->bytes();
    for (const auto& [name, value] : options_of(parts, 3)) {
      if (name == "sdp") {
        const auto text = std::string(heard->sdp());
        if (value == "none") {
          EXPECT_EQ(text, "");
        } else {
          EXPECT_EQ(text.empty() ? "none" : direction_in(text), value) << text;
        }
      } else if (value == "none") {
        const auto id = sip::header_of(name);
        EXPECT_FALSE(id == sip::Header::Other ? heard->value(name) : heard->value(id)) << name << " is there";
      } else if (name == "body") {
        auto body = std::string(heard->body());
        std::ranges::replace(body, ' ', '_');
        EXPECT_NE(body.find(value), std::string::npos) << heard->body();
      } else if (name == "lines") {
        EXPECT_EQ(lines_in(std::string(heard->sdp())), value) << heard->sdp();
      } else {
        std::string all;
        heard->each_field(sip::header_of(name), [&](std::string_view field) { all += std::string(field) + "\n"; });
        std::ranges::replace(all, ' ', '_');
        EXPECT_NE(all.find(value), std::string::npos) << name << ": " << all;
      }
    }
  }

  /// "video:0,audio": the m= lines, ":0" where one is rejected.
  static std::string lines_in(const std::string& sdp) {
    static const std::regex line("m=(\\w+) (\\d+) ");
    std::string out;
    for (std::sregex_iterator at(sdp.begin(), sdp.end(), line), end; at != end; ++at)
      out += (out.empty() ? "" : ",") + (*at)[1].str() + ((*at)[2] == "0" ? ":0" : "");
    return out;
  }

  static std::string direction_in(const std::string& sdp) {
    for (const auto* name : {"sendonly", "recvonly", "inactive"})
      if (sdp.find(std::string("a=") + name) != std::string::npos) return name;
    return "sendrecv";
  }

  void fault(const std::vector<std::string>& parts) {
    if (parts[1] == "notice") world().media.prompts_fail = true;
    if (parts[1] == "deaf") world().media.deaf[phone(parts[2]).leg()] = true;
    if (parts[1] == "disk") world().ledger.disk_full = true;
    if (parts[1] == "disk-later") {
      world().ledger.recording->end(media::RecordingState::Failed, "disk full");
      world().settle();
    }
    if (parts[1] == "ports") world().media.full = true;
    if (parts[1] == "unreachable") world().network.unreachable[phone(parts[2]).at()] = true;
    if (parts[1] == "expire") {
      world().exchange.expire_bindings();
      world().exchange.expire_publications();
      world().settle();
    }
    if (parts[1] == "reachable") world().network.unreachable.erase(phone(parts[2]).at());
    if (parts[1] == "disabled") {
      for (auto& extension : world().ledger.source.extensions)
        if (extension.number == parts[2]) extension.enabled = false;
      world().reload();
      world().exchange.subscriptions().directory_changed();
      world().settle();
    }
  }

  void order(const std::vector<std::string>& parts) {
    if (parts[1] == "drain") {
      world().live.drain();
      world().exchange.hang_up_all("server is shutting down");
      world().exchange.subscriptions().end_all(sip::EndReason::Deactivated);
      return world().settle();
    }
    const auto live = world().live.of(organisation_);
    ASSERT_FALSE(live.empty());
    auto* call = world().exchange.find(live[0].id);
    if (parts[1] == "hangup") {
      call->hang_up("ended by order");
    } else {
      const auto done = call->control_recording(*recording_action(parts[2]));
      EXPECT_EQ(done.has_value(), parts.size() < 4 || parts[3] != "refused");
    }
    world().settle();
  }

  void expect(const std::vector<std::string>& parts) {
    if (parts[1] == "live") {
      EXPECT_EQ(std::to_string(world().live.count()), parts[2]);
    } else if (parts[1] == "kept") {
      EXPECT_EQ(std::to_string(world().exchange.calls()), parts[2]);
      EXPECT_EQ(std::to_string(world().live.unclosed()), parts[2]);
    } else if (parts[1] == "hear" || parts[1] == "deaf") {
      const auto *a = world().media.by_port(phone(parts[2]).heard_port()),
                 *b = world().media.by_port(phone(parts[3]).heard_port());
      ASSERT_TRUE(a && b);
      EXPECT_EQ(a->peer == media::LegHandle({phone(parts[3]).leg(), 1}), parts[1] == "hear");
    } else if (parts[1] == "echo") {
      EXPECT_EQ(world().media.by_port(phone(parts[2]).heard_port())->peer.index, phone(parts[2]).leg());
    } else if (parts[1] == "order") {
      std::string seen, wanted;
      for (const auto& what : world().media.log) seen += what + " ";
      for (std::size_t i = 2; i < parts.size(); ++i) wanted += parts[i] + " ";
      EXPECT_EQ(seen, wanted);
    } else if (parts[1] == "events") {
      std::string seen, wanted;
      for (const auto& event : world().ledger.events)
        if (!event.type.starts_with("registration")) seen += event.type + " ";
      for (std::size_t i = 2; i < parts.size(); ++i) wanted += parts[i] + " ";
      EXPECT_EQ(seen, wanted);
    } else if (parts[1] == "recording") {
      const auto live = world().live.of(organisation_);
      ASSERT_FALSE(live.empty());
      EXPECT_EQ(to_string(live[0].recording), parts[2]);
    } else if (parts[1] == "state") {
      const auto live = world().live.of(organisation_);
      ASSERT_FALSE(live.empty());
      EXPECT_EQ(to_string(live[0].state), parts[2]);
    } else if (parts[1] == "transcribed") {
      EXPECT_EQ(std::to_string(world().ledger.transcribed.size()), parts[2]);
    } else if (parts[1] == "bindings") {
      EXPECT_EQ(std::to_string(world().locations.size()), parts[2]);
    } else if (parts[1] == "subscriptions") {
      world().settle();
      EXPECT_EQ(std::to_string(world().exchange.subscriptions().size()), parts[2]);
      EXPECT_EQ(std::to_string(world().shared.events.subscriptions()), parts[2]);
    } else if (parts[1] == "media") {
      EXPECT_EQ(std::to_string(world().media.open()), parts[2]);
    } else {
      FAIL() << "unknown expectation";
    }
  }

  static std::string steps_of(const store::CallRecord& cdr) {
    std::string out;
    for (const auto& step : cdr.path) out += (out.empty() ? "" : ",") + step.what;
    return out;
  }

  void check_cdr(const Options& options) {
    if (options.contains("none")) {
      EXPECT_TRUE(world().ledger.cdrs.empty());
      return;
    }
    const auto wanted = static_cast<std::size_t>(std::stoul(option(options, "count", "1")));
    ASSERT_EQ(world().ledger.cdrs.size(), wanted);  // PBX-3: once per call story
    const auto& cdr = world().ledger.cdrs.back();
    const std::map<std::string, std::string, std::less<>> is{
        {"disposition", std::string(store::to_string(cdr.disposition))},
        {"side", std::string(store::to_string(cdr.hangup_side))},
        {"billed", std::to_string(cdr.billed_s)},
        {"status", std::to_string(cdr.sip_status)},
        {"cause", cdr.hangup_cause},
        {"caller", cdr.caller.number},
        {"callee", cdr.callee.number},
        {"dialled", cdr.dialled},
        {"legs", std::to_string(cdr.legs.size())},
        {"codec", cdr.legs.empty() ? "" : cdr.legs.back().codec},
        {"length", std::to_string((*cdr.ended - cdr.started).count())},
        {"path", steps_of(cdr)},
    };
    for (const auto& [name, value] : options)
      if (name != "count") {
        const auto found = is.find(name);
        ASSERT_NE(found, is.end()) << name;
        auto text = value;  // an underscore may be meant
        EXPECT_TRUE(found->second == value || (std::ranges::replace(text, '_', ' '), found->second == text))
            << name << " is " << found->second;
      }
  }

  std::ifstream in_;
  int number_ = 0;
  unsigned status_ = 0;
  PbxOptions settings_;
  std::unique_ptr<World> world_;
  OrganisationId organisation_;
  std::map<std::string, ExtensionId> extensions_;
  std::map<std::string, std::unique_ptr<Phone>> phones_;
};

std::vector<std::string> scenario_files() {
  std::vector<std::string> out;
  std::error_code failure;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("tests/scenario", failure))
    if (entry.path().extension() == ".scn") out.push_back(entry.path().string());
  std::ranges::sort(out);
  return out;
}

class Scenario : public ::testing::TestWithParam<std::string> {};
TEST_P(Scenario, Holds) { Script(GetParam()).run(); }

INSTANTIATE_TEST_SUITE_P(Text, Scenario, ::testing::ValuesIn(scenario_files()), [](const auto& file) {
  auto name = std::filesystem::path(file.param).stem().string();
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Scenario);

}  // namespace
}  // namespace parley::pbx::fake
