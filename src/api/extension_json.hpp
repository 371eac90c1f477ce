#pragma once
#include <set>
#include <vector>

#include <api/route.hpp>
#include <store/devices.hpp>
#include <store/extensions.hpp>

namespace parley::api {

/// What can be written of an extension, by API and by document; they name its user in different ways.
[[nodiscard]] std::vector<Field> extension_fields_with(Field user);
/// The same as members, without the user.
[[nodiscard]] json::object extension_members(const store::Extension& extension);
/// Extension as the API shows it; `registered`: devices with a contact now.
[[nodiscard]] json::object extension_json(const store::Extension& extension, const std::vector<store::Device>& devices,
                                          const std::set<DeviceId>& registered);
/// Of what its owner can change: registrations come and go without changing it.
[[nodiscard]] std::string extension_etag(const store::Extension& extension);
[[nodiscard]] std::set<DeviceId> registered_devices(const Request& request);
/// Takes the members that are there. Refuses a user of another organisation, and an emergency number as its own.
[[nodiscard]] std::optional<Refusal> take_extension(const ApiParts& parts, const json::object& body,
                                                    store::Extension& extension);
/// A device with a user name and a password of its own (96 bits and more: T-05).
[[nodiscard]] store::Device new_device(const ApiParts& parts, const store::Extension& extension, std::string_view name,
                                       std::size_t nth);
/// The extensions of a user: whose calls they may see.
[[nodiscard]] Result<std::set<ExtensionId>> extensions_of(const ApiParts& parts, const store::User& user);

extern const Schema kExtensionWrite;

}  // namespace parley::api
