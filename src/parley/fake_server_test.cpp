#include <cstring>

#include <gtest/gtest.h>
#include <parley/fake_server.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace parley::cli {

FakeServer::FakeServer() {
  std::string pattern = (std::filesystem::temp_directory_path() / "parley-cli-XXXXXX").string();
  data_ = ::mkdtemp(pattern.data());
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = (data_ / "parleyd.sock").string();
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (::bind(listener_, generic, sizeof address) != 0 || ::listen(listener_, 8) != 0)
    ADD_FAILURE() << "cannot listen on " << path;
  thread_ = std::thread{[this] { serve(); }};
}

FakeServer::~FakeServer() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
  std::filesystem::remove_all(data_);
}

void FakeServer::on(const std::string& method_and_path, Answer given) {
  on(method_and_path, [given = std::move(given)](const std::string&) { return given; });
}

void FakeServer::on(const std::string& method_and_path, Handler handler) {
  const std::scoped_lock lock{mutex_};
  handlers_[method_and_path] = std::move(handler);
}

std::vector<std::string> FakeServer::asked() const {
  const std::scoped_lock lock{mutex_};
  return asked_;
}

FakeServer::Answer FakeServer::answer(const std::string& request_line, const std::string& body) {
  const std::scoped_lock lock{mutex_};
  asked_.push_back(body.empty() ? request_line : request_line + " " + body);
  const auto found = handlers_.find(request_line);
  if (found == handlers_.end())
    return {404, R"({"title":"Not found","status":404,"detail":"no such thing","code":"not_found"})"};
  return found->second(body);
}

void FakeServer::serve() {
  while (true) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    std::string text;
    char buffer[4096];
    while (true) {
      const auto head_end = text.find("\r\n\r\n");
      if (head_end == std::string::npos) {
        const auto count = ::read(client, buffer, sizeof buffer);
        if (count <= 0) break;
        text.append(buffer, static_cast<std::size_t>(count));
        continue;
      }
      std::size_t size = 0;
      if (const auto at = text.find("Content-Length: "); at != std::string::npos && at < head_end)
        size = std::stoul(text.substr(at + 16));
      if (text.size() < head_end + 4 + size) {
        const auto count = ::read(client, buffer, sizeof buffer);
        if (count <= 0) break;
        text.append(buffer, static_cast<std::size_t>(count));
        continue;
      }
      const auto line = text.substr(0, text.find(" HTTP/"));
      const auto given = answer(line, text.substr(head_end + 4, size));
      text.erase(0, head_end + 4 + size);
      const auto out = "HTTP/1.1 " + std::to_string(given.status) +
                       " X\r\nContent-Length: " + std::to_string(given.body.size()) + "\r\n\r\n" + given.body;
      if (::write(client, out.data(), out.size()) < 0) break;
    }
    ::close(client);
  }
}

}  // namespace parley::cli
