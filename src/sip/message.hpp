#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <base/result.hpp>
#include <sip/header_name.hpp>
#include <sip/headers.hpp>
#include <sip/transport.hpp>

namespace parley::sip {

inline constexpr std::size_t kMaxMessage = 65'535;
inline constexpr std::size_t kMaxHeaders = 256;
inline constexpr std::size_t kMaxVias = 64;  // and Route, and Record-Route
inline constexpr std::size_t kMaxContacts = 64;

/// In a datagram octets behind the body are cut off; on a stream the framer has counted exactly.
enum class Framing : std::uint8_t { Datagram, Stream };

/// One SIP message: the received bytes and a table of its header fields, both owned; everything given out is a view
/// that lives as long as the message (moving it keeps them). Folded lines are joined in place when it is parsed.
/// Source: RFC 3261 §7, §25.1.   Thread: any, one at a time.   Lifetime: movable, not copyable (see clone()).
/// Errors: parse() always gives a message with all that could be read, so that a broken request can be answered;
/// fault() tells what is wrong with it as a message. What the element cannot serve is the business of check()
/// (check.hpp).
class Message {
 public:
  struct Field {
    Header id = Header::Other;
    std::uint16_t name_at = 0, name_size = 0, value_at = 0, value_size = 0;
  };

  Message() = default;
  Message(Message&&) noexcept = default;
  Message& operator=(Message&&) noexcept = default;

  [[nodiscard]] static Message parse(std::string bytes, Framing framing = Framing::Datagram);
  [[nodiscard]] Message clone() const;

  [[nodiscard]] const std::optional<ParseError>& fault() const noexcept { return fault_; }

  [[nodiscard]] bool is_request() const noexcept { return request_; }
  [[nodiscard]] bool is_response() const noexcept { return !request_; }
  [[nodiscard]] bool is(Method method) const noexcept { return is_request() && method_ == method; }
  /// Of a request: its own; of a response: that of its CSeq.
  [[nodiscard]] Method method() const noexcept { return is_request() ? method_ : cseq_.method; }
  [[nodiscard]] std::string_view method_text() const noexcept {
    return is_request() ? method_text_ : cseq_.method_text;
  }
  [[nodiscard]] std::string_view request_uri_text() const noexcept { return uri_text_; }
  [[nodiscard]] const Uri& request_uri() const noexcept { return uri_; }  // unfilled scheme Other if it did not parse
  [[nodiscard]] unsigned status() const noexcept { return status_; }      // 0: a request
  [[nodiscard]] std::string_view reason_phrase() const noexcept { return reason_; }

  /// Parsed once. Empty/zero values if absent or broken (then fault() says so).
  [[nodiscard]] const Via& top_via() const noexcept { return via_; }
  [[nodiscard]] const NameAddr& from() const noexcept { return from_; }
  [[nodiscard]] const NameAddr& to() const noexcept { return to_; }
  [[nodiscard]] const CSeq& cseq() const noexcept { return cseq_; }
  [[nodiscard]] std::string_view call_id() const noexcept { return call_id_; }
  [[nodiscard]] std::optional<unsigned> max_forwards() const noexcept;  // nullopt: absent
  [[nodiscard]] unsigned via_count() const noexcept { return via_count_; }

  [[nodiscard]] bool has(Header id) const noexcept;
  /// The first field's value, without white space around; nullopt: no such field.
  [[nodiscard]] std::optional<std::string_view> value(Header id) const noexcept;
  [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const noexcept;  // for Other
  template <class F>
  void each_field(Header id, F&& use) const {
    for (const Field& field : fields_)
      if (field.id == id) use(text_of(field));
  }
  /// Every comma-separated element of every field of that name, in order; `use(std::string_view)`.
  template <class F>
  void each_element(Header id, F&& use) const {
    each_field(id, [&](std::string_view rest) {
      std::string_view element;
      while (next_element(rest, element)) use(element);
    });
  }
  /// The first Contact (or Route...) that parses.
  [[nodiscard]] std::optional<NameAddr> first_name_addr(Header id) const noexcept;
  /// All elements that parse; check() has refused messages in which one does not.
  [[nodiscard]] std::vector<NameAddr> name_addrs(Header id) const;
  [[nodiscard]] std::optional<std::uint32_t> expires() const noexcept;
  [[nodiscard]] bool lists(Header id, std::string_view token) const noexcept;  // Supported, Require, Allow

  [[nodiscard]] std::string_view body() const noexcept { return {bytes_.data() + body_at_, body_size_}; }
  /// The body if it is application/sdp, or the first session description in a multipart (RFC 5621 §8.2); "" otherwise.
  [[nodiscard]] std::string_view sdp() const noexcept;

  [[nodiscard]] const std::vector<Field>& fields() const noexcept { return fields_; }
  [[nodiscard]] std::string_view name_of_field(const Field& field) const noexcept {
    return {bytes_.data() + field.name_at, field.name_size};
  }
  [[nodiscard]] std::string_view text_of(const Field& field) const noexcept {
    return {bytes_.data() + field.value_at, field.value_size};
  }
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }  // folded lines joined
  [[nodiscard]] std::uint32_t offset_of(std::string_view view) const noexcept {
    return static_cast<std::uint32_t>(view.data() - bytes_.data());
  }

  /// Where it came from; set by whoever received it. Responses go back along it (RFC 3261 §18.2, RFC 3581).
  Flow source;

 private:
  friend class MessageParser;
  std::string bytes_;
  std::vector<Field> fields_;
  std::optional<ParseError> fault_;
  bool request_ = true;
  Method method_ = Method::Other;
  std::uint16_t status_ = 0;
  std::uint16_t via_count_ = 0;
  std::size_t body_at_ = 0, body_size_ = 0;
  std::string_view method_text_, uri_text_, reason_, call_id_;
  Uri uri_;
  Via via_;
  NameAddr from_, to_;
  CSeq cseq_;
};

}  // namespace parley::sip
