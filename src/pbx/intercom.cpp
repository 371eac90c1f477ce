#include <algorithm>

#include <pbx/intercom.hpp>
#include <sip/identity_headers.hpp>
#include <sip/scan.hpp>

namespace parley::pbx {
namespace {

bool mentions(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return sip::scan::lower(a) == b; };
  return !std::ranges::search(text, word, same).empty();
}

/// What vendors write there: ;answer-after=0, ;info=alert-autoanswer, "Ring Answer", "Auto Answer", "intercom" …
bool asks_to_answer(const HeaderText& line) {
  const auto& [name, value] = line;
  if (name == sip::name_of(sip::Header::AnswerMode) || name == sip::name_of(sip::Header::PrivAnswerMode)) return true;
  return name == sip::name_of(sip::Header::AlertInfo) && (mentions(value, "answer") || mentions(value, "intercom"));
}

bool requires_mode(const sip::Message& invite, sip::Header header) {
  const auto value = invite.value(header);
  const auto mode = value ? sip::parse_answer_mode(*value) : std::unexpected(sip::ParseError{});
  return mode && mode->required;
}

}  // namespace

unsigned judge_intercom(const sip::Message& invite, bool allowed, std::vector<HeaderText>& passed) {
  if (!allowed) std::erase_if(passed, asks_to_answer);
  const auto passes = [&](sip::Header header) {
    return std::ranges::any_of(passed, [&](const HeaderText& line) { return line.first == sip::name_of(header); });
  };
  for (const auto header : {sip::Header::AnswerMode, sip::Header::PrivAnswerMode})
    if (requires_mode(invite, header) && !passes(header)) return 403;
  if (!invite.lists(sip::Header::Require, "answermode")) return 0;
  if (!allowed) return 403;
  passed.emplace_back("Require", "answermode");
  return 0;
}

}  // namespace parley::pbx
