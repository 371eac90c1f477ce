#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include <media/recording_scan.hpp>

namespace parley::media {

std::string RecordingFault::text() const {
  constexpr std::array<std::string_view, 8> kNames{"altered", "missing",          "swapped",     "repeated",
                                                   "torn",    "no closing frame", "rolled back", "foreign bytes"};
  const auto name = kNames[static_cast<std::size_t>(kind)];
  return frame ? fmt::format("frame {}: {} (at byte {})", *frame, name, offset)
               : fmt::format("{} (at byte {})", name, offset);
}

}  // namespace parley::media

namespace parley::media::recording {
namespace {
using Kind = RecordingFault::Kind;

class Scanner {
 public:
  Scanner(RandomAccessFile& file, FrameCipher& cipher) : file_(file), cipher_(cipher), size_(file.size()) {}

  Result<Scan> run() {
    std::uint64_t at = kHeaderSize;
    while (at < size_) {
      const auto frame = frame_at(at);
      if (!frame) return std::unexpected(frame.error());
      if (*frame) {
        keep(**frame);
        at += (*frame)->size;
        continue;
      }
      const auto next = find_frame_after(at);
      if (!next) return std::unexpected(next.error());
      name_damage(at, next->value_or(size_), next->has_value());
      at = next->value_or(size_);
    }
    finish();
    return std::move(scan_);
  }

 private:
  /// The true frame that begins there, if one does. `bytes_` then holds it and `plain_` its text.
  Result<std::optional<FoundFrame>> frame_at(std::uint64_t at) {
    std::array<std::uint8_t, kFrameHead> head_bytes{};
    const auto got = file_.read(at, head_bytes);
    if (!got) return std::unexpected(got.error());
    const auto head = read_frame_head(BytesView(head_bytes).first(*got));
    if (!head || head->sealed > size_ - at - kFrameHead) return std::optional<FoundFrame>{};
    bytes_.resize(kFrameHead + head->sealed);
    const auto whole = file_.read(at, bytes_);
    if (!whole) return std::unexpected(whole.error());
    if (*whole != bytes_.size() || !cipher_.open(bytes_, plain_)) {
      wasted_ += bytes_.size();
      return std::optional<FoundFrame>{};
    }
    return std::optional(FoundFrame{head->counter, at, static_cast<std::uint32_t>(bytes_.size())});
  }

  void keep(const FoundFrame& frame) {
    if (scan_.closing) fault(Kind::Foreign, frame.counter, frame.offset);
    if (by_counter_.contains(frame.counter)) return fault(Kind::Repeated, frame.counter, frame.offset);
    if (auto closing = read_closing(plain_)) scan_.closing = closing;
    std::array<std::uint8_t, vault::kTagSize> tag{};
    std::copy(bytes_.end() - static_cast<std::ptrdiff_t>(tag.size()), bytes_.end(), tag.begin());
    by_counter_.emplace(frame.counter, std::pair(frame, tag));
    order_.push_back(frame);
  }

  Result<std::optional<std::uint64_t>> find_frame_after(std::uint64_t at) {
    std::array<std::uint8_t, 4096> window{};
    for (std::uint64_t from = at + 1; from + kFrameHead < size_ && wasted_ < kMaxResync;) {
      const auto got = file_.read(from, window);
      if (!got) return std::unexpected(got.error());
      for (std::size_t i = 0; i + kFrameHead <= *got; ++i) {
        if (!read_frame_head(BytesView(window).subspan(i, *got - i))) continue;
        const auto frame = frame_at(from + i);
        if (!frame) return std::unexpected(frame.error());
        if (*frame) return std::optional(from + i);
        if (wasted_ >= kMaxResync) break;
      }
      if (*got < kFrameHead) break;
      from += *got - kFrameHead + 1;
    }
    return std::optional<std::uint64_t>{};
  }

  void name_damage(std::uint64_t from, std::uint64_t to, bool more) {
    std::array<std::uint8_t, kFrameHead> bytes{};
    const auto got = file_.read(from, bytes);
    const auto head = got ? read_frame_head(BytesView(bytes).first(*got)) : std::nullopt;
    // A frame that the file ends in the middle of was being written when the writer died.
    const bool torn = !more && (head ? from + kFrameHead + head->sealed > size_ : to - from < kFrameHead);
    if (torn) return fault(Kind::Torn, std::nullopt, from);
    if (scan_.closing) return fault(Kind::Foreign, std::nullopt, from);
    const std::uint64_t expected = order_.empty() ? 0 : order_.back().counter + 1;
    altered_.insert(expected);
    fault(Kind::Altered, expected, from);
  }

  void finish() {
    std::vector<std::uint64_t> sorted;
    Chain chain;
    for (const auto& [counter, found] : by_counter_) {
      sorted.push_back(counter);
      scan_.frames.push_back(found.first);
      chain.add(found.second);
    }
    scan_.digest = chain.digest();
    for (std::size_t i = 0; i < order_.size(); ++i)
      if (order_[i].counter != sorted[i]) fault(Kind::Swapped, order_[i].counter, order_[i].offset);
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < sorted.size(); expected = sorted[i++] + 1) {
      // Counters of true frames are the writer's, so a hole is no longer than the recording; still, list no more than
      // 1000.
      for (std::uint64_t lost = expected; lost < sorted[i] && scan_.faults.size() < 1000; ++lost)
        if (!altered_.contains(lost)) fault(Kind::Missing, lost, scan_.frames[i].offset);
    }
    if (!scan_.closing) fault(Kind::NotClosed, std::nullopt, size_);
  }

  void fault(Kind kind, std::optional<std::uint64_t> frame, std::uint64_t offset) {
    if (scan_.faults.size() < 1100) scan_.faults.push_back({kind, frame, offset});
  }

  RandomAccessFile& file_;
  FrameCipher& cipher_;
  const std::uint64_t size_;
  Scan scan_;
  Bytes bytes_, plain_;
  std::uint64_t wasted_ = 0;
  std::vector<FoundFrame> order_;  // as they lie in the file
  std::map<std::uint64_t, std::pair<FoundFrame, std::array<std::uint8_t, vault::kTagSize>>> by_counter_;
  std::set<std::uint64_t> altered_;
};

}  // namespace

Result<Scan> scan_frames(RandomAccessFile& file, FrameCipher& cipher) { return Scanner(file, cipher).run(); }

}  // namespace parley::media::recording
