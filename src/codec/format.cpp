#include <algorithm>
#include <array>
#include <cctype>

#include <codec/format.hpp>

namespace parley::codec {
namespace {

constexpr std::array<CodecInfo, 4> kCodecs{{{CodecId::Pcmu, "PCMU", 8000, 8000, 1, 0},
                                            {CodecId::Pcma, "PCMA", 8000, 8000, 1, 8},
                                            {CodecId::G722, "G722", 8000, 16000, 1, 9},
                                            {CodecId::Opus, "opus", 48000, 16000, 2, std::nullopt}}};

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

const CodecInfo& info(CodecId id) noexcept { return kCodecs[static_cast<std::size_t>(id)]; }

std::optional<CodecId> codec_by_name(std::string_view name, std::uint32_t rtp_clock_rate) noexcept {
  for (const auto& codec : kCodecs)
    if (codec.rtp_clock_rate == rtp_clock_rate && same_name(codec.name, name)) return codec.id;
  return std::nullopt;
}

std::optional<CodecId> codec_by_static_payload_type(std::uint8_t payload_type) noexcept {
  for (const auto& codec : kCodecs)
    if (codec.static_payload_type == payload_type) return codec.id;
  return std::nullopt;
}

}  // namespace parley::codec
