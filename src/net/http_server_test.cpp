#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <base/random.hpp>
#include <net/http_server.hpp>
#include <net/tls.hpp>

namespace parley::net {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A raw client: what it sends is what the test says, byte for byte.
class Client {
 public:
  explicit Client(const Endpoint& to) {
    sockaddr_storage address{};
    const unsigned length = to.to_sockaddr(reinterpret_cast<sockaddr&>(address));
    fd_ = ::socket(address.ss_family, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  Client(const Client&) = delete;
  ~Client() { ::close(fd_); }

  Client& send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }
  /// Everything until the server closes.
  std::string rest() {
    std::string out;
    char buffer[4096];
    for (;;) {
      const auto got = ::recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) return out;
      out.append(buffer, static_cast<std::size_t>(got));
    }
  }
  std::string until(std::string_view mark) {
    std::string out;
    char sign = 0;
    while (!out.ends_with(mark) && ::recv(fd_, &sign, 1, 0) == 1) out += sign;
    return out;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

class TlsClient {
 public:
  explicit TlsClient(const Endpoint& to, std::optional<int> version = {}) : client_(to) {
    if (version) {
      SSL_CTX_set_min_proto_version(context_.get(), *version);
      SSL_CTX_set_max_proto_version(context_.get(), *version);
      SSL_CTX_set_security_level(context_.get(), 0);
    }
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), client_.fd());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  bool connected() const { return connected_; }
  int fd() const { return client_.fd(); }
  void send(const std::string& text) { SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); }
  std::string rest() {
    std::string out;
    char buffer[4096];
    for (int got = 0; (got = SSL_read(ssl_.get(), buffer, sizeof buffer)) > 0;)
      out.append(buffer, static_cast<std::size_t>(got));
    return out;
  }

