#include <algorithm>
#include <limits>

#include <insight/talk.hpp>

namespace parley::insight {
namespace {

using Span = std::pair<double, double>;

constexpr std::size_t kMostInterruptions = 200;

/// Length of the union of stretches.
double covered(std::vector<Span> spans) {
  std::ranges::sort(spans);
  double sum = 0;
  double end = -std::numeric_limits<double>::infinity();
  for (const auto& [from, to] : spans) {
    if (to <= end) continue;
    sum += to - std::max(from, end);
    end = to;
  }
  return sum;
}

std::size_t words_in(const speech::Turn& turn) {
  return turn.text.empty() ? 0 : static_cast<std::size_t>(std::ranges::count(turn.text, ' ')) + 1;
}

/// "Mm-hmm", "right": said into the other's turn without wanting it.
bool is_backchannel(const speech::Turn& turn) { return words_in(turn) < 3 && turn.end_s - turn.start_s < 1.5; }

/// Begins while the other speaks (not in the last moments, which is just quick answering) and is no backchannel.
void find_interruptions(const std::vector<speech::Turn>& turns, std::vector<Interruption>& out) {
  constexpr double kSettled = 1.0;     // seconds that the other had spoken
  constexpr double kNearlyDone = 0.4;  // seconds that the other still spoke
  std::optional<speech::Turn> floor[2];
  for (const speech::Turn& turn : turns) {
    const auto side = static_cast<std::size_t>(turn.speaker);
    const auto& other = floor[1 - side];
    if (other && !is_backchannel(turn) && turn.start_s > other->start_s + kSettled &&
        turn.start_s < other->end_s - kNearlyDone && out.size() < kMostInterruptions)
      out.push_back({turn.start_s, turn.speaker});
    if (!floor[side] || turn.end_s > floor[side]->end_s) {
      floor[side] = speech::Turn{turn.speaker, turn.start_s, turn.end_s, {}, 0, {}};
    }
  }
}

std::optional<Monologue> longest(const std::vector<speech::Turn>& turns) {
  std::optional<Monologue> best;
  std::optional<Monologue> open;
  for (const speech::Turn& turn : turns) {
    if (open && turn.speaker != open->speaker && is_backchannel(turn)) continue;
    if (open && turn.speaker == open->speaker)
      open->end_s = std::max(open->end_s, turn.end_s);
    else
      open = Monologue{turn.speaker, turn.start_s, turn.end_s};
    if (!best || open->end_s - open->start_s > best->end_s - best->start_s) best = open;
  }
  return best;
}

}  // namespace

Talk talk_of(const speech::Transcript& transcript) {
  Talk out;
  std::vector<Span> spans[2];
  std::vector<Span> all;
  double length = transcript.seconds;
  for (const speech::Turn& turn : transcript.turns) {
    if (!(turn.end_s > turn.start_s)) continue;
    spans[static_cast<std::size_t>(turn.speaker)].emplace_back(turn.start_s, turn.end_s);
    all.emplace_back(turn.start_s, turn.end_s);
    length = std::max(length, turn.end_s);
  }
  out.caller_s = covered(std::move(spans[0]));
  out.callee_s = covered(std::move(spans[1]));
  out.silence_s = std::max(0.0, length - covered(std::move(all)));
  const double spoken = out.caller_s + out.callee_s;
  if (spoken > 0) {
    out.caller_ratio = out.caller_s / spoken;
    out.callee_ratio = out.callee_s / spoken;
  }
  find_interruptions(transcript.turns, out.interruptions);
  out.longest_monologue = longest(transcript.turns);
  return out;
}

}  // namespace parley::insight
