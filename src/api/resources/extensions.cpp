#include <api/extension_json.hpp>
#include <api/route.hpp>
#include <api/shapes.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
Answer list(Request& request) {
  const auto all = request.parts.store.extensions.list(request.organisation);
  if (!all) return refuse(all.error());
  const auto devices = request.parts.store.devices.list(request.organisation);
  if (!devices) return refuse(devices.error());
  const auto registered = registered_devices(request);
  json::array items;
  for (const auto& one : *all) items.push_back(extension_json(one, *devices, registered));
  return ok(page(std::move(items)));
}

Answer show_one(Request& request, const store::Extension& one, int status) {
  const auto devices = request.parts.store.devices.list(request.organisation, one.id);
  if (!devices) return refuse(devices.error());
  return ok(extension_json(one, *devices, registered_devices(request)), status).set("ETag", extension_etag(one));
}

Answer create(Request& request) {
  store::Extension one;
  one.id = ExtensionId::make(request.parts.clock, request.parts.store.random);
  one.organisation = request.organisation;
  one.created = request.parts.clock.wall();
  if (auto refusal = take_extension(request.parts, request.body, one)) return std::unexpected(std::move(*refusal));
  const auto device = new_device(request.parts, one, "Phone", 0);
  auto& store = request.parts.store;
  // Both or none: an extension without a device could not be used.
  auto done = store.database.transaction(request.organisation, [&](store::Session& session) -> Result<void> {
    if (auto made = store.extensions.create(session, one); !made) return made;
    return store.devices.create(session, device);
  });
  if (!done) return refuse(done.error());
  if (auto audited = request.audit("extension.created", "extension", one.id.text()); !audited)
    return refuse(audited.error());
  if (auto reloaded = request.parts.configuration_changed(); !reloaded) return refuse(reloaded.error());
  auto answer = show_one(request, one, 201);
  if (answer) answer->set("Location", request.http.path + "/" + one.id.text());
  return answer;
}

Answer show(Request& request) {
  const auto one = request.parts.store.extensions.find(request.organisation, request.id<ExtensionId>("extension"));
  if (!one) return refuse(one.error());
  return show_one(request, *one, 200);
}

Answer change(Request& request) {
  auto one = request.parts.store.extensions.find(request.organisation, request.id<ExtensionId>("extension"));
  if (!one) return refuse(one.error());
  if (auto refusal = check_if_match(request, extension_etag(*one))) return std::unexpected(std::move(*refusal));
  const auto recording = one->recording;
  if (auto refusal = take_extension(request.parts, request.body, *one)) return std::unexpected(std::move(*refusal));
  if (auto done = request.parts.store.extensions.update(*one); !done) return refuse(done.error());
  json::array fields;
  for (const auto& member : request.body) fields.emplace_back(member.key());
  json::object details{{"fields", std::move(fields)}};
  if (one->recording != recording) details["recording"] = store::to_string(one->recording);
  if (auto done = request.audit("extension.changed", "extension", one->id.text(), details); !done)
    return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  return show_one(request, *one, 200);
}

Answer remove(Request& request) {
  const auto extension = request.id<ExtensionId>("extension");
  if (const auto one = request.parts.store.extensions.find(request.organisation, extension); !one)
    return refuse(one.error());
  if (auto done = request.parts.store.extensions.remove(request.organisation, extension); !done)
    return refuse(done.error());
  if (auto done = request.audit("extension.deleted", "extension", extension.text()); !done) return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  return no_content();
}
}  // namespace

void add_extension_routes(std::vector<Route>& out) {
  constexpr std::string_view kAll = "/v1/organisations/{organisation}/extensions";
  constexpr std::string_view kOne = "/v1/organisations/{organisation}/extensions/{extension}";
  out.push_back({.method = "GET",
                 .path = kAll,
                 .permission = Permission::ExtensionsRead,
                 .summary = "Extensions with their devices",
                 .response = &shapes::kExtension,
                 .list = true,
                 .handler = list,
                 .query = {}});
  out.push_back({.method = "POST",
                 .path = kAll,
                 .permission = Permission::ExtensionsWrite,
                 .summary = "Make an extension with its first device",
                 .request = &kExtensionWrite,
                 .response = &shapes::kExtension,
                 .status = 201,
                 .handler = create,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = kOne,
                 .permission = Permission::ExtensionsRead,
                 .summary = "One extension",
                 .response = &shapes::kExtension,
                 .handler = show,
                 .query = {}});
  out.push_back({.method = "PATCH",
                 .path = kOne,
                 .permission = Permission::ExtensionsWrite,
                 .summary = "Change an extension (If-Match)",
                 .request = &kExtensionWrite,
                 .response = &shapes::kExtension,
                 .handler = change,
                 .query = {}});
  out.push_back({.method = "DELETE",
                 .path = kOne,
                 .permission = Permission::ExtensionsWrite,
                 .summary = "Delete an extension with its devices",
                 .status = 204,
                 .handler = remove,
                 .query = {}});
}

}  // namespace parley::api
