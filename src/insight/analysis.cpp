#include <array>
#include <cmath>

#include <boost/json.hpp>

#include <base/json_text.hpp>
#include <insight/analysis.hpp>

namespace parley::insight {
namespace {

namespace json = boost::json;

double rounded(double value) { return std::isfinite(value) ? std::round(value * 1000) / 1000 + 0.0 : 0; }

json::object json_of(const Claim& claim) {
  json::array evidence;
  for (const Evidence& item : claim.evidence)
    evidence.push_back({{"turn", item.turn},
                        {"start_s", rounded(item.start_s)},
                        {"end_s", rounded(item.end_s)},
                        {"quote", item.quote}});
  return {{"text", claim.text}, {"confidence", rounded(claim.confidence)}, {"evidence", std::move(evidence)}};
}

json::value json_of(const std::optional<Claim>& claim) {
  return claim ? json::value(json_of(*claim)) : json::value(nullptr);
}

json::object json_of(const Sentiment& sentiment) {
  json::array timeline;
  for (const SentimentPoint& point : sentiment.timeline)
    timeline.push_back({{"start_s", rounded(point.start_s)},
                        {"end_s", rounded(point.end_s)},
                        {"speaker", to_string(point.speaker)},
                        {"score", rounded(point.score)}});
  return {{"overall", rounded(sentiment.overall)},
          {"by_speaker", {{"caller", rounded(sentiment.caller)}, {"callee", rounded(sentiment.callee)}}},
          {"timeline", std::move(timeline)}};
}

json::object json_of(const Talk& talk) {
  json::array interruptions;
  for (const Interruption& item : talk.interruptions)
    interruptions.push_back({{"at_s", rounded(item.at_s)}, {"by", to_string(item.by)}});
  json::value monologue = nullptr;
  if (talk.longest_monologue)
    monologue = {{"speaker", to_string(talk.longest_monologue->speaker)},
                 {"start_s", rounded(talk.longest_monologue->start_s)},
                 {"end_s", rounded(talk.longest_monologue->end_s)}};
  return {{"caller_s", rounded(talk.caller_s)},
          {"callee_s", rounded(talk.callee_s)},
          {"silence_s", rounded(talk.silence_s)},
          {"ratio", {{"caller", rounded(talk.caller_ratio)}, {"callee", rounded(talk.callee_ratio)}}},
          {"interruptions", std::move(interruptions)},
          {"longest_monologue", std::move(monologue)}};
}

}  // namespace

std::string_view to_string(EntityKind kind) noexcept {
  constexpr std::array<std::string_view, 9> kNames{"person", "number",  "money",   "date",        "time",
                                                   "email",  "address", "product", "organisation"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string to_json(const Analysis& analysis) {
  json::array items;
  for (const ActionItem& item : analysis.action_items)
    items.push_back({{"who", item.who},
                     {"what", item.what},
                     {"when", item.when ? json::value(*item.when) : json::value(nullptr)},
                     {"claim", json_of(item.claim)}});
  json::array topics;
  for (const Topic& topic : analysis.topics)
    topics.push_back({{"label", topic.label}, {"claim", json_of(topic.claim)}});
  json::array entities;
  for (const Entity& entity : analysis.entities)
    entities.push_back({{"kind", to_string(entity.kind)}, {"text", entity.text}, {"claim", json_of(entity.claim)}});
  return json_text(json::object{{"engine", analysis.engine},
                                {"language", analysis.language},
                                {"summary",
                                 {{"problem", json_of(analysis.summary.problem)},
                                  {"action", json_of(analysis.summary.action)},
                                  {"outcome", json_of(analysis.summary.outcome)},
                                  {"next_step", json_of(analysis.summary.next_step)}}},
                                {"action_items", std::move(items)},
                                {"sentiment", json_of(analysis.sentiment)},
                                {"talk", json_of(analysis.talk)},
                                {"topics", std::move(topics)},
                                {"entities", std::move(entities)}});
}

std::string headline(const Analysis& analysis) {
  constexpr std::size_t kLongest = 120;
  std::string out;
  if (analysis.summary.problem)
    out = analysis.summary.problem->text;
  else if (!analysis.topics.empty())
    out = analysis.topics.front().label;
  if (out.size() <= kLongest) return out;
  std::size_t end = out.rfind(' ', kLongest);
  if (end == std::string::npos) end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80) --end;
  return out.substr(0, end) + "\xE2\x80\xA6";
}

}  // namespace parley::insight
