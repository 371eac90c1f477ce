#include <gtest/gtest.h>

#include <net/http_request_reader.hpp>

namespace parley::net {
namespace {

using State = HttpRequestReader::State;

State read(HttpRequestReader& reader, std::string_view bytes) {
  State state = reader.feed(bytes);
  while (state == State::HeadDone) state = reader.feed({});
  return state;
}

int status_of(std::string_view bytes) {
  HttpRequestReader reader({.head = 1024, .target = 200, .fields = 10, .body = 100});
  return read(reader, bytes) == State::Failed ? reader.error_status() : 0;
}

TEST(HttpRequestReader, ReadsTheSameWhateverThePortions) {
  const std::string text =
      "POST /v1/a%20b?x=1&y=%C3%A9+z HTTP/1.1\r\nHost: h\r\nX-Odd:  v \r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\n0\r\nTrailer: t\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n";
  for (std::size_t portion = 1; portion <= text.size(); ++portion) {
    HttpRequestReader reader;
    std::vector<HttpRequest> got;
    for (std::size_t at = 0; at < text.size(); at += portion) {
      State state = read(reader, std::string_view(text).substr(at, portion));
      while (state == State::Complete) {
        got.push_back(reader.take());
        state = read(reader, {});
      }
      ASSERT_NE(state, State::Failed) << reader.error_text();
    }
    ASSERT_EQ(got.size(), 2U) << portion;
    EXPECT_EQ(got[0].path, "/v1/a b");
    EXPECT_EQ(got[0].parameter("y"), "é z");
    EXPECT_EQ(got[0].header("x-odd"), "v");
    EXPECT_EQ(got[0].body, "hello");
    EXPECT_EQ(got[1].path, "/");
    EXPECT_TRUE(reader.idle());
  }
}

struct Refusal {
  const char* name;
  std::string_view bytes;
  int status;
};
const Refusal kRefusals[] = {
    {"content-length and chunked",
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"two lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
    {"list of lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\n", 400},
    {"signed length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n", 400},
    {"negative length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n", 400},
    {"hexadecimal length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x5\r\n\r\n", 400},
    {"overflowing length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413},
    {"space before colon", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
    {"folded header", "POST / HTTP/1.1\r\nHost: h\r\nX: a\r\n Transfer-Encoding: chunked\r\n\r\n", 400},
    {"unknown coding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
    {"list of codings", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"two codings", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
     400},
    {"chunked in 1.0", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"bare line feed", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
    {"line feeds alone", "GET / HTTP/1.1\nHost: h\n\n", 400},
    {"one line feed alone and nothing after", "GET / HTTP/1.1\n", 400},
    {"head that ends with line feeds", "GET / HTTP/1.1\r\nHost: h\n\n", 400},
    {"chunk size with a line feed", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\n", 400},
    {"trailer with a line feed", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\n", 400},
    {"bare carriage return", "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400},
    {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"no version", "GET /\r\nHost: h\r\n\r\n", 400},
    {"version 2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
    {"absolute target", "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"connect", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"climbing", "GET /a/../../etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"climbing, escaped", "GET /a/%2e%2e/x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"escaped slash", "GET /a%2fb HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"escaped NUL", "GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"broken escape", "GET /?a=%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"chunk without size", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
    {"negative chunk", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
    {"chunk longer than said", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n", 400},
    {"chunks over the limit", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n", 0},
    {"chunk over the limit", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", 413},
    {"huge chunk", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413},
    {"body over the limit", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n", 413},
    {"unknown expectation", "POST / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", 417},
    {"TLS hello", "\x16\x03\x01\x02", 400},
};

TEST(HttpRequestReader, RefusesWhatTwoReadersCouldTakeDifferently) {
  for (const auto& [name, bytes, status] : kRefusals) EXPECT_EQ(status_of(bytes), status) << name;
}

TEST(HttpRequestReader, RefusesALineFeedAloneInAnyPortions) {  // RFC 9112 §2.2: MAY take it for a line's end; we refuse
  const std::string_view text = "GET / HTTP/1.1\r\nHost: h\nX: y";
  for (std::size_t portion = 1; portion <= text.size(); ++portion) {
    HttpRequestReader reader;
    State state = State::NeedMore;
    for (std::size_t at = 0; at < text.size() && state == State::NeedMore; at += portion)
      state = read(reader, text.substr(at, portion));
    EXPECT_EQ(state, State::Failed) << portion;
    EXPECT_EQ(reader.error_status(), 400);
  }
  HttpRequestReader reader;
  EXPECT_EQ(read(reader, "\r"), State::NeedMore) << "the first half of an empty line that is overlooked";
  EXPECT_EQ(read(reader, "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), State::Complete);
}

TEST(HttpRequestReader, RefusesWhatIsTooLarge) {
  EXPECT_EQ(status_of("GET /" + std::string(300, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), 414);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2000, 'a')), 431);
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 20; ++i) many += "X: y\r\n";
  EXPECT_EQ(status_of(many + "\r\n"), 431);
}

TEST(HttpRequestReader, KnowsWhenTheConnectionStays) {
  const auto keeps = [](std::string_view text) {
    HttpRequestReader reader;
    EXPECT_EQ(read(reader, text), State::Complete);
    return reader.keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(HttpRequestReader, AsksTheRouteForItsBodyLimit) {
  HttpRequestReader reader({}, [](const HttpRequest& head) -> std::size_t { return head.path == "/big" ? 10 : 2; });
  EXPECT_EQ(read(reader, "POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345"), State::Complete);
  EXPECT_EQ(reader.take().body, "12345");
  EXPECT_EQ(read(reader, "POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n"), State::Failed);
  EXPECT_EQ(reader.error_status(), 413);
}

TEST(ParseRange, FollowsRfc9110) {
  const auto part = [](std::string_view text) {
    const auto answer = parse_range(text, 100);
    return answer.kind == RangeKind::Part ? std::pair{answer.range.first, answer.range.length}
                                          : std::pair<std::uint64_t, std::uint64_t>{999, static_cast<int>(answer.kind)};
  };
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  const auto whole = Pair{999, 0};
  const auto unsatisfiable = Pair{999, 2};
  EXPECT_EQ(part("bytes=0-0"), (Pair{0, 1}));
  EXPECT_EQ(part("bytes=10-"), (Pair{10, 90}));
  EXPECT_EQ(part("bytes=10-5000"), (Pair{10, 90}));
  EXPECT_EQ(part("bytes=-30"), (Pair{70, 30}));
  EXPECT_EQ(part("bytes=-3000"), (Pair{0, 100}));
  EXPECT_EQ(part("bytes=100-"), unsatisfiable);
  EXPECT_EQ(part("bytes=-0"), unsatisfiable);
  EXPECT_EQ(part("bytes=5-2"), whole);
  EXPECT_EQ(part("bytes=0-1,5-6"), whole);
  EXPECT_EQ(part("chars=0-1"), whole);
  EXPECT_EQ(part("bytes=x-"), whole);
  EXPECT_EQ(part("bytes=99999999999999999999-"), unsatisfiable);
  EXPECT_EQ(part("bytes=10-99999999999999999999"), (Pair{10, 90}));
  EXPECT_EQ(part("bytes=-"), whole);
}

TEST(HttpRequest, FindsACookieByItsWholeName) {
  HttpRequest request;
  request.headers = {{"cookie", "a=1; xparley_session=bad; parley_session=good"}};
  EXPECT_EQ(request.cookie("parley_session"), "good");
  EXPECT_EQ(request.cookie("session"), "");
}

}  // namespace
}  // namespace parley::net
