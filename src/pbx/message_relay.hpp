#pragma once
#include <memory>
#include <unordered_map>
#include <vector>

#include <pbx/authenticator.hpp>
#include <pbx/core.hpp>
#include <pbx/header_policy.hpp>

namespace parley::pbx {

/// The most that a MESSAGE may have, start line to body, on its way over datagrams (RFC 3428 §8); over streams, which
/// give way to others, so much of a body as this.
inline constexpr std::size_t kMaxMessageDatagram = 1300;
inline constexpr std::size_t kMaxMessageBody = 8 * 1024;
/// ... as it came, to go on along this way: false is a 413.
[[nodiscard]] bool message_fits(const sip::Message& message, const sip::Flow& onward);
/// What describes its content, to stand beside that: languages, encoding, when it was written and until when it counts.
[[nodiscard]] std::vector<HeaderText> content_headers(const sip::Message& message);

/// Text messages between extensions outside of calls ("pager mode"): each goes to all registered contacts of whom it is
/// for, by the same routes as a call would; its sender gets the best answer, the first 2xx at once. Nothing of a text
/// is kept beyond its transaction or written anywhere.
/// Source: RFC 3428, RFC 4320 (no 408, an answer before the sender's time-out), RFC 5626 §7.1 (a phone's other flows).
/// Thread: the reactor's.   Lifetime: its Exchange.
/// Bounds: kMaxRunning at once (503), sizes as above (413), Shared::message_rate for an extension (480, Retry-After).
class MessageRelay {
 public:
  static constexpr std::size_t kMaxRunning = 2000;
  static constexpr auto kAnswerWithin = std::chrono::seconds(20);

  explicit MessageRelay(Core& core);
  ~MessageRelay();
  MessageRelay(const MessageRelay&) = delete;
  MessageRelay& operator=(const MessageRelay&) = delete;

  /// A MESSAGE outside dialogs; answers it, now or later.
  void serve(sip::ServerId id, const sip::Message& request, const Identity& sender);
  [[nodiscard]] std::size_t running() const noexcept { return running_.size(); }

 private:
  class Delivery;
  void done(sip::ServerId id);
  void reply(sip::ServerId id, unsigned status, std::string_view header_line = {});

  Core& core_;
  std::unordered_map<sip::ServerId, std::unique_ptr<Delivery>> running_;
};

}  // namespace parley::pbx
