#include <algorithm>

#include <store/insert_rows.hpp>
#include <store/key_file.hpp>

namespace parley::store {
namespace {

Session::Values values_of(const vault::KeyName& name) { return {name.organisation, name.kind, name.thing}; }

constexpr std::string_view kInsert = "INSERT INTO keys (organisation, kind, thing, wrapped)";

void insert(Session& session, const vault::KeyName& name, BytesView wrapped) {
  auto values = values_of(name);
  values.emplace_back(to_base64url(wrapped));
  insert_rows(session, kInsert, 4, std::move(values));
}

}  // namespace

Result<std::unique_ptr<KeyFile>> KeyFile::open(const std::string& path, const Clock& clock) {
  auto database = Database::open({.path = path, .migrations = keys_migrations(), .readers = 2}, clock);
  if (!database) return std::unexpected(database.error());
  return std::unique_ptr<KeyFile>(new KeyFile(std::move(*database)));
}

Result<void> KeyFile::put(const vault::KeyName& name, BytesView wrapped) {
  return database_->transaction(name.organisation, [&](Session& session) -> Result<void> {
    insert(session, name, wrapped);
    return {};
  });
}

Result<void> KeyFile::put_all(const std::vector<std::pair<vault::KeyName, Bytes>>& wrapped) {
  return database_->transaction({}, [&](Session& session) -> Result<void> {
    Session::Values rows;
    for (const auto& [name, key] : wrapped) add_row(rows, name.organisation, name.kind, name.thing, to_base64url(key));
    insert_rows(session, kInsert, 4, std::move(rows));
    return {};
  });
}

Result<Bytes> KeyFile::get(const vault::KeyName& name) {
  return database_->read([&](Session& session) -> Result<Bytes> {
    const auto row =
        session.find("SELECT wrapped FROM keys WHERE organisation = ? AND kind = ? AND thing = ?", values_of(name));
    if (!row) return fail(Errc::NotFound, "the thing has no key");
    auto bytes = from_base64(row->text(0));
    if (!bytes) return fail(Errc::Corrupt, "a wrapped key is not base64");
    return std::move(*bytes);
  });
}

Result<void> KeyFile::remove(const vault::KeyName& name) {
  auto removed = database_->transaction(name.organisation, [&](Session& session) -> Result<void> {
    session.execute("DELETE FROM keys WHERE organisation = ? AND kind = ? AND thing = ?", values_of(name));
    return {};
  });
  return removed ? database_->checkpoint() : removed;
}

Result<void> KeyFile::remove_all(OrganisationId organisation) {
  auto removed = database_->transaction(organisation, [&](Session& session) -> Result<void> {
    session.execute("DELETE FROM keys WHERE organisation = ?", {organisation});
    return {};
  });
  return removed ? database_->checkpoint() : removed;
}

Result<std::vector<vault::KeyName>> KeyFile::list(OrganisationId organisation) {
  return database_->read([&](Session& session) -> Result<std::vector<vault::KeyName>> {
    std::vector<vault::KeyName> out;
    for (const auto& row :
         session.query("SELECT kind, thing FROM keys WHERE organisation = ? ORDER BY kind, thing", {organisation})) {
      out.push_back(
          {organisation, static_cast<vault::ThingKind>(row.integer(0)), Uuid::parse(row.text(1)).value_or(Uuid{})});
    }
    return out;
  });
}

Result<void> KeyFile::rewrap(std::vector<vault::ThingKind> kinds,
                             const std::function<Result<Bytes>(const vault::KeyName&, BytesView)>& change) {
  auto changed = database_->transaction({}, [&](Session& session) -> Result<void> {
    for (const auto kind : kinds) {
      for (const auto& row : session.query("SELECT organisation, thing, wrapped FROM keys WHERE kind = ?", {kind})) {
        const vault::KeyName name{row.id<OrganisationId>(0), kind, Uuid::parse(row.text(1)).value_or(Uuid{})};
        const auto old = from_base64(row.text(2));
        if (!old) return fail(Errc::Corrupt, "a wrapped key is not base64");
        auto wrapped = change(name, *old);
        if (!wrapped) return std::unexpected(wrapped.error());
        session.execute("UPDATE keys SET wrapped = ? WHERE organisation = ? AND kind = ? AND thing = ?",
                        {to_base64url(*wrapped), name.organisation, kind, name.thing});
      }
    }
    return {};
  });
  return changed ? database_->checkpoint() : changed;
}

}  // namespace parley::store
