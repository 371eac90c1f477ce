#pragma once
#include <optional>

#include <base/result.hpp>
#include <sip/parse_error.hpp>
#include <sip/scan.hpp>
#include <sip/uri.hpp>

namespace parley::sip {

/// Walks over one header value. The first failure sticks; later steps do nothing, so that callers need no branches for
/// errors. Internal to sip/.
class Cursor {
 public:
  explicit Cursor(std::string_view text) noexcept : text_(text) {}

  [[nodiscard]] bool failed() const noexcept { return error_.has_value(); }
  [[nodiscard]] bool at_end() const noexcept { return failed() || at_ >= text_.size(); }
  [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] std::string_view rest() const noexcept { return text_.substr(at_); }
  [[nodiscard]] std::string_view since(std::size_t from) const noexcept { return text_.substr(from, at_ - from); }
  void skip(std::size_t count) noexcept {
    if (!failed()) at_ += count;
  }

  void fail(SipErrc code) noexcept { fail_at(code, at_); }
  void fail_at(SipErrc code, std::size_t offset) noexcept {
    if (!error_) error_ = ParseError{code, static_cast<std::uint32_t>(offset), 400};
  }
  void lws() noexcept {
    while (!at_end() && scan::is_lws(text_[at_])) ++at_;
  }
  [[nodiscard]] bool accept(char c) noexcept {
    if (peek() != c || at_end()) return false;
    ++at_;
    return true;
  }
  void expect(char c, SipErrc code = SipErrc::BadToken) noexcept {
    if (!accept(c)) fail(code);
  }
  void keyword(std::string_view word, SipErrc code) noexcept {
    if (failed()) return;
    if (!scan::iequals(text_.substr(at_, word.size()), word)) return fail(code);
    at_ += word.size();
  }
  /// One or more signs of the class.
  std::string_view run(unsigned bits, SipErrc code = SipErrc::BadToken) noexcept {
    if (failed()) return {};
    const auto from = at_;
    while (at_ < text_.size() && scan::is(text_[at_], bits)) ++at_;
    if (at_ == from) fail(code);
    return since(from);
  }
  std::string_view token() noexcept { return run(scan::kToken); }
  std::uint32_t number(std::uint32_t max) noexcept {
    const auto from = at_;
    const auto digits = run(scan::kDigit, SipErrc::BadNumber);
    std::uint32_t value = 0;
    if (!failed() && !scan::to_number(digits, max, value)) fail_at(SipErrc::BadNumber, from);
    return value;
  }
  /// With its quotes.
  std::string_view quoted() noexcept {
    if (failed()) return {};
    const auto from = at_;
    const auto end = peek() == '"' ? scan::skip_quoted(text_, at_) : std::string_view::npos;
    if (end == std::string_view::npos) {
      fail(SipErrc::BadQuoting);
      return {};
    }
    at_ = end;
    return since(from);
  }
  /// hostname, IPv4 or [IPv6].
  std::string_view host() noexcept {
    const auto from = at_;
    if (peek() == '[') {
      const auto end = text_.find(']', at_);
      if (end == std::string_view::npos || !host_address(text_.substr(at_, end + 1 - at_))) fail(SipErrc::BadHost);
      if (!failed()) at_ = end + 1;
      return failed() ? std::string_view{} : since(from);
    }
    const auto name = run(scan::kHost, SipErrc::BadHost);
    if (!failed() && (name.front() == '.' || name.find("..") != std::string_view::npos))
      fail_at(SipErrc::BadHost, from);
    return failed() ? std::string_view{} : name;
  }
  /// callid = word [ "@" word ]
  std::string_view call_id() noexcept {
    const auto from = at_;
    run(scan::kWord);
    if (accept('@')) run(scan::kWord);
    return failed() ? std::string_view{} : since(from);
  }
  /// "<" what stands between ">"
  std::string_view bracketed() noexcept {
    expect('<', SipErrc::BadQuoting);
    if (failed()) return {};
    const auto end = text_.find('>', at_);
    if (end == std::string_view::npos) {
      fail(SipErrc::BadQuoting);
      return {};
    }
    const auto inside = text_.substr(at_, end - at_);
    at_ = end + 1;
    return inside;
  }
  std::uint16_t port() noexcept { return static_cast<std::uint16_t>(number(65'535)); }
  /// *( LWS ";" LWS name [ LWS "=" LWS value ] ): checks them and gives their text.
  Params params() noexcept {
    lws();
    const auto from = at_;
    auto end = at_;
    std::size_t count = 0;
    while (accept(';')) {
      if (++count > kMaxParams) fail(SipErrc::TooMany);
      lws();
      token();
      end = at_;
      lws();
      if (accept('=')) {
        lws();
        if (peek() == '"') {
          quoted();
        } else {
          run(scan::kParamValue, SipErrc::BadParameter);
        }
        end = at_;
        lws();
      }
    }
    return failed() ? Params{} : Params(text_.substr(from, end - from));
  }
  /// Whole text read, or the first error.
  template <class T>
  [[nodiscard]] Result<T, ParseError> finish(const T& value) noexcept {
    lws();
    if (!failed() && at_ < text_.size()) fail(SipErrc::TrailingText);
    if (error_) return std::unexpected(*error_);
    return value;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<ParseError> error_;
};

}  // namespace parley::sip
