#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <speech/transcript.hpp>

/// What a conversation says, as claims with evidence: no statement stands without the turn that it follows from.
/// Personal data: never logged.
namespace parley::insight {

using speech::Speaker;

struct Evidence {
  std::size_t turn = 0;  // index into Transcript::turns
  double start_s = 0;
  double end_s = 0;
  std::string quote;  // a literal part of the turn's text
};

struct Claim {
  std::string text;
  double confidence = 0;           // 0..1
  std::vector<Evidence> evidence;  // never empty
};

struct Summary {
  std::optional<Claim> problem;
  std::optional<Claim> action;
  std::optional<Claim> outcome;
  std::optional<Claim> next_step;
};

struct ActionItem {
  std::string who;  // a name that was said, else "caller" or "callee"
  std::string what;
  std::optional<std::string> when;  // as it was said: "Thursday morning"
  Claim claim;
};

struct SentimentPoint {
  double start_s = 0;
  double end_s = 0;
  Speaker speaker = Speaker::Caller;
  double score = 0;  // -1..1
};

struct Sentiment {
  double overall = 0;
  double caller = 0;
  double callee = 0;
  std::vector<SentimentPoint> timeline;
};

struct Interruption {
  double at_s = 0;
  Speaker by = Speaker::Caller;
};

struct Monologue {
  Speaker speaker = Speaker::Caller;
  double start_s = 0;
  double end_s = 0;
};

struct Talk {
  double caller_s = 0;
  double callee_s = 0;
  double silence_s = 0;
  double caller_ratio = 0;  // of all speech; the two add up to 1 unless nobody spoke
  double callee_ratio = 0;
  std::vector<Interruption> interruptions;
  std::optional<Monologue> longest_monologue;
};

struct Topic {
  std::string label;
  Claim claim;
};

enum class EntityKind : std::uint8_t { Person, Number, Money, Date, Time, Email, Address, Product, Organisation };
[[nodiscard]] std::string_view to_string(EntityKind kind) noexcept;

struct Entity {
  EntityKind kind = EntityKind::Number;
  std::string text;  // normalised: "555 0142", "$189", "14:30"
  Claim claim;
};

struct Analysis {
  std::string engine;  // "embedded/1"
  std::string language = "en";
  Summary summary;
  std::vector<ActionItem> action_items;
  Sentiment sentiment;
  Talk talk;
  std::vector<Topic> topics;
  std::vector<Entity> entities;
};

/// The Analysis document of the API. Numbers are rounded to three digits, so that equal inputs give equal bytes.
[[nodiscard]] std::string to_json(const Analysis& analysis);

/// One line for lists: the problem, else the first topic; empty when the conversation holds neither.
[[nodiscard]] std::string headline(const Analysis& analysis);

}  // namespace parley::insight
