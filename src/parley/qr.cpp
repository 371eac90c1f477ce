#include <memory>

#include <parley/qr.hpp>
#include <qrencode.h>

namespace parley::cli {

std::string qr_code(std::string_view text, bool colour) {
  constexpr int kQuiet = 4;
  const std::string zero_ended{text};
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code{
      QRcode_encodeString8bit(zero_ended.c_str(), 0, QR_ECLEVEL_M), QRcode_free};
  if (!code) return {};
  const auto dark = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= code->width || y >= code->width) return false;
    return (code->data[y * code->width + x] & 1U) != 0;
  };
  std::string out;
  for (int y = -kQuiet; y < code->width + kQuiet; y += 2) {
    if (colour) out += "\x1b[30;107m";
    for (int x = -kQuiet; x < code->width + kQuiet; ++x) {
      const bool upper = dark(x, y);
      const bool lower = dark(x, y + 1);
      if (colour)
        out += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
      else
        out += upper ? (lower ? " " : "▄") : (lower ? "▀" : "█");
    }
    if (colour) out += "\x1b[0m";
    out += '\n';
  }
  return out;
}

}  // namespace parley::cli
