#include <store/answers.hpp>
#include <store/json.hpp>
#include <store/text.hpp>
#include <store/users.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

constexpr const char* kColumns = "id, organisation, role, disabled, created_at, sealed, sealed_password";
constexpr std::string_view kRoles[] = {"", "platform_administrator", "administrator", "supervisor", "user", "auditor"};

std::string sealed_of(const vault::ThingKey& key, const User& user) {
  return key.seal_text("user", json::serialize(json::object{
                                   {"login", user.login}, {"display_name", user.display_name}, {"email", user.email}}));
}

Result<User> unsealed(const vault::ThingKey& key, const Row& row) {
  const auto text = key.open_text("user", row.text(5));
  if (!text) return std::unexpected(text.error());
  const auto object = parse_object(*text);
  if (!object) return std::unexpected(object.error());
  User out;
  out.id = row.id<UserId>(0);
  out.organisation = row.id<OrganisationId>(1);
  out.role = static_cast<Role>(row.integer(2));
  out.disabled = row.truth(3);
  out.created = row.time(4);
  out.login = text_at(*object, "login");
  out.display_name = text_at(*object, "display_name");
  out.email = text_at(*object, "email");
  return out;
}

Result<User> unsealed(vault::Keyring& keyring, const Row& row) {
  const auto key = keyring.open(row.id<OrganisationId>(1), ThingKind::User, row.id<UserId>(0).uuid);
  if (!key) return std::unexpected(key.error());
  return unsealed(*key, row);
}

std::unexpected<Error> no_user() { return fail(Errc::NotFound, "no such user"); }

}  // namespace

std::string_view to_string(Role role) noexcept {
  const auto at = static_cast<std::size_t>(role);
  return at < std::size(kRoles) ? kRoles[at] : kRoles[4];
}

std::optional<Role> role_of(std::string_view text) noexcept {
  for (std::size_t at = 1; at < std::size(kRoles); ++at) {
    if (kRoles[at] == text) return static_cast<Role>(at);
  }
  return std::nullopt;
}

Result<void> UserRepository::create(const User& user, std::string_view password_hash) {
  return database_.transaction(user.organisation,
                               [&](Session& session) { return create(session, user, password_hash); });
}

Result<void> UserRepository::create(Session& session, const User& user, std::string_view password_hash) {
  const auto index = keyring_.blind_index({}, "login", lower(user.login));
  if (!index) return std::unexpected(index.error());
  if (session.find("SELECT id FROM users WHERE login_index = ?", {*index}))
    return fail(Errc::Conflict, "the login is in use");
  const auto key = keyring_.open_or_create(user.organisation, ThingKind::User, user.id.uuid);
  if (!key) return std::unexpected(key.error());
  session.execute(
      "INSERT INTO users (id, organisation, login_index, role, disabled, created_at, sealed, sealed_password) VALUES "
      "(?, ?, ?, ?, ?, ?, ?, ?)",
      {user.id, user.organisation, *index, user.role, user.disabled,
       user.created == WallTime{} ? session.now() : user.created, sealed_of(*key, user),
       key->seal_text("password", password_hash)});
  return {};
}

Result<void> UserRepository::update(const User& user) {
  return database_.transaction(user.organisation, [&](Session& session) { return update(session, user); });
}

Result<void> UserRepository::update(Session& session, const User& user) {
  const auto index = keyring_.blind_index({}, "login", lower(user.login));
  if (!index) return std::unexpected(index.error());
  const auto key = keyring_.open(user.organisation, ThingKind::User, user.id.uuid);
  if (!key) return no_user();
  const auto taken = session.find("SELECT id FROM users WHERE login_index = ?", {*index});
  if (taken && taken->id<UserId>(0) != user.id) return fail(Errc::Conflict, "the login is in use");
  const auto changed = session.execute(
      "UPDATE users SET login_index = ?, role = ?, disabled = ?, sealed = ? WHERE organisation = ? AND id = ?",
      {*index, user.role, user.disabled, sealed_of(*key, user), user.organisation, user.id});
  if (changed == 0) return no_user();
  return {};
}

Result<void> UserRepository::set_password(OrganisationId organisation, UserId id, std::string_view password_hash) {
  const auto key = keyring_.open(organisation, ThingKind::User, id.uuid);
  if (!key) return no_user();
  return database_.transaction(organisation, [&](Session& session) -> Result<void> {
    const auto changed = session.execute("UPDATE users SET sealed_password = ? WHERE organisation = ? AND id = ?",
                                         {key->seal_text("password", password_hash), organisation, id});
    if (changed == 0) return no_user();
    return {};
  });
}

Result<User> UserRepository::find(OrganisationId organisation, UserId id) {
  return database_.read([&](Session& session) -> Result<User> {
    const auto row = session.find(std::string("SELECT ") + kColumns + " FROM users WHERE organisation = ? AND id = ?",
                                  {organisation, id});
    if (!row) return no_user();
    return unsealed(keyring_, *row);
  });
}

Result<UserCredentials> UserRepository::find_by_login(std::string_view login) {
  const auto index = keyring_.blind_index({}, "login", lower(login));
  if (!index) return std::unexpected(index.error());
  return database_.read([&](Session& session) -> Result<UserCredentials> {
    const auto row = session.find(std::string("SELECT ") + kColumns + " FROM users WHERE login_index = ?", {*index});
    if (!row) return no_user();
    const auto key = keyring_.open(row->id<OrganisationId>(1), ThingKind::User, row->id<UserId>(0).uuid);
    if (!key) return std::unexpected(key.error());
    auto user = unsealed(*key, *row);
    if (!user) return std::unexpected(user.error());
    auto hash = key->open_text("password", row->text(6));
    if (!hash) return std::unexpected(hash.error());
    return UserCredentials{std::move(*user), std::move(*hash)};
  });
}

Result<std::vector<User>> UserRepository::list(OrganisationId organisation) {
  return database_.read([&](Session& session) -> Result<std::vector<User>> {
    std::vector<User> out;
    for (const auto& row :
         session.query(std::string("SELECT ") + kColumns + " FROM users WHERE organisation = ? ORDER BY created_at, id",
                       {organisation})) {
      auto user = unsealed(keyring_, row);
      if (!user) return std::unexpected(user.error());
      out.push_back(std::move(*user));
    }
    return out;
  });
}

Result<void> UserRepository::remove(OrganisationId organisation, UserId id) {
  auto removed = database_.transaction(organisation, [&](Session& session) -> Result<void> {
    if (session.execute("DELETE FROM users WHERE organisation = ? AND id = ?", {organisation, id}) == 0)
      return no_user();
    session.execute("UPDATE extensions SET user_id = NULL WHERE organisation = ? AND user_id = ?", {organisation, id});
    AnswerRepository::wipe(session, database_, organisation, id.uuid);
    return {};
  });
  return removed ? keyring_.destroy(organisation, ThingKind::User, id.uuid) : removed;
}

}  // namespace parley::store
