#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <insight/sentiment.hpp>

namespace parley::insight {
namespace {

using Value = std::pair<std::string_view, double>;

// What people say on the telephone about goods, services and each other; -3 to 3. Our own list.
constexpr Value kWords[] = {
    {"amazing", 3},
    {"awesome", 3},
    {"beautiful", 2},
    {"best", 2},
    {"better", 1.2},
    {"brilliant", 3},
    {"calm", 1},
    {"cheaper", 1},
    {"cheerful", 2},
    {"comfortable", 1.5},
    {"correct", 0.5},
    {"delighted", 3},
    {"easy", 1.2},
    {"enjoy", 1.8},
    {"enjoyed", 1.8},
    {"excellent", 3},
    {"excited", 2},
    {"fabulous", 3},
    {"fair", 1.2},
    {"fantastic", 3},
    {"fast", 0.8},
    {"fine", 0.9},
    {"fixed", 1},
    {"free", 1},
    {"friendly", 2},
    {"fun", 1.5},
    {"glad", 2},
    {"good", 1.6},
    {"gorgeous", 2},
    {"grateful", 2.5},
    {"great", 2.4},
    {"happy", 2.4},
    {"helped", 1.4},
    {"helpful", 2.2},
    {"hope", 0.6},
    {"impressed", 2.4},
    {"improved", 1.5},
    {"interested", 1},
    {"kind", 0.8},
    {"like", 0.4},
    {"love", 2.4},
    {"loved", 2.4},
    {"lovely", 2.4},
    {"luckily", 1.5},
    {"lucky", 1.5},
    {"marvelous", 2.6},
    {"nice", 1.8},
    {"okay", 0.2},
    {"outstanding", 3},
    {"patient", 1},
    {"perfect", 2.6},
    {"perfectly", 2},
    {"pleasant", 2},
    {"please", 0.2},
    {"pleased", 2.2},
    {"pleasure", 2},
    {"polite", 1.6},
    {"prompt", 1.2},
    {"quick", 1},
    {"quickly", 1},
    {"reasonable", 1.2},
    {"recommend", 1.8},
    {"refreshing", 1.5},
    {"relief", 1.8},
    {"relieved", 1.8},
    {"resolved", 1.6},
    {"satisfied", 2},
    {"smooth", 1.3},
    {"solved", 1.6},
    {"super", 2.2},
    {"superb", 3},
    {"sweet", 1.5},
    {"terrific", 2.8},
    {"thank", 1.2},
    {"thankful", 2},
    {"thanks", 1.2},
    {"thrilled", 3},
    {"trust", 1.2},
    {"useful", 1.4},
    {"warm", 0.6},
    {"welcome", 0.8},
    {"wonderful", 2.8},
    {"works", 0.7},
    {"worth", 1},
    {"abuse", -3},
    {"abysmal", -3},
    {"afraid", -1.2},
    {"angry", -2.6},
    {"annoyed", -2.2},
    {"annoying", -2.2},
    {"appalling", -3},
    {"awful", -2.8},
    {"bad", -2},
    {"badly", -2},
    {"bother", -1},
    {"broke", -1.6},
    {"broken", -1.8},
    {"bug", -1},
    {"canceled", -0.8},
    {"cancelled", -0.8},
    {"charged", -0.6},
    {"cheated", -2.6},
    {"complain", -1.8},
    {"complained", -1.8},
    {"complaint", -1.8},
    {"complaints", -1.8},
    {"confused", -1.4},
    {"confusing", -1.5},
    {"crash", -1.6},
    {"crashed", -1.8},
    {"damage", -1.8},
    {"damaged", -1.8},
    {"delay", -1.4},
    {"delayed", -1.5},
    {"desperate", -2},
    {"difficult", -1.2},
    {"dirty", -1.6},
    {"disappointed", -2.4},
    {"disappointing", -2.4},
    {"disaster", -2.8},
    {"disgusted", -3},
    {"disgusting", -3},
    {"dreadful", -2.6},
    {"embarrassing", -1.8},
    {"emergency", -1.2},
    {"error", -1.2},
    {"errors", -1.2},
    {"expensive", -1.2},
    {"fail", -1.8},
    {"failed", -1.8},
    {"failing", -1.8},
    {"fails", -1.8},
    {"failure", -1.8},
    {"fault", -1.4},
    {"faulty", -1.8},
    {"flood", -1.6},
    {"flooded", -1.8},
    {"flooding", -1.8},
    {"fraud", -2.6},
    {"freezing", -1.4},
    {"frozen", -1},
    {"frustrated", -2.4},
    {"frustrating", -2.4},
    {"furious", -3},
    {"hate", -2.6},
    {"hated", -2.6},
    {"horrible", -2.8},
    {"hurt", -1.6},
    {"ignored", -2},
    {"impossible", -1.6},
    {"incompetent", -2.8},
    {"incorrect", -1.2},
    {"insulting", -2.6},
    {"irritated", -2},
    {"issue", -0.8},
    {"issues", -0.8},
    {"late", -1.2},
    {"leak", -1.2},
    {"leaking", -1.4},
    {"leaks", -1.2},
    {"lie", -2},
    {"lied", -2.4},
    {"lost", -1.4},
    {"mad", -2},
    {"mess", -1.6},
    {"mistake", -1.4},
    {"mistakes", -1.4},
    {"nasty", -2.2},
    {"nightmare", -2.6},
    {"noise", -0.8},
    {"overcharged", -2},
    {"pain", -1.5},
    {"poor", -1.8},
    {"problem", -1.1},
    {"problems", -1.2},
    {"rejected", -1.4},
    {"ridiculous", -2.4},
    {"rip-off", -2.6},
    {"rude", -2.4},
    {"sad", -1.8},
    {"scam", -2.8},
    {"scared", -1.8},
    {"shocked", -1.8},
    {"sick", -1.2},
    {"slow", -1.2},
    {"smell", -0.8},
    {"smells", -1},
    {"sorry", -0.3},
    {"stopped", -0.8},
    {"stuck", -1.4},
    {"stupid", -2.2},
    {"suffering", -1.8},
    {"terrible", -2.8},
    {"tired", -1.2},
    {"trouble", -1.4},
    {"ugly", -1.8},
    {"unacceptable", -2.8},
    {"unable", -1.2},
    {"unfair", -2},
    {"unfortunately", -1},
    {"unhappy", -2.2},
    {"unhelpful", -2.2},
    {"unprofessional", -2.4},
    {"unreliable", -2},
    {"upset", -2.2},
    {"upsetting", -2.2},
    {"urgent", -0.8},
    {"useless", -2.4},
    {"waste", -1.8},
    {"wasted", -1.8},
    {"weak", -1},
    {"worried", -1.6},
    {"worry", -0.8},
    {"worse", -2},
    {"worst", -3},
    {"wrong", -1.5},
};

// Taken as one, before single words.
constexpr Value kPhrases[] = {
    {"free of charge", 2},      {"no problem", 1},        {"not a problem", 1},
    {"no worries", 1},          {"of course", 0.4},       {"thank you", 1.2},
    {"thank you so much", 2.4}, {"you're welcome", 0.6},  {"sounds good", 1.6},
    {"that works", 1.4},        {"good news", 1.8},       {"bad news", -1.8},
    {"stopped working", -1.6},  {"does not work", -1.6},  {"doesn't work", -1.6},
    {"not working", -1.6},      {"isn't working", -1.6},  {"broke down", -1.8},
    {"fed up", -2.4},           {"let down", -2},         {"run around", -1.4},
    {"nothing happens", -1.2},  {"never received", -1.4}, {"still waiting", -1.6},
    {"on hold", -0.6},          {"how can i help", 0.3},  {"have a good", 0.8},
    {"have a nice", 0.8},       {"have a great", 1},      {"sorry to hear", -0.2},
    {"too expensive", -1.8},    {"hang up", 0},           {"take care", 0.6},
    {"no good", -1.6},          {"kind of", 0},           {"like to", 0},
    {"feel free", 0},           {"toll free", 0},         {"would like", 0},
    {"looks like", 0},
};

constexpr Value kStrength[] = {
    {"very", 1.3},     {"really", 1.3},     {"so", 1.2},   {"extremely", 1.5},  {"absolutely", 1.4},
    {"totally", 1.3},  {"completely", 1.3}, {"too", 1.2},  {"incredibly", 1.4}, {"super", 1.3},
    {"pretty", 1.1},   {"quite", 1.1},      {"such", 1.2}, {"most", 1.2},       {"slightly", 0.6},
    {"somewhat", 0.7}, {"little", 0.7},     {"bit", 0.7},  {"fairly", 0.9},
};

constexpr std::string_view kNegations[] = {"not",     "never",  "no",     "nothing", "nobody",
                                           "without", "hardly", "cannot", "neither"};

const std::unordered_map<std::string_view, double>& words() {
  static const std::unordered_map<std::string_view, double> known(std::begin(kWords), std::end(kWords));
  return known;
}
const std::unordered_map<std::string_view, double>& strengths() {
  static const std::unordered_map<std::string_view, double> known(std::begin(kStrength), std::end(kStrength));
  return known;
}

bool negates(std::string_view word) {
  return word.ends_with("n't") || std::ranges::find(kNegations, word) != std::end(kNegations);
}

std::size_t words_in(std::string_view phrase) { return static_cast<std::size_t>(std::ranges::count(phrase, ' ')) + 1; }

/// The longest phrase that stands at `at`.
const Value* phrase_at(const Sentence& sentence, std::size_t at) {
  const Value* best = nullptr;
  for (const Value& phrase : kPhrases)
    if (sentence.is(at, phrase.first) && (best == nullptr || phrase.first.size() > best->first.size())) best = &phrase;
  return best;
}

/// What the three words before `at` do to a value, within the same clause.
double weighed(const Sentence& sentence, std::size_t at, double value) {
  constexpr std::size_t kReach = 3;
  constexpr double kTurnedRound = -0.7;
  for (std::size_t back = 1; back <= kReach && back <= at; ++back) {
    const Token& before = sentence.tokens[at - back];
    if (before.pause_after) break;
    if (const auto strength = strengths().find(before.word); strength != strengths().end()) value *= strength->second;
    if (negates(before.word)) {
      value *= kTurnedRound;
      break;
    }
  }
  return value;
}

double sum_of(const Sentence& sentence) {
  double sum = 0;
  for (std::size_t i = 0; i < sentence.tokens.size();) {
    if (const Value* phrase = phrase_at(sentence, i)) {
      sum += weighed(sentence, i, phrase->second);
      i += words_in(phrase->first);
      continue;
    }
    if (const auto word = words().find(sentence.tokens[i].word); word != words().end())
      sum += weighed(sentence, i, word->second);
    ++i;
  }
  return sum;
}

double squashed(double sum) {
  constexpr double kHalfway = 8;  // a sum of 2.8 is two thirds of the way
  return sum / std::sqrt(sum * sum + kHalfway);
}

struct Mean {
  double sum = 0;
  double weight = 0;
  void add(double score, double by) { sum += score * by, weight += by; }
  [[nodiscard]] double value() const { return weight > 0 ? sum / weight : 0; }
};

}  // namespace

double sentiment_of(const Sentence& sentence) { return squashed(sum_of(sentence)); }

bool has_feeling(std::string_view word) { return words().contains(word); }

Sentiment sentiment_of(const Conversation& conversation) {
  Sentiment out;
  const auto& turns = conversation.transcript().turns;
  std::vector<double> sums(turns.size(), 0.0);
  for (const Sentence& sentence : conversation.sentences()) sums[sentence.turn] += sum_of(sentence);
  Mean all;
  Mean caller;
  Mean callee;
  const std::size_t together = turns.size() / kTimelinePoints + 1;  // turns of one speaker that share a point
  std::size_t in_point[2] = {0, 0};
  std::size_t point_of[2] = {0, 0};
  for (std::size_t t = 0; t < turns.size(); ++t) {
    const double score = squashed(sums[t]);
    // Turns without a word of feeling say little: a short one must not hide what the others say.
    const double weight = std::abs(score) > 0.01 ? 1 : 0.15;
    all.add(score, weight);
    (turns[t].speaker == Speaker::Caller ? caller : callee).add(score, weight);
    const auto side = static_cast<std::size_t>(turns[t].speaker);
    if (in_point[side]++ % together == 0) {
      point_of[side] = out.timeline.size();
      out.timeline.push_back({turns[t].start_s, turns[t].end_s, turns[t].speaker, score});
    } else {
      SentimentPoint& point = out.timeline[point_of[side]];
      point.end_s = std::max(point.end_s, turns[t].end_s);
      point.score += (score - point.score) / 2;
    }
  }
  out.overall = all.value();
  out.caller = caller.value();
  out.callee = callee.value();
  return out;
}

}  // namespace parley::insight
