#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <codec/codec.hpp>
#include <media/recording_timeline.hpp>

namespace parley::media::recording {

/// Decodes the packets of one stretch and lays them on the channels of one block of sound. Pure.
class BlockDecoder {
 public:
  /// The block holds `frames` sample pairs from `first` on, at `rate`, of the sound without pauses.
  BlockDecoder(const Timeline& timeline, std::uint32_t rate, std::uint64_t first, std::size_t frames);

  void add(const PacketRecord& packet);  // copies the payload
  /// Interleaved; silence where nothing came.
  [[nodiscard]] std::vector<std::int16_t> finish();

 private:
  struct Item {
    std::int64_t position;
    std::size_t source_rank;
    std::uint32_t source, sequence, timestamp;
    codec::CodecId codec;
    Bytes payload;
  };
  void decode(std::vector<Item>& items, unsigned channel);
  void lay(std::int64_t position, std::vector<std::int16_t>& pcm, std::uint32_t pcm_rate, unsigned channel);

  const Timeline& timeline_;
  std::uint32_t rate_;
  std::int64_t first_;
  std::vector<Item> items_[2];
  std::vector<std::int16_t> out_;
};

}  // namespace parley::media::recording
