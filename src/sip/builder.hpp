#pragma once
#include <string>
#include <string_view>

#include <sip/message.hpp>

namespace parley::sip {

[[nodiscard]] std::string_view reason_phrase_of(unsigned status) noexcept;

/// A message that is ready for the wire, and the few facts that transactions need from it.
struct Outgoing {
  std::string bytes;
  Method method = Method::Other;
  std::uint16_t status = 0;  // 0: a request
  std::uint32_t branch_at = 0, branch_size = 0;
  std::uint32_t cseq = 0;  // requests
  [[nodiscard]] std::string_view branch() const noexcept {
    return std::string_view(bytes).substr(branch_at, branch_size);
  }
};

/// The Via that a request of ours carries.
struct ViaSpec {
  Transport transport = Transport::Udp;
  std::string_view sent_by;  // host or host:port
  std::string_view branch;   // see minted.hpp
  bool alias = false;        // requests for us may come back by this connection (RFC 5923 §5)
};

/// Writes a message front to back into one buffer: call in the order in which the lines shall stand, body last.
/// Bytes that would end a line (CR, LF, NUL) in any value become spaces: a value can never smuggle a header in.
/// Lifetime: one message.
class RequestBuilder {
 public:
  RequestBuilder(Method method, std::string_view uri, const ViaSpec& via);
  RequestBuilder& header(Header id, std::string_view value);
  RequestBuilder& header(std::string_view name, std::string_view value);
  /// Complete From/To/Contact values, e.g. `"Ann" <sip:101@host>;tag=x`.
  RequestBuilder& from(std::string_view value) { return header(Header::From, value); }
  RequestBuilder& to(std::string_view value) { return header(Header::To, value); }
  RequestBuilder& contact(std::string_view value) { return header(Header::Contact, value); }
  RequestBuilder& call_id(std::string_view value) { return header(Header::CallId, value); }
  RequestBuilder& cseq(std::uint32_t number);  // with this request's method
  RequestBuilder& max_forwards(unsigned hops = 70);
  RequestBuilder& body(std::string_view type, std::string_view content);
  /// Ends the header (Content-Length) and gives the message; the builder is then empty.
  [[nodiscard]] Outgoing finish();

 private:
  Outgoing out_;
  std::string body_;
};

/// A response: Via, From, To, Call-ID, CSeq (and Record-Route in 101-299) are copied from the request, `received` and
/// `rport` filled in from request.source (RFC 3261 §8.2.6, §12.1.1, §18.2.1; RFC 3581 §4).
class ResponseBuilder {
 public:
  /// `to_tag` is added if To has no tag yet and status is not 100. An empty reason gives the usual one.
  ResponseBuilder(const Message& request, unsigned status, std::string_view to_tag, std::string_view reason = {});
  ResponseBuilder& header(Header id, std::string_view value);
  ResponseBuilder& header(std::string_view name, std::string_view value);
  ResponseBuilder& header_line(std::string_view line);  // "Name: value" as check() gives it; "" does nothing
  ResponseBuilder& contact(std::string_view value) { return header(Header::Contact, value); }
  ResponseBuilder& body(std::string_view type, std::string_view content);
  [[nodiscard]] Outgoing finish();

 private:
  Outgoing out_;
  std::string body_;
};

/// `"Display" <uri>;tag=tag`; display and tag may be empty.
[[nodiscard]] std::string name_addr(std::string_view display, std::string_view uri, std::string_view tag = {});

/// Where a response to this request goes (RFC 3261 §18.2.2, RFC 3581 §4): back to the port that it came from, or, where
/// the sender named its own address in Via and did not ask for rport, to the port that it named. Only ever to the
/// address that the request came from: a maddr or foreign sent-by in Via is not followed, so that nobody can aim our
/// responses at a third party.
[[nodiscard]] Flow response_flow(const Message& request);

}  // namespace parley::sip
