#include <algorithm>

#include <fmt/format.h>

#include <api/document.hpp>
#include <api/extension_json.hpp>
#include <api/host_name.hpp>
#include <api/route_json.hpp>
#include <api/trunk_json.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kOrganisation{
    "DocumentOrganisation",
    {text("name").between(1, 200), text("sip_domain").between(1, 253), text("time_zone").between(1, 64)}};
const Schema kUser{"DocumentUser",
                   {text("login").need().between(1, 200), text("display_name"), text("email"),
                    choice("role", {"administrator", "supervisor", "user", "auditor"}), truth("disabled")}};
const Schema kExtension{"DocumentExtension", extension_fields_with(text("user").null().says("login"))};
const Schema kEntry{
    "DocumentEntry",
    {text("sip_domain").need().between(1, 253).says("which organisation; one that is not there is made"),
     text("name").between(1, 200), text("time_zone").between(1, 64), list_of("users", kUser),
     list_of("extensions", kExtension), list_of("trunks", kTrunkWrite), list_of("routes", kRouteWrite)}};
constexpr std::string_view kDomain = "write a host name in lower case, such as office.example.com";

json::object fields_of(const store::Organisation& o) {
  return {{"name", o.name}, {"sip_domain", o.sip_domain}, {"time_zone", o.time_zone}};
}
json::object fields_of(const store::User& u) {
  return {{"login", u.login},
          {"display_name", u.display_name},
          {"email", u.email},
          {"role", store::to_string(u.role)},
          {"disabled", u.disabled}};
}
json::object fields_of(const store::Extension& e, const std::map<UserId, std::string>& logins) {
  json::value user;
  if (e.user && logins.contains(*e.user)) user = logins.at(*e.user);
  auto out = extension_members(e);
  out["user"] = std::move(user);
  return out;
}

std::string text_or(const json::object& from, std::string_view name, std::string fallback) {
  const auto* value = from.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::move(fallback);
}
std::string place(const std::string& prefix, std::string_view section, std::size_t index, std::string_view member) {
  return fmt::format("{}{}[{}].{}", prefix, section, index, member);
}

/// Does the first step that fails, and none after it.
class Steps {
 public:
  template <class F>
  void operator()(F&& step) {
    if (!done_) return;
    if (auto result = step(); !result) done_ = std::unexpected(result.error());
  }
  [[nodiscard]] Result<void> done() && { return std::move(done_); }

 private:
  Result<void> done_;
};
}  // namespace

const Schema kDocument{
    "Document",
    {object("organisation", kOrganisation), list_of("users", kUser), list_of("extensions", kExtension),
     list_of("trunks", kTrunkWrite), list_of("routes", kRouteWrite)}};
const Schema kDocuments{"Documents", {list_of("organisations", kEntry).need().between(0, 1000)}};

void Plan::note(const OrganisationPlan& plan, std::string_view action, std::string_view kind, std::string_view name,
                const Fields& before, const Fields& after) {
  json::array fields;
  for (const auto& [name_of_field, value] : after.empty() ? before : after) {
    const auto* old = before.if_contains(name_of_field);
    if (action == "update" && old != nullptr && *old == value) continue;
    fields.push_back(json::object{{"name", name_of_field},
                                  {"from", old == nullptr ? json::value() : *old},
                                  {"to", after.empty() ? json::value() : value}});
  }
  changes_.push_back(json::object{{"action", action},
                                  {"kind", kind},
                                  {"name", name},
                                  {"fields", std::move(fields)},
                                  {"organisation", plan.organisation.name}});
}

