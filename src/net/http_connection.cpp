#include <algorithm>
#include <exception>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <base/random.hpp>
#include <net/http_server_impl.hpp>

namespace parley::net {

namespace asio = boost::asio;

namespace {
constexpr std::size_t kPull = 64 * 1024;
constexpr std::size_t kMaxDrain = 1024 * 1024;
constexpr auto kDrainFor = std::chrono::seconds(2);

bool wants_websocket(const HttpRequest& request) {
  return equals_ignoring_case(request.header("upgrade"), "websocket");
}

void note(const HttpRequest& request, int status, Duration took) {
  static auto& seconds = metrics::histogram("parley_http_request_seconds", "Time from request to response.",
                                            {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10});
  const double time = std::chrono::duration<double>(took).count();
  seconds.observe(time);
  static metrics::Counter* const classes[] = {
      &metrics::counter("parley_http_requests_total", "Requests answered.", {{"status", "1xx"}}),
      &metrics::counter("parley_http_requests_total", "Requests answered.", {{"status", "2xx"}}),
      &metrics::counter("parley_http_requests_total", "Requests answered.", {{"status", "3xx"}}),
      &metrics::counter("parley_http_requests_total", "Requests answered.", {{"status", "4xx"}}),
      &metrics::counter("parley_http_requests_total", "Requests answered.", {{"status", "5xx"}})};
  classes[std::clamp(status / 100, 1, 5) - 1]->add();
  if (request.path == "/healthz" || request.path == "/metrics") return;
  log::write(status >= 500 ? log::Level::Warning : log::Level::Debug, "http.request",
             {{"method", request.method},
              {"path", std::string_view(request.path).substr(0, 200)},
              {"status", status},
              {"ms", time * 1000},
              {"id", request.id},
              {"address", log::personal(request.is_local_socket ? "local" : request.peer.address.text())}});
}
}  // namespace

HttpConnection::HttpConnection(HttpServer::Impl& server, std::shared_ptr<HttpStream> stream, Peer peer)
    : server_(server),
      stream_(std::move(stream)),
      peer_(peer),
      reader_(server.options.limits.read, server.options.body_limit),
      deadline_(server.io) {
  ++server_.count;
  server_.open_connections.insert(this);
  if (!peer_.local) ++server_.by_address[peer_.endpoint.address];
}

HttpConnection::~HttpConnection() {
  close();
  --server_.count;
  server_.open_connections.erase(this);
  if (peer_.local) return;
  const auto entry = server_.by_address.find(peer_.endpoint.address);
  if (--entry->second == 0) server_.by_address.erase(entry);
}

void HttpConnection::start() {
  arm(server_.options.limits.request_within);
  stream_->handshake([self = shared_from_this()](const Failure& failure) {
    if (failure || self->phase_ == Phase::Closed) return self->close();
    self->phase_ = Phase::Reading;
    self->read();
  });
}

void HttpConnection::arm(Duration within) {
  deadline_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(within));
  deadline_.async_wait([weak = weak_from_this(), number = ++deadline_number_](const Failure& failure) {
    const auto self = weak.lock();
    if (!failure && self && self->deadline_number_ == number) self->on_deadline();
  });
}

void HttpConnection::on_deadline() {
  if (phase_ == Phase::Writing) return cut("stalled", "the peer took nothing within the time that it has");
  if (phase_ != Phase::Reading || reader_.idle()) return close();
  refuse(408, "the request did not arrive in time");
}

void HttpConnection::wind_down() {
  winding_down_ = true;
  if (phase_ == Phase::Handshake || (phase_ == Phase::Reading && reader_.idle())) close();
}

void HttpConnection::read() {
  stream_->read_some(asio::buffer(input_), [self = shared_from_this()](const Failure& failure, std::size_t count) {
    if (self->phase_ == Phase::Closed) return;
    if (self->phase_ == Phase::Draining) {
      self->drained_ += count;
      return failure || self->drained_ > kMaxDrain ? self->close() : self->read();
    }
    if (self->phase_ != Phase::Reading) return;  // answered by the deadline meanwhile
    if (failure) return self->close();
    self->on_bytes(count);
  });
}

void HttpConnection::on_bytes(std::size_t count) {
  if (reader_.idle()) arm(server_.options.limits.request_within);
  advance(reader_.feed({input_.data(), count}));
}

