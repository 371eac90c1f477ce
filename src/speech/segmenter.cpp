#include <algorithm>

#include <speech/segmenter.hpp>

namespace parley::speech {
namespace {

constexpr float kBegin = 0.5F;
constexpr float kEnd = 0.35F;
constexpr std::size_t kPad = 6;        // windows of quiet kept on either side: 0.19 s
constexpr std::size_t kSilence = 19;   // windows that end a segment: 0.6 s
constexpr std::size_t kLongest = 437;  // windows: 14 s
constexpr std::size_t kShortest = 4;   // windows: 0.13 s; less is a click

}  // namespace

std::optional<Segment> Segmenter::push(std::span<const float> window, float probability) {
  windows_.push_back({{window.begin(), window.end()}, probability});
  if (!open_) {
    if (probability >= kBegin) {
      open_ = true;
      silent_ = 0;
      speech_begin_ = windows_.size() - 1;
    } else if (windows_.size() > kPad) {
      windows_.pop_front();
      ++first_index_;
    }
    return std::nullopt;
  }
  silent_ = probability < kEnd ? silent_ + 1 : 0;
  if (silent_ >= kSilence) {
    open_ = false;
    return close(windows_.size() - silent_, windows_.size() - kPad);
  }
  if (windows_.size() - speech_begin_ < kLongest) return std::nullopt;
  const std::size_t cut = quietest(speech_begin_ + kLongest / 2, windows_.size());
  auto segment = close(cut, cut);  // what follows belongs to the next one, which begins here
  speech_begin_ = 0;
  silent_ = std::min(silent_, windows_.size());
  return segment;
}

std::optional<Segment> Segmenter::finish() {
  if (!open_) return std::nullopt;
  open_ = false;
  return close(windows_.size() - silent_, windows_.size());
}

std::optional<Segment> Segmenter::close(std::size_t speech_end, std::size_t keep_from) {
  std::optional<Segment> out;
  if (speech_end - speech_begin_ >= kShortest) {
    const std::size_t first = speech_begin_ - std::min(kPad, speech_begin_);
    const std::size_t end = std::min(windows_.size(), open_ ? speech_end : speech_end + kPad);
    out.emplace();
    out->first = (first_index_ + first) * kWindow;
    out->speech_first = (first_index_ + speech_begin_) * kWindow;
    out->speech_end = (first_index_ + speech_end) * kWindow;
    out->samples.reserve((end - first) * kWindow);
    for (std::size_t i = first; i < end; ++i)
      out->samples.insert(out->samples.end(), windows_[i].samples.begin(), windows_[i].samples.end());
  }
  windows_.erase(windows_.begin(), windows_.begin() + static_cast<std::ptrdiff_t>(keep_from));
  first_index_ += keep_from;
  return out;
}

/// The middle of the five windows that hold the least speech together.
std::size_t Segmenter::quietest(std::size_t from, std::size_t to) const {
  constexpr std::size_t kSpan = 5;
  std::size_t best = from;
  float least = 2.0F * kSpan;
  for (std::size_t i = from; i + kSpan <= to; ++i) {
    float sum = 0;
    for (std::size_t k = 0; k < kSpan; ++k) sum += windows_[i + k].probability;
    if (sum < least) {
      least = sum;
      best = i + kSpan / 2;
    }
  }
  return best;
}

}  // namespace parley::speech
