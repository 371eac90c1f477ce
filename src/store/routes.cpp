#include <algorithm>
#include <map>
#include <tuple>

#include <store/answers.hpp>
#include <store/json.hpp>
#include <store/routes.hpp>
#include <store/text.hpp>

namespace parley::store {
namespace {

constexpr const char* kColumns = "id, organisation, position, enabled, created_at, sealed";

/// Names the row, so that one route's content cannot be moved to another.
std::string part_of(RouteId id) { return "route " + id.text(); }

json::object form_of(const RouteDestination& destination) {
  struct Form {
    json::object operator()(const ToExtension& to) const { return {{"kind", "extension"}, {"number", to.number}}; }
    json::object operator()(const ToEchoTest&) const { return {{"kind", "echo_test"}}; }
    json::object operator()(const ToNumber& to) const { return {{"kind", "number"}, {"number", to.number}}; }
    json::object operator()(const ToTrunks& to) const {
      return {{"kind", "trunk"}, {"trunks", json::array(to.names.begin(), to.names.end())}};
    }
    json::object operator()(const ToConference& to) const {
      return {{"kind", "conference"}, {"room", to.room}, {"participants", to.participants}};
    }
    json::object operator()(const ToRefusal& to) const {
      return {{"kind", "refuse"}, {"reason", to_string(to.reason)}};
    }
  };
  return std::visit(Form{}, destination);
}

Result<RouteDestination> destination_of(const json::object& form) {
  const auto kind = text_at(form, "kind");
  if (kind == "extension") return ToExtension{text_at(form, "number")};
  if (kind == "echo_test") return ToEchoTest{};
  if (kind == "number") return ToNumber{text_at(form, "number")};
  if (kind == "trunk") {
    ToTrunks out;
    for (const auto& name : array_at(form, "trunks"))
      if (name.is_string()) out.names.emplace_back(name.get_string());
    return out;
  }
  if (kind == "conference")
    return ToConference{text_at(form, "room"), static_cast<unsigned>(integer_at(form, "participants"))};
  if (kind == "refuse") {
    if (const auto reason = refusal_reason_of(text_at(form, "reason"))) return ToRefusal{*reason};
  }
  return fail(Errc::Corrupt, "a stored route has no destination that this program knows");
}

std::string sealed_of(const vault::ThingKey& key, const Route& route) {
  return key.seal_text(part_of(route.id), json::serialize(json::object{
                                              {"name", route.name},
                                              {"pattern", route.pattern},
                                              {"callers", json::array(route.callers.begin(), route.callers.end())},
                                              {"strip", route.strip},
                                              {"prepend", route.prepend},
                                              {"destination", form_of(route.destination)}}));
}

Result<Route> unsealed(const vault::ThingKey& key, const Row& row) {
  Route out;
  out.id = row.id<RouteId>(0);
  out.organisation = row.id<OrganisationId>(1);
  out.order = static_cast<int>(row.integer(2));
  out.enabled = row.truth(3);
  out.created = row.time(4);
  const auto text = key.open_text(part_of(out.id), row.text(5));
  if (!text) return std::unexpected(text.error());
  const auto object = parse_object(*text);
  if (!object) return std::unexpected(object.error());
  out.name = text_at(*object, "name");
  out.pattern = text_at(*object, "pattern");
  for (const auto& number : array_at(*object, "callers"))
    if (number.is_string()) out.callers.emplace_back(number.get_string());
  out.strip = static_cast<unsigned>(integer_at(*object, "strip"));
  out.prepend = text_at(*object, "prepend");
  auto destination = destination_of(object_at(*object, "destination"));
  if (!destination) return std::unexpected(destination.error());
  out.destination = std::move(*destination);
  return out;
}

std::unexpected<Error> no_route() { return fail(Errc::NotFound, "no such route"); }

}  // namespace

std::string_view to_string(RefusalReason reason) noexcept {
  switch (reason) {
    case RefusalReason::Busy: return "busy";
    case RefusalReason::Forbidden: return "forbidden";
    case RefusalReason::NotFound: break;
  }
  return "not_found";
}

std::optional<RefusalReason> refusal_reason_of(std::string_view text) noexcept {
  for (const auto reason : {RefusalReason::Busy, RefusalReason::Forbidden, RefusalReason::NotFound})
    if (to_string(reason) == text) return reason;
  return std::nullopt;
}

Result<std::vector<Route>> RouteRepository::all(Session& session, OrganisationId organisation) {
  std::vector<Route> out;
  const auto rows =
      session.query(std::string("SELECT ") + kColumns + " FROM routes WHERE organisation = ?", {organisation});
  if (rows.empty()) return out;
  const auto key = keyring_.organisation(organisation);
  if (!key) return std::unexpected(key.error());
  for (const auto& row : rows) {
    auto route = unsealed(*key, row);
    if (!route) return std::unexpected(route.error());
    out.push_back(std::move(*route));
  }
  std::ranges::sort(
      out, [](const Route& a, const Route& b) { return std::tie(a.order, a.name) < std::tie(b.order, b.name); });
  return out;
}

Result<std::string> RouteRepository::free_name(Session& session, const Route& route) {
  auto index = keyring_.blind_index(route.organisation, "route", lower(route.name));
  if (!index) return index;
  const auto taken =
      session.find("SELECT id FROM routes WHERE organisation = ? AND name_index = ?", {route.organisation, *index});
  if (taken && taken->id<RouteId>(0) != route.id) return fail(Errc::Conflict, "the route's name is in use");
  return index;
}

Result<void> RouteRepository::create(const Route& route) {
  return database_.transaction(route.organisation, [&](Session& session) { return create(session, route); });
}

Result<void> RouteRepository::create(Session& session, const Route& route) {
  const auto index = free_name(session, route);
  if (!index) return std::unexpected(index.error());
  const auto count = session.count("SELECT COUNT(*) FROM routes WHERE organisation = ?", {route.organisation});
  if (count >= static_cast<std::int64_t>(kMaxRoutes))
    return fail(Errc::Conflict, "the organisation has its most routes");
  const auto key = keyring_.organisation(route.organisation);
  if (!key) return std::unexpected(key.error());
  session.execute(
      "INSERT INTO routes (id, organisation, name_index, position, enabled, created_at, sealed) VALUES (?, ?, ?, ?, ?, "
      "?, ?)",
      {route.id, route.organisation, *index, route.order, route.enabled,
       route.created == WallTime{} ? session.now() : route.created, sealed_of(*key, route)});
  return {};
}

Result<void> RouteRepository::update(const Route& route) {
  return database_.transaction(route.organisation, [&](Session& session) { return update(session, route); });
}

Result<void> RouteRepository::update(Session& session, const Route& route) {
  const auto index = free_name(session, route);
  if (!index) return std::unexpected(index.error());
  const auto key = keyring_.organisation(route.organisation);
  if (!key) return std::unexpected(key.error());
  const auto changed = session.execute(
      "UPDATE routes SET name_index = ?, position = ?, enabled = ?, sealed = ? WHERE organisation = ? AND id = ?",
      {*index, route.order, route.enabled, sealed_of(*key, route), route.organisation, route.id});
  return changed == 0 ? no_route() : Result<void>{};
}

Result<Route> RouteRepository::find(OrganisationId organisation, RouteId id) {
  return database_.read([&](Session& session) -> Result<Route> {
    const auto row = session.find(std::string("SELECT ") + kColumns + " FROM routes WHERE organisation = ? AND id = ?",
                                  {organisation, id});
    if (!row) return no_route();
    const auto key = keyring_.organisation(organisation);
    if (!key) return std::unexpected(key.error());
    return unsealed(*key, *row);
  });
}

Result<std::vector<Route>> RouteRepository::list(OrganisationId organisation) {
  return database_.read([&](Session& session) { return all(session, organisation); });
}

Result<std::size_t> RouteRepository::reorder(OrganisationId organisation, const std::vector<RouteId>& ids) {
  constexpr int kStep = 10;  // room for one between two
  return database_.transaction(organisation, [&](Session& session) -> Result<std::size_t> {
    auto routes = all(session, organisation);
    if (!routes) return std::unexpected(routes.error());
    std::map<RouteId, int> orders;
    for (const auto& id : ids) orders.emplace(id, kStep * static_cast<int>(orders.size() + 1));
    const bool same = orders.size() == ids.size() && ids.size() == routes->size() &&
                      std::ranges::all_of(*routes, [&](const Route& route) { return orders.contains(route.id); });
    if (!same) return fail(Errc::Conflict, "these are not the organisation's routes, each once");
    std::size_t changed = 0;
    for (auto& route : *routes) {
      if (route.order == orders[route.id]) continue;
      route.order = orders[route.id];
      if (auto done = update(session, route); !done) return std::unexpected(done.error());
      ++changed;
    }
    return changed;
  });
}

Result<void> RouteRepository::remove(OrganisationId organisation, RouteId id) {
  return database_.transaction(organisation, [&](Session& session) { return remove(session, organisation, id); });
}

Result<void> RouteRepository::remove(Session& session, OrganisationId organisation, RouteId id) {
  if (session.execute("DELETE FROM routes WHERE organisation = ? AND id = ?", {organisation, id}) == 0)
    return no_route();
  AnswerRepository::wipe(session, database_, organisation, id.uuid);
  return {};
}

}  // namespace parley::store
