#include <utility>

#include <media/courier.hpp>
#include <media/leg_ice.hpp>

namespace parley::media {

using State = dtls::Session::State;

void LegIce::set_remote(const RemoteIce& remote, TimePoint now) {
  if (agent_.local() != local_.credentials)
    agent_.restart(local_.credentials, remote.credentials);
  else
    agent_.set_remote(remote.credentials);
  const bool same_peer = session_ && remote_ && remote_->fingerprints == remote.fingerprints;
  remote_ = remote;
  if (!same_peer) {
    session_ = std::make_shared<dtls::Session>(local_.identity, remote.role, remote.fingerprints);
    state_ = State::Waiting;
    begun_ = has_keys_ = false;
    deadline_.reset();
    waiting_ = 0;
  }
  begin_if_client(now);
}

void LegIce::begin_if_client(TimePoint now) {
  if (!session_ || begun_ || remote_->role != dtls::Role::Client || !agent_.selected()) return;
  begun_ = true;
  work([now](dtls::Session& session) { session.start(now); });
}

void LegIce::work(UniqueFunction<void(dtls::Session&)> step) {
  ++waiting_;
  worker_.send([session = session_, deliver = deliver_, step = std::move(step)]() mutable {
    step(*session);
    HandshakeReport report{session};
    report.outgoing = session->take_outgoing();
    report.state = session->state();
    report.keys = session->keys();
    report.deadline = session->next_deadline();
    deliver(std::move(report));
  });
}

LegIce::Taken LegIce::on_datagram(BytesView datagram, const Endpoint& from, TimePoint now) {
  Taken out{dtls::kind_of(datagram)};
  switch (out.kind) {
    case dtls::Kind::Stun: {
      const auto reaction = agent_.on_datagram(datagram, from, now);
      using Verdict = ice::LiteAgent::Verdict;
      out.admitted = reaction.verdict == Verdict::Answered || reaction.verdict == Verdict::Refused;
      out.answer = reaction.answer;
      out.moved = reaction.moved;
      begin_if_client(now);
      return out;
    }
    case dtls::Kind::Dtls:
      out.admitted = agent_.takes_from(from);
      if (!out.admitted || !session_ || waiting_ >= kMaxWaiting) return out;
      heard_from_ = from;
      work([bytes = Bytes(datagram.begin(), datagram.end()), now](dtls::Session& session) {
        (void)session.on_datagram(bytes, now);
      });
      return out;
    case dtls::Kind::Rtp:
    case dtls::Kind::Rtcp: out.admitted = agent_.takes_from(from); return out;
    case dtls::Kind::Other: return out;
  }
  return out;
}

bool LegIce::on_time(TimePoint now) {
  if (deadline_ && now >= *deadline_) {
    deadline_.reset();
    work([now](dtls::Session& session) { session.on_time(now); });
  }
  return agent_.on_time(now);
}

LegIce::Outcome LegIce::on_report(HandshakeReport report) {
  if (report.session != session_) return {};
  if (waiting_ > 0) --waiting_;
  state_ = report.state;
  deadline_ = report.deadline;
  const auto selected = agent_.selected();
  Outcome out{selected ? selected : heard_from_, std::move(report.outgoing), nullptr, false};
  // The path may have been lost while the worker was at it.
  if (out.to && !agent_.takes_from(*out.to)) out.to.reset();
  if (report.keys && !std::exchange(has_keys_, true)) out.keys = std::move(report.keys);
  out.closed = state_ == State::Closed || state_ == State::Failed;
  return out;
}

}  // namespace parley::media
