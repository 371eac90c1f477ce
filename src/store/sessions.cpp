#include <store/json.hpp>
#include <store/sessions.hpp>
#include <vault/hash.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

constexpr std::size_t kTokenSize = 32;
constexpr std::size_t kLongestToken = 128;
constexpr const char* kColumns = "s.id, s.organisation, s.user_id, s.tier, s.created_at, s.expires_at, s.sealed";

std::string hash_of(std::string_view token) { return to_hex(vault::sha256(as_bytes(token))); }

std::chrono::milliseconds life_of(Tier tier) {
  switch (tier) {
    case Tier::Reseller: return kResellerTokenLife;
    case Tier::Platform: return kPlatformTokenLife;
    case Tier::User: break;
  }
  return kUserTokenLife;
}

Result<SignIn> unsealed(vault::Keyring& keyring, const Row& row) {
  SignIn out;
  out.id = row.id<TokenId>(0);
  out.organisation = row.id<OrganisationId>(1);
  out.user = row.id<UserId>(2);
  out.tier = static_cast<Tier>(row.integer(3));
  out.created = row.time(4);
  out.expires = row.time(5);
  const auto key = keyring.open(out.organisation, ThingKind::User, out.user.uuid);
  if (!key) return std::unexpected(key.error());
  const auto text = key->open_text("sign-in", row.text(6));
  if (!text) return std::unexpected(text.error());
  const auto object = parse_object(*text);
  if (!object) return std::unexpected(object.error());
  out.address = text_at(*object, "address");
  out.user_agent = text_at(*object, "user_agent");
  return out;
}

std::unexpected<Error> not_signed_in() { return fail(Errc::Unauthorized, "the token is not valid (any more)"); }

}  // namespace

Result<NewSignIn> SessionRepository::create(OrganisationId organisation, UserId user, Tier tier,
                                            std::string_view address, std::string_view user_agent) {
  const auto key = keyring_.open(organisation, ThingKind::User, user.uuid);
  if (!key) return std::unexpected(key.error());
  Bytes secret(kTokenSize);
  random_.fill(secret);
  NewSignIn out;
  out.token = to_base64url(secret);
  wipe(secret);
  const std::string sealed = key->seal_text(
      "sign-in", json::serialize(json::object{{"address", address}, {"user_agent", user_agent.substr(0, 300)}}));
  auto stored = database_.transaction(organisation, [&](Session& session) -> Result<void> {
    out.sign_in = {TokenId::make(),
                   organisation,
                   user,
                   tier,
                   session.now(),
                   session.now() + life_of(tier),
                   std::string(address),
                   std::string(user_agent.substr(0, 300))};
    session.execute(
        "INSERT INTO sign_ins (id, organisation, user_id, token_hash, tier, created_at, expires_at, sealed) VALUES (?, "
        "?, ?, ?, ?, ?, ?, ?)",
        {out.sign_in.id, organisation, user, hash_of(out.token), tier, out.sign_in.created, out.sign_in.expires,
         sealed});
    return {};
  });
  if (!stored) return std::unexpected(stored.error());
  return out;
}

Result<SignIn> SessionRepository::check(std::string_view token) {
  if (token.empty() || token.size() > kLongestToken) return not_signed_in();
  return database_.read([&](Session& session) -> Result<SignIn> {
    const auto row =
        session.find(std::string("SELECT ") + kColumns +
                         " FROM sign_ins s JOIN users u ON u.id = s.user_id AND u.organisation = s.organisation"
                         " WHERE s.token_hash = ? AND s.expires_at > ? AND u.disabled = 0",
                     {hash_of(token), session.now()});
    if (!row) return not_signed_in();
    return unsealed(keyring_, *row);
  });
}

Result<SignIn> SessionRepository::check(std::string_view token, Tier tier) {
  auto found = check(token);
  if (found && found->tier != tier) return not_signed_in();
  return found;
}

Result<void> SessionRepository::revoke(std::string_view token) {
  return database_.transaction({}, [&](Session& session) -> Result<void> {
    session.execute("DELETE FROM sign_ins WHERE token_hash = ?", {hash_of(token)});
    return {};
  });
}

Result<void> SessionRepository::revoke(OrganisationId organisation, TokenId id) {
  return database_.transaction(organisation, [&](Session& session) -> Result<void> {
    if (session.execute("DELETE FROM sign_ins WHERE organisation = ? AND id = ?", {organisation, id}) == 0) {
      return fail(Errc::NotFound, "no such sign-in");
    }
    return {};
  });
}

Result<void> SessionRepository::revoke_all(OrganisationId organisation, UserId user) {
  return database_.transaction(organisation, [&](Session& session) -> Result<void> {
    session.execute("DELETE FROM sign_ins WHERE organisation = ? AND user_id = ?", {organisation, user});
    return {};
  });
}

Result<std::vector<SignIn>> SessionRepository::list(OrganisationId organisation, UserId user) {
  return database_.read([&](Session& session) -> Result<std::vector<SignIn>> {
    std::vector<SignIn> out;
    for (const auto& row : session.query(std::string("SELECT ") + kColumns +
                                             " FROM sign_ins s WHERE s.organisation = ? AND s.user_id = ?" +
                                             " AND s.expires_at > ? ORDER BY s.created_at DESC",
                                         {organisation, user, session.now()})) {
      auto sign_in = unsealed(keyring_, row);
      if (!sign_in) return std::unexpected(sign_in.error());
      out.push_back(std::move(*sign_in));
    }
    return out;
  });
}

Result<std::uint64_t> SessionRepository::remove_expired() {
  return database_.transaction({}, [&](Session& session) -> Result<std::uint64_t> {
    return session.execute("DELETE FROM sign_ins WHERE expires_at <= ?", {session.now()});
  });
}

}  // namespace parley::store
