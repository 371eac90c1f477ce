#include <algorithm>

#include <fmt/format.h>

#include <sip/session_timer.hpp>

namespace parley::sip {
namespace {

constexpr std::chrono::seconds kLongest{24 * 3600};
constexpr unsigned kMaxRetries = 3;  // each asks for more

std::optional<std::chrono::seconds> min_se_of(const Message& message) noexcept {
  const auto text = message.value(Header::MinSe);
  if (!text) return std::nullopt;
  const auto parsed = parse_min_se(*text);
  if (!parsed) return std::nullopt;
  return std::clamp(std::chrono::seconds(*parsed), SessionTimer::kLeast, kLongest);
}

struct Asked {
  std::chrono::seconds interval{};
  Refresher refresher = Refresher::None;
};
std::optional<Asked> asked_in(const Message& message) noexcept {
  const auto text = message.value(Header::SessionExpires);
  if (!text) return std::nullopt;
  const auto parsed = parse_session_expires(*text);
  if (!parsed) return std::nullopt;
  return Asked{std::chrono::seconds(parsed->seconds), parsed->refresher};
}

}  // namespace

std::optional<std::chrono::seconds> SessionTimer::judge(const Message& request) const {
  const auto asked = asked_in(request);
  if (!asked || asked->interval >= policy_.least) return std::nullopt;
  if (!request.lists(Header::Supported, "timer")) return std::nullopt;  // §9: who lacks it gets no 422
  return policy_.least;
}

void SessionTimer::accept(const Message& request, TimePoint now) {
  peer_knows_ = request.lists(Header::Supported, "timer");
  const auto asked = asked_in(request);
  in_answer_ = true;
  if (!asked && !peer_knows_) {  // it has none; what runs already goes on, and we refresh it
    in_answer_ = running();
    if (running()) start(interval_, RefreshedBy::Us, now);
    return;
  }
  // §9: never longer than asked, never shorter than its Min-SE and ours.
  const auto least = std::max(policy_.least, min_se_of(request).value_or(policy_.least));
  auto interval = asked ? std::min(asked->interval, policy_.interval) : policy_.interval;
  interval = std::clamp(std::max(interval, least), kLeast, kLongest);
  if (asked && asked->interval >= least) interval = std::min(interval, asked->interval);
  // Table 2: their word counts; without one the side that runs it already goes on, at first the caller.
  const bool ours = !peer_knows_ || (asked && asked->refresher == Refresher::Uas);
  start(interval, ours ? RefreshedBy::Us : RefreshedBy::Them, now);
}

void SessionTimer::response_headers(ResponseBuilder& response) const {
  if (!running() || !in_answer_) return;
  if (refresher_ == RefreshedBy::Them) response.header(Header::Require, "timer");
  response.header(Header::SessionExpires,
                  fmt::format("{};refresher={}", interval_.count(), refresher_ == RefreshedBy::Us ? "uas" : "uac"));
}

void SessionTimer::request_headers(RequestBuilder& request) const {
  const auto interval = running() ? interval_ : wanted_;
  if (!running()) {
    request.header(Header::SessionExpires, std::to_string(interval.count()));
  } else {
    request.header(Header::SessionExpires,
                   fmt::format("{};refresher={}", interval.count(), refresher_ == RefreshedBy::Us ? "uac" : "uas"));
  }
  const auto least = std::max(policy_.least, raised_.value_or(policy_.least));
  if (least != kLeast) request.header(Header::MinSe, std::to_string(least.count()));
}

void SessionTimer::on_success(const Message& response, TimePoint now) {
  const auto agreed = asked_in(response);
  if (!agreed || agreed->interval == std::chrono::seconds::zero()) {  // the other end has no timer (§7.2)
    refresher_ = RefreshedBy::Nobody;
    refresh_at_.reset();
    return;
  }
  in_answer_ = false;
  peer_knows_ = true;
  start(std::clamp(agreed->interval, kLeast, kLongest),
        agreed->refresher == Refresher::Uas ? RefreshedBy::Them : RefreshedBy::Us, now);
}

bool SessionTimer::on_too_small(const Message& response) {
  const auto least = min_se_of(response);
  if (!least || retries_ >= kMaxRetries || *least <= wanted_) return false;  // it would be refused again
  ++retries_;
  raised_ = *least;
  wanted_ = *least;
  if (running()) interval_ = std::max(interval_, *least);
  return true;
}

void SessionTimer::start(std::chrono::seconds interval, RefreshedBy refresher, TimePoint now) {
  interval_ = interval;
  refresher_ = refresher;
  expires_at_ = now + interval;
  // Half way for who refreshes (§7.2); a little before the end the other one gives up (§10).
  if (refresher == RefreshedBy::Us) {
    refresh_at_ = now + interval / 2;
  } else {
    refresh_at_.reset();
    expires_at_ -= std::min(std::chrono::seconds(32), interval / 3);
  }
}

std::optional<TimePoint> SessionTimer::next_deadline() const noexcept {
  if (!running()) return std::nullopt;
  return refresh_at_ ? std::min(*refresh_at_, expires_at_) : expires_at_;
}

SessionTimer::Due SessionTimer::on_time(TimePoint now) noexcept {
  if (!running()) return Due::Nothing;
  if (now >= expires_at_) {
    refresher_ = RefreshedBy::Nobody;
    return Due::Expired;
  }
  if (refresh_at_ && now >= *refresh_at_) {
    // Once more in good time if this one should fail.
    const auto last = expires_at_ - std::min(std::chrono::seconds(32), interval_ / 3);
    refresh_at_ = *refresh_at_ < last ? std::optional(last) : std::nullopt;
    return Due::Refresh;
  }
  return Due::Nothing;
}

}  // namespace parley::sip
