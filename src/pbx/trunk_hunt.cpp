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

TrunkHunt::TrunkHunt(TrunkBoard& board, std::vector<const DirectoryTrunk*> trunks, TimePoint now, Random& random)
    : board_(board), trunks_(std::move(trunks)), now_(now), random_(random) {
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

TrunkHunt::~TrunkHunt() { release(); }

void TrunkHunt::release() {
  if (held_) board_.release_channel(held_->settings.id);
  held_ = nullptr;
}

std::optional<TrunkHunt::Try> TrunkHunt::next() {
  while (true) {
    if (held_ && target_ < targets_.size()) return Try{held_, targets_[target_++]};
    release();
    if (at_ >= trunks_.size()) return std::nullopt;
    const auto& trunk = *trunks_[at_++];
    const auto id = trunk.settings.id;
    targets_ = board_.targets(id, now_, random_);
    target_ = 0;
    if (targets_.empty()) {
      reason_ = "no server of trunk " + trunk.settings.name + " is known";
    } else if (!board_.take_channel(id, static_cast<unsigned>(trunk.settings.channels))) {
      reason_ = "all channels of trunk " + trunk.settings.name + " are in use";
      targets_.clear();
    } else {
      held_ = &trunk;
      reason_ = "no server of trunk " + trunk.settings.name + " took the call";
    }
  }
}

TrunkHunt::Verdict TrunkHunt::failed(unsigned status, const sip::Message* response) {
  if (!held_ || target_ == 0) return Verdict::Final;
  const bool silent = response == nullptr;
  if (silent || status == 503) {
    auto length = kBadFor;
    if (const auto text = response ? response->value(sip::Header::RetryAfter) : std::nullopt)
      if (const auto after = sip::parse_retry_after(*text))
        length = std::clamp(std::chrono::seconds(after->seconds), kBadFor, kBadAtMost);
    board_.bad(held_->settings.id, targets_[target_ - 1], now_ + length);
  }
  if (silent || status == 503 || status == 500 || status == 502 || status == 504 || status == 408) {
    failovers(silent ? "silence" : status == 503 ? "503" : "error").add();
    return Verdict::NextServer;
  }
  if (status == 401 || status == 407) {  // its credentials are wrong, or were not ours to give
    failovers("credentials").add();
    targets_.clear();
    target_ = 0;
    return Verdict::NextTrunk;
  }
  return Verdict::Final;
}

}  // namespace parley::pbx