Result<OrganisationPlan> Plan::current(OrganisationId id) const {
  auto& store = request_.parts.store;
  OrganisationPlan plan;
  auto organisation = store.organisations.find(id);
  if (!organisation) return std::unexpected(organisation.error());
  plan.organisation = std::move(*organisation);
  auto users = store.users.list(id);
  if (!users) return std::unexpected(users.error());
  plan.users_before = std::move(*users);
  for (const auto& user : plan.users_before) plan.logins[user.id] = user.login;
  auto extensions = store.extensions.list(id);
  if (!extensions) return std::unexpected(extensions.error());
  plan.extensions_before = std::move(*extensions);
  for (const auto& extension : plan.extensions_before) plan.numbers.insert(extension.number);
  auto routes = store.routes.list(id);
  if (!routes) return std::unexpected(routes.error());
  plan.routes_before = std::move(*routes);
  auto trunks = store.trunks.list(id);
  if (!trunks) return std::unexpected(trunks.error());
  plan.trunks_before = std::move(*trunks);
  for (const auto& one : plan.trunks_before) plan.trunks.insert(one.name);
  return plan;
}

std::optional<Refusal> Plan::one(const json::object& document, const std::string& prefix) {
  auto plan = current(request_.organisation);
  if (!plan) return refuse(plan.error()).error();
  if (const auto* part = document.if_contains("organisation")) {
    if (auto done = organisation(*plan, part->get_object(), prefix + "organisation."); !done)
      return refuse(done.error()).error();
  }
  if (auto done = sections(*plan, document, prefix); !done) return refuse(done.error()).error();
  plans_.push_back(std::move(*plan));
  if (!faults_.empty()) return refusal_of(std::move(faults_));
  return std::nullopt;
}

std::optional<Refusal> Plan::several(const json::object& document, const std::string& prefix) {
  std::set<std::string> domains;
  std::size_t index = 0;
  for (const auto& item : document.at("organisations").get_array()) {
    const auto here = fmt::format("{}organisations[{}].", prefix, index++);
    const auto& entry = item.get_object();
    if (!domains.insert(text_or(entry, "sip_domain", {})).second) {
      fault(here + "sip_domain", "is listed twice", "keep one of the two");
      continue;
    }
    auto plan = named(entry, here);
    if (!plan) return std::move(plan.error());
    if (auto done = organisation(*plan, entry, here); !done) return refuse(done.error()).error();
    if (auto done = sections(*plan, entry, here); !done) return refuse(done.error()).error();
    plans_.push_back(std::move(*plan));
    if (faults_.size() > kMaxFaults) break;
  }
  if (!faults_.empty()) return refusal_of(std::move(faults_));
  return std::nullopt;
}

std::expected<OrganisationPlan, Refusal> Plan::named(const json::object& entry, const std::string& prefix) {
  const auto domain = text_or(entry, "sip_domain", {});
  const auto found = request_.parts.store.organisations.find_by_domain(domain);
  if (!found && found.error().code != Errc::NotFound) return refuse(found.error());
  const bool own = found && found->id == request_.caller.user.organisation;
  if (!request_.caller.is_platform() && !own) {  // whether it is there is nobody's business
    return refuse(Problem::Forbidden,
                  fmt::format("{}sip_domain: {} is not your organisation; only the platform's administrator makes "
                              "organisations and changes several",
                              prefix, domain));
  }
  if (found) {
    auto plan = current(found->id);
    if (!plan) return refuse(plan.error());
    return std::move(*plan);
  }
  OrganisationPlan fresh;
  fresh.fresh = true;
  fresh.organisation.id = OrganisationId::make(request_.parts.clock, request_.parts.store.random);
  fresh.organisation.created = request_.parts.clock.wall();
  if (!entry.contains("name")) fault(prefix + "name", "is missing", "write how the new organisation is called");
  return fresh;
}

Result<void> Plan::organisation(OrganisationPlan& plan, const json::object& wanted, const std::string& prefix) {
  const auto before = fields_of(plan.organisation);
  const auto domain_before = plan.organisation.sip_domain;
  plan.organisation.name = text_or(wanted, "name", plan.organisation.name);
  plan.organisation.sip_domain = text_or(wanted, "sip_domain", plan.organisation.sip_domain);
  plan.organisation.time_zone = text_or(wanted, "time_zone", plan.organisation.time_zone);
  const auto& domain = plan.organisation.sip_domain;
  if (!is_host_name(domain)) {
    fault(prefix + "sip_domain", "is no host name in lower case", std::string(kDomain));
  } else if (!plan.fresh && domain != domain_before) {
    const auto other = request_.parts.store.organisations.find_by_domain(domain);
    if (other) fault(prefix + "sip_domain", "is in use", "choose another one", Problem::Conflict);
    if (!other && other.error().code != Errc::NotFound) return std::unexpected(other.error());
  }
  const auto after = fields_of(plan.organisation);
  if (plan.fresh) {
    note(plan, "create", "organisation", plan.organisation.name, {}, after);
  } else if (before != after) {
    plan.changed = true;
    note(plan, "update", "organisation", plan.organisation.name, before, after);
  }
  return {};
}

