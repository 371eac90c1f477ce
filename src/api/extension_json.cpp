#include <fmt/format.h>

#include <api/extension_json.hpp>
#include <pbx/routing.hpp>
#include <pbx/switchboard.hpp>
#include <store/store.hpp>

namespace parley::api {

std::vector<Field> extension_fields_with(Field user) {
  return {text("number").need().between(2, 10).only_digits(),
          text("display_name"),
          text("email"),
          text("mobile").between(0, 30),
          text("site"),
          text("department"),
          text("caller_id").between(0, 30),
          choice("recording", {"off", "on"}).says("off unless asked for (PBX-4)"),
          integer("ring_timeout_s").between(5, 180),
          truth("enabled"),
          std::move(user)};
}

const Schema kExtensionWrite{"ExtensionWrite", extension_fields_with(id("user").null())};

json::object extension_members(const store::Extension& e) {
  return {{"number", e.number},
          {"display_name", e.display_name},
          {"email", e.email},
          {"mobile", e.mobile},
          {"site", e.site},
          {"department", e.department},
          {"caller_id", e.caller_id},
          {"recording", store::to_string(e.recording)},
          {"ring_timeout_s", e.ring_timeout_s},
          {"enabled", e.enabled}};
}

json::object extension_json(const store::Extension& e, const std::vector<store::Device>& devices,
                            const std::set<DeviceId>& registered) {
  json::array list;
  for (const auto& device : devices) {
    if (device.extension != e.id) continue;
    list.push_back(json::object{{"id", device.id.text()},
                                {"name", device.name},
                                {"sip_username", device.sip_username},
                                {"registered", registered.contains(device.id)}});
  }
  json::object out{{"id", e.id.text()}};
  for (auto& member : extension_members(e)) out[member.key()] = std::move(member.value());
  out["user"] = e.user ? json::value(e.user->text()) : json::value(nullptr);
  out["devices"] = std::move(list);
  return out;
}

std::string extension_etag(const store::Extension& extension) { return etag_of(extension_json(extension, {}, {})); }

std::set<DeviceId> registered_devices(const Request& request) {
  std::set<DeviceId> out;
  for (const auto& one : request.parts.switchboard.registrations(request.organisation)) out.insert(one.device);
  return out;
}

std::optional<Refusal> take_extension(const ApiParts& parts, const json::object& body, store::Extension& e) {
  const auto take = [&body](std::string_view name, std::string& into) {
    if (const auto* value = body.if_contains(name); value != nullptr && value->is_string()) into = value->get_string();
  };
  const auto before = e.number;
  take("number", e.number);
  // One from before keeps it, but who dials it gets help, not that extension (PBX-24, routing.hpp).
  if (e.number != before && pbx::is_emergency_number(e.number)) {
    return Refusal{Problem::InvalidValue,
                   fmt::format("number {} is an emergency number: no extension can have it", e.number), std::nullopt};
  }
  take("display_name", e.display_name);
  take("email", e.email);
  take("mobile", e.mobile);
  take("site", e.site);
  take("department", e.department);
  take("caller_id", e.caller_id);
  if (const auto* v = body.if_contains("recording"); v != nullptr && v->is_string())
    e.recording = *store::recording_mode_of(v->get_string());
  if (const auto* v = body.if_contains("ring_timeout_s"); v != nullptr && v->is_int64())
    e.ring_timeout_s = static_cast<int>(v->get_int64());
  if (const auto* v = body.if_contains("enabled"); v != nullptr && v->is_bool()) e.enabled = v->get_bool();
  if (const auto* v = body.if_contains("user"); v != nullptr) {
    if (v->is_null()) {
      e.user.reset();
    } else {
      e.user = UserId::parse(v->get_string());
      if (!parts.store.users.find(e.organisation, *e.user)) {
        return Refusal{Problem::InvalidValue, "user is not one of this organisation", std::nullopt};
      }
    }
  }
  return std::nullopt;
}

store::Device new_device(const ApiParts& parts, const store::Extension& extension, std::string_view name,
                         std::size_t nth) {
  store::Device device;
  device.id = DeviceId::make(parts.clock, parts.store.random);
  device.organisation = extension.organisation;
  device.extension = extension.id;
  device.name = name;
  device.sip_username =
      nth == 0 ? extension.number : fmt::format("{}-{}", extension.number, parts.store.random.token(6));
  device.sip_password = parts.store.random.token(24);  // 120 bits
  device.created = parts.clock.wall();
  return device;
}

Result<std::set<ExtensionId>> extensions_of(const ApiParts& parts, const store::User& user) {
  const auto all = parts.store.extensions.list(user.organisation);
  if (!all) return std::unexpected(all.error());
  std::set<ExtensionId> out;
  for (const auto& one : *all) {
    if (one.user == user.id) out.insert(one.id);
  }
  return out;
}

}  // namespace parley::api
