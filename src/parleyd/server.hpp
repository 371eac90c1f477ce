#pragma once
#include <memory>
#include <optional>
#include <string>

#include <parleyd/first_start.hpp>
#include <parleyd/places.hpp>

#include <base/config.hpp>
#include <base/result.hpp>

namespace parley::server {

/// The whole of parleyd: builds the parts from the ground up, wires them, and takes them down in the other order.
/// Thread: main. Errors of start: a text that says what to fix.
class Server {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(const Config& config);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// SIGHUP: certificate, log settings, directory. Everything else takes a restart.
  void reload(const Config& config);
  /// Ends calls properly (BYE to everybody, CDRs written), then everything else.
  void stop();

  /// To be shown once, on a fresh data directory.
  [[nodiscard]] const std::optional<std::string>& welcome() const noexcept;
  [[nodiscard]] std::string console_address() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::server
