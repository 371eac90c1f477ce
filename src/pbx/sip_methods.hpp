#pragma once
#include <array>
#include <string_view>

#include <sip/check.hpp>

namespace parley::pbx {

/// What this server says in Allow.
inline constexpr std::string_view kAllow =
    "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, INFO, UPDATE, PRACK, REFER, MESSAGE, SUBSCRIBE, NOTIFY, PUBLISH";
/// ... and in Supported: RFC 3262, RFC 4028, RFC 3891, RFC 4488, RFC 7044.
inline constexpr std::string_view kSupported = "100rel, timer, replaces, norefersub, histinfo";
inline constexpr std::string_view kSdp = "application/sdp";
/// ... and in the Accept of an answered OPTIONS within a call. A MESSAGE may carry anything: who gets it judges that.
inline constexpr std::string_view kAccept = "application/sdp, application/dtmf-relay, text/plain, message/cpim";

/// What bodies about sessions may hold (a multipart of these too). A location (RFC 6442) is understood in that nothing
/// here needs it: a call is not refused for the sake of it.
inline constexpr std::array<std::string_view, 2> kBodyTypes{"application/sdp", "application/pidf+xml"};

/// The rules by which the edge refuses requests without state.
[[nodiscard]] inline const sip::CheckOptions& served() {
  static constexpr std::array<std::string_view, 8> kExtensions{"100rel", "timer",    "replaces",   "norefersub",
                                                               "path",   "outbound", "answermode", "histinfo"};
  static const sip::CheckOptions options{
      .methods = sip::MethodSet{sip::Method::Invite, sip::Method::Ack, sip::Method::Bye, sip::Method::Cancel,
                                sip::Method::Options, sip::Method::Register, sip::Method::Info, sip::Method::Update,
                                sip::Method::Prack, sip::Method::Refer, sip::Method::Message, sip::Method::Subscribe,
                                sip::Method::Notify, sip::Method::Publish},
      .extensions = kExtensions,
      .body_types = kBodyTypes,
      .forwards = true,
  };
  return options;
}

}  // namespace parley::pbx
