#include <algorithm>
#include <string_view>

#include <rtp/telephone_event.hpp>
#include <rtp/wire.hpp>

namespace parley::rtp {
namespace {
constexpr std::string_view kKeys = "0123456789*#ABCD";
constexpr std::uint8_t kVolume = 10;  // -10 dBm0
constexpr std::uint32_t kLongest = 0xFFFF;
}  // namespace

std::optional<char> key_of_event(std::uint8_t event) noexcept {
  return event < kKeys.size() ? std::optional(kKeys[event]) : std::nullopt;
}

std::optional<std::uint8_t> event_of_key(char key) noexcept {
  if (key >= 'a' && key <= 'd') key = static_cast<char>(key - 'a' + 'A');
  const auto at = kKeys.find(key);
  return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<std::uint8_t>(at));
}

bool TelephoneEventDecoder::told(std::uint32_t timestamp) const noexcept {
  return std::find(told_.begin(), told_.begin() + told_count_, timestamp) != told_.begin() + told_count_;
}

void TelephoneEventDecoder::remember(std::uint32_t timestamp) noexcept {
  told_[told_next_] = timestamp;
  told_next_ = (told_next_ + 1) % static_cast<unsigned>(told_.size());
  told_count_ = std::min(told_count_ + 1, static_cast<unsigned>(told_.size()));
}

KeyPress TelephoneEventDecoder::finish() noexcept {
  const KeyPress press{key_of_event(pending_->event).value_or('0'), pending_->earlier + pending_->duration};
  remember(pending_->timestamp);
  pending_.reset();
  return press;
}

TelephoneEventDecoder::Presses TelephoneEventDecoder::on_packet(std::uint32_t ssrc, std::uint32_t timestamp,
                                                                bool marker, BytesView payload,
                                                                TimePoint now) noexcept {
  Presses out;
  if (payload.size() < 4 || payload[0] >= kKeys.size()) return out;
  if (ssrc_ != ssrc) {  // time stamps of different sources say nothing about each other
    if (pending_) out.items[out.count++] = finish();
    told_count_ = told_next_ = 0;
    ssrc_ = ssrc;
  }
  if (told(timestamp)) return out;
  const bool end = (payload[1] & 0x80U) != 0;
  const std::uint16_t duration = get16(&payload[2]);

  if (pending_ && pending_->timestamp != timestamp) {
    const bool continues = !marker && pending_->event == payload[0] && timestamp == pending_->timestamp + kLongest;
    if (continues) {
      remember(pending_->timestamp);
      pending_->timestamp = timestamp;
      pending_->earlier += kLongest;
      pending_->duration = 0;
    } else if (static_cast<std::int32_t>(timestamp - pending_->timestamp) > 0) {
      out.items[out.count++] = finish();  // the next press began: the end packets of this one were lost
    } else {
      // An older press whose first packet comes only now: told by itself, the running one goes on.
      remember(timestamp);
      out.items[out.count++] = {key_of_event(payload[0]).value_or('0'), duration};
      return out;
    }
  }
  if (!pending_) pending_ = Pending{payload[0], timestamp, 0, 0, now};
  pending_->duration = std::max(pending_->duration, duration);
  pending_->last = now;
  if (end) out.items[out.count++] = finish();
  return out;
}

std::optional<KeyPress> TelephoneEventDecoder::on_time(TimePoint now) noexcept {
  if (!pending_ || now - pending_->last < kSilence) return std::nullopt;
  return finish();
}

std::optional<TimePoint> TelephoneEventDecoder::next_deadline() const noexcept {
  return pending_ ? std::optional(pending_->last + kSilence) : std::nullopt;
}

void TelephoneEventEncoder::start(std::uint8_t event, std::uint32_t duration, std::uint32_t step) noexcept {
  event_ = event;
  step_ = std::max(step, 1U);
  duration_ = std::clamp(duration, step_, kLongest);
  elapsed_ = 0;
  ends_ = 0;
  active_ = true;
}

TelephoneEventEncoder::Packet TelephoneEventEncoder::next() noexcept {
  Packet packet;
  packet.marker = elapsed_ == 0;
  elapsed_ = std::min(elapsed_ + step_, duration_);
  const bool end = elapsed_ == duration_;
  if (end) ++ends_;
  packet.last = ends_ == 3;
  if (packet.last) active_ = false;
  packet.payload[0] = event_;
  packet.payload[1] = static_cast<std::uint8_t>((end ? 0x80U : 0U) | kVolume);
  put16(&packet.payload[2], static_cast<std::uint16_t>(elapsed_));
  return packet;
}

}  // namespace parley::rtp
