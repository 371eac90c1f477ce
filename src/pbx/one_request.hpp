#pragma once
#include <memory>
#include <utility>

#include <base/function.hpp>
#include <pbx/core.hpp>
#include <pbx/target_selection.hpp>

namespace parley::pbx {

/// One request outside a dialog (REGISTER, OPTIONS) until its final response: a way to the server, proven where it is
/// TLS, then the request along it.
/// Thread: the reactor's.   Lifetime: its owner's, who may destroy or replace it from within `done`.
class OneRequest final : public ClientUser {
 public:
  using Make = UniqueFunction<sip::Outgoing(const sip::Flow& flow)>;
  /// Never inside send(). `response` nullptr: none came, `failure` says why.
  using Done = UniqueFunction<void(const sip::Message* response, std::string_view failure)>;

  explicit OneRequest(Core& core) : core_(core) {}
  ~OneRequest() { core_.forget(*this); }
  OneRequest(const OneRequest&) = delete;
  OneRequest& operator=(const OneRequest&) = delete;

  void send(const Target& to, Make make, Done done) {
    done_ = std::move(done);
    core_.wire().connect(
        flow_to(to), to.host,
        [this, life = std::weak_ptr<int>(life_), make = std::move(make)](Result<sip::Flow> way) mutable {
          if (life.expired()) return;
          if (!way)
            return finish(nullptr, way.error().code == Errc::Forbidden ? std::string_view(way.error().text)
                                                                       : "cannot be reached");
          connection_ = way->connection;
          if (!core_.send(make(*way), *way, *this)) finish(nullptr, "cannot be sent");
        });
  }
  /// That it went by; 0: none.
  [[nodiscard]] std::uint64_t connection() const noexcept { return connection_; }

  void on_response(sip::ClientId, const sip::Message& response) override {
    if (response.status() >= 200) finish(&response, {});
  }
  void on_client_failure(sip::ClientId, sip::TransactionFailure failure) override {
    finish(nullptr, failure == sip::TransactionFailure::Timeout ? "no answer" : "cannot be reached");
  }

 private:
  void finish(const sip::Message* response, std::string_view failure) {
    auto done = std::exchange(done_, nullptr);
    if (done) done(response, failure);  // *this may be gone now
  }
  Core& core_;
  Done done_;
  std::uint64_t connection_ = 0;
  std::shared_ptr<int> life_ = std::make_shared<int>(0);
};

}  // namespace parley::pbx
