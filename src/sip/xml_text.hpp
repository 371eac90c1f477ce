#pragma once
#include <string>
#include <string_view>

/// Writing of small XML documents: front to back into one buffer, values escaped. Pure.
namespace parley::sip {

inline constexpr std::string_view kXmlHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Escapes what has a meaning in XML; what may not stand in it (control characters, invalid UTF-8) is replaced.
void append_xml(std::string& out, std::string_view text);
/// ` name="value"`.
void append_attribute(std::string& out, std::string_view name, std::string_view value);
/// `<name>text</name>` and a line end.
void append_element(std::string& out, std::string_view name, std::string_view text);

}  // namespace parley::sip
