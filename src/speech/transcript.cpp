#include <cmath>
#include <optional>

#include <boost/json.hpp>

#include <base/json_text.hpp>
#include <speech/transcript.hpp>

namespace parley::speech {
namespace {

namespace json = boost::json;

double rounded(double value) { return std::isfinite(value) ? std::round(value * 1000) / 1000 : 0; }

std::optional<double> number(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double out = value->to_number<double>();
  return std::isfinite(out) ? std::optional(out) : std::nullopt;
}

std::optional<std::string> text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<Word> word_of(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  const auto said = text(*object, "text");
  const auto start = number(*object, "start_s");
  const auto end = number(*object, "end_s");
  const auto confidence = number(*object, "confidence");
  if (!said || !start || !end || !confidence) return std::nullopt;
  return Word{*said, *start, *end, *confidence};
}

std::optional<Turn> turn_of(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  const auto speaker = text(*object, "speaker");
  const auto start = number(*object, "start_s");
  const auto end = number(*object, "end_s");
  const auto said = text(*object, "text");
  const auto confidence = number(*object, "confidence");
  if (!speaker || !start || !end || !said || !confidence || (*speaker != "caller" && *speaker != "callee"))
    return std::nullopt;
  Turn turn{*speaker == "caller" ? Speaker::Caller : Speaker::Callee, *start, *end, *said, *confidence, {}};
  const json::value* words = object->if_contains("words");
  if (words == nullptr) return turn;
  if (!words->is_array()) return std::nullopt;
  for (const json::value& item : words->get_array()) {
    auto word = word_of(item);
    if (!word) return std::nullopt;
    turn.words.push_back(std::move(*word));
  }
  return turn;
}

}  // namespace

std::string_view to_string(Speaker speaker) noexcept { return speaker == Speaker::Caller ? "caller" : "callee"; }

std::string to_json(const Transcript& transcript) {
  json::array turns;
  for (const Turn& turn : transcript.turns) {
    json::array words;
    for (const Word& word : turn.words)
      words.push_back({{"text", word.text},
                       {"start_s", rounded(word.start_s)},
                       {"end_s", rounded(word.end_s)},
                       {"confidence", rounded(word.confidence)}});
    turns.push_back({{"speaker", to_string(turn.speaker)},
                     {"start_s", rounded(turn.start_s)},
                     {"end_s", rounded(turn.end_s)},
                     {"text", turn.text},
                     {"confidence", rounded(turn.confidence)},
                     {"words", std::move(words)}});
  }
  return json_text(json::object{{"engine", transcript.engine},
                                {"language", transcript.language},
                                {"seconds", rounded(transcript.seconds)},
                                {"turns", std::move(turns)}});
}

Result<Transcript> transcript_from_json(std::string_view input) {
  if (input.size() > kMaxTranscriptBytes) return fail(Errc::Limited, "the transcript is too large");
  boost::system::error_code error;
  const json::value root = json::parse(input, error);
  const json::object* object = error ? nullptr : root.if_object();
  if (object == nullptr) return fail(Errc::Invalid, "the transcript is not a JSON object");
  const auto engine = text(*object, "engine");
  const auto language = text(*object, "language");
  const auto seconds = number(*object, "seconds");
  const json::value* turns = object->if_contains("turns");
  if (!engine || !language || !seconds || turns == nullptr || !turns->is_array())
    return fail(Errc::Invalid, "the transcript lacks engine, language, seconds or turns");
  if (turns->get_array().size() > kMaxTurns) return fail(Errc::Limited, "the transcript has too many turns");
  Transcript out{*engine, *language, *seconds, {}};
  for (const json::value& item : turns->get_array()) {
    auto turn = turn_of(item);
    if (!turn) return fail(Errc::Invalid, "a turn of the transcript is malformed");
    out.turns.push_back(std::move(*turn));
  }
  return out;
}

}  // namespace parley::speech