 private:
  Client client_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  bool connected_ = false;
};

/// A body that no socket's buffers take at once, with a pattern in it.
constexpr std::size_t kLarge = 16'000'000;
char large_at(std::size_t at) { return static_cast<char>(at * 2'654'435'761U >> 13U); }

/// Waits until the server has filled every buffer towards a client that does not read.
void wait_until_full(int fd) {
  for (int before = -1, now = 0; now == 0 || now != before; std::this_thread::sleep_for(100ms)) {
    before = now;
    ASSERT_EQ(::ioctl(fd, FIONREAD, &now), 0);
  }
}

void expect_large(const std::string& response) {
  const std::size_t body = response.find("\r\n\r\n") + 4;
  ASSERT_EQ(response.size() - body, kLarge);
  for (std::size_t i = 0; i < kLarge; ++i) ASSERT_EQ(response[body + i], large_at(i)) << "at " << i;
}

struct Server {
  explicit Server(HttpLimits limits = {}, bool tls = false) {
    directory = std::filesystem::temp_directory_path() / ("parley-http-" + system_random().token(8));
    std::filesystem::create_directory(directory);
    HttpServerOptions options;
    options.limits = limits;
    options.headers = {{"X-Content-Type-Options", "nosniff"}};
    options.tls_headers = {{"Strict-Transport-Security", "max-age=63072000"}};
    options.unix_socket = directory / "s";
    options.listeners.push_back({*Endpoint::parse("127.0.0.1:0"), nullptr});
    if (tls) {
      const TlsFiles files{directory / "c.pem", directory / "k.pem"};
      EXPECT_TRUE(make_self_signed(files, {"localhost", "127.0.0.1"}));
      options.listeners.push_back({*Endpoint::parse("127.0.0.1:0"), TlsContext::server(files).value()});
    }
    server = HttpServer::start(
                 std::move(options), [this](HttpRequest& request) { return handle(request); },
                 [this](HttpRequest& request, const std::shared_ptr<WebSocketSession>& session)
                     -> std::optional<HttpResponse> { return upgrade(request, session); })
                 .value();
  }
  ~Server() {
    release();
    server.reset();
    std::filesystem::remove_all(directory);
  }

  HttpResponse handle(HttpRequest& request) {
    if (request.path == "/slow") {
      std::unique_lock lock(mutex);
      ++waiting;
      changed.notify_all();
      changed.wait(lock, [this] { return released; });
    }
    if (request.path == "/throw") throw std::runtime_error("our bug");
    if (request.path == "/inject") return HttpResponse::text(200, "ok").set("X-Odd", "a\r\nSet-Cookie: evil");
    if (request.path == "/large") {
      HttpResponse response;
      response.stream_length = kLarge;
      response.stream = [at = std::size_t{0}](std::span<std::uint8_t> room) mutable -> Result<std::size_t> {
        for (auto& byte : room) byte = static_cast<std::uint8_t>(large_at(at++));
        return room.size();
      };
      return response;
    }
    if (request.path == "/stream" || request.path == "/cut") {
      HttpResponse response;
      response.stream_length = 200'000;
      response.stream = [left = request.path == "/cut" ? 100'000 : 200'000](
                            std::span<std::uint8_t> room) mutable -> Result<std::size_t> {
        const auto count = std::min<std::size_t>(room.size(), static_cast<std::size_t>(left));
        std::fill_n(room.begin(), count, 's');
        left -= static_cast<int>(count);
        return count;
      };
      if (request.parameter("chunked")) response.stream_length.reset();
      return response;
    }
    const std::string who = request.is_local_socket ? "uid " + std::to_string(request.peer_uid) : "net";
    return HttpResponse::text(200, request.method + " " + request.path + " " + who + " " + request.body);
  }

  std::optional<HttpResponse> upgrade(HttpRequest& request, const std::shared_ptr<WebSocketSession>& session) {
    if (request.header("origin") == "https://evil.example") return HttpResponse::text(403, "no");
    (void)session->send_text("hello");
    session->on_text([session = session.get()](const std::string& text) {
      if (text == "burst") {
        for (char mark = 'a'; mark <= 'z'; ++mark) (void)session->send_text(std::string(600'000, mark));
        return;
      }
      if (text == "flood") {
        while (session->send_text(std::string(100'000, 'f'))) {
        }
        return;
      }
      (void)session->send_text("echo " + text);
    });
    session->on_close([this] { ++closed; });
    return std::nullopt;
  }

  void wait_for_slow(int count) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, 10s, [&] { return waiting >= count; });
  }
  void release() {
    {
      const std::lock_guard lock(mutex);
      released = true;
    }
    changed.notify_all();
  }
  Endpoint plain() const { return server->local()[0]; }
  Endpoint secure() const { return server->local()[1]; }
  std::string answer(std::string_view request) const { return Client(plain()).send(request).rest(); }

  std::filesystem::path directory;
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;
  bool released = false;
  std::atomic<int> closed = 0;
  std::unique_ptr<HttpServer> server;
};

TEST(HttpServer, AnswersAndKeepsTheConnection) {
  Server server;
  Client client(server.plain());
  client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy");
  EXPECT_THAT(client.until("GET /a net "), StartsWith("HTTP/1.1 200 OK\r\n"));
  const std::string second = client.until("POST /b net xy");
  EXPECT_THAT(second, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(second, HasSubstr("X-Request-Id: "));
  client.send("HEAD /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string third = client.rest();
  EXPECT_THAT(third, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_TRUE(third.ends_with("\r\n\r\n"));
}

TEST(HttpServer, SaysWhatIsWrongAndCloses) {
  Server server;
  EXPECT_THAT(server.answer("NONSENSE\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(server.answer("GET / HTTP/1.1\nHost: h\n\n"), StartsWith("HTTP/1.1 400 ")) << "at once, not a 408 later";
  EXPECT_THAT(server.answer("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n"), StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(server.answer("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'a')),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(
      server.answer("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n" + std::string(300'000, 'b')),
      StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServer, SmuggledRequestGetsNoSecondAnswer) {
  Server server;
  const std::string out = server.answer(
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 30\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(out, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(out.substr(10), Not(HasSubstr("HTTP/1.1")));
}

TEST(HttpServer, SlowlorisIsClosedWithinTheLimit) {
  Server server({.request_within = 200ms});
  Client slow(server.plain());
  slow.send("GET / HTTP/1.1\r\nHost: h\r\nX-A: ");
  std::jthread drip([&slow](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      slow.send("a");
      std::this_thread::sleep_for(20ms);
    }
  });
  const TimePoint begun = system_clock().now();
  EXPECT_THAT(slow.rest(), StartsWith("HTTP/1.1 408 "));
  EXPECT_LT(system_clock().now() - begun, 5s);
}

TEST(HttpServer, IdleConnectionIsClosedSilently) {
  Server server({.request_within = 100ms, .idle = 100ms});
  EXPECT_EQ(Client(server.plain()).rest(), "");
  Client client(server.plain());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.rest().ends_with("GET / net "));
}

TEST(HttpServer, LimitsConnectionsOfOneAddress) {
  Server server({.connections_per_address = 2});
  Client a(server.plain()), b(server.plain());
  EXPECT_THAT(a.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").until("net "), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(b.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").until("net "), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(server.answer("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 429 "));
}

TEST(HttpServer, SaysBusyWhenItsQueueIsFull) {
  Server server({.workers = 1, .waiting_requests = 1});
  Client a(server.plain()), b(server.plain());
  a.send("GET /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  server.wait_for_slow(1);
  b.send("GET /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  std::string busy;
  for (int i = 0; i < 50 && busy.empty(); ++i) {  // b may not have reached the queue yet
    std::this_thread::sleep_for(10ms);
    busy = server.server->connections() >= 2 ? server.answer("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                                             : "";
  }
  EXPECT_THAT(busy, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(busy, HasSubstr("Retry-After: "));
  server.release();
  EXPECT_THAT(a.rest(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(b.rest(), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, HandlerThatThrowsIsA500) {
  Server server;
  EXPECT_THAT(server.answer("GET /throw HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 500 "));
}

TEST(HttpServer, HeaderValuesCannotStartAnotherHeader) {
  Server server;
  EXPECT_THAT(server.answer("GET /inject HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              Not(HasSubstr("\r\nSet-Cookie")));
}

TEST(HttpServer, StreamsABodyAndNeverLetsACutOneLookWhole) {
  Server server;
  const auto body = [](const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); };
  EXPECT_EQ(body(server.answer("GET /stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")),
            std::string(200'000, 's'));
  EXPECT_EQ(body(server.answer("GET /cut HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).size(), 100'000U);
  const std::string chunked = server.answer("GET /stream?chunked=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(chunked, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(chunked.ends_with("\r\n0\r\n\r\n"));
  const std::string head = server.answer("HEAD /stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 200000\r\n"));
  EXPECT_EQ(body(head), "");
}

TEST(HttpServer, AClientThatReadsLateGetsEveryByte) {
  Server server({}, true);
  const std::string request = "GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  for (const bool local : {true, false}) {
    const auto client =
        local ? std::make_unique<Client>(server.directory / "s") : std::make_unique<Client>(server.plain());
    client->send(request);
    wait_until_full(client->fd());
    expect_large(client->rest());
  }
  TlsClient secure(server.secure());
  ASSERT_TRUE(secure.connected());
  secure.send(request);
  wait_until_full(secure.fd());
  expect_large(secure.rest());
}

TEST(HttpServer, AsksForTheBodyWhenTheClientWaits) {
  Server server;
  Client client(server.plain());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(client.send("ok").rest().ends_with("POST / net ok"));
}

TEST(HttpServer, KnowsWhoCallsOverTheLocalSocket) {
  Server server;
  const std::string path = server.directory / "s";
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  Client client(path);
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.rest(), HasSubstr("uid " + std::to_string(::getuid())));
}

TEST(HttpServer, RefusesASecondServerOnTheSameLocalSocket) {
  Server server;
  HttpServerOptions options;
  options.unix_socket = server.directory / "s";
  const auto second = HttpServer::start(std::move(options), [](HttpRequest&) { return HttpResponse{}; });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::Conflict);
}

TEST(HttpServer, SpeaksTls12And13OnlyAndSendsHsts) {
  Server server({}, true);
  const auto ask = [&](int version) {
    TlsClient client(server.secure(), version);
    if (!client.connected()) return std::string{};
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    return client.rest();
  };
  EXPECT_EQ(ask(TLS1_1_VERSION), "");
  EXPECT_THAT(ask(TLS1_2_VERSION), HasSubstr("Strict-Transport-Security: max-age=63072000\r\n"));
  EXPECT_THAT(ask(TLS1_3_VERSION), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Client(server.secure()).send("GET /x HTTP/1.1\r\nHost: h:1\r\n\r\n").rest(),
              HasSubstr("Location: https://h:1/x\r\n"));
}

std::string frame(std::string_view text, unsigned char first = 0x81) {
  std::string out{static_cast<char>(first), static_cast<char>(0x80 | text.size()), 0, 0, 0, 0};  // mask of zeros
  return out + std::string(text);
}
const std::string kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

TEST(WebSocket, UpgradesAndEchoes) {
  Server server;
  Client client(server.plain());
  const std::string head = client.send(kUpgrade + "\r\n").until("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  EXPECT_THAT(head, HasSubstr("X-Content-Type-Options: nosniff"));
  EXPECT_EQ(client.until("hello"), "\x81\x05hello");
  client.send(frame("hi"));
  EXPECT_EQ(client.until("hi"),
            "\x81\x07"
            "echo hi");
  client.send(frame(std::string("\x03\xe8", 2), 0x88));
  client.rest();
  for (int i = 0; i < 500 && server.closed == 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(server.closed, 1);
}

TEST(WebSocket, RefusesWhatTheHandlerRefuses) {
  Server server;
  Client client(server.plain());
  EXPECT_THAT(client.send(kUpgrade + "Origin: https://evil.example\r\nConnection: close\r\n\r\n").until("\r\n\r\n"),
              StartsWith("HTTP/1.1 403 "));
}

TEST(WebSocket, APeerThatReadsLateGetsEveryByte) {
  Server server({.websocket_queue = 20'000'000});
  Client client(server.plain());
  client.send(kUpgrade + "\r\n").until("hello");
  client.send(frame("burst"));
  wait_until_full(client.fd());
  std::string said, letters;  // frames' heads have no small letters
  for (char mark = 'a'; mark <= 'z'; ++mark) said += std::string(600'000, mark);
  while (letters.size() < said.size()) {
    char buffer[4096];
    const auto got = ::recv(client.fd(), buffer, sizeof buffer, 0);
    ASSERT_GT(got, 0) << "closed after " << letters.size();
    std::copy_if(buffer, buffer + got, std::back_inserter(letters),
                 [](char sign) { return sign >= 'a' && sign <= 'z'; });
  }
  EXPECT_TRUE(letters == said);
}

TEST(WebSocket, ClosesAPeerThatDoesNotRead) {
  Server server({.websocket_queue = 500'000, .websocket_idle = 1s});
  Client client(server.plain());
  client.send(kUpgrade + "\r\n").until("hello");
  client.send(frame("flood"));
  for (int i = 0; i < 1000 && server.closed == 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(server.closed, 1);
}

TEST(WebSocket, StopClosesWithGoingAway) {
  Server server;
  std::jthread stopper;
  Client client(server.plain());
  client.send(kUpgrade + "\r\n").until("hello");
  stopper = std::jthread([&] { server.server->stop(); });
  const std::string end = client.until("stops");
  EXPECT_THAT(end, StartsWith(std::string("\x88")));
  EXPECT_EQ(end.substr(2, 2), std::string("\x03\xe9"));
}

}  // namespace
}  // namespace parley::net
