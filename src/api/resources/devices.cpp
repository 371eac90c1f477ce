#include <fmt/format.h>

#include <api/extension_json.hpp>
#include <api/route.hpp>
#include <api/shapes.hpp>
#include <pbx/switchboard.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
constexpr std::size_t kMaxDevices = 20;

Field encryption_field() {
  return choice("media_encryption", {"organisation", "off", "optional", "required"})
      .says("SRTP of this device; required: no call without it, organisation: as the organisation has it");
}
const Schema kCreate{"DeviceCreate", {text("name").need().between(1, 100), encryption_field()}};
const Schema kChange{"DeviceChange", {text("name").between(1, 100), encryption_field()}};
const Schema kPhoneDevice{
    "PhoneDevice",
    {id("id").need(), text("name").need(), text("sip_username").need(), text("sip_password").need(),
     text("sip_domain").need(), text("server").need(), integer("port").need(), text("transport").need(),
     integer("tls_port").need().null().says("for TLS, beside the usual port"),
     text("websocket_url").need().null().says("for browsers (RFC 7118)"), text("qr_text").need()}};
const Schema kPhone{"Phone", {text("number").need(), list_of("devices", kPhoneDevice).need()}};
const Schema kRegistration{"Registration",
                           {text("extension").need(), text("device").need(), text("contact").need(),
                            text("transport").need(), text("user_agent").need(), text("source").need(),
                            time("expires_at").need(), texts("path").need().says("proxies on the way to it (RFC 3327)"),
                            integer("latency_ms").null().says("of its last answer to a probe (sip.probe_interval)"),
                            truth("answers").null().says("whether it answers probes; null: not known")}};

/// SIP passwords leave the server here and nowhere else; each time is audited.
Answer phone(Request& request) {
  const auto one = request.parts.store.extensions.find(request.organisation, request.id<ExtensionId>("extension"));
  if (!one) return refuse(one.error());
  const auto organisation = request.parts.store.organisations.find(request.organisation);
  if (!organisation) return refuse(organisation.error());
  const auto devices = request.parts.store.devices.list(request.organisation, one->id);
  if (!devices) return refuse(devices.error());
  if (auto done = request.audit("phone.shown", "extension", one->id.text()); !done) return refuse(done.error());
  auto address = request.parts.sip_address();
  if (address.host.empty()) {  // as the browser reached us
    const std::string host(request.http.header("host"));
    const auto colon = host.rfind(':');
    address.host = colon == std::string::npos || host.ends_with(']') ? host : host.substr(0, colon);
  }
  json::array list;
  for (const auto& device : *devices) {
    list.push_back(json::object{
        {"id", device.id.text()},
        {"name", device.name},
        {"sip_username", device.sip_username},
        {"sip_password", device.sip_password},
        {"sip_domain", organisation->sip_domain},
        {"server", address.host},
        {"port", address.port},
        {"transport", address.transport},
        {"tls_port", address.tls_port == 0 ? json::value(nullptr) : json::value(address.tls_port)},
        {"websocket_url", address.websocket_url.empty() ? json::value(nullptr) : json::value(address.websocket_url)},
        {"qr_text", fmt::format("sip:{}:{}@{};transport={};proxy={}:{}", device.sip_username, device.sip_password,
                                organisation->sip_domain, address.transport, address.host, address.port)}});
  }
  return ok({{"number", one->number}, {"devices", std::move(list)}});
}

void take(const Request& request, store::Device& device) {
  if (const auto text = request.text("media_encryption")) device.media_encryption = store::media_encryption_of(*text);
}

json::object to_json(const Request& request, const store::Device& device) {
  return {{"id", device.id.text()},
          {"name", device.name},
          {"sip_username", device.sip_username},
          {"registered", registered_devices(request).contains(device.id)},
          {"media_encryption", store::to_string(device.media_encryption)}};
}

Answer create(Request& request) {
  const auto one = request.parts.store.extensions.find(request.organisation, request.id<ExtensionId>("extension"));
  if (!one) return refuse(one.error());
  const auto devices = request.parts.store.devices.list(request.organisation, one->id);
  if (!devices) return refuse(devices.error());
  if (devices->size() >= kMaxDevices) return refuse(Problem::Conflict, "an extension has at most 20 devices");
  auto device = new_device(request.parts, *one, *request.text("name"), devices->size());
  take(request, device);
  if (auto done = request.parts.store.devices.create(device); !done) return refuse(done.error());
  if (auto done = request.audit("device.created", "device", device.id.text()); !done) return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  return ok(to_json(request, device), 201);
}

Answer change(Request& request) {
  auto device = request.parts.store.devices.find(request.organisation, request.id<DeviceId>("device"));
  if (!device) return refuse(device.error());
  if (auto name = request.text("name")) device->name = std::move(*name);
  take(request, *device);
  if (auto done = request.parts.store.devices.update(*device); !done) return refuse(done.error());
  if (auto done = request.audit("device.changed", "device", device->id.text(),
                                {{"media_encryption", store::to_string(device->media_encryption)}});
      !done)
    return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  return ok(to_json(request, *device));
}

Answer remove(Request& request) {
  const auto id = request.id<DeviceId>("device");
  if (const auto one = request.parts.store.devices.find(request.organisation, id); !one) return refuse(one.error());
  if (auto done = request.parts.store.devices.remove(request.organisation, id); !done) return refuse(done.error());
  if (auto done = request.audit("device.deleted", "device", id.text()); !done) return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  return no_content();
}

Answer registrations(Request& request) {
  json::array items;
  for (const auto& one : request.parts.switchboard.registrations(request.organisation)) {
    items.push_back(json::object{{"extension", one.extension_number},
                                 {"device", one.device_name},
                                 {"contact", one.contact},
                                 {"transport", one.transport},
                                 {"user_agent", one.user_agent},
                                 {"source", one.source},
                                 {"expires_at", to_rfc3339(one.expires)},
                                 {"path", json::array(one.path.begin(), one.path.end())},
                                 {"latency_ms", one.latency_ms ? json::value(*one.latency_ms) : json::value()},
                                 {"answers", one.answers ? json::value(*one.answers) : json::value()}});
  }
  return ok(page(std::move(items)));
}
}  // namespace

void add_device_routes(std::vector<Route>& out) {
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/extensions/{extension}/phone",
                 .permission = Permission::PhonesShow,
                 .summary = "What a person types or scans into a telephone; audited",
                 .response = &kPhone,
                 .handler = phone,
                 .query = {}});
  out.push_back({.method = "POST",
                 .path = "/v1/organisations/{organisation}/extensions/{extension}/devices",
                 .permission = Permission::ExtensionsWrite,
                 .summary = "Add a device to an extension",
                 .request = &kCreate,
                 .response = &shapes::kDevice,
                 .status = 201,
                 .handler = create,
                 .query = {}});
  out.push_back({.method = "PATCH",
                 .path = "/v1/organisations/{organisation}/devices/{device}",
                 .permission = Permission::ExtensionsWrite,
                 .summary = "Change a device",
                 .request = &kChange,
                 .response = &shapes::kDevice,
                 .handler = change,
                 .query = {}});
  out.push_back({.method = "DELETE",
                 .path = "/v1/organisations/{organisation}/devices/{device}",
                 .permission = Permission::ExtensionsWrite,
                 .summary = "Delete a device",
                 .status = 204,
                 .handler = remove,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/registrations",
                 .permission = Permission::RegistrationsRead,
                 .summary = "Registered contacts",
                 .response = &kRegistration,
                 .list = true,
                 .handler = registrations,
                 .query = {}});
}

}  // namespace parley::api