void HttpConnection::advance(HttpRequestReader::State state) {
  using State = HttpRequestReader::State;
  if (state == State::HeadDone) {
    if (reader_.wants_continue() && !peer_.refuse) {
      out_ = "HTTP/1.1 100 Continue\r\n\r\n";
      write([this] { advance(reader_.feed({})); });
      return;
    }
    state = reader_.feed({});
  }
  if (state == State::NeedMore) return read();
  if (state == State::Failed) return refuse(reader_.error_status(), reader_.error_text());
  dispatch();
}

void HttpConnection::refuse(int status, std::string_view text) {
  request_ = {};
  request_.tls = peer_.tls;
  request_.id = system_random().token(16);
  request_.peer = peer_.endpoint;
  begun_ = system_clock().now();
  keep_alive_ = false;
  auto response = server_.error(status, text);
  response.close = true;
  respond(std::move(response));
}

void HttpConnection::dispatch() {
  phase_ = Phase::Handling;
  keep_alive_ = reader_.keep_alive() && !winding_down_ && !server_.stopping;
  auto request = reader_.take();
  deadline_.cancel();
  ++deadline_number_;
  request.peer = peer_.endpoint;
  request.tls = peer_.tls;
  request.is_local_socket = peer_.local;
  request.peer_uid = peer_.uid;
  request.id = system_random().token(16);
  begun_ = system_clock().now();
  if (peer_.refuse) {
    refuse(429, "too many connections from this address");
    return;
  }
  if (peer_.redirect) {
    request_ = {};
    keep_alive_ = false;
    auto response = HttpResponse::text(308, "This port speaks HTTPS.\n");
    response.set("Location", fmt::format("https://{}{}", request.header("host"), request.target));
    return respond(std::move(response));
  }
  if (server_.upgrade && wants_websocket(request)) return dispatch_upgrade(std::move(request));

  request_.method = request.method;
  request_.path = request.path;
  request_.tls = request.tls;
  request_.id = request.id;
  request_.peer = request.peer;
  request_.is_local_socket = request.is_local_socket;
  const bool taken = server_.pool.submit([self = shared_from_this(), request = std::move(request)]() mutable {
    HttpResponse response;
    try {
      response = self->server_.handler(request);
    } catch (const std::exception& caught) {
      log::error("http.handler_threw", {{"path", request.path}, {"what", caught.what()}, {"id", request.id}});
      response =
          self->server_.error(500, "an error inside the server; its log has the details under this request's id");
    }
    auto& io = self->server_.io;
    asio::post(
        io, [self = std::move(self), response = std::move(response)]() mutable { self->respond(std::move(response)); });
  });
  if (!taken) {
    auto response = server_.error(503, "the server is busy");
    response.set("Retry-After", "2");
    respond(std::move(response));
  }
}

void HttpConnection::dispatch_upgrade(HttpRequest request) {
  if (!reader_.rest().empty()) return refuse(400, "a WebSocket client waits for the answer to its upgrade");
  request_.method = request.method;
  request_.path = request.path;
  request_.tls = request.tls;
  request_.id = request.id;
  request_.peer = request.peer;
  auto session = make_websocket(server_);
  const bool taken = server_.pool.submit([self = shared_from_this(), session, request = std::move(request)]() mutable {
    std::optional<HttpResponse> refusal;
    try {
      refusal = self->server_.upgrade(request, session);
    } catch (const std::exception& caught) {
      log::error("http.handler_threw", {{"path", request.path}, {"what", caught.what()}, {"id", request.id}});
      refusal = self->server_.error(500, "an error inside the server");
    }
    auto& io = self->server_.io;
    asio::post(io, [self = std::move(self), session = std::move(session), request = std::move(request),
                    refusal = std::move(refusal)]() mutable {
      if (refusal) return self->respond(std::move(*refusal));
      note(request, 101, system_clock().now() - self->begun_);
      self->phase_ = Phase::Closed;  // the session has the stream now
      begin_websocket(session, self->stream_, request);
      self->stream_.reset();
    });
  });
  if (!taken) refuse(503, "the server is busy");
}

