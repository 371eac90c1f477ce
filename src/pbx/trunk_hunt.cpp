#include <algorithm>

#include <base/metrics.hpp>
#include <pbx/trunk_hunt.hpp>
#include <sip/headers.hpp>
#include <sip/message.hpp>

namespace parley::pbx {
namespace {

constexpr std::chrono::seconds kBadFor{30}, kBadAtMost{600};

metrics::Counter& failovers(std::string_view cause) {
  return metrics::counter("parley_trunk_failovers_total", "Calls that went on to another server or trunk",
                          {{"cause", cause}});
}

}  // namespace

TrunkHunt::TrunkHunt(TrunkBoard& board, std::vector<const DirectoryTrunk*> trunks, bool emergency, TimePoint now,
                     Random& random)
    : board_(board), trunks_(std::move(trunks)), emergency_(emergency), now_(now), random_(random) {
  std::erase_if(trunks_, [](const DirectoryTrunk* trunk) { return !trunk->settings.enabled; });
  std::vector<const DirectoryTrunk*> down;
  std::erase_if(trunks_, [&](const DirectoryTrunk* trunk) {
    const auto status = board_.status(trunk->settings.id);
    const bool up = status && status->condition == TrunkCondition::Up;
    if (!up) down.push_back(trunk);
    return !up;
  });
  trunks_.insert(trunks_.end(), down.begin(), down.end());
}

std::optional<TrunkHunt::Try> TrunkHunt::next() {
  while (true) {
    if (tried_ && target_ < targets_.size()) return Try{tried_, targets_[target_++], channel_};
    tried_ = nullptr;
    channel_.reset();
    if (at_ >= trunks_.size()) return std::nullopt;
    const auto& trunk = *trunks_[at_++];
    const auto id = trunk.settings.id;
    targets_ = board_.targets(id, now_, random_);
    target_ = 0;
    if (targets_.empty()) {
      reason_ = "no server of trunk " + trunk.settings.name + " is known";
    } else if (channel_ = board_.take_channel(id, emergency_ ? 0U : static_cast<unsigned>(trunk.settings.channels));
               !channel_) {
      reason_ = "all channels of trunk " + trunk.settings.name + " are in use";
      targets_.clear();
    } else {
      tried_ = &trunk;
      reason_ = "no server of trunk " + trunk.settings.name + " took the call";
    }
  }
}

TrunkHunt::Verdict TrunkHunt::failed(unsigned status, const sip::Message* response) {
  if (!tried_ || target_ == 0) return Verdict::Final;
  const bool silent = response == nullptr && (status == 408 || status == 503);  // else it is we who refuse
  if (silent || status == 503) {
    auto length = kBadFor;
    if (const auto text = response ? response->value(sip::Header::RetryAfter) : std::nullopt)
      if (const auto after = sip::parse_retry_after(*text))
        length = std::clamp(std::chrono::seconds(after->seconds), kBadFor, kBadAtMost);
    board_.bad(tried_->settings.id, targets_[target_ - 1], now_ + length);
  }
  if (silent || status == 503 || status == 500 || status == 502 || status == 504 || status == 408) {
    failovers(silent ? "silence" : status == 503 ? "503" : "error").add();
    return Verdict::NextServer;
  }
  const bool credentials = status == 401 || status == 407;  // they are wrong, or were not ours to give
  if (!credentials && (!emergency_ || status == 486 || status >= 600)) return Verdict::Final;
  failovers(credentials ? "credentials" : "emergency").add();
  targets_.clear();
  target_ = 0;
  return Verdict::NextTrunk;
}

}  // namespace parley::pbx