Result<void> Plan::sections(OrganisationPlan& plan, const json::object& document, const std::string& prefix) {
  if (const auto* part = document.if_contains("users")) {
    if (auto done = users(plan, part->get_array(), prefix); !done) return done;
  }
  if (const auto* part = document.if_contains("extensions")) {
    if (auto done = extensions(plan, part->get_array(), prefix); !done) return done;
  }
  if (const auto* part = document.if_contains("trunks")) trunks(plan, part->get_array(), prefix);
  if (const auto* part = document.if_contains("routes")) routes(plan, part->get_array(), prefix);
  return {};
}

Result<void> Plan::users(OrganisationPlan& plan, const json::array& wanted, const std::string& prefix) {
  std::set<std::string> seen;
  for (std::size_t index = 0; index < wanted.size(); ++index) {
    const auto& fields = wanted[index].get_object();
    const std::string login(fields.at("login").get_string());
    if (!seen.insert(login).second) {
      fault(place(prefix, "users", index, "login"), "is listed twice", "keep one of the two");
      continue;
    }
    const auto known = std::ranges::find(plan.users_before, login, &store::User::login);
    const bool fresh = known == plan.users_before.end();
    store::User user = fresh ? store::User{} : *known;
    const auto before = fields_of(user);
    user.login = login;
    user.display_name = text_or(fields, "display_name", user.display_name);
    user.email = text_or(fields, "email", user.email);
    user.role = *store::role_of(text_or(fields, "role", std::string(store::to_string(user.role))));
    if (const auto* disabled = fields.if_contains("disabled")) user.disabled = disabled->get_bool();
    if (!fresh) {
      if (before == fields_of(user)) continue;
      note(plan, "update", "user", login, before, fields_of(user));
      plan.users_changed.push_back(std::move(user));
      continue;
    }
    const auto taken = request_.parts.store.users.find_by_login(login);
    if (!taken && taken.error().code != Errc::NotFound) return std::unexpected(taken.error());
    if (taken || !new_logins_.insert(login).second)
      fault(place(prefix, "users", index, "login"), "is in use",
            "choose another login: it is one's own over the platform", Problem::Conflict);
    user.id = UserId::make(request_.parts.clock, request_.parts.store.random);
    user.organisation = plan.organisation.id;
    user.created = request_.parts.clock.wall();
    plan.logins[user.id] = user.login;
    note(plan, "create", "user", login, {}, fields_of(user));
    plan.users_new.push_back(std::move(user));
  }
  return {};
}

Result<void> Plan::extensions(OrganisationPlan& plan, const json::array& wanted, const std::string& prefix) {
  plan.numbers.clear();
  for (std::size_t index = 0; index < wanted.size(); ++index) {
    json::object fields = wanted[index].get_object();
    const std::string number(fields.at("number").get_string());
    if (!plan.numbers.insert(number).second) {
      fault(place(prefix, "extensions", index, "number"), "is listed twice", "keep one of the two");
      continue;
    }
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
          fault(place(prefix, "extensions", index, "user"),
                fmt::format("there is no user {}", login->get_string().c_str()),
                "list the user under users, or leave this out");
        } else {
          one.user = owner->first;
        }
      }
      fields.erase("user");
    }
    if (auto refusal = take_extension(request_.parts, fields, one))
      fault(place(prefix, "extensions", index, "number"), refusal->detail, "choose another number", refusal->problem);
    if (fresh) {
      one.id = ExtensionId::make(request_.parts.clock, request_.parts.store.random);
      one.organisation = plan.organisation.id;
      one.created = request_.parts.clock.wall();
      note(plan, "create", "extension", number, {}, fields_of(one, plan.logins));
      plan.extensions_new.push_back(std::move(one));
    } else if (before != fields_of(one, plan.logins)) {
      note(plan, "update", "extension", number, before, fields_of(one, plan.logins));
      plan.extensions_changed.push_back(std::move(one));
    }
  }
  for (const auto& one : plan.extensions_before) {
    if (plan.numbers.contains(one.number)) continue;
    note(plan, "delete", "extension", one.number, fields_of(one, plan.logins), {});
    plan.extensions_gone.push_back(one);
  }
  return {};
}

