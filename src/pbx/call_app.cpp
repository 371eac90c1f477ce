// Calls that we answer ourselves: the echo test, and what a conference begins with.
#include <media/prompt.hpp>
#include <pbx/call.hpp>

namespace parley::pbx {

/// False: refused.
bool Call::answer_by_app(const std::string& number, const std::string& name, const std::string& step) {
  story_.callee({number, name, {}});
  show([&](LiveCall& view) { view.callee.name = name; });
  const auto text = own_answer();
  if (!text) {
    refuse(488, "no usable audio offered");
    return false;
  }
  enter(CallInput::CalleeAnswered);
  story_.answered(now());
  story_.leg_answered(id_of(*caller_), now());
  story_.step(step, now());
  show([&](LiveCall& view) {
    view.state = LiveState::Answered;
    view.answered = story_.record().answered;
  });
  tell("call.answered");
  caller_->answer(*text);
  return true;
}

void Call::start_echo_test() {
  if (answer_by_app(std::string(kEchoTestNumber), "Echo test", "echo test")) app_ = echo_test(*caller_);
}

CallApp Call::echo_test(CallLeg& leg) {
  co_await caller_is_ready_;
  if (const auto greeting = core_.shared().prompts.get("echo_test")) co_await play(core_, leg, *greeting);
  if (!ended()) core_.shared().media.echo(leg.media().handle());
}

}  // namespace parley::pbx
