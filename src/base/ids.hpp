#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <base/clock.hpp>
#include <base/random.hpp>

namespace parley {

/// RFC 9562 version 7: the first 48 bits are milliseconds since 1970, so that ids sort by time of making.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] static Uuid make(const Clock& clock, Random& random);
  /// The canonical 36 signs, either case; nullopt on anything else.
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_nil() const noexcept { return bytes == std::array<std::uint8_t, 16>{}; }
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// One type per kind of thing, so that a CallId never stands where a UserId is wanted.
template <class Tag>
struct Id {
  Uuid uuid;

  [[nodiscard]] static Id make(const Clock& clock, Random& random) { return {Uuid::make(clock, random)}; }
  [[nodiscard]] static Id make() { return make(system_clock(), system_random()); }
  [[nodiscard]] static std::optional<Id> parse(std::string_view text) {
    const auto uuid = Uuid::parse(text);
    return uuid ? std::optional<Id>{Id{*uuid}} : std::nullopt;
  }
  [[nodiscard]] std::string text() const { return uuid.text(); }
  [[nodiscard]] bool is_nil() const noexcept { return uuid.is_nil(); }
  friend auto operator<=>(const Id&, const Id&) = default;
};

using OrganisationId = Id<struct OrganisationTag>;
using UserId = Id<struct UserTag>;
using ExtensionId = Id<struct ExtensionTag>;
using DeviceId = Id<struct DeviceTag>;
using TrunkId = Id<struct TrunkTag>;
using RouteId = Id<struct RouteTag>;
using CallId = Id<struct CallTag>;  // Parley's own, for the whole call story; not SIP's Call-ID
using LegId = Id<struct LegTag>;
using RecordingId = Id<struct RecordingTag>;
using TranscriptId = Id<struct TranscriptTag>;
using AnalysisId = Id<struct AnalysisTag>;
using JobId = Id<struct JobTag>;
using EventId = Id<struct EventTag>;
using TokenId = Id<struct TokenTag>;
using HoldId = Id<struct HoldTag>;
using ReceiptId = Id<struct ReceiptTag>;
using KeyId = Id<struct KeyTag>;
using ReportId = Id<struct ReportTag>;

}  // namespace parley

template <class Tag>
struct std::hash<parley::Id<Tag>> {
  std::size_t operator()(const parley::Id<Tag>& id) const noexcept {
    std::size_t value = 0;
    for (const auto byte : id.uuid.bytes) value = value * 1099511628211U ^ byte;
    return value;
  }
};
