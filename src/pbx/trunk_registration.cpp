#include <algorithm>
#include <tuple>

#include <pbx/trunk_registration.hpp>
#include <sip/headers.hpp>

namespace parley::pbx {
namespace {

constexpr auto kLongestExpires = std::chrono::seconds(24 * 3600);
constexpr auto kLongestRetryAfter = std::chrono::seconds(3600);
constexpr auto kRefreshAhead = std::chrono::seconds(40);  // a request's whole time-out (64*T1), and a little
constexpr unsigned kMaxProofs = 3;                        // answers to challenges in a row, fresh nonces included

/// Refusals of the account itself: asking again changes nothing, and gets addresses banned.
bool is_refusal(unsigned status) {
  return status == 403 || status == 404 || status == 410 || status == 416 || status == 420 || status >= 600;
}

}  // namespace

TrunkRegistration::TrunkRegistration(Options options, Owner& owner, Random& random)
    : options_(std::move(options)), owner_(owner), random_(random), asked_(options_.expires) {}

void TrunkRegistration::start(TimePoint now) { enter(TrunkInput::Start, now); }
void TrunkRegistration::stop(TimePoint now) { enter(TrunkInput::Stop, now); }

std::optional<Target> TrunkRegistration::target() const {
  return at_ < targets_.size() ? std::optional(targets_[at_]) : std::nullopt;
}

void TrunkRegistration::on_targets(std::vector<Target> targets, TimePoint now) {
  if (state_ != TrunkState::Locating) return;
  // The server that took the last registration goes first as long as DNS still names it: its peers may not know of us.
  if (const auto last = target(); up_ && last)
    if (const auto same = std::ranges::find(targets, *last); same != targets.end())
      std::rotate(targets.begin(), same, same + 1);
  targets_ = std::move(targets);
  at_ = 0;
  retry_after_ = {};
  if (!targets_.empty()) return enter(TrunkInput::Targets, now);
  reason_ = "no server of the carrier was found in DNS";
  enter(TrunkInput::NoTargets, now);
}

void TrunkRegistration::on_time(TimePoint now) {
  if (!due_ || now < *due_) return;
  due_.reset();
  enter(state_ == TrunkState::Registered ? TrunkInput::RefreshDue : TrunkInput::RetryDue, now);
}

void TrunkRegistration::on_failure(std::string_view what, TimePoint now) { failed(std::string(what), now); }

void TrunkRegistration::failed(std::string reason, TimePoint now) {
  reason_ = std::move(reason);
  enter(at_ + 1 < targets_.size() ? TrunkInput::NextFailed : TrunkInput::LastFailed, now);
}

void TrunkRegistration::on_response(const sip::Message& response, TimePoint now) {
  const auto status = response.status();
  if (status < 200 || response.cseq().number != cseq_) return;
  if (status < 300) {
    granted_ = granted(response);
    if (granted_.count() <= 0 && state_ != TrunkState::Leaving) return failed("the registrar gave no time at all", now);
    return enter(TrunkInput::Success, now);
  }
  if (status == 401 || status == 407) return judge_challenge(response, now);
  reason_ = "the registrar says " + std::to_string(status);
  if (status == 423) {
    std::uint32_t least = 0;
    if (const auto text = response.value(sip::Header::MinExpires))
      if (const auto seconds = sip::parse_seconds(*text)) least = *seconds;
    const auto wanted = std::chrono::seconds(least);
    if (wanted <= asked_ || wanted > kLongestExpires)
      return failed(reason_ + " and no time that we could ask for", now);
    asked_ = wanted;
    return enter(TrunkInput::TooBrief, now);
  }
  if (is_refusal(status)) return enter(TrunkInput::Forbidden, now);
  if (const auto text = response.value(sip::Header::RetryAfter))
    if (const auto after = sip::parse_retry_after(*text))
      retry_after_ = std::max(retry_after_, std::min(std::chrono::seconds(after->seconds), kLongestRetryAfter));
  failed(reason_, now);
}

void TrunkRegistration::judge_challenge(const sip::Message& response, TimePoint now) {
  const auto asked = target();
  if (!asked) return;
  auto answer = answer_carrier(response, options_.credential, *asked, sip::Method::Register, options_.uri, random_);
  switch (answer.verdict) {
    case ChallengeAnswer::Verdict::OtherRealm:
      reason_ = "asked for the password of realm \"" + answer.realm + "\"; the trunk's is \"" +
                options_.credential.realm + "\"";
      return enter(TrunkInput::OtherPlace, now);
    case ChallengeAnswer::Verdict::OtherHost:
      reason_ = "a server asked for the password that had not been asked";
      return enter(TrunkInput::OtherPlace, now);
    case ChallengeAnswer::Verdict::Nothing: return failed("the registrar asks for a proof that we do not know", now);
    case ChallengeAnswer::Verdict::Answer: break;
  }
  if (proofs_ > 0 && (!answer.stale || proofs_ >= kMaxProofs)) {
    reason_ = "the registrar does not take user and password";
    return enter(TrunkInput::WrongCredentials, now);
  }
  proof_ = {answer.header, std::move(answer.value)};
  ++proofs_;
  enter(TrunkInput::Challenge, now);
}

std::chrono::seconds TrunkRegistration::granted(const sip::Message& response) const {
  std::optional<std::uint32_t> seconds;
  const auto contacts = response.name_addrs(sip::Header::Contact);
  for (const auto& contact : contacts)
    if (contact.uri.user_text() == options_.contact || contacts.size() == 1) seconds = contact.expires();
  if (!seconds) seconds = response.expires();
  return std::min(seconds ? std::chrono::seconds(*seconds) : asked_, kLongestExpires);
}

Duration TrunkRegistration::some_of(Duration from, Duration to) {
  const auto range = static_cast<std::uint64_t>((to - from).count());
  return from + Duration(static_cast<Duration::rep>(random_.next() % (range + 1)));
}

void TrunkRegistration::enter(TrunkInput input, TimePoint now) {
  const auto* step = next(state_, input);
  if (step == nullptr) return;
  const auto before = std::tuple(state_, up_);
  state_ = step->next;
  act(step->action, now);
  if (before != std::tuple(state_, up_)) owner_.changed();
}

void TrunkRegistration::act(TrunkAction action, TimePoint now) {
  if (action != TrunkAction::Accept && action != TrunkAction::BackOff) due_.reset();
  switch (action) {
    case TrunkAction::Locate: return owner_.locate();
    case TrunkAction::Send: return send(false);
    case TrunkAction::SendNext: ++at_; return send(false);
    case TrunkAction::Prove: return send(true);
    case TrunkAction::Accept: return accept(now);
    case TrunkAction::BackOff: return back_off(now);
    case TrunkAction::GiveUp:
      up_ = false;
      expires_.reset();
      return;
    case TrunkAction::Leave: return send(false);
    case TrunkAction::End:
      up_ = false;
      expires_.reset();
      reason_.clear();
      return;
  }
}

void TrunkRegistration::send(bool proving) {
  if (!proving) {
    proof_.reset();
    proofs_ = 0;
  }
  const bool leaving = state_ == TrunkState::Leaving;
  owner_.send({targets_[at_], ++cseq_, leaving ? std::chrono::seconds(0) : asked_, proof_});
}

void TrunkRegistration::accept(TimePoint now) {
  up_ = true;
  reason_.clear();
  rounds_ = 0;
  const Duration whole = granted_;
  // A tenth of the time ahead, at least what a request that nobody answers takes; of short times half.
  const auto ahead = std::min<Duration>(whole / 2, std::max<Duration>(kRefreshAhead, whole / 10));
  expires_ = now + granted_;
  due_ = now + std::chrono::duration_cast<TimePoint::duration>(some_of((whole - ahead) * 9 / 10, whole - ahead));
}

void TrunkRegistration::back_off(TimePoint now) {
  up_ = false;
  expires_.reset();
  const auto doublings = std::min(rounds_++, 16U);
  const Duration longest = options_.longest_wait;
  const auto wait = std::min<Duration>(options_.first_wait * (1U << doublings), longest);
  due_ =
      now + std::chrono::duration_cast<TimePoint::duration>(std::max<Duration>(some_of(wait / 2, wait), retry_after_));
}

}  // namespace parley::pbx
