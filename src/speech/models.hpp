#pragma once
#include <string>
#include <string_view>

namespace parley::speech {

/// Where tools/fetch-speech laid the engines' files. The folder is only looked at, never written.
struct ModelFolder {
  std::string path;

  [[nodiscard]] std::string file(std::string_view name) const { return path + '/' + std::string(name); }
  [[nodiscard]] bool has(std::string_view name) const;
};

/// What can be done with a folder, and if not, why, in words for an administrator.
struct Availability {
  bool recogniser = false;   // the recogniser and voice activity detection
  bool synthesiser = false;  // the natural voice; the instant one needs no files
  std::string engine;        // "moonshine-base", "moonshine-tiny" or empty
  std::string reason;        // empty when everything is there
};

/// Looks for the files and the library; loads no model. Thread: any.
[[nodiscard]] Availability available(const ModelFolder& folder);

}  // namespace parley::speech
