#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <api/extension_json.hpp>
#include <api/route.hpp>
#include <api/shapes.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
// The document says how things shall be. A section that is absent is left alone; extensions that a present section does
// not list are deleted; users are made and changed, never deleted by a file.
const Schema kDocumentOrganisation{
    "DocumentOrganisation",
    {text("name").between(1, 200), text("sip_domain").between(1, 253), text("time_zone").between(1, 64)}};
const Schema kDocumentUser{"DocumentUser",
                           {text("login").need().between(1, 200), text("display_name"), text("email"),
                            choice("role", {"administrator", "supervisor", "user", "auditor"}), truth("disabled")}};
const Schema kDocumentExtension{
    "DocumentExtension",
    {text("number").need().between(2, 10).only_digits(), text("display_name"), text("email"),
     text("mobile").between(0, 30), text("site"), text("department"), text("caller_id").between(0, 30),
     choice("recording", {"off", "on"}), integer("ring_timeout_s").between(5, 180), truth("enabled"),
     text("user").null().says("login")}};
const Schema kDocument{"Document",
                       {object("organisation", kDocumentOrganisation), list_of("users", kDocumentUser),
                        list_of("extensions", kDocumentExtension)}};
const Schema kApply{"Apply", {object("document", kDocument).need()}};
const Schema kApplied{"Applied", {list_of("changes", shapes::kChange).need(), truth("applied").need()}};

using Fields = json::object;

Fields fields_of(const store::Organisation& o) {
  return {{"name", o.name}, {"sip_domain", o.sip_domain}, {"time_zone", o.time_zone}};
}
Fields fields_of(const store::User& u) {
  return {{"login", u.login},
          {"display_name", u.display_name},
          {"email", u.email},
          {"role", store::to_string(u.role)},
          {"disabled", u.disabled}};
}
Fields fields_of(const store::Extension& e, const std::map<UserId, std::string>& logins) {
  json::value user;
  if (e.user && logins.contains(*e.user)) user = logins.at(*e.user);
  return {{"number", e.number},
          {"display_name", e.display_name},
          {"email", e.email},
          {"mobile", e.mobile},
          {"site", e.site},
          {"department", e.department},
          {"caller_id", e.caller_id},
          {"recording", store::to_string(e.recording)},
          {"ring_timeout_s", e.ring_timeout_s},
          {"enabled", e.enabled},
          {"user", std::move(user)}};
}

/// What there is, and what the document makes of it.
struct Plan {
  store::Organisation organisation;
  std::vector<store::User> users_before, users_new, users_changed;
  std::vector<store::Extension> extensions_before, extensions_new, extensions_changed, extensions_gone;
  std::map<UserId, std::string> logins;
  bool organisation_changed = false;
  json::array changes;

  void note(std::string_view action, std::string_view kind, std::string_view name, const Fields& before,
            const Fields& after) {
    json::array fields;
    for (const auto& [name_of_field, value] : after.empty() ? before : after) {
      const auto* old = before.if_contains(name_of_field);
      if (action == "update" && old != nullptr && *old == value) continue;
      fields.push_back(json::object{{"name", name_of_field},
                                    {"from", old == nullptr ? json::value() : *old},
                                    {"to", after.empty() ? json::value() : value}});
    }
    changes.push_back(json::object{{"action", action}, {"kind", kind}, {"name", name}, {"fields", std::move(fields)}});
  }
};

Result<Plan> current(const Request& request) {
  auto& store = request.parts.store;
  Plan plan;
  auto organisation = store.organisations.find(request.organisation);
  if (!organisation) return std::unexpected(organisation.error());
  plan.organisation = std::move(*organisation);
  auto users = store.users.list(request.organisation);
  if (!users) return std::unexpected(users.error());
  plan.users_before = std::move(*users);
  for (const auto& user : plan.users_before) plan.logins[user.id] = user.login;
  auto extensions = store.extensions.list(request.organisation);
  if (!extensions) return std::unexpected(extensions.error());
  plan.extensions_before = std::move(*extensions);
  return plan;
}

std::string text_or(const json::object& from, std::string_view name, std::string fallback) {
  const auto* value = from.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::move(fallback);
}

