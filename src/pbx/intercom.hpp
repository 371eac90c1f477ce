#pragma once
#include <vector>

#include <pbx/header_policy.hpp>
#include <sip/message.hpp>

namespace parley::pbx {

/// Headers by which a caller asks a phone to answer by itself: Answer-Mode, Priv-Answer-Mode, Alert-Info that says so.
/// They pass as header_policy.hpp has it, between phones of one organisation only; and where the setting forbids it,
/// not at all: then they are taken out of `passed`.
/// 0, or the status to refuse with: 403 where a mode is required (";require", option tag answermode) that is not
/// passed on.
/// Source: RFC 5373 §4, RFC 3261 §20.4.   Pure.
[[nodiscard]] unsigned judge_intercom(const sip::Message& invite, bool allowed, std::vector<HeaderText>& passed);

}  // namespace parley::pbx
