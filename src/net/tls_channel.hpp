#pragma once
// Only for the .cpp files of net/.
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <base/bytes.hpp>
#include <base/result.hpp>
#include <net/tls.hpp>

namespace parley::net {

/// TLS on a connected socket that never waits: each step does what it can and says what it waits for. No buffer of its
/// own beside OpenSSL's, which go while nothing is under way.
/// Thread: the connection's. Lifetime: within that of the descriptor, which it does not own.
class TlsChannel {
 public:
  enum class Want : std::uint8_t { Nothing, Read, Write, End, Failure };
  struct Step {
    Want want = Want::Nothing;  // Nothing: it is done
    std::size_t bytes = 0;      // moved, if Nothing
  };

  [[nodiscard]] static std::unique_ptr<TlsChannel> server(TlsContext& context, int descriptor);
  /// `host` goes into SNI unless it is an address.
  [[nodiscard]] static std::unique_ptr<TlsChannel> client(TlsContext& context, int descriptor, const std::string& host);
  ~TlsChannel();
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  [[nodiscard]] Step handshake();
  [[nodiscard]] Step read(std::span<std::uint8_t> room);
  [[nodiscard]] Step write(BytesView bytes);
  /// close_notify, if the socket takes it now.
  void finish();
  /// Of the last Failure.
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  /// What a verified certificate of the peer says about whose it is; empty without one.
  [[nodiscard]] std::vector<std::string> peer_identities() const;

 private:
  struct Ssl;
  explicit TlsChannel(std::unique_ptr<Ssl> ssl);
  [[nodiscard]] Step step(int result);
  std::unique_ptr<Ssl> ssl_;
  std::string failure_;
  bool broken_ = false;
};

}  // namespace parley::net
