#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <speech/transcript.hpp>

namespace parley::insight {

/// Lines "caller" or "callee" with what they say, at three words a second, one after the other. For tests.
inline speech::Transcript conversation(const std::vector<std::pair<speech::Speaker, std::string>>& lines) {
  speech::Transcript out{"written/1", "en", 0, {}};
  for (const auto& [speaker, text] : lines) {
    const double length = 1 + static_cast<double>(std::ranges::count(text, ' ')) / 3;
    out.turns.push_back({speaker, out.seconds, out.seconds + length, text, 1, {}});
    out.seconds += length + 0.5;
  }
  return out;
}

}  // namespace parley::insight
