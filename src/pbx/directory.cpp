#include <algorithm>

#include <base/ascii.hpp>
#include <base/endpoint.hpp>
#include <pbx/directory.hpp>

namespace parley::pbx {
namespace {

template <class Map>
auto find_or_null(const Map& map, std::string_view key) -> typename Map::mapped_type {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second;
}

constexpr auto kAskedBefore = [](const auto& a, const auto& b) {
  if (a.order != b.order) return a.order < b.order;
  if (const auto order = a.pattern.specificity(b.pattern); order != 0) return order < 0;
  return a.name < b.name;
};

std::unique_ptr<DirectoryTrunk> make_trunk(const store::Trunk& row) {
  auto out = std::make_unique<DirectoryTrunk>();
  out->settings = row;
  const auto literal = IpAddress::parse(row.host);
  out->uri = "sip:" + (literal && literal->v6 ? "[" + literal->text() + "]" : row.host);
  if (row.port != 0) out->uri += ":" + std::to_string(row.port);
  const auto uri = sip::parse_uri(out->uri);
  auto place = uri ? place_of(*uri) : std::nullopt;
  if (!place) return nullptr;
  if (!row.transport.empty()) place->transport = sip::transport_of(row.transport);
  out->place = std::move(*place);
  out->contact_user = "trunk-" + row.id.text();
  out->credential = {row.username, row.password, row.realm.empty() ? out->place.host : row.realm};
  for (const auto& text : row.addresses)
    if (const auto range = IpRange::parse(text)) out->addresses.push_back(*range);
  for (const auto& one : row.inbound)
    if (auto pattern = DialPattern::compile(one.pattern)) out->inbound.push_back({std::move(*pattern), one.extension});
  return out;
}

}  // namespace

void sort_as_asked(std::vector<store::Route>& routes) {
  struct Asked {
    int order;
    DialPattern pattern;
    std::string name;
    store::Route* route;
  };
  std::vector<Asked> asked;
  std::vector<store::Route> out;
  for (auto& route : routes) {
    if (auto pattern = DialPattern::compile(route.pattern)) {
      asked.push_back({route.order, std::move(*pattern), route.name, &route});
    } else {
      out.push_back(route);  // never asked: first, where it is seen
    }
  }
  std::ranges::sort(asked, kAskedBefore);
  for (auto& one : asked) out.push_back(std::move(*one.route));
  routes = std::move(out);
}

const DirectoryTrunk* DirectoryOrganisation::trunk(std::string_view wanted) const {
  const auto found = std::ranges::find_if(
      trunks, [&](const auto* one) { return ascii_lower(one->settings.name) == ascii_lower(wanted); });
  return found == trunks.end() ? nullptr : *found;
}

const DirectoryExtension* DirectoryOrganisation::extension(std::string_view number) const {
  return find_or_null(by_number, number);
}

const DirectoryDevice* DirectoryOrganisation::device(std::string_view username) const {
  return find_or_null(by_username, username);
}

const DirectoryExtension* DirectoryOrganisation::extension_of_user(std::string_view user) const {
  if (const auto* account = device(user)) return account->extension;
  return extension(user);
}

std::shared_ptr<const Directory> Directory::build(const DirectorySource& source) {
  auto directory = std::make_shared<Directory>();
  for (const auto& row : source.organisations) {
    auto domain = ascii_lower(row.sip_domain);
    if (directory->by_id_.contains(row.id) || directory->by_domain_.contains(domain)) {
      ++directory->skipped_;
      continue;
    }
    auto made = std::make_unique<DirectoryOrganisation>();
    made->id = row.id;
    made->name = row.name;
    made->sip_domain = domain;
    made->announcement_path = row.announcement_path;
    made->announcement_text = row.announcement_text;
    made->encryption = row.encryption;
    directory->by_id_.emplace(row.id, made.get());
    directory->by_domain_.emplace(std::move(domain), made.get());
    directory->organisations_.push_back(std::move(made));
  }
  for (const auto& row : source.extensions) {
    const auto organisation = directory->by_id_.find(row.organisation);
    if (organisation == directory->by_id_.end() || organisation->second->by_number.contains(row.number) ||
        directory->extension_by_id_.contains(row.id)) {
      ++directory->skipped_;
      continue;
    }
    auto made = std::make_unique<DirectoryExtension>(DirectoryExtension{row.id,
                                                                        row.number,
                                                                        row.display_name,
                                                                        row.caller_id,
                                                                        row.recording,
                                                                        row.enabled,
                                                                        row.ring_timeout,
                                                                        {},
                                                                        organisation->second});
    organisation->second->by_number.emplace(row.number, made.get());
    directory->extension_by_id_.emplace(row.id, made.get());
    directory->extensions_.push_back(std::move(made));
  }
  for (const auto& row : source.devices) {
    const auto organisation = directory->by_id_.find(row.organisation);
    const auto extension = directory->extension_by_id_.find(row.extension);
    if (organisation == directory->by_id_.end() || extension == directory->extension_by_id_.end() ||
        extension->second->organisation != organisation->second ||
        organisation->second->by_username.contains(row.username)) {
      ++directory->skipped_;
      continue;
    }
    const auto& realm = organisation->second->sip_domain;
    auto made = std::make_unique<DirectoryDevice>(
        DirectoryDevice{row.id, row.username, sip::Ha1::of(row.username, realm, row.password),
                        sip::Ha1::of(row.username + "@" + realm, realm, row.password), extension->second,
                        row.encryption.value_or(organisation->second->encryption)});
    organisation->second->by_username.emplace(row.username, made.get());
    extension->second->devices.push_back(made.get());
    directory->device_by_id_.emplace(row.id, made.get());
    directory->devices_.push_back(std::move(made));
  }
  for (const auto& row : source.routes) {
    if (!row.enabled) continue;
    const auto organisation = directory->by_id_.find(row.organisation);
    auto pattern = DialPattern::compile(row.pattern);
    if (organisation == directory->by_id_.end() || !pattern) {
      ++directory->skipped_;
      continue;
    }
    organisation->second->routes.push_back(
        {row.id, row.name, row.order, std::move(*pattern), row.callers, row.strip, row.prepend, row.destination});
  }
  for (const auto& organisation : directory->organisations_) std::ranges::sort(organisation->routes, kAskedBefore);
  for (const auto& row : source.trunks) {
    const auto organisation = directory->by_id_.find(row.organisation);
    auto made = organisation == directory->by_id_.end() ? nullptr : make_trunk(row);
    if (!made || organisation->second->trunk(row.name)) {
      ++directory->skipped_;
      continue;
    }
    made->organisation = organisation->second;
    made->encryption = row.media_encryption.value_or(organisation->second->encryption);
    organisation->second->trunks.push_back(made.get());
    directory->trunks_.push_back(std::move(made));
  }
  return directory;
}

const DirectoryOrganisation* Directory::organisation(OrganisationId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

const DirectoryOrganisation* Directory::domain(std::string_view host) const {
  if (const auto* found = find_or_null(by_domain_, ascii_lower(host))) return found;
  return IpAddress::parse(host) || ascii_lower(host) == "localhost" ? first() : nullptr;
}

const DirectoryExtension* Directory::extension(ExtensionId id) const {
  const auto found = extension_by_id_.find(id);
  return found == extension_by_id_.end() ? nullptr : found->second;
}

const DirectoryDevice* Directory::device(DeviceId id) const {
  const auto found = device_by_id_.find(id);
  return found == device_by_id_.end() ? nullptr : found->second;
}

}  // namespace parley::pbx
