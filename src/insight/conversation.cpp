#include <algorithm>
#include <array>

#include <base/ascii.hpp>
#include <insight/conversation.hpp>

namespace parley::insight {
namespace {

constexpr std::size_t kLongestQuote = 400;  // bytes
constexpr std::array<std::string_view, 10> kAbbreviations{"mr.", "mrs.", "ms.",  "dr.", "st.",
                                                          "no.", "a.m.", "p.m.", "vs.", "etc."};

bool is_mark(char c) { return std::string_view(".,!?;:\"()[]{}").find(c) != std::string_view::npos; }
bool is_pause(char c) { return std::string_view(".,!?;:").find(c) != std::string_view::npos; }

std::string_view without_marks(std::string_view raw) {
  while (!raw.empty() && (is_mark(raw.front()) || raw.front() == '\'')) raw.remove_prefix(1);
  while (!raw.empty() && (is_mark(raw.back()) || raw.back() == '\'')) raw.remove_suffix(1);
  return raw;
}

Token token_of(std::string_view raw, std::size_t index) {
  Token token;
  token.raw = raw;
  token.index = index;
  token.word = ascii_lower(token.bare());
  for (std::size_t at = 0; (at = token.word.find("\xE2\x80\x99", at)) != std::string::npos;)
    token.word.replace(at, 3, "'");
  token.capital = !token.bare().empty() && token.bare().front() >= 'A' && token.bare().front() <= 'Z';
  token.pause_after = !raw.empty() && is_pause(raw.back());
  return token;
}

bool ends_sentence(std::string_view raw) {
  if (raw.empty() || std::string_view(".!?").find(raw.back()) == std::string_view::npos) return false;
  return std::ranges::find(kAbbreviations, ascii_lower(raw)) == kAbbreviations.end();
}

/// Calls `use` with each space-separated word of `text`.
template <class Use>
void each_word(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string_view cut_quote(std::string_view quote) {
  if (quote.size() <= kLongestQuote) return quote;
  std::size_t end = kLongestQuote;
  while (end > 0 && (static_cast<unsigned char>(quote[end]) & 0xC0U) == 0x80) --end;  // not inside a UTF-8 sign
  return quote.substr(0, end);
}

}  // namespace

std::string_view Token::bare() const { return without_marks(raw); }

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

bool Sentence::is(std::size_t at, std::string_view words) const {
  bool same = true;
  each_word(words, [&](std::string_view word) {
    same = same && at < tokens.size() && tokens[at].word == word;
    ++at;
  });
  return same;
}

std::size_t Sentence::find(std::string_view words, std::size_t from) const {
  for (std::size_t at = from; at < tokens.size(); ++at)
    if (is(at, words)) return at;
  return std::string::npos;
}

std::string Sentence::text(std::size_t first, std::size_t count) const {
  std::string out;
  const std::size_t end = first + std::min(count, tokens.size() - std::min(first, tokens.size()));
  for (std::size_t i = first; i < end; ++i) out += (out.empty() ? "" : " ") + std::string(tokens[i].raw);
  while (!out.empty() && is_pause(out.back())) out.pop_back();
  return out;
}

Conversation::Conversation(const speech::Transcript& transcript) : transcript_(transcript) {
  double length = transcript.seconds;
  for (const auto& turn : transcript.turns) length = std::max(length, turn.end_s);
  for (std::size_t t = 0; t < transcript.turns.size(); ++t) {
    const auto& turn = transcript.turns[t];
    Sentence open{t, turn.speaker, {}, false, 0};
    std::size_t index = 0;
    const auto close = [&] {
      if (open.tokens.empty()) return;
      open.question = open.tokens.back().raw.ends_with('?');
      const double start = evidence(open).start_s;
      open.position = length > 0 ? std::clamp(start / length, 0.0, 1.0) : 0;
      sentences_.push_back(std::move(open));
      open = Sentence{t, turn.speaker, {}, false, 0};
    };
    each_word(turn.text, [&](std::string_view raw) {
      Token token = token_of(raw, index++);
      if (!token.word.empty()) open.tokens.push_back(std::move(token));
      if (ends_sentence(raw) || open.tokens.size() >= Sentence::kLongest) close();
    });
    close();
  }
}

Evidence Conversation::evidence(const Sentence& sentence, std::size_t first, std::size_t count) const {
  const auto& turn = transcript_.turns[sentence.turn];
  const Token& from = sentence.tokens[std::min(first, sentence.tokens.size() - 1)];
  const std::size_t last = count >= sentence.tokens.size()
                               ? sentence.tokens.size() - 1
                               : std::min(first + std::max<std::size_t>(count, 1) - 1, sentence.tokens.size() - 1);
  const Token& to = sentence.tokens[last];
  Evidence out{sentence.turn, turn.start_s, turn.end_s, {}};
  const char* begin = from.raw.data();
  const char* end = to.raw.data() + to.raw.size();
  out.quote = cut_quote({begin, static_cast<std::size_t>(end - begin)});
  if (to.index < turn.words.size()) {
    out.start_s = turn.words[from.index].start_s;
    out.end_s = turn.words[to.index].end_s;
  } else if (!turn.text.empty()) {
    const double length = turn.end_s - turn.start_s;
    const auto share = [&](const char* at) {
      return static_cast<double>(at - turn.text.data()) / static_cast<double>(turn.text.size());
    };
    out.start_s = turn.start_s + length * share(begin);
    out.end_s = turn.start_s + length * share(end);
  }
  return out;
}

}  // namespace parley::insight
