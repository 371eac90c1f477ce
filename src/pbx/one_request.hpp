#pragma once
#include <functional>

#include <pbx/core.hpp>

namespace parley::pbx {

/// One request outside a dialog (REGISTER, OPTIONS) until its final response.
/// Thread: the reactor's.   Lifetime: its owner's, who may destroy or replace it from within `done`.
class OneRequest final : public ClientUser {
 public:
  /// `response` nullptr: none came, `failure` says why.
  using Done = std::function<void(const sip::Message* response, std::string_view failure)>;

  explicit OneRequest(Core& core) : core_(core) {}
  ~OneRequest() { core_.forget(*this); }
  OneRequest(const OneRequest&) = delete;
  OneRequest& operator=(const OneRequest&) = delete;

  /// Errors: as Core::send; `done` does not run then.
  [[nodiscard]] Result<void> send(sip::Outgoing request, const sip::Flow& flow, Done done) {
    done_ = std::move(done);
    auto sent = core_.send(std::move(request), flow, *this);
    if (!sent) return std::unexpected(sent.error());
    return {};
  }

  void on_response(sip::ClientId, const sip::Message& response) override {
    if (response.status() >= 200) finish(&response, {});
  }
  void on_client_failure(sip::ClientId, sip::TransactionFailure failure) override {
    finish(nullptr, failure == sip::TransactionFailure::Timeout ? "no answer" : "cannot be reached");
  }

 private:
  void finish(const sip::Message* response, std::string_view failure) {
    const auto done = std::exchange(done_, nullptr);
    if (done) done(response, failure);  // *this may be gone now
  }
  Core& core_;
  Done done_;
};

}  // namespace parley::pbx
