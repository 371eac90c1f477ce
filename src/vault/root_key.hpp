#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include <base/random.hpp>
#include <base/result.hpp>
#include <vault/secret.hpp>

namespace parley::vault {

/// The key at the root of the key tree: it wraps the organisations' keys and the signing key, nothing else.
struct RootKey {
  SecretBytes key;
  [[nodiscard]] std::string id()
      const;  // the first eight bytes of a SHA-256 over the key, in hex; tells keys apart, reveals none
  [[nodiscard]] RootKey copy() const { return {key.copy()}; }
};

/// Where the root key comes from: `command` (its standard output, base64) before `environment_value` (PARLEY_ROOT_KEY,
/// base64) before `file` (base64, made with mode 0600 when it is missing).
struct RootKeyOptions {
  std::filesystem::path file;
  std::optional<std::string> environment_value;
  std::string command;
};

/// `next` is there when a rotation was cut short: both are needed until Keyring::rotate_root has run again.
struct RootKeys {
  RootKey current;
  std::optional<RootKey> next;
};

/// Errors: Forbidden when the file is readable by others, Corrupt when it holds no key, Io; each says what to do.
[[nodiscard]] Result<RootKeys> load_root_key(const RootKeyOptions& options, Random& random);

/// Rotation of a key kept in a file, in steps that a crash may cut anywhere: stage (file.next, synced), rewrap by
/// Keyring::rotate_root, commit (rename over the old one). load_root_key finds both after a crash in between.
[[nodiscard]] Result<RootKey> stage_root_key(const std::filesystem::path& file, Random& random);
[[nodiscard]] Result<void> commit_root_key(const std::filesystem::path& file);

}  // namespace parley::vault
