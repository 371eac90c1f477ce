#include <cstdlib>
#include <fstream>
#include <sstream>

#include <boost/json/parse.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <parley/credentials.hpp>
#include <parley/failure.hpp>
#include <parley/format.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace parley::cli {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

}  // namespace

std::filesystem::path Credentials::path() {
  const auto config = environment("XDG_CONFIG_HOME");
  const auto home = environment("HOME");
  if (config.empty() && home.empty())
    throw Failure(Exit::Failed, "there is no place for the sign-in: neither HOME nor XDG_CONFIG_HOME is set",
                  "Set one, or do without sign-in: --server URL with $PARLEY_TOKEN.");
  const std::filesystem::path base =
      config.empty() ? std::filesystem::path{home} / ".config" : std::filesystem::path{config};
  return base / "parley" / "sign-in.json";
}

std::optional<Credentials> Credentials::load() {
  const auto file = path();
  struct stat info{};
  if (::stat(file.c_str(), &info) != 0) return std::nullopt;
  if ((info.st_mode & 077U) != 0)
    throw Failure(Exit::NotAllowed, fmt::format("{} can be read by others", file.string()),
                  fmt::format("chmod 600 {}", file.string()));
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  boost::system::error_code error;
  const auto value = json::parse(text.str(), error);
  if (error)
    throw Failure(Exit::Failed, fmt::format("{} is no JSON", file.string()),
                  "Remove it and sign in again: parley sign-in");
  return Credentials{text_at(value, "server"), text_at(value, "token"), text_at(value, "pin"), text_at(value, "ca"),
                     text_at(value, "organisation")};
}

void Credentials::save() const {
  const auto file = path();
  std::filesystem::create_directories(file.parent_path());
  const json::value value = {
      {"server", server}, {"token", token}, {"pin", pin}, {"ca", ca}, {"organisation", organisation}};
  const auto text = pretty(value) + "\n";
  const auto part = file.string() + ".part";
  std::filesystem::remove(part);  // of a sign-in that was killed; O_EXCL makes a file of our mode or none
  const int out = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (out < 0 || ::write(out, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::close(out) != 0)
    throw Failure(Exit::Failed, fmt::format("cannot write {}", part));
  std::filesystem::rename(part, file);
}

void Credentials::forget() { std::filesystem::remove(path()); }

}  // namespace parley::cli