void plan_organisation(Plan& plan, const json::object& wanted) {
  const auto before = fields_of(plan.organisation);
  plan.organisation.name = text_or(wanted, "name", plan.organisation.name);
  plan.organisation.sip_domain = text_or(wanted, "sip_domain", plan.organisation.sip_domain);
  plan.organisation.time_zone = text_or(wanted, "time_zone", plan.organisation.time_zone);
  const auto after = fields_of(plan.organisation);
  plan.organisation_changed = before != after;
  if (plan.organisation_changed) plan.note("update", "organisation", plan.organisation.name, before, after);
}

std::optional<Refusal> plan_users(const Request& request, Plan& plan, const json::array& wanted) {
  std::set<std::string> seen;
  for (const auto& item : wanted) {
    const auto& fields = item.get_object();
    const std::string login(fields.at("login").get_string());
    if (!seen.insert(login).second)
      return Refusal{Problem::InvalidValue, fmt::format("user {} is listed twice", login), std::nullopt};
    const auto known = std::ranges::find(plan.users_before, login, &store::User::login);
    const bool fresh = known == plan.users_before.end();
    store::User user = fresh ? store::User{} : *known;
    const auto before = fields_of(user);
    user.login = login;
    user.display_name = text_or(fields, "display_name", user.display_name);
    user.email = text_or(fields, "email", user.email);
    user.role = *store::role_of(text_or(fields, "role", std::string(store::to_string(user.role))));
    if (const auto* disabled = fields.if_contains("disabled")) user.disabled = disabled->get_bool();
    if (fresh) {
      user.id = UserId::make(request.parts.clock, request.parts.store.random);
      user.organisation = request.organisation;
      user.created = request.parts.clock.wall();
      plan.logins[user.id] = user.login;
      plan.note("create", "user", login, {}, fields_of(user));
      plan.users_new.push_back(std::move(user));
    } else if (before != fields_of(user)) {
      plan.note("update", "user", login, before, fields_of(user));
      plan.users_changed.push_back(std::move(user));
    }
  }
  return std::nullopt;
}

std::optional<Refusal> plan_extensions(const Request& request, Plan& plan, const json::array& wanted) {
  std::set<std::string> seen;
  for (const auto& item : wanted) {
    json::object fields = item.get_object();
    const std::string number(fields.at("number").get_string());
    if (!seen.insert(number).second)
      return Refusal{Problem::InvalidValue, fmt::format("extension {} is listed twice", number), std::nullopt};
    const auto known = std::ranges::find(plan.extensions_before, number, &store::Extension::number);
    const bool fresh = known == plan.extensions_before.end();
    store::Extension one = fresh ? store::Extension{} : *known;
    const auto before = fields_of(one, plan.logins);
    if (const auto* login = fields.if_contains("user"); login != nullptr) {
      one.user.reset();
      if (login->is_string()) {
        const auto owner =
            std::ranges::find_if(plan.logins, [&](const auto& entry) { return entry.second == login->get_string(); });
        if (owner == plan.logins.end()) {
          return Refusal{Problem::InvalidValue,
                         fmt::format("extension {}: there is no user {}", number, login->get_string().c_str()),
                         std::nullopt};
        }
        one.user = owner->first;
      }
      fields.erase("user");
    }
    if (auto refusal = take_extension(request.parts, fields, one)) return refusal;
    if (fresh) {
      one.id = ExtensionId::make(request.parts.clock, request.parts.store.random);
      one.organisation = request.organisation;
      one.created = request.parts.clock.wall();
      plan.note("create", "extension", number, {}, fields_of(one, plan.logins));
      plan.extensions_new.push_back(std::move(one));
    } else if (before != fields_of(one, plan.logins)) {
      plan.note("update", "extension", number, before, fields_of(one, plan.logins));
      plan.extensions_changed.push_back(std::move(one));
    }
  }
  for (const auto& one : plan.extensions_before) {
    if (seen.contains(one.number)) continue;
    plan.note("delete", "extension", one.number, fields_of(one, plan.logins), {});
    plan.extensions_gone.push_back(one);
  }
  return std::nullopt;
}