void Plan::routes(OrganisationPlan& plan, const json::array& wanted, const std::string& prefix) {
  if (wanted.size() > store::RouteRepository::kMaxRoutes)
    fault(prefix + "routes", "has too many routes",
          fmt::format("{} at most: write patterns that mean more numbers", store::RouteRepository::kMaxRoutes));
  std::set<std::string> seen;
  for (std::size_t index = 0; index < wanted.size() && faults_.size() <= kMaxFaults; ++index) {
    const auto& fields = wanted[index].get_object();
    const std::string name(fields.at("name").get_string());
    if (!seen.insert(name).second) {
      fault(place(prefix, "routes", index, "name"), "is listed twice", "give each route a name of its own");
      continue;
    }
    const auto known = std::ranges::find(plan.routes_before, name, &store::Route::name);
    const bool fresh = known == plan.routes_before.end();
    store::Route one = fresh ? store::Route{} : *known;
    const auto before = route_fields(one);
    take_route(fields, one, plan.numbers, plan.trunks, fmt::format("{}routes[{}].", prefix, index), faults_);
    if (fresh) {
      one.id = RouteId::make(request_.parts.clock, request_.parts.store.random);
      one.organisation = plan.organisation.id;
      one.created = request_.parts.clock.wall();
      note(plan, "create", "route", name, {}, route_fields(one));
      plan.routes_new.push_back(std::move(one));
    } else if (before != route_fields(one)) {
      note(plan, "update", "route", name, before, route_fields(one));
      plan.routes_changed.push_back(std::move(one));
    }
  }
  for (const auto& one : plan.routes_before) {
    if (seen.contains(one.name)) continue;
    note(plan, "delete", "route", one.name, route_fields(one), {});
    plan.routes_gone.push_back(one);
  }
}

Result<void> Plan::carry_out(store::Session& session, const OrganisationPlan& plan,
                             const std::vector<store::Device>& devices) const {
  auto& store = request_.parts.store;
  const auto organisation = plan.organisation.id;
  Steps step;
  if (plan.fresh) step([&] { return store.organisations.create(session, plan.organisation); });
  if (plan.changed) step([&] { return store.organisations.update(session, plan.organisation); });
  for (const auto& one : plan.users_new) step([&] { return store.users.create(session, one, ""); });
  for (const auto& one : plan.users_changed) step([&] { return store.users.update(session, one); });
  for (const auto& one : plan.extensions_gone)
    step([&] { return store.extensions.remove(session, organisation, one.id); });
  for (const auto& one : plan.extensions_changed) step([&] { return store.extensions.update(session, one); });
  for (const auto& one : plan.extensions_new) step([&] { return store.extensions.create(session, one); });
  for (const auto& one : devices)
    if (one.organisation == organisation) step([&] { return store.devices.create(session, one); });
  for (const auto& one : plan.trunks_gone) step([&] { return store.trunks.remove(session, organisation, one.id); });
  for (const auto& one : plan.trunks_changed) step([&] { return store.trunks.update(session, one); });
  for (const auto& one : plan.trunks_new) step([&] { return store.trunks.create(session, one); });
  for (const auto& one : plan.routes_gone) step([&] { return store.routes.remove(session, organisation, one.id); });
  for (const auto& one : plan.routes_changed) step([&] { return store.routes.update(session, one); });
  for (const auto& one : plan.routes_new) step([&] { return store.routes.create(session, one); });
  return std::move(step).done();
}

