#include <gtest/gtest.h>

#include <pbx/sip_websocket.hpp>

namespace parley::pbx {
namespace {

TEST(SipWebSocket, OriginsAreOursOrListed) {
  const std::vector<std::string> listed{"https://crm.example"};
  const auto allowed = [&](const char* origin) {
    return is_origin_allowed(origin, "pbx.example:8443", "https://phone.example.com", listed);
  };
  EXPECT_TRUE(allowed(""));  // no browser
  EXPECT_TRUE(allowed("https://pbx.example:8443"));
  EXPECT_TRUE(allowed("https://PBX.example:8443"));
  EXPECT_TRUE(allowed("https://phone.example.com"));
  EXPECT_TRUE(allowed("https://crm.example"));
  EXPECT_FALSE(allowed("https://crm.example:8443"));
  EXPECT_FALSE(allowed("https://pbx.example"));
  EXPECT_FALSE(allowed("https://evil.example"));
  EXPECT_FALSE(allowed("null"));
  EXPECT_TRUE(is_origin_allowed("https://pbx.example", "pbx.example:443", "", {}));
  EXPECT_FALSE(is_origin_allowed("http://pbx.example", "pbx.example:443", "", {}));
  const std::vector<std::string> any{"*"};
  EXPECT_TRUE(is_origin_allowed("https://evil.example", "pbx.example", "", any));
}

TEST(SipWebSocket, TheSubprotocolIsDemanded) {  // RFC 7118 §4.1
  net::HttpRequest request;
  EXPECT_EQ(refusal_of(request, "", {})->status, 400);
  request.headers.emplace_back("sec-websocket-protocol", "chat, sipfrag");
  EXPECT_EQ(refusal_of(request, "", {})->status, 400);
  request.headers.back().second = "chat, sip";
  EXPECT_FALSE(refusal_of(request, "", {}));
  request.headers.emplace_back("origin", "https://evil.example");
  EXPECT_EQ(refusal_of(request, "", {})->status, 403);
}

TEST(SipWebSocket, WhatIsNoUtf8IsKnown) {
  for (const auto* good : {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const auto* bad : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "a\xe2\x82"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

}  // namespace
}  // namespace parley::pbx
