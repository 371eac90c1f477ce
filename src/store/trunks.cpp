#include <algorithm>

#include <store/json.hpp>
#include <store/text.hpp>
#include <store/trunks.hpp>

namespace parley::store {
namespace {

constexpr const char* kColumns = "id, organisation, enabled, created_at, sealed";

/// Names the row, so that one trunk's content cannot be moved to another.
std::string part_of(TrunkId id) { return "trunk " + id.text(); }

std::string sealed_of(const vault::ThingKey& key, const Trunk& trunk) {
  json::array inbound;
  for (const auto& one : trunk.inbound)
    inbound.push_back(json::object{{"pattern", one.pattern}, {"extension", one.extension}});
  return key.seal_text(
      part_of(trunk.id),
      json::serialize(json::object{{"name", trunk.name},
                                   {"kind", to_string(trunk.kind)},
                                   {"host", trunk.host},
                                   {"port", trunk.port},
                                   {"transport", trunk.transport},
                                   {"username", trunk.username},
                                   {"password", trunk.password},
                                   {"realm", trunk.realm},
                                   {"expires_s", trunk.expires_s},
                                   {"addresses", json::array(trunk.addresses.begin(), trunk.addresses.end())},
                                   {"probe_s", trunk.probe_s},
                                   {"channels", trunk.channels},
                                   {"caller_id", trunk.caller_id},
                                   {"caller_in_from", trunk.caller_in_from},
                                   {"asserted_identity", trunk.asserted_identity},
                                   {"diversions", to_string(trunk.diversions)},
                                   {"numbers", to_string(trunk.numbers)},
                                   {"country_code", trunk.country_code},
                                   {"national_prefix", trunk.national_prefix},
                                   {"international_prefix", trunk.international_prefix},
                                   {"inbound", std::move(inbound)}}));
}

bool truth_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

Result<Trunk> unsealed(const vault::ThingKey& key, const Row& row) {
  Trunk out;
  out.id = row.id<TrunkId>(0);
  out.organisation = row.id<OrganisationId>(1);
  out.enabled = row.truth(2);
  out.created = row.time(3);
  const auto text = key.open_text(part_of(out.id), row.text(4));
  if (!text) return std::unexpected(text.error());
  const auto object = parse_object(*text);
  if (!object) return std::unexpected(object.error());
  const auto kind = trunk_kind_of(text_at(*object, "kind"));
  const auto numbers = trunk_numbers_of(text_at(*object, "numbers"));
  if (!kind || !numbers) return fail(Errc::Corrupt, "a stored trunk is of no kind that this program knows");
  out.kind = *kind;
  out.numbers = *numbers;
  out.name = text_at(*object, "name");
  out.host = text_at(*object, "host");
  out.port = static_cast<int>(integer_at(*object, "port"));
  out.transport = text_at(*object, "transport");
  out.username = text_at(*object, "username");
  out.password = text_at(*object, "password");
  out.realm = text_at(*object, "realm");
  out.expires_s = static_cast<int>(integer_at(*object, "expires_s"));
  for (const auto& one : array_at(*object, "addresses"))
    if (one.is_string()) out.addresses.emplace_back(one.get_string());
  out.probe_s = static_cast<int>(integer_at(*object, "probe_s"));
  out.channels = static_cast<int>(integer_at(*object, "channels"));
  out.caller_id = text_at(*object, "caller_id");
  out.caller_in_from = truth_at(*object, "caller_in_from");
  out.asserted_identity = truth_at(*object, "asserted_identity");
  out.diversions = trunk_diversions_of(text_at(*object, "diversions")).value_or(TrunkDiversions::None);
  out.country_code = text_at(*object, "country_code");
  out.national_prefix = text_at(*object, "national_prefix");
  out.international_prefix = text_at(*object, "international_prefix");
  for (const auto& one : array_at(*object, "inbound"))
    if (const auto* entry = one.if_object())
      out.inbound.push_back({text_at(*entry, "pattern"), text_at(*entry, "extension")});
  return out;
}

std::unexpected<Error> no_trunk() { return fail(Errc::NotFound, "no such trunk"); }

}  // namespace

std::string_view to_string(TrunkKind kind) noexcept { return kind == TrunkKind::Peer ? "peer" : "register"; }

std::optional<TrunkKind> trunk_kind_of(std::string_view text) noexcept {
  for (const auto kind : {TrunkKind::Register, TrunkKind::Peer})
    if (to_string(kind) == text) return kind;
  return std::nullopt;
}

std::string_view to_string(TrunkNumbers numbers) noexcept {
  switch (numbers) {
    case TrunkNumbers::AsDialled: return "as_dialled";
    case TrunkNumbers::E164: return "e164";
    case TrunkNumbers::E164Bare: break;
  }
  return "e164_bare";
}

std::optional<TrunkNumbers> trunk_numbers_of(std::string_view text) noexcept {
  for (const auto numbers : {TrunkNumbers::AsDialled, TrunkNumbers::E164, TrunkNumbers::E164Bare})
    if (to_string(numbers) == text) return numbers;
  return std::nullopt;
}

std::string_view to_string(TrunkDiversions told) noexcept {
  switch (told) {
    case TrunkDiversions::None: return "none";
    case TrunkDiversions::Diversion: return "diversion";
    case TrunkDiversions::HistoryInfo: return "history_info";
    case TrunkDiversions::Both: break;
  }
  return "both";
}

std::optional<TrunkDiversions> trunk_diversions_of(std::string_view text) noexcept {
  using enum TrunkDiversions;
  for (const auto told : {None, Diversion, HistoryInfo, Both})
    if (to_string(told) == text) return told;
  return std::nullopt;
}

Result<std::string> TrunkRepository::free_name(Session& session, const Trunk& trunk) {
  auto index = keyring_.blind_index(trunk.organisation, "trunk", lower(trunk.name));
  if (!index) return index;
  const auto taken =
      session.find("SELECT id FROM trunks WHERE organisation = ? AND name_index = ?", {trunk.organisation, *index});
  if (taken && taken->id<TrunkId>(0) != trunk.id) return fail(Errc::Conflict, "the trunk's name is in use");
  return index;
}

Result<void> TrunkRepository::create(const Trunk& trunk) {
  return database_.transaction(trunk.organisation, [&](Session& session) { return create(session, trunk); });
}

Result<void> TrunkRepository::create(Session& session, const Trunk& trunk) {
  const auto index = free_name(session, trunk);
  if (!index) return std::unexpected(index.error());
  const auto count = session.count("SELECT COUNT(*) FROM trunks WHERE organisation = ?", {trunk.organisation});
  if (count >= static_cast<std::int64_t>(kMaxTrunks))
    return fail(Errc::Conflict, "the organisation has its most trunks");
  const auto key = keyring_.organisation(trunk.organisation);
  if (!key) return std::unexpected(key.error());
  session.execute(
      "INSERT INTO trunks (id, organisation, name_index, enabled, created_at, sealed) VALUES (?, ?, ?, ?, ?, ?)",
      {trunk.id, trunk.organisation, *index, trunk.enabled, trunk.created == WallTime{} ? session.now() : trunk.created,
       sealed_of(*key, trunk)});
  return {};
}

Result<void> TrunkRepository::update(const Trunk& trunk) {
  return database_.transaction(trunk.organisation, [&](Session& session) { return update(session, trunk); });
}

Result<void> TrunkRepository::update(Session& session, const Trunk& trunk) {
  const auto index = free_name(session, trunk);
  if (!index) return std::unexpected(index.error());
  const auto key = keyring_.organisation(trunk.organisation);
  if (!key) return std::unexpected(key.error());
  const auto changed =
      session.execute("UPDATE trunks SET name_index = ?, enabled = ?, sealed = ? WHERE organisation = ? AND id = ?",
                      {*index, trunk.enabled, sealed_of(*key, trunk), trunk.organisation, trunk.id});
  return changed == 0 ? no_trunk() : Result<void>{};
}

Result<Trunk> TrunkRepository::find(OrganisationId organisation, TrunkId id) {
  return database_.read([&](Session& session) -> Result<Trunk> {
    const auto row = session.find(std::string("SELECT ") + kColumns + " FROM trunks WHERE organisation = ? AND id = ?",
                                  {organisation, id});
    if (!row) return no_trunk();
    const auto key = keyring_.organisation(organisation);
    if (!key) return std::unexpected(key.error());
    return unsealed(*key, *row);
  });
}

Result<std::vector<Trunk>> TrunkRepository::list(OrganisationId organisation) {
  return database_.read([&](Session& session) -> Result<std::vector<Trunk>> {
    std::vector<Trunk> out;
    const auto rows =
        session.query(std::string("SELECT ") + kColumns + " FROM trunks WHERE organisation = ?", {organisation});
    if (rows.empty()) return out;
    const auto key = keyring_.organisation(organisation);
    if (!key) return std::unexpected(key.error());
    for (const auto& row : rows) {
      auto trunk = unsealed(*key, row);
      if (!trunk) return std::unexpected(trunk.error());
      out.push_back(std::move(*trunk));
    }
    std::ranges::sort(out, {}, &Trunk::name);
    return out;
  });
}

Result<void> TrunkRepository::remove(OrganisationId organisation, TrunkId id) {
  return database_.transaction(organisation, [&](Session& session) { return remove(session, organisation, id); });
}

Result<void> TrunkRepository::remove(Session& session, OrganisationId organisation, TrunkId id) {
  const auto gone = session.execute("DELETE FROM trunks WHERE organisation = ? AND id = ?", {organisation, id});
  return gone == 0 ? no_trunk() : Result<void>{};
}

}  // namespace parley::store