Result<void> Plan::carry_out() {
  if (changes_.empty()) return {};
  auto& store = request_.parts.store;
  std::vector<store::Device> devices;
  // Beforehand and at once: one by one within the transaction, each would be a commit for which all other writers wait.
  std::vector<vault::KeyName> keys;
  for (const auto& plan : plans_) {
    for (const auto& one : plan.users_new) keys.push_back({one.organisation, vault::ThingKind::User, one.id.uuid});
    for (const auto& one : plan.extensions_new) {
      keys.push_back({one.organisation, vault::ThingKind::Extension, one.id.uuid});
      devices.push_back(new_device(request_.parts, one, "Phone", 0));
      keys.push_back({one.organisation, vault::ThingKind::Device, devices.back().id.uuid});
    }
  }
  if (!keys.empty()) {
    if (auto made = store.keyring.create_all(keys); !made) return made;
  }
  auto done = store.database.transaction(plans_.front().organisation.id, [&](store::Session& session) -> Result<void> {
    for (const auto& plan : plans_)
      if (auto result = carry_out(session, plan, devices); !result) return result;
    return {};
  });
  if (!done) {  // no key stays of what was not made
    for (const auto& key : keys) (void)store.keyring.destroy(key.organisation, key.kind, key.thing);
    for (const auto& plan : plans_)
      if (plan.fresh) (void)store.keyring.destroy_organisation(plan.organisation.id);
    return done;
  }
  for (const auto& plan : plans_)
    if (auto audited = audit(plan); !audited) return audited;
  return {};
}

Result<void> Plan::audit(const OrganisationPlan& plan) const {
  const auto count = [](const auto&... lists) { return (lists.size() + ...); };
  const auto changed = count(plan.users_new, plan.users_changed, plan.extensions_new, plan.extensions_changed,
                             plan.extensions_gone, plan.trunks_new, plan.trunks_changed, plan.trunks_gone,
                             plan.routes_new, plan.routes_changed, plan.routes_gone) +
                       (plan.fresh || plan.changed ? 1 : 0);
  if (changed == 0) return {};
  const auto id = plan.organisation.id;
  auto entry = request_.entry("configuration.applied", "organisation", id.text(),
                              {{"changes", changed}, {"created", plan.fresh}});
  entry.organisation = id;
  if (auto done = request_.parts.store.audit.append(entry); !done) return std::unexpected(done.error());
  return {};
}

Result<json::object> organisation_fields(const ApiParts& parts, OrganisationId organisation) {
  const auto one = parts.store.organisations.find(organisation);
  if (!one) return std::unexpected(one.error());
  return fields_of(*one);
}

Result<json::object> section_fields(const ApiParts& parts, OrganisationId organisation) {
  const auto users = parts.store.users.list(organisation);
  if (!users) return std::unexpected(users.error());
  const auto extensions = parts.store.extensions.list(organisation);
  if (!extensions) return std::unexpected(extensions.error());
  const auto trunks = parts.store.trunks.list(organisation);
  if (!trunks) return std::unexpected(trunks.error());
  const auto routes = parts.store.routes.list(organisation);
  if (!routes) return std::unexpected(routes.error());
  std::map<UserId, std::string> logins;
  json::array user_list, extension_list, trunk_list, route_list;
  for (const auto& one : *users) {
    logins[one.id] = one.login;
    user_list.push_back(fields_of(one));
  }
  for (const auto& one : *extensions) extension_list.push_back(fields_of(one, logins));
  for (const auto& one : *trunks) trunk_list.push_back(trunk_fields(one));
  for (const auto& one : *routes) route_list.push_back(route_fields(one));
  return json::object{{"users", std::move(user_list)},
                      {"extensions", std::move(extension_list)},
                      {"trunks", std::move(trunk_list)},
                      {"routes", std::move(route_list)}};
}

}  // namespace parley::api
