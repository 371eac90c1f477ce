#include <gtest/gtest.h>

#include <base/scope.hpp>
#include <sip/reconnect.hpp>

namespace parley::sip {
namespace {

Flow gone(Transport transport = Transport::Tcp, const char* remote = "192.0.2.1:40000") {
  return {transport, *Endpoint::parse("192.0.2.9:5060"), *Endpoint::parse(remote), 7};
}
std::string to(const std::string& contact, const Flow& flow) {
  const auto found = reconnect_to(*parse_uri(contact), flow);
  return found ? found->remote.text() + (found->connection == 0 ? "" : " over the old one") : "nowhere";
}
std::string for_message(const std::string& text, const Flow& flow) {
  const auto found = reconnect_for(Message::parse(text), flow);
  return found ? found->remote.text() : "nowhere";
}

TEST(Reconnect, ToThePortThatTheContactNames) {
  EXPECT_EQ(to("sip:a@192.0.2.1:5070;transport=tcp", gone()), "192.0.2.1:5070");
  EXPECT_EQ(to("sip:a@192.0.2.1", gone()), "192.0.2.1:5060");
  EXPECT_EQ(to("sip:a@192.0.2.1", gone(Transport::Tls)), "192.0.2.1:5061");
  EXPECT_EQ(to("sip:a@[2001:db8::1]:5070", gone(Transport::Tcp, "[2001:db8::1]:40000")), "[2001:db8::1]:5070");
}

TEST(Reconnect, NeverToAThirdAddressNorWhereNobodyListens) {
  EXPECT_EQ(to("sip:a@198.51.100.7:5070", gone()), "nowhere");
  EXPECT_EQ(to("sip:a@phone.example", gone()), "nowhere");
  EXPECT_EQ(to("sip:a@192.0.2.1:5070;ob", gone()), "nowhere");  // RFC 5626 §4.3
  EXPECT_EQ(to("sip:a@192.0.2.1:5070", gone(Transport::Wss)), "nowhere");
  EXPECT_EQ(to("sip:a@192.0.2.1:5070", gone(Transport::Udp)), "nowhere");
}

TEST(Reconnect, ALinkLocalAddressKeepsItsInterface) {
  auto flow = gone(Transport::Tcp, "[fe80::1]:40000");
  flow.remote.address = with_scope(flow.remote.address, 2);
  EXPECT_EQ(reconnect_to(*parse_uri("sip:a@[fe80::1]:5070"), flow)->remote.address, flow.remote.address);
}

TEST(Reconnect, ResponsesGoToTheSentByAndRequestsAlongTheirRoute) {  // RFC 3261 §18.2.2
  const std::string rest = "From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: x\r\n";
  EXPECT_EQ(for_message("SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 192.0.2.1:5090;branch=z9hG4bK1\r\n" + rest +
                            "CSeq: 1 INVITE\r\n\r\n",
                        gone()),
            "192.0.2.1:5090");
  const auto request = [&](const std::string& uri, const std::string& route) {
    return "BYE " + uri + " SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9:5060;branch=z9hG4bK1\r\n" + route + rest +
           "CSeq: 1 BYE\r\n\r\n";
  };
  EXPECT_EQ(for_message(request("sip:a@192.0.2.1:5070", {}), gone()), "192.0.2.1:5070");
  EXPECT_EQ(for_message(request("sip:a@10.0.0.1", "Route: <sip:192.0.2.1:5080;lr>\r\n"), gone()), "192.0.2.1:5080");
}

}  // namespace
}  // namespace parley::sip
