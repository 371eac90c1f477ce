#pragma once
#include <string>

namespace parley::server {

struct Arguments {
  enum class Action : unsigned char { Serve, CheckConfig, ShowSettings, Exit };
  Action action = Action::Serve;
  int status = 0;  // Exit
  std::string config;
  std::string data;
  std::string web;
};

/// Parses and prints help, version and errors itself (Action::Exit).
[[nodiscard]] Arguments parse_arguments(int argc, const char* const* argv);

}  // namespace parley::server
