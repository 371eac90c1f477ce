#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <base/result.hpp>

/// Presence documents (application/pidf+xml), the part that telephones say and show: tuples with their basic status,
/// contact and notes, and what the person does (RPID activities). Everything else of a document is left out.
/// Source: RFC 3863, RFC 4479 (person), RFC 4480 §3.2 (activities).   Pure.
namespace parley::sip {

inline constexpr std::string_view kPidfType = "application/pidf+xml";

inline constexpr std::size_t kMaxPidf =
    16'384;  // bytes; elements, how deep, tuples, notes of one thing, bytes of a text
inline constexpr std::size_t kMaxPidfElements = 256;
inline constexpr unsigned kMaxPidfDepth = 12;
inline constexpr std::size_t kMaxPidfTuples = 16;
inline constexpr std::size_t kMaxPidfNotes = 4;
inline constexpr std::size_t kMaxPidfText = 512;

struct PresenceTuple {
  std::string id;
  std::optional<bool> open;  // basic status
  std::string contact;       // URI; "" for none
  std::vector<std::string> notes;
  friend bool operator==(const PresenceTuple&, const PresenceTuple&) = default;
};

struct Presence {
  std::string entity;  // URI
  std::vector<PresenceTuple> tuples;
  std::vector<std::string> notes;
  std::vector<std::string> activities;  // names of RFC 4480: "away", "on-the-phone"
  friend bool operator==(const Presence&, const Presence&) = default;
};

enum class PidfErrc : std::uint8_t { TooLarge, Doctype, Malformed, TooDeep, NotPidf };
[[nodiscard]] std::string_view to_string(PidfErrc code) noexcept;

/// A stranger's document: within the limits above or refused. No document type, so that there are no entities but the
/// five of XML itself; nothing is ever loaded.
[[nodiscard]] Result<Presence, PidfErrc> parse_pidf(std::string_view text);
[[nodiscard]] std::string write_pidf(const Presence& presence);

}  // namespace parley::sip
