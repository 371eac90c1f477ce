#include <fstream>

#include <gtest/gtest.h>
#include <parley/failure.hpp>
#include <parley/server_address.hpp>
#include <unistd.h>

namespace parley::cli {
namespace {

TEST(ServerAddress, IsHttpsAtTheUsualPortWhenAPersonTypesOnlyAName) {
  constexpr const char* kCases[][2] = {
      {"https://phones.example.org:8443", "https://phones.example.org:8443"},
      {"https://phones.example.org/", "https://phones.example.org"},
      {"https://phones.example.org///", "https://phones.example.org"},
      {"HTTPS://phones.example.org:8443", "https://phones.example.org:8443"},
      {"phones.example.org", "https://phones.example.org:8443"},
      {"phones.example.org:9443", "https://phones.example.org:9443"},
      {"localhost", "https://localhost:8443"},
      {"192.0.2.1", "https://192.0.2.1:8443"},
      {"192.0.2.1:1", "https://192.0.2.1:1"},
      {"::1", "https://[::1]:8443"},
      {"2001:db8::1", "https://[2001:db8::1]:8443"},
      {"[2001:db8::1]:9443", "https://[2001:db8::1]:9443"},
      {"https://[2001:db8::1]", "https://[2001:db8::1]"},
  };
  for (const auto& [typed, address] : kCases) EXPECT_EQ(server_address(typed), address) << typed;
}

TEST(ServerAddress, RefusesWhatIsNoneOrWouldShowASecret) {
  for (const char* typed :
       {"", "https://", "http://phones.example.org", "ftp://x", "https://a b", "localhost:99999", "localhost:0",
        "localhost:phone", "https://admin:secret@phones.example.org", "admin@phones.example.org",
        "https://phones.example.org/v1", "https://phones.example.org?x=1", "https://phones.example.org#x",
        "https://[::1", "1:2:3", "/var/lib/parley", "https://a\nb"}) {
    try {
      ADD_FAILURE() << typed << " became " << server_address(typed);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.status, Exit::Usage) << typed;
      EXPECT_FALSE(failure.remedy.empty()) << typed;
      EXPECT_EQ(std::string_view{failure.what()}.find("secret"), std::string_view::npos);
    }
  }
}

TEST(ServerAddress, HasAPortOrNot) {
  EXPECT_TRUE(has_port("https://localhost:8443"));
  EXPECT_TRUE(has_port("https://[::1]:8443"));
  EXPECT_FALSE(has_port("https://localhost"));
  EXPECT_FALSE(has_port("https://[::1]"));
}

TEST(Certificates, AreRefusedByNameWhenTheFileHasNone) {
  EXPECT_EQ(certificates_in(""), "");
  EXPECT_THROW((void)certificates_in("/nonexistent/ca.pem"), Failure);
  std::string name = "/tmp/parley-ca-XXXXXX";
  const int file = ::mkstemp(name.data());
  ASSERT_GE(file, 0);
  ::close(file);
  std::ofstream{name} << "-----BEGIN PRIVATE KEY-----\n";
  EXPECT_THROW((void)certificates_in(name), Failure);
  EXPECT_THROW((void)certificates_in("/tmp"), Failure);
  ::unlink(name.c_str());
}

}  // namespace
}  // namespace parley::cli
