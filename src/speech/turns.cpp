#include <algorithm>
#include <string_view>
#include <tuple>

#include <speech/turns.hpp>

namespace parley::speech {
namespace {

constexpr double kTurnGap = 1.5;       // seconds
constexpr double kLongestTurn = 60.0;  // seconds: a page of text without a break helps nobody

double weight_of(std::string_view word) {
  constexpr double kBetweenWords = 1.5;
  constexpr double kAfterPunctuation = 3;
  const bool pause = !word.empty() && std::string_view(",.?!;:").find(word.back()) != std::string_view::npos;
  return static_cast<double>(word.size()) + kBetweenWords + (pause ? kAfterPunctuation : 0);
}

void append(Turn& turn, Turn&& more) {
  turn.end_s = std::max(turn.end_s, more.end_s);
  turn.text += ' ' + more.text;
  std::ranges::move(more.words, std::back_inserter(turn.words));
}

double mean_confidence(const std::vector<Word>& words) {
  double sum = 0;
  for (const Word& word : words) sum += word.confidence;
  return words.empty() ? 0 : sum / static_cast<double>(words.size());
}

}  // namespace

std::vector<Word> spread_words(const RecognisedSegment& segment) {
  std::vector<Word> words;
  std::string_view rest = segment.recognition.text;
  double total = 0;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::size_t index = words.size();
    const auto& confidence = segment.recognition.word_confidence;
    Word& word = words.emplace_back();
    word.text = rest.substr(0, end);
    word.confidence = index < confidence.size() ? confidence[index] : segment.recognition.confidence;
    total += weight_of(word.text);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  double at = segment.start_s;
  const double length = std::max(0.0, segment.end_s - segment.start_s);
  for (Word& word : words) {
    const double share = length * weight_of(word.text) / total;
    word.start_s = at;
    word.end_s = at + share * static_cast<double>(word.text.size()) / weight_of(word.text);
    at += share;
  }
  return words;
}

std::vector<Turn> separate_turns(std::vector<RecognisedSegment> segments) {
  std::ranges::sort(segments, {}, [](const auto& segment) { return std::tuple(segment.start_s, segment.speaker); });
  std::vector<Turn> turns;
  for (const RecognisedSegment& segment : segments) {
    turns.push_back(
        {segment.speaker, segment.start_s, segment.end_s, segment.recognition.text, 0, spread_words(segment)});
    turns.back().confidence = mean_confidence(turns.back().words);
  }
  return turns;
}

std::vector<Turn> join_turns(std::vector<Turn> pieces) {
  std::erase_if(pieces, [](const Turn& piece) { return piece.text.empty(); });
  std::ranges::sort(pieces, {},
                    [](const Turn& piece) { return std::tuple(piece.start_s, piece.speaker, piece.end_s); });
  std::vector<Turn> turns;
  for (Turn& turn : pieces) {
    const bool continues = !turns.empty() && turns.back().speaker == turn.speaker &&
                           turn.start_s - turns.back().end_s < kTurnGap &&
                           turn.end_s - turns.back().start_s < kLongestTurn;
    if (continues)
      append(turns.back(), std::move(turn));
    else
      turns.push_back(std::move(turn));
  }
  for (Turn& turn : turns) turn.confidence = mean_confidence(turn.words);
  return turns;
}

std::vector<Turn> build_turns(std::vector<RecognisedSegment> segments) {
  return join_turns(separate_turns(std::move(segments)));
}

}  // namespace parley::speech
