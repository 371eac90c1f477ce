#include <cstdlib>
#include <expected>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <parley/failure.hpp>
#include <parley/secrets.hpp>

namespace parley::cli {
namespace {

struct Trouble {
  std::string what, remedy;
};

std::expected<std::string, Trouble> from_file(const std::string& name, const std::string& document) {
  const auto beside = document == "-" ? std::filesystem::path() : std::filesystem::path(document).parent_path();
  std::ifstream in(beside / name, std::ios::binary);
  std::string line;
  if (!in || (!std::getline(in, line) && line.empty()))
    return std::unexpected(
        Trouble{"cannot be read", "write a file beside this one with the password in its first line"});
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::expected<std::string, Trouble> secret_of(const json::object& from, const std::string& document) {
  const auto* file = from.if_contains("file");
  const auto* env = from.if_contains("env");
  if (from.size() == 1 && file && file->is_string()) return from_file(std::string(file->get_string()), document);
  if (from.size() == 1 && env && env->is_string()) {
    if (const char* value = std::getenv(env->get_string().c_str()); value != nullptr && *value != '\0') return value;
    return std::unexpected(Trouble{"is not set in the environment", "set the variable, then apply again"});
  }
  return std::unexpected(Trouble{"says neither file nor env", "write {file: NAME} or {env: NAME}, or the password"});
}

}  // namespace

void resolve_secrets(json::value& document, const std::string& file, const Places& places) {
  std::string troubles;
  const auto trunks_of = [&](json::value& part, const std::string& prefix) {
    auto* object = part.if_object();
    auto* list = object ? object->if_contains("trunks") : nullptr;
    if (list == nullptr || !list->is_array()) return;
    for (std::size_t i = 0; i < list->get_array().size(); ++i) {
      auto* trunk = list->get_array()[i].if_object();
      auto* password = trunk ? trunk->if_contains("password") : nullptr;
      if (password == nullptr || !password->is_object()) continue;
      const auto path = fmt::format("{}trunks[{}].password", prefix, i);
      if (auto secret = secret_of(password->get_object(), file)) {
        *password = json::value(*secret);
      } else {
        const auto place = places.find(path);
        troubles += fmt::format("{}{}{}: {}: {} ({})", troubles.empty() ? "" : "\n", file,
                                place ? fmt::format(":{}:{}", place->line, place->column) : "", path,
                                secret.error().what, secret.error().remedy);
      }
    }
  };
  trunks_of(document, {});
  if (auto* object = document.if_object())
    if (auto* all = object->if_contains("organisations"); all != nullptr && all->is_array())
      for (std::size_t i = 0; i < all->get_array().size(); ++i)
        trunks_of(all->get_array()[i], fmt::format("organisations[{}].", i));
  if (!troubles.empty()) throw Failure(Exit::Usage, troubles, "Nothing was changed.");
}

}  // namespace parley::cli
