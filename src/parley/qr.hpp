#pragma once
#include <string>
#include <string_view>

namespace parley::cli {

/// A QR code for a terminal: two modules a character (half blocks), four modules of quiet zone. With `colour` it is
/// drawn black on white whatever the terminal's colours are; without, light modules are drawn, which suits dark
/// terminals. Empty when the text is too long for a QR code (2,953 bytes).
[[nodiscard]] std::string qr_code(std::string_view text, bool colour);

}  // namespace parley::cli
