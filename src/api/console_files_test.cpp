#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <api/console_files.hpp>
#include <base/random.hpp>

namespace parley::api {
namespace {
namespace fs = std::filesystem;

struct Console {
  Console() {
    fs::create_directories(folder / "dist" / "assets");
    std::ofstream(folder / "dist" / "index.html") << "<html>console</html>";
    std::ofstream(folder / "dist" / "assets" / "app-1a2b.js") << "code";
    std::ofstream(folder / "secret.txt") << "secret";
    fs::create_symlink(folder / "secret.txt", folder / "dist" / "link.txt");
  }
  ~Console() { fs::remove_all(folder); }
  net::HttpResponse get(std::string path, net::HttpFields headers = {}, std::string method = "GET") const {
    net::HttpRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.headers = std::move(headers);
    return console_file(folder / "dist", request);
  }
  static std::string header(const net::HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }
  fs::path folder = fs::temp_directory_path() / ("parley-console-" + system_random().token(8));
};

TEST(ConsoleFiles, ServesFilesAndTheConsolesOwnPaths) {
  Console console;
  const auto asset = console.get("/assets/app-1a2b.js");
  EXPECT_EQ(asset.body, "code");
  EXPECT_EQ(Console::header(asset, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(Console::header(asset, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(console.get("/").body, "<html>console</html>");
  const auto page = console.get("/calls/0197a000");
  EXPECT_EQ(page.body, "<html>console</html>");
  EXPECT_EQ(Console::header(page, "Cache-Control"), "no-cache");
  EXPECT_EQ(console.get("/", {{"if-none-match", Console::header(page, "ETag")}}).status, 304);
  EXPECT_EQ(console.get("/assets/old-9z.js").status, 404) << "an old name is not the page";
  EXPECT_EQ(console.get("/", {}, "POST").status, 405);
}

TEST(ConsoleFiles, NeverLeavesItsFolder) {
  Console console;
  for (const auto* path : {"/link.txt", "/../secret.txt", "/assets/../../secret.txt", "//etc/passwd"}) {
    EXPECT_EQ(console.get(path).body.find("secret"), std::string::npos) << path;
    EXPECT_EQ(console.get(path).body.find("root:"), std::string::npos) << path;
  }
}

}  // namespace
}  // namespace parley::api
