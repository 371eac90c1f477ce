#include <algorithm>

#include <sip/reliable.hpp>

namespace parley::sip {
namespace {

constexpr std::uint32_t kMaxFirst = 0x7fffffffU;

}  // namespace

std::optional<std::uint32_t> reliable_rseq(const Message& response) noexcept {
  if (response.status() <= 100 || response.status() >= 200 || !response.lists(Header::Require, "100rel"))
    return std::nullopt;
  const auto text = response.value(Header::Rseq);
  if (!text) return std::nullopt;
  const auto rseq = parse_rseq(*text);
  return rseq ? std::optional(*rseq) : std::nullopt;
}

std::uint32_t ReliableSender::next_rseq(std::uint64_t random) noexcept {
  // Well below 2^31, so that the count never wraps within one INVITE.
  rseq_ = rseq_ == 0 ? static_cast<std::uint32_t>(random % (kMaxFirst - 1'000'000U)) + 1 : rseq_ + 1;
  return rseq_;
}

void ReliableSender::start(std::uint32_t invite_cseq, TimePoint now) noexcept {
  cseq_ = invite_cseq;
  waiting_ = true;
  interval_ = t1_;
  repeat_at_ = now + t1_;
  give_up_at_ = now + 64 * t1_;
}

bool ReliableSender::on_prack(const Rack& rack) noexcept {
  if (!waiting_ || rack.rseq != rseq_ || rack.cseq != cseq_ || rack.method != Method::Invite) return false;
  waiting_ = false;
  return true;
}

std::optional<TimePoint> ReliableSender::next_deadline() const noexcept {
  return waiting_ ? std::optional(std::min(repeat_at_, give_up_at_)) : std::nullopt;
}

ReliableSender::Due ReliableSender::on_time(TimePoint now) noexcept {
  if (!waiting_) return Due::Nothing;
  if (now >= give_up_at_) {
    waiting_ = false;
    return Due::GiveUp;
  }
  if (now < repeat_at_) return Due::Nothing;
  interval_ *= 2;
  repeat_at_ = now + interval_;
  return Due::Send;
}

ReliableReceiver::Take ReliableReceiver::on_response(std::uint32_t rseq) noexcept {
  if (last_ && rseq <= *last_) return Take::Repeated;
  if (last_ && rseq != *last_ + 1) return Take::OutOfOrder;
  last_ = rseq;
  return Take::Serve;
}

}  // namespace parley::sip
