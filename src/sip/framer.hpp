#pragma once
#include <optional>
#include <string>
#include <utility>

#include <base/bytes.hpp>
#include <base/result.hpp>
#include <sip/parse_error.hpp>

namespace parley::sip {

/// Cuts a byte stream (TCP, TLS) into messages by Content-Length. Between messages CRLFs are keep-alives (RFC 5626
/// §4.4.1). Source:   RFC 3261 §18.3, §7.5.   Thread: the connection's.   Lifetime: the connection. "More bytes needed"
/// is nullopt; a stream that can no longer be cut rightly (no or bad or repeated Content-Length, over a limit), or that
/// is no SIP, is an error: answer the part if it can be answered, then close the connection. A message of an RFC 2543
/// peer (its branch has no magic cookie) may lack a Content-Length: its body is what came with it, and what follows is
/// never taken for a message.
class StreamFramer {
 public:
  void append(BytesView bytes) { buffer_.append(as_text(bytes)); }
  /// One whole message, to be given to Message::parse with Framing::Stream.
  [[nodiscard]] Result<std::optional<std::string>, ParseError> next();
  /// Double-CRLF pings seen since the last call: each deserves a CRLF back.
  [[nodiscard]] unsigned take_pings() noexcept { return std::exchange(pings_, 0U); }
  /// After an error: what is there of the broken message (its header, as far as it came).
  [[nodiscard]] std::string take_broken();
  [[nodiscard]] std::size_t buffered() const noexcept { return buffer_.size() - at_; }

 private:
  std::string buffer_;
  std::size_t at_ = 0;       // start of the message being cut
  std::size_t scanned_ = 0;  // behind at_: no end of header before here
  bool started_ = false;     // its start line has ended and may be one
  bool endless_ = false;     // a message without Content-Length was given out: the rest is its body
  std::size_t whole_ = 0;    // size of the message being cut; 0: its header has not ended
  unsigned pings_ = 0;
};

}  // namespace parley::sip
