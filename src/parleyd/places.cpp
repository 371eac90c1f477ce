#include <parleyd/places.hpp>

namespace parley::server {

namespace fs = std::filesystem;

namespace {
fs::path first_that_exists(std::initializer_list<fs::path> candidates) {
  std::error_code ignored;
  for (const auto& candidate : candidates) {
    if (fs::exists(candidate, ignored)) return candidate;
  }
  return {};
}
}  // namespace

Places find_places(const Config& config) {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path share = program.parent_path().parent_path() / "share" / "parley";
  const fs::path checkout =
      program.parent_path().parent_path().parent_path().parent_path();  // build/<preset>/bin/parleyd
  Places out;
  out.data = config.server.data_dir.empty() ? default_data_dir() : config.server.data_dir;
  out.web = config.server.web_dir.empty() ? first_that_exists({share / "web", checkout / "web" / "console" / "dist"})
                                          : fs::path(config.server.web_dir);
  out.models = config.speech.models.empty() ? first_that_exists({share / "speech", checkout / "build" / "speech"})
                                            : fs::path(config.speech.models);
  if (out.models.empty()) out.models = share / "speech";
  out.prompts = first_that_exists({share / "prompts", checkout / "assets" / "prompts"});
  out.conversation = first_that_exists({share / "demo" / "call.wav", checkout / "assets" / "demo" / "call.wav"});
  return out;
}

}  // namespace parley::server