Result<void> carry_out(const Request& request, const Plan& plan) {
  auto& store = request.parts.store;
  std::vector<store::Device> devices;
  for (const auto& one : plan.extensions_new) devices.push_back(new_device(request.parts, one, "Phone", 0));
  // Beforehand and at once: one by one within the transaction, each would be a commit for which all other writers wait.
  std::vector<vault::KeyName> keys;
  for (const auto& one : plan.users_new) keys.push_back({one.organisation, vault::ThingKind::User, one.id.uuid});
  for (const auto& one : plan.extensions_new)
    keys.push_back({one.organisation, vault::ThingKind::Extension, one.id.uuid});
  for (const auto& one : devices) keys.push_back({one.organisation, vault::ThingKind::Device, one.id.uuid});
  if (!keys.empty()) {
    if (auto made = store.keyring.create_all(keys); !made) return made;
  }
  return store.database.transaction(request.organisation, [&](store::Session& session) -> Result<void> {
    Result<void> done;
    const auto step = [&done](Result<void> result) {
      if (done && !result) done = std::move(result);
    };
    if (plan.organisation_changed) step(store.organisations.update(session, plan.organisation));
    for (const auto& one : plan.users_new) step(store.users.create(session, one, ""));
    for (const auto& one : plan.users_changed) step(store.users.update(session, one));
    for (const auto& one : plan.extensions_gone) step(store.extensions.remove(session, one.organisation, one.id));
    for (const auto& one : plan.extensions_changed) step(store.extensions.update(session, one));
    for (const auto& one : plan.extensions_new) step(store.extensions.create(session, one));
    for (const auto& one : devices) step(store.devices.create(session, one));
    return done;
  });
}

Answer apply(Request& request) {
  const auto dry = request.http.parameter("dry_run").value_or("false");
  if (dry != "true" && dry != "false") return refuse(Problem::InvalidValue, "dry_run must be true or false");
  auto plan = current(request);
  if (!plan) return refuse(plan.error());
  const auto& document = request.body.at("document").get_object();
  if (const auto* part = document.if_contains("organisation")) plan_organisation(*plan, part->get_object());
  if (const auto* part = document.if_contains("users")) {
    if (auto refusal = plan_users(request, *plan, part->get_array())) return std::unexpected(std::move(*refusal));
  }
  if (const auto* part = document.if_contains("extensions")) {
    if (auto refusal = plan_extensions(request, *plan, part->get_array())) return std::unexpected(std::move(*refusal));
  }
  if (dry == "false" && !plan->changes.empty()) {
    if (auto done = carry_out(request, *plan); !done) return refuse(done.error());
    if (auto done = request.audit("configuration.applied", "organisation", request.organisation.text(),
                                  {{"changes", plan->changes.size()}});
        !done) {
      return refuse(done.error());
    }
    if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  }
  return ok({{"changes", std::move(plan->changes)}, {"applied", dry == "false"}});
}

Answer show(Request& request) {
  const auto plan = current(request);
  if (!plan) return refuse(plan.error());
  if (auto done = request.audit("configuration.exported", "organisation", request.organisation.text()); !done)
    return refuse(done.error());
  json::array users, extensions;
  for (const auto& one : plan->users_before) users.push_back(fields_of(one));
  for (const auto& one : plan->extensions_before) extensions.push_back(fields_of(one, plan->logins));
  return ok({{"organisation", fields_of(plan->organisation)},
             {"users", std::move(users)},
             {"extensions", std::move(extensions)}});
}
}  // namespace

void add_apply_routes(std::vector<Route>& out) {
  out.push_back({.method = "POST",
                 .path = "/v1/organisations/{organisation}/apply",
                 .permission = Permission::OrganisationsWrite,
                 .summary = "Make the organisation as the document says, in one step or not at all",
                 .request = &kApply,
                 .response = &kApplied,
                 .handler = apply,
                 .query = {{"dry_run", "true: only say what would change"}},
                 .body_limit = 8 * 1024 * 1024});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/export",
                 .permission = Permission::OrganisationsWrite,
                 .summary = "The organisation as such a document",
                 .response = &kDocument,
                 .handler = show,
                 .query = {}});
}

}  // namespace parley::api
