#include <map>

#include <ares.h>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <net/reactor.hpp>
#include <net/reactor_impl.hpp>
#include <net/resolver.hpp>

namespace parley::net {
namespace {

/// c-ares' own tables: once a process.
bool library_ready() {
  static const bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

metrics::Counter& query_counter(std::string_view outcome) {
  return metrics::counter("parley_dns_queries_total", "Questions to name servers by outcome", {{"outcome", outcome}});
}

}  // namespace

struct Resolver::Impl : std::enable_shared_from_this<Impl> {
  Impl(Reactor& r, const Options& o) : reactor(r), options(o), cache(o.cache) {}
  ~Impl() {
    if (channel != nullptr) ares_destroy(channel);  // c-ares closes its sockets
  }

  /// One socket of c-ares, watched by the reactor and owned by c-ares.
  struct Socket {
    explicit Socket(boost::asio::io_context& io) : descriptor(io) {}
    boost::asio::posix::stream_descriptor descriptor;
    bool readable = false, writable = false;  // wanted
    bool reading = false, writing = false;    // waited for
  };

  struct Question {
    std::weak_ptr<Impl> resolver;
    DnsQuestion question;
  };

  void close() {
    open = false;
    reactor.cancel(timer);
    for (auto& [fd, socket] : sockets) socket->descriptor.release();
    sockets.clear();
    waiting.clear();
    ares_destroy(std::exchange(channel, nullptr));
  }

  void want(ares_socket_t fd, bool readable, bool writable) {
    if (!open) return;
    auto found = sockets.find(fd);
    if (!readable && !writable) {
      if (found == sockets.end()) return;
      found->second->descriptor.release();  // c-ares closes it
      sockets.erase(found);
      return;
    }
    if (found == sockets.end()) {
      found = sockets.emplace(fd, std::make_shared<Socket>(reactor.impl().io)).first;
      boost::system::error_code failure;
      found->second->descriptor.assign(fd, failure);
      if (failure) {
        sockets.erase(found);
        return;  // its questions run into their time-out
      }
    }
    found->second->readable = readable;
    found->second->writable = writable;
    wait(fd, found->second);
  }

  void wait(ares_socket_t fd, const std::shared_ptr<Socket>& socket) {
    const auto start = [&](bool& under_way, bool write) {
      under_way = true;
      socket->descriptor.async_wait(
          write ? boost::asio::posix::descriptor_base::wait_write : boost::asio::posix::descriptor_base::wait_read,
          [self = shared_from_this(), fd, socket, write](const boost::system::error_code& failure) {
            (write ? socket->writing : socket->reading) = false;
            if (failure || !self->open) return;
            if (const auto now = self->sockets.find(fd); now == self->sockets.end() || now->second != socket) return;
            if (write ? socket->writable : socket->readable)
              ares_process_fd(self->channel, write ? ARES_SOCKET_BAD : fd, write ? fd : ARES_SOCKET_BAD);
            if (!self->open) return;
            self->arm();
            if (const auto now = self->sockets.find(fd); now != self->sockets.end() && now->second == socket)
              self->wait(fd, socket);
          });
    };
    if (socket->readable && !socket->reading) start(socket->reading, false);
    if (socket->writable && !socket->writing) start(socket->writing, true);
  }

  void arm() {
    reactor.cancel(timer);
    timer = {};
    timeval left{};
    if (waiting.empty() || ares_timeout(channel, nullptr, &left) == nullptr) return;
    timer = reactor.after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec + 1000),
                          [weak = weak_from_this()] {
                            const auto self = weak.lock();
                            if (!self || !self->open) return;
                            ares_process_fd(self->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
                            if (self->open) self->arm();
                          });
  }

  void ask(const DnsQuestion& question, OnReply done) {
    if (auto have = cache.fresh(question, reactor.now())) {
      static auto& counter = query_counter("cached");
      counter.add();
      return later(std::move(*have), std::move(done));
    }
    const bool runs = waiting.contains(question);
    if (!runs && waiting.size() >= options.max_waiting) {
      static auto& counter = query_counter("too_many");
      counter.add();
      return later(cache.take(question, DnsReply{}, reactor.now()), std::move(done));
    }
    waiting[question].push_back(std::move(done));
    if (runs) return;
    reactor.post([weak = weak_from_this(), question] {  // an answer at once would come from within ask()
      const auto self = weak.lock();
      if (!self || !self->open) return;
      auto argument = std::make_unique<Question>(Question{weak, question});
      ares_query(self->channel, question.name.c_str(), kInternet, static_cast<int>(question.type), &answered,
                 argument.release());
      if (self->open) self->arm();
    });
  }

