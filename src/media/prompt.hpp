#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <base/clock.hpp>
#include <base/guarded.hpp>
#include <base/result.hpp>

namespace parley::media {

/// Speech or a tone to play: mono PCM, at hand in every sample rate that a codec needs. Immutable, shared by all legs.
class Prompt {
 public:
  /// Errors: Unsupported for a sample rate outside 8000 to 48000; Invalid when empty or over kMaxSeconds.
  [[nodiscard]] static Result<std::shared_ptr<const Prompt>> from_pcm(std::span<const std::int16_t> pcm,
                                                                      std::uint32_t sample_rate);
  /// `rate` is 8000 or 16000.
  [[nodiscard]] std::span<const std::int16_t> at(std::uint32_t rate) const;
  [[nodiscard]] Duration length() const;

  static constexpr unsigned kMaxSeconds = 600;

 private:
  std::vector<std::int16_t> pcm8_, pcm16_;
};

/// The prompts of one folder by name ("recording_notice" is recording_notice.wav), loaded once and kept.
/// Thread: any; the first `get` of a name reads the file, so warm it off the reactors with `preload`.
class PromptStore {
 public:
  explicit PromptStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Errors: Invalid for a name with other signs than a-z 0-9 _ -; NotFound; Corrupt when it is no mono or stereo PCM
  /// WAV.
  [[nodiscard]] Result<std::shared_ptr<const Prompt>> get(std::string_view name);
  /// Puts a prompt made elsewhere (a custom announcement) under a name.
  void put(std::string_view name, std::shared_ptr<const Prompt> prompt);
  /// Forgets one that was put; those of the folder come back at the next get().
  void remove(std::string_view name);
  /// Loads every WAV of the folder. Returns the names that could not be used, with the reason.
  std::vector<std::pair<std::string, Error>> preload();

 private:
  std::filesystem::path folder_;
  Guarded<std::map<std::string, std::shared_ptr<const Prompt>, std::less<>>> prompts_;
};

}  // namespace parley::media
