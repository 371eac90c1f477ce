// G.722 by the sequences of ITU-T G.722 Appendix II, where the set has them (QMF bypassed).
#include <cmath>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <inttypes.h>

#include "check.hpp"

// Last, since it redefines what <cmath> declares; telephony.h before the others.
// clang-format off
#include <spandsp/telephony.h>
#include <spandsp/g722.h>
#include <spandsp/private/g722.h>
// clang-format on

namespace parley::vectors {
namespace {

/// 16-bit big-endian words.
std::vector<std::uint16_t> words(const std::filesystem::path& file) {
  const auto bytes = read_bytes(file);
  std::vector<std::uint16_t> out(bytes.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8U | bytes[2 * i + 1]);
  return out;
}

constexpr bool resets(std::uint16_t word) { return (word & 1U) != 0; }

std::string check_encoder(const std::filesystem::path& in_file, const std::filesystem::path& wanted_file) {
  const auto in = words(in_file), wanted = words(wanted_file);
  if (in.size() != wanted.size() || in.empty()) return "input and output are not of one length";
  const std::unique_ptr<g722_encode_state_t, int (*)(g722_encode_state_t*)> state(g722_encode_init(nullptr, 64000, 0),
                                                                                  g722_encode_free);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (resets(in[i])) {
      g722_encode_init(state.get(), 64000, 0);
      state->itu_test_mode = 1;
      continue;
    }
    const auto sample = static_cast<std::int16_t>(in[i]);
    std::uint8_t code = 0;
    if (g722_encode(state.get(), &code, &sample, 1) != 1 || code != wanted[i] >> 8U) ++wrong;
  }
  return wrong == 0 ? "" : fmt::format("{} of {} words differ", wrong, in.size());
}

/// `high`: the higher band, else the lower one, in a mode of 1 to 3.
std::string check_decoder(const std::filesystem::path& in_file, const std::filesystem::path& wanted_file, unsigned mode,
                          bool high) {
  const auto in = words(in_file), wanted = words(wanted_file);
  if (in.size() != wanted.size() || in.empty()) return "input and output are not of one length";
  const int rate = mode == 1 ? 64000 : mode == 2 ? 56000 : 48000;
  const std::unique_ptr<g722_decode_state_t, int (*)(g722_decode_state_t*)> state(g722_decode_init(nullptr, rate, 0),
                                                                                  g722_decode_free);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (resets(in[i])) {
      g722_decode_init(state.get(), rate, 0);
      state->itu_test_mode = 1;
      continue;
    }
    const auto code = static_cast<std::uint8_t>(std::uint32_t{in[i]} >> (7 + mode));
    std::int16_t pcm[2] = {0, 0};
    if (g722_decode(state.get(), pcm, &code, 1) != 2 ||
        static_cast<std::uint16_t>(pcm[high ? 1 : 0]) != (wanted[i] & 0xFFFEU))
      ++wrong;
  }
  return wrong == 0 ? "" : fmt::format("{} of {} words differ", wrong, in.size());
}

}  // namespace

void check_g722(const std::filesystem::path& folder, Rows& rows) {
  unsigned checked = 0;
  const auto check = [&](std::string id, const std::filesystem::path& in, const std::filesystem::path& wanted,
                         const auto& how) {
    if (!std::filesystem::exists(in) || !std::filesystem::exists(wanted)) return;
    add(rows, "g722", std::move(id), how(in, wanted));
    ++checked;
  };
  for (unsigned n = 1; n <= 9; ++n) {
    const auto name = [&](std::string_view form) { return folder / fmt::format(fmt::runtime(form), n); };
    check(fmt::format("encoder, sequence {}", n), name("bt1c{}.xmt"), name("bt2r{}.cod"), check_encoder);
    for (const auto* codes : {"bt2r{}.cod", "bt1d{}.cod"}) {
      const auto in = name(codes);
      check(fmt::format("decoder, higher band of {}", in.filename().string()), in, name("bt3h{}.rc0"),
            [](const auto& from, const auto& wanted) { return check_decoder(from, wanted, 1, true); });
      for (unsigned mode = 1; mode <= 3; ++mode)
        check(fmt::format("decoder, lower band of {} in mode {}", in.filename().string(), mode), in,
              folder / fmt::format("bt3l{}.rc{}", n, mode),
              [mode](const auto& from, const auto& wanted) { return check_decoder(from, wanted, mode, false); });
    }
  }
  if (checked == 0) rows.push_back({"g722", "", Row::Result::Skip, "no sequence of the ITU is there"});
}

}  // namespace parley::vectors
