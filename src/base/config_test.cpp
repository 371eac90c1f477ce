#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <base/config.hpp>

namespace parley {
namespace {
using testing::HasSubstr;

std::string problem_of(std::string_view toml, const Environment& environment = {}) {
  const auto config = parse_config(toml, "parley.toml", environment);
  return config ? "" : config.error().front().text();
}

TEST(Config, NothingSetIsFine) {
  const auto config = parse_config("", "", {});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->http.port, 8443);
  EXPECT_EQ(config->sip.port, 5060);
  EXPECT_EQ(config->rtp.first_port, 20000);
  EXPECT_FALSE(config->log.personal_data);
}

TEST(Config, EnvironmentWinsOverTheFile) {
  const auto config = parse_config("[http]\nport = 1\n[sip]\nport = 2\ntrusted_addresses = [\"192.0.2.1\"]", "f",
                                   {{"PARLEY_HTTP_PORT", "4"}, {"PARLEY_SIP_UDP", "false"}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->http.port, 4);
  EXPECT_EQ(config->sip.port, 2);
  EXPECT_FALSE(config->sip.udp);
  EXPECT_EQ(config->sip.trusted_addresses.size(), 1U);
}

TEST(Config, ProblemsNamePlaceAndRemedy) {
  EXPECT_EQ(problem_of("[sip]\nport = 70000\n"),
            "parley.toml:2: sip.port is not 0 to 65535 (write a whole number from 0 to 65535)");
  EXPECT_THAT(problem_of("[http]\n\nprot = 1\n"),
              HasSubstr("parley.toml:3: [http] has no setting prot (did you mean port?)"));
  EXPECT_THAT(problem_of("[htp]\nport = 1\n"), HasSubstr("did you mean http?"));
  EXPECT_THAT(problem_of("[http\n"), HasSubstr("parley.toml:1: "));
  EXPECT_THAT(problem_of("[sip]\nport = \"x\""), HasSubstr("parley.toml:2"));
  EXPECT_THAT(problem_of("[sip]\nport = 1.5"), HasSubstr("parley.toml:2"));
  EXPECT_THAT(problem_of("[sip]\nudp = 1"), HasSubstr("write true or false"));
  EXPECT_THAT(problem_of("[log]\nlevel = \"loud\""), HasSubstr("write one of: debug, info, warning, error"));
  EXPECT_THAT(problem_of("[http]\nbind = \"home\""), HasSubstr("IP address"));
  EXPECT_THAT(problem_of("[sip]\ntrusted_addresses = [\"a\"]"), HasSubstr("parley.toml:2"));
  EXPECT_THAT(problem_of("[sip]\nnever_banned = [\"192.0.2.0/99\"]"), HasSubstr("198.51.100.0/24"));
  EXPECT_THAT(problem_of("[http]\ncertificate = \"x.pem\""),
              HasSubstr("parley.toml:2: http.certificate and http.key belong together"));
  EXPECT_THAT(problem_of("[rtp]\nfirst_port = 20000\nlast_port = 20001"), HasSubstr("parley.toml:3: "));
  EXPECT_THAT(problem_of("[http]\npublic_url = \"http://x\""), HasSubstr("is not an origin"));
  EXPECT_THAT(problem_of("[http]\nport = 5061"), HasSubstr("parley.toml:2: SIP over TCP or TLS has this port"));
  EXPECT_THAT(problem_of("[http]\nport = 5060\nbind = \"192.0.2.1\"\n[sip]\nbind = [\"192.0.2.1\"]"),
              HasSubstr("parley.toml:2: SIP over TCP or TLS has this port"));
  EXPECT_EQ(problem_of("[http]\nport = 5060\nbind = \"192.0.2.1\"\n[sip]\nbind = [\"192.0.2.2\"]"), "");
  EXPECT_EQ(problem_of("[http]\nport = 5061\n[sip]\ntls = false"), "");
  EXPECT_THAT(problem_of("http = 3"), HasSubstr("http is a section"));
  EXPECT_THAT(problem_of("", {{"PARLEY_HTTP_PORT", "many"}}), HasSubstr("PARLEY_HTTP_PORT: 'many' is not"));
  EXPECT_THAT(problem_of("", {{"PARLEY_HTTP_PROT", "1"}}), HasSubstr("did you mean PARLEY_HTTP_PORT?"));
  EXPECT_EQ(problem_of("", {{"PARLEY_TOKEN", "of another program"}}), "");
}

TEST(Config, ASessionIntervalIsNotBelowItsLeast) {  // RFC 4028 §4
  EXPECT_TRUE(parse_config("[calls]\nsession_interval = 300\nsession_interval_least = 300", "t.toml", {}));
  const auto wrong = parse_config("[calls]\nsession_interval = 200\nsession_interval_least = 300", "t.toml", {});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().front().where, "t.toml:2");
  EXPECT_FALSE(parse_config("[calls]\nsession_interval = 60", "t.toml", {}));
}

TEST(Config, ReportsEveryProblem) {
  const auto config = parse_config("[sip]\nport = -1\n[http]\nport = -1\nx = 1", "f", {});
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().size(), 3U);
}

TEST(Config, ANamedFileThatIsAbsentIsAProblem) {
  const auto config = load_config("/nonexistent/parley.toml", {});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().front().text(), HasSubstr("cannot be read"));
}

TEST(Config, EverySettingIsDescribed) {
  EXPECT_GE(settings().size(), 30U);
  for (const auto& setting : settings()) EXPECT_FALSE(setting.about.empty()) << setting.key;
}

TEST(Config, AWrongValueOfTheFileIsFoundAlthoughTheEnvironmentWins) {
  EXPECT_NE(problem_of("[http]\nport = 70000\n", {{"PARLEY_HTTP_PORT", "9443"}}).find("parley.toml:2"),
            std::string::npos);
  EXPECT_NE(problem_of("[sip]\ntrusted_addresses = [\"x\"]\n", {{"PARLEY_SIP_TRUSTED_ADDRESSES", "192.0.2.1"}})
                .find("parley.toml:2"),
            std::string::npos);
  const auto config = parse_config("[sip]\ntrusted_addresses = [\"192.0.2.9\"]\n", "parley.toml",
                                   {{"PARLEY_SIP_TRUSTED_ADDRESSES", "192.0.2.1"}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->sip.trusted_addresses, std::vector{*IpAddress::parse("192.0.2.1")})
      << "in its place, not beside it";
}

}  // namespace
}  // namespace parley
