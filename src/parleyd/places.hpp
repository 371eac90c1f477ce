#pragma once
#include <filesystem>

#include <base/config.hpp>

namespace parley::server {

/// Where things lie: what is configured, else beside the program, installed (<prefix>/share/parley) or in a checkout.
struct Places {
  std::filesystem::path data;          // made by the server, 0700
  std::filesystem::path web;           // the console; empty: not there
  std::filesystem::path models;        // speech; may be absent
  std::filesystem::path prompts;       // recording notice and others
  std::filesystem::path conversation;  // of the demo call
};
[[nodiscard]] Places find_places(const Config& config);

}  // namespace parley::server
