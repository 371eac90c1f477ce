#include <algorithm>

#include <pbx/target_finder.hpp>

namespace parley::pbx {
namespace {

constexpr unsigned kMaxRounds = 5;  // NAPTR, SRV, addresses, and what an answer left open
constexpr std::chrono::seconds kShortest{5}, kLongest{24 * 3600}, kAfterSilence{30};

}  // namespace

struct TargetFinder::Search {
  Place place;
  Reach reach;
  OnFound done;
  Found found;
  std::size_t waiting = 0;
  unsigned rounds = 0;
};

void TargetFinder::find(const Place& place, const Reach& reach, OnFound done) {
  auto search = std::make_shared<Search>();
  search->place = place;
  search->reach = reach;
  search->done = std::move(done);
  search->found.good_for = kLongest;
  step(search);
}

void TargetFinder::step(const std::shared_ptr<Search>& search) {
  auto& found = search->found;
  found.selection = select_targets(search->place, search->reach, found.answers, random_);
  if (found.selection.missing.empty() || search->rounds++ >= kMaxRounds) {
    if (found.selection.dns_failed) found.good_for = std::min(found.good_for, kAfterSilence);
    found.good_for = std::max(found.good_for, kShortest);
    auto done = std::move(search->done);
    return done(std::move(found));
  }
  search->waiting = found.selection.missing.size();
  for (const auto& question : found.selection.missing)
    resolver_.ask(question, [this, search, question, alive = std::weak_ptr<int>(alive_)](const net::DnsReply& reply) {
      if (alive.expired()) return;
      search->found.answers[question] = reply;
      const auto ttl = reply.outcome == net::DnsReply::Outcome::Found && !reply.stale ? reply.ttl : kAfterSilence;
      search->found.good_for = std::min(search->found.good_for, ttl);
      if (--search->waiting == 0) step(search);
    });
}

}  // namespace parley::pbx
