#pragma once
// Only for the .cpp files of net/.
#include <functional>
#include <mutex>

#include <boost/asio/ssl/context.hpp>

#include <net/tls.hpp>

namespace parley::net {

struct TlsContext::Impl {
  using Loaded = Result<std::shared_ptr<boost::asio::ssl::context>>;
  std::function<Loaded()> load;  // from the files, as they are now
  std::mutex mutex;
  std::shared_ptr<boost::asio::ssl::context> current;

  [[nodiscard]] std::shared_ptr<boost::asio::ssl::context> get() {
    const std::lock_guard lock(mutex);
    return current;
  }
};

}  // namespace parley::net