  void later(DnsReply reply, OnReply done) {
    reactor.post([weak = weak_from_this(), reply = std::move(reply), done = std::move(done)]() mutable {
      if (const auto self = weak.lock(); self && self->open) done(reply);
    });
  }

  static void answered(void* argument, int status, int /*timeouts*/, unsigned char* bytes, int size) {
    const std::unique_ptr<Question> asked(static_cast<Question*>(argument));
    const auto self = asked->resolver.lock();
    if (!self || !self->open) return;
    DnsReply reply;
    // For "no such name" and "no such record" c-ares gives the message too: the SOA in it says for how long.
    const bool answer = status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
    if (answer && bytes != nullptr && size > 0) {
      auto read = read_dns_answer({bytes, static_cast<std::size_t>(size)}, asked->question);
      if (read) {
        reply = std::move(*read);
      } else if (status != ARES_SUCCESS && read.error().code != Errc::Corrupt) {
        reply.outcome = DnsReply::Outcome::None;
      } else {
        log::debug("dns.answer_refused", {{"why", read.error().text}});
      }
    } else if (status == ARES_ENODATA || status == ARES_ENOTFOUND) {
      reply.outcome = DnsReply::Outcome::None;
    }
    self->finish(asked->question, std::move(reply));
  }

  void finish(const DnsQuestion& question, DnsReply got) {
    const auto reply = cache.take(question, std::move(got), reactor.now());
    static auto& found = query_counter("found");
    static auto& none = query_counter("none");
    static auto& failed = query_counter("failed");
    static auto& stale = query_counter("stale");
    (reply.stale                                 ? stale
     : reply.outcome == DnsReply::Outcome::Found ? found
     : reply.outcome == DnsReply::Outcome::None  ? none
                                                 : failed)
        .add();
    auto node = waiting.extract(question);
    if (node.empty()) return;
    for (auto& done : node.mapped()) later(reply, std::move(done));  // c-ares is on the stack
  }

  static constexpr int kInternet = 1;
  Reactor& reactor;
  const Options options;
  DnsCache cache;
  ares_channel channel = nullptr;
  bool open = true;
  std::map<ares_socket_t, std::shared_ptr<Socket>> sockets;
  std::map<DnsQuestion, std::vector<OnReply>> waiting;
  Reactor::TimerHandle timer;
};

Resolver::Resolver(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Resolver::~Resolver() { impl_->close(); }

Result<std::unique_ptr<Resolver>> Resolver::make(Reactor& reactor, const Options& options) {
  if (!library_ready()) return fail(Errc::Internal, "c-ares does not start");
  auto impl = std::make_shared<Impl>(reactor, options);
  ares_options settings{};
  settings.timeout = static_cast<int>(options.timeout.count());
  settings.tries = static_cast<int>(options.tries);
  settings.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;  // sockets close when idle: a new port, hard to guess
  settings.sock_state_cb_data = impl.get();
  settings.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<Impl*>(self)->want(fd, readable != 0, writable != 0);
  };
  char lookups[] = "b";
  settings.lookups = lookups;
  if (ares_init_options(&impl->channel, &settings,
                        ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS | ARES_OPT_SOCK_STATE_CB |
                            ARES_OPT_LOOKUPS) != ARES_SUCCESS)
    return fail(Errc::Internal, "c-ares does not start");
  if (!options.servers.empty() && ares_set_servers_ports_csv(impl->channel, options.servers.c_str()) != ARES_SUCCESS)
    return fail(Errc::Invalid, "no list of name servers: " + options.servers);
  return std::unique_ptr<Resolver>(new Resolver(std::move(impl)));
}

void Resolver::ask(const DnsQuestion& question, OnReply done) {
  impl_->reactor.assert_current();
  impl_->ask(question, std::move(done));
}

std::optional<DnsReply> Resolver::known(const DnsQuestion& question) {
  impl_->reactor.assert_current();
  return impl_->cache.fresh(question, impl_->reactor.now());
}

}  // namespace parley::net
