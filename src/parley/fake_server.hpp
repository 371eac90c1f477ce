#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace parley::cli {

/// For tests: an HTTP server on a Unix socket that answers each "METHOD /path" with what the test gave it, and notes
/// what was asked.
class FakeServer {
 public:
  struct Answer {
    int status = 200;
    std::string body;
  };
  using Handler = std::function<Answer(const std::string& body)>;

  FakeServer();
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  void on(const std::string& method_and_path, Answer answer);
  void on(const std::string& method_and_path, Handler handler);
  /// "GET /v1/me", "POST /v1/… {body}" in order.
  [[nodiscard]] std::vector<std::string> asked() const;
  [[nodiscard]] const std::filesystem::path& data() const { return data_; }

 private:
  void serve();
  [[nodiscard]] Answer answer(const std::string& request_line, const std::string& body);

  std::filesystem::path data_;
  int listener_ = -1;
  mutable std::mutex mutex_;
  std::map<std::string, Handler> handlers_;
  std::vector<std::string> asked_;
  std::thread thread_;
};

}  // namespace parley::cli
