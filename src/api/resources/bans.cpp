#include <api/route.hpp>
#include <pbx/ban_list.hpp>

namespace parley::api {

namespace {
constexpr std::int64_t kLongestMinutes = 5LL * 366 * 24 * 60;

const Schema kBan{"SipBan",
                  {id("id").need(), choice("kind", {"ban", "allow"}).need(),
                   text("address").need().says("an address, or a range as 192.0.2.0/24"), text("reason").need(),
                   text("by").need().says("parleyd: found by the server"), time("since").need(),
                   time("until").need().null().says("null: until it is removed")}};
const Schema kAdd{
    "SipBanCreate",
    {choice("kind", {"ban", "allow"}).need(), text("address").need().between(2, 64), text("reason").between(0, 200),
     integer("minutes").between(1, kLongestMinutes).says("absent: until it is removed")}};

json::object to_json(const pbx::Ban& ban) {
  return {{"id", ban.id.text()},
          {"kind", pbx::to_string(ban.kind)},
          {"address", ban.range.text()},
          {"reason", ban.reason},
          {"by", ban.by},
          {"since", to_rfc3339(ban.since)},
          {"until", time_or_null(ban.until)}};
}

std::string name_of(const Caller& caller) {
  return caller.kind == Caller::Kind::LocalSocket ? "local administrator" : caller.user.login;
}

Answer list(Request& request) {
  json::array items;
  for (const auto& ban : request.parts.bans.list()) items.push_back(to_json(ban));
  return ok(page(std::move(items)));
}

Answer add(Request& request) {
  const auto range = IpRange::parse(*request.text("address"));
  if (!range) return refuse(Problem::InvalidValue, "address: write an address or a range as 192.0.2.0/24");
  const bool bans = *request.text("kind") == "ban";
  std::optional<Duration> lifetime;
  if (const auto minutes = request.integer("minutes")) lifetime = std::chrono::minutes(*minutes);
  const auto made = request.parts.bans.add(bans ? pbx::Ban::Kind::Ban : pbx::Ban::Kind::Allow, *range,
                                           request.text("reason").value_or("by hand"), name_of(request.caller),
                                           lifetime, request.parts.clock.now());
  if (!made) return refuse(made.error());
  if (auto done = request.audit(bans ? "sip_ban.added" : "sip_allowed.added", "sip_ban", made->id.text()); !done)
    return refuse(done.error());
  return ok(to_json(*made), 201);
}

Answer remove(Request& request) {
  const auto id = request.id<pbx::BanId>("ban");
  if (auto done = request.parts.bans.remove(id); !done) return refuse(done.error());
  if (auto done = request.audit("sip_ban.removed", "sip_ban", id.text()); !done) return refuse(done.error());
  return no_content();
}
}  // namespace

void add_ban_routes(std::vector<Route>& out) {
  out.push_back({.method = "GET",
                 .path = "/v1/sip/bans",
                 .permission = Permission::BansRead,
                 .summary = "Addresses that SIP tells nothing, and those that are never banned; the newest first",
                 .response = &kBan,
                 .list = true,
                 .handler = list,
                 .query = {}});
  out.push_back({.method = "POST",
                 .path = "/v1/sip/bans",
                 .permission = Permission::BansWrite,
                 .summary = "Ban an address or range, or allow it for good; audited",
                 .request = &kAdd,
                 .response = &kBan,
                 .status = 201,
                 .handler = add,
                 .query = {}});
  out.push_back({.method = "DELETE",
                 .path = "/v1/sip/bans/{ban}",
                 .permission = Permission::BansWrite,
                 .summary = "Lift a ban, or take an address off the allowed ones; audited",
                 .status = 204,
                 .handler = remove,
                 .query = {}});
}

}  // namespace parley::api
