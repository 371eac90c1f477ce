#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <net/http.hpp>
#include <net/http_request_reader.hpp>

namespace parley::pbx {

inline constexpr std::string_view kSipSubprotocol = "sip";  // RFC 7118 §4.1
inline constexpr std::string_view kSipWebPath = "/sip";

/// Which pages may connect: those of our own origin (the Host that was asked for, or `public_url`) and those of
/// `origins` ("https://crm.example", "*": any). A client that names no origin is no browser, and welcome: the rule
/// keeps foreign pages from using the browser of somebody who is inside. Source: RFC 6455 §10.2.
[[nodiscard]] bool is_origin_allowed(std::string_view origin, std::string_view host, std::string_view public_url,
                                     std::span<const std::string> origins);

/// The refusal of an upgrade that is not for SIP, or comes from a foreign page. nullopt: welcome.
[[nodiscard]] std::optional<net::HttpResponse> refusal_of(const net::HttpRequest& request, std::string_view public_url,
                                                          std::span<const std::string> origins);

/// A frame that is not UTF-8 goes as a binary one (RFC 7118 §5.1).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace parley::pbx
