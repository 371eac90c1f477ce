#pragma once
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>

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

/// The two minutes of the demo call as they were written; found from the repository's folder.
inline speech::Transcript demo_call() {
  std::ifstream in("assets/demo/call.json");
  const auto root = boost::json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
  speech::Transcript out{"reference", "en", root.at("seconds").to_number<double>(), {}};
  for (const auto& turn : root.at("turns").as_array())
    out.turns.push_back({turn.at("speaker").as_string() == "caller" ? speech::Speaker::Caller : speech::Speaker::Callee,
                         turn.at("start_s").to_number<double>(),
                         turn.at("end_s").to_number<double>(),
                         std::string(turn.at("text").as_string()),
                         1,
                         {}});
  return out;
}

}  // namespace parley::insight
