#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace parley::cli {

/// What `parley sign-in` keeps for the commands after it: one server, in a file that only its owner can read.
struct Credentials {
  std::string server;
  std::string token;
  std::string pin;
  std::string ca;  // PEM of --ca at sign-in
  std::string organisation;

  /// $XDG_CONFIG_HOME/parley/sign-in.json, else ~/.config/parley/sign-in.json.
  /// Throws Failure when neither is set.
  [[nodiscard]] static std::filesystem::path path();
  /// nullopt: nobody signed in. Throws Failure when others can read the file or it is no JSON.
  [[nodiscard]] static std::optional<Credentials> load();
  void save() const;
  static void forget();
};

}  // namespace parley::cli
