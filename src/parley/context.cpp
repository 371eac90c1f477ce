#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>
#include <parley/context.hpp>
#include <parley/credentials.hpp>
#include <parley/server_address.hpp>
#include <unistd.h>

#include <base/config.hpp>
#include <base/ids.hpp>

namespace parley::cli {

namespace {

/// Where parleyd keeps its data when nobody says otherwise: the system's, then this user's own.
std::string usual_data() {
  for (const auto& data : {std::string{"/var/lib/parley"}, default_data_dir()})
    if (::access((std::filesystem::path{data} / "parleyd.sock").c_str(), R_OK | W_OK) == 0) return data;
  return {};
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

/// A service without a home has signed in nowhere.
std::optional<Credentials> signed_in() {
  if (environment("HOME").empty() && environment("XDG_CONFIG_HOME").empty()) return std::nullopt;
  return Credentials::load();
}

std::string socket_in(const std::string& data) { return (std::filesystem::path{data} / "parleyd.sock").string(); }

}  // namespace

Target Context::find_target() const {
  const auto remote = [&](const std::string& typed) {
    Target target{.socket_path = {},
                  .server = server_address(typed),
                  .token = environment("PARLEY_TOKEN"),
                  .pin = {},
                  .ca = certificates_in(options.ca_file)};
    const auto known = target.token.empty() || target.ca.empty() ? signed_in() : std::nullopt;
    if (known && known->server == target.server) {
      if (target.token.empty()) target.token = known->token;
      if (target.ca.empty()) target.pin = known->pin, target.ca = known->ca;
    }
    return target;
  };
  const auto local = [](const std::string& data) {
    return Target{.socket_path = socket_in(data), .server = {}, .token = {}, .pin = {}, .ca = {}};
  };
  if (!options.server.empty()) return remote(options.server);
  if (!options.data.empty()) return local(options.data);
  if (const auto server = environment("PARLEY_SERVER"); !server.empty()) return remote(server);
  if (const auto data = environment("PARLEY_DATA"); !data.empty()) return local(data);
  if (const auto known = signed_in()) return remote(known->server);
  if (const auto data = usual_data(); !data.empty()) return local(data);
  return local(default_data_dir());
}

Client& Context::client() {
  if (!client_) client_.emplace(find_target());
  return *client_;
}

std::string Context::path(std::string_view rest) {
  if (organisation_id_.empty()) {
    auto wanted = options.organisation.empty() ? environment("PARLEY_ORGANISATION") : options.organisation;
    if (wanted.empty()) {
      const auto me = client().get("/v1/me");
      organisation_id_ = text_at(me, "organisation.id");
    }
    if (organisation_id_.empty()) {
      const auto all = client().get_all("/v1/organisations", 1000);
      std::string names;
      for (const auto& one : all) {
        const auto id = text_at(one, "id");
        const auto name = text_at(one, "name");
        if (wanted == id || wanted == name || wanted == text_at(one, "sip_domain") ||
            (wanted.empty() && all.size() == 1))
          organisation_id_ = id;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
      }
      if (organisation_id_.empty() && wanted.empty())
        throw Failure(Exit::Usage, all.empty() ? "there is no organisation yet" : "there is more than one organisation",
                      all.empty() ? "Make one: parley organisations add NAME"
                                  : fmt::format("Name one with --organisation: {}", names));
      if (organisation_id_.empty())
        throw Failure(Exit::NotFound, fmt::format("there is no organisation '{}'", wanted),
                      fmt::format("There is: {}", names));
    }
  }
  return fmt::format("/v1/organisations/{}{}", organisation_id_, rest);
}

std::string Context::call_id(const std::string& typed) {
  if (Uuid::parse(typed)) return typed;
  if (typed == "last") {
    const auto page = client().get(path("/calls?limit=1"));
    if (items_of(page).empty()) throw Failure(Exit::NotFound, "there is no call yet", "Make one: parley demo");
    return text_at(items_of(page).front(), "id");
  }
  std::string lower;
  for (const char c : typed) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool hex = lower.size() >= 4 && lower.find_first_not_of("0123456789abcdef-") == std::string::npos;
  if (!hex)
    throw Failure(Exit::Usage, fmt::format("'{}' is no call", typed),
                  "Give its id or the end of it as `parley calls list` shows it, or 'last'.");
  std::string found;
  for (const auto& call : client().get_all(path("/calls?limit=200"), 5000)) {
    const auto id = text_at(call, "id");
    if (!id.ends_with(lower)) continue;
    if (!found.empty())
      throw Failure(Exit::Usage, fmt::format("more than one call ends with '{}'", typed),
                    "Give more digits, or the whole id.");
    found = id;
  }
  if (found.empty())
    throw Failure(Exit::NotFound, fmt::format("no call ends with '{}'", typed), "`parley calls list` shows them.");
  return found;
}

json::value Context::extension(const std::string& number) {
  std::string numbers;
  for (const auto& one : client().get_all(path("/extensions?limit=200"), 10000)) {
    if (text_at(one, "number") == number || text_at(one, "id") == number) return one;
    numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", text_at(one, "number"));
  }
  throw Failure(Exit::NotFound, fmt::format("there is no extension {}", number),
                numbers.empty() ? "There is none yet: parley extensions add NUMBER NAME" : "There is: " + numbers);
}

bool Context::print_json(const json::value& value) {
  if (!options.json) return false;
  out() << pretty(value) << '\n';
  return true;
}

void Context::confirm_or_stop(std::string_view question, bool yes) {
  if (yes) return;
  if (!terminal_.interactive())
    throw Failure(Exit::Usage, "there is nobody to ask", "Add --yes to do it without a question.");
  if (!terminal_.confirm(question)) throw Failure(Exit::Cancelled, "nothing was changed");
}

}  // namespace parley::cli
