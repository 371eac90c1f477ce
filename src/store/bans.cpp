#include <store/bans.hpp>
#include <store/json.hpp>

namespace parley::store {

Result<void> SipBanRepository::put(const SipBan& ban) {
  const auto key = keyring_.organisation({});
  if (!key) return std::unexpected(key.error());
  const auto sealed =
      key->seal_text("sip_ban:" + ban.id.text(), json::serialize(json::object{{"allow", ban.allow},
                                                                              {"range", ban.range},
                                                                              {"reason", ban.reason},
                                                                              {"by", ban.by},
                                                                              {"since", to_rfc3339(ban.since)}}));
  return database_.transaction({}, [&](Session& session) -> Result<void> {
    session.execute(
        "INSERT INTO sip_bans (id, until_at, sealed) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET until_at = "
        "excluded.until_at, sealed = excluded.sealed",
        {ban.id.text(), ban.until, sealed});
    return {};
  });
}

Result<void> SipBanRepository::remove(const Uuid& id) {
  return database_.transaction({}, [&](Session& session) -> Result<void> {
    session.execute("DELETE FROM sip_bans WHERE id = ?", {id.text()});
    return {};
  });
}

Result<std::vector<SipBan>> SipBanRepository::list() {
  const auto key = keyring_.organisation({});
  if (!key) return std::unexpected(key.error());
  return database_.transaction({}, [&](Session& session) -> Result<std::vector<SipBan>> {
    session.execute("DELETE FROM sip_bans WHERE until_at <= ?", {session.now()});
    std::vector<SipBan> out;
    for (const auto& row : session.query("SELECT id, until_at, sealed FROM sip_bans ORDER BY id", {})) {
      SipBan ban;
      ban.id = Uuid::parse(row.text(0)).value_or(Uuid{});
      ban.until = row.maybe_time(1);
      const auto text = key->open_text("sip_ban:" + ban.id.text(), row.text(2));
      if (!text) return std::unexpected(text.error());
      const auto object = parse_object(*text);
      if (!object) return std::unexpected(object.error());
      ban.allow = truth_at(*object, "allow");
      ban.range = text_at(*object, "range");
      ban.reason = text_at(*object, "reason");
      ban.by = text_at(*object, "by");
      ban.since = from_rfc3339(text_at(*object, "since")).value_or(WallTime{});
      out.push_back(std::move(ban));
    }
    return out;
  });
}

}  // namespace parley::store
