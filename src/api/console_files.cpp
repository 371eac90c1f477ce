#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include <api/console_files.hpp>
#include <api/problem.hpp>

namespace parley::api {

namespace fs = std::filesystem;

namespace {
constexpr std::uintmax_t kLargest = 32 * 1024 * 1024;

struct MediaType {
  std::string_view ending, type;
};
constexpr MediaType kTypes[] = {{".html", "text/html; charset=utf-8"},
                                {".js", "text/javascript; charset=utf-8"},
                                {".css", "text/css; charset=utf-8"},
                                {".json", "application/json"},
                                {".svg", "image/svg+xml"},
                                {".png", "image/png"},
                                {".ico", "image/x-icon"},
                                {".webp", "image/webp"},
                                {".woff2", "font/woff2"},
                                {".wasm", "application/wasm"},
                                {".txt", "text/plain; charset=utf-8"},
                                {".webmanifest", "application/manifest+json"},
                                {".map", "application/json"},
                                {".wav", "audio/wav"},
                                {".mp3", "audio/mpeg"}};

bool inside(const fs::path& folder, const fs::path& file) {
  std::error_code failure;
  const auto root = fs::canonical(folder, failure);
  if (failure) return false;
  const auto real = fs::canonical(file, failure);
  if (failure || !fs::is_regular_file(real, failure)) return false;
  const auto relative = real.lexically_relative(root);
  return !relative.empty() && *relative.begin() != "..";
}
}  // namespace

std::string_view media_type_of(std::string_view file_name) noexcept {
  for (const auto& [ending, type] : kTypes) {
    if (file_name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

net::HttpResponse console_file(const std::string& folder, const net::HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    return to_response({Problem::MethodNotAllowed, "files are read only", std::nullopt}).set("Allow", "GET, HEAD");
  }
  if (folder.empty()) {
    return net::HttpResponse::text(
        404, "The console's files are not installed. The API is at /v1, its description at /docs.\n");
  }
  fs::path file = fs::path(folder) / request.path.substr(1);
  const bool has_ending = file.has_extension();
  if (!inside(folder, file)) {
    if (has_ending && request.path.starts_with("/assets/"))
      return to_response({Problem::NotFound, "no such file", std::nullopt});
    file = fs::path(folder) / "index.html";
    if (!inside(folder, file)) return to_response({Problem::NotFound, "the console has no index.html", std::nullopt});
  }
  std::error_code failure;
  const auto size = fs::file_size(file, failure);
  const auto changed = failure ? fs::file_time_type{} : fs::last_write_time(file, failure);
  if (failure || size > kLargest) return to_response({Problem::Unavailable, "the file cannot be read", std::nullopt});
  const auto etag = fmt::format("\"{:x}-{:x}\"", size, changed.time_since_epoch().count());
  const bool lasting = request.path.starts_with("/assets/");
  net::HttpResponse response;
  response.set("Cache-Control", lasting ? "public, max-age=31536000, immutable" : "no-cache");
  response.set("ETag", etag);
  if (request.header("if-none-match").find(etag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  std::ifstream in(file, std::ios::binary);
  response.body.assign(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) return to_response({Problem::Unavailable, "the file cannot be read", std::nullopt});
  response.set("Content-Type", media_type_of(file.string()));
  return response;
}

}  // namespace parley::api