void HttpConnection::respond(HttpResponse response) {
  if (phase_ == Phase::Closed) return;
  if (response.close) keep_alive_ = false;
  status_ = response.status;
  const bool head_only = request_.method == "HEAD";
  out_ = server_.head_of(response, request_, keep_alive_);
  if (!head_only && !response.stream) out_ += response.body;
  stream_chunked_ = response.stream && !response.stream_length;
  stream_left_ = response.stream_length.value_or(0);
  response_ = std::move(response);
  response_.body.clear();
  if (head_only || (!stream_chunked_ && stream_left_ == 0)) response_.stream = nullptr;
  write([this] { response_.stream ? pull() : finished(); });
}

void HttpConnection::write(UniqueFunction<void()> then) {
  const bool interim = phase_ == Phase::Reading && status_ == 0;
  if (!interim) phase_ = Phase::Writing;
  arm(server_.options.limits.write_stall);
  const WriteBuffers rest(asio::buffer(out_.data() + sent_, out_.size() - sent_));
  stream_->write_some(
      rest, [self = shared_from_this(), then = std::move(then)](const Failure& failure, std::size_t count) mutable {
        if (self->phase_ == Phase::Closed) return;
        if (failure) return self->cut("connection", failure.message());
        self->sent_ += count;
        if (self->sent_ < self->out_.size()) return self->write(std::move(then));
        self->out_.clear();
        self->sent_ = 0;
        then();
      });
}

void HttpConnection::pull() {
  phase_ = Phase::Handling;
  deadline_.cancel();
  ++deadline_number_;
  const bool taken = server_.pool.submit(
      [self = shared_from_this()] {
        const std::size_t room = self->stream_chunked_
                                     ? kPull
                                     : static_cast<std::size_t>(std::min<std::uint64_t>(kPull, self->stream_left_));
        std::string chunk(room, '\0');
        Result<std::size_t> got = fail(Errc::Internal, "");
        try {
          got = self->response_.stream({reinterpret_cast<std::uint8_t*>(chunk.data()), chunk.size()});
        } catch (const std::exception& caught) {
          log::error("http.stream_threw", {{"what", caught.what()}});
        }
        if (got) chunk.resize(std::min(*got, room));
        auto& io = self->server_.io;
        asio::post(io, [self, got = std::move(got), chunk = std::move(chunk)]() mutable {
          if (self->phase_ == Phase::Closed) return;
          if (!got) return self->cut("source", got.error().text);
          if (self->stream_chunked_) {
            self->out_ = fmt::format("{:x}\r\n", chunk.size());
            self->out_ += chunk;
            self->out_ += "\r\n";
            self->write([raw = self.get(), last = chunk.empty()] { last ? raw->finished() : raw->pull(); });
            return;
          }
          if (chunk.empty()) return self->cut("source", "shorter than promised");
          self->stream_left_ -= chunk.size();
          self->out_ = std::move(chunk);
          self->write([raw = self.get()] { raw->stream_left_ == 0 ? raw->finished() : raw->pull(); });
        });
      },
      true);
  if (!taken) cut("stopping", "no worker took its next part");
}

void HttpConnection::finished() {
  response_ = {};
  note(request_, status_, system_clock().now() - begun_);
  request_ = {};
  status_ = 0;
  if (!keep_alive_ || winding_down_) return drain();
  phase_ = Phase::Reading;
  arm(server_.options.limits.idle);
  advance(reader_.feed({}));  // the next request may be here already
}

/// Says that no more comes and waits for the peer's end: closing with unread input would reset the connection and could
/// take the response with it (RFC 9112 §9.6).
void HttpConnection::drain() {
  phase_ = Phase::Draining;
  arm(kDrainFor);
  if (peer_.tls && reader_.error_status() != 0) return read();  // SSL_shutdown would stop at the unread input
  stream_->finish([self = shared_from_this()](const Failure& failure) {
    if (failure || self->phase_ != Phase::Draining || self->peer_.tls) return self->close();
    self->read();
  });
}

void HttpConnection::cut(std::string_view reason, std::string_view detail) {
  metrics::counter("parley_http_responses_cut_total", "Responses that ended before their body did.",
                   {{"reason", std::string(reason)}})
      .add();
  log::warning("http.response_cut", {{"path", std::string_view(request_.path).substr(0, 200)},
                                     {"reason", reason},
                                     {"detail", detail},
                                     {"id", request_.id}});
  close();  // and no end of the body: what was cut must not look whole
}

void HttpConnection::close() {
  if (phase_ == Phase::Closed) return;
  phase_ = Phase::Closed;
  ++deadline_number_;
  deadline_.cancel();
  if (stream_) stream_->close();
}

}  // namespace parley::net
