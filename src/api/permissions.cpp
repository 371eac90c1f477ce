#include <algorithm>
#include <iterator>

#include <api/permissions.hpp>

namespace parley::api {

namespace {
// One column a role: P platform administrator, A administrator, S supervisor, U user, T auditor.
struct Row {
  Permission permission;
  std::string_view name;
  std::string_view roles;
};
constexpr Row kRows[] = {
    {Permission::Nobody, "public", "PASUT"},
    {Permission::SignedIn, "signed_in", "PASUT"},
    {Permission::StatusRead, "status.read", "PAST"},
    {Permission::CallsRead, "calls.read", "PASUT"},  // users: their own calls only
    {Permission::CallsDelete, "calls.delete", "PA"},
    {Permission::CallsControl, "calls.control", "PAS"},
    {Permission::RecordingsListen, "recordings.listen", "PASU"},  // users: their own calls only
    {Permission::RecordingsControl, "recordings.control", "PASU"},
    {Permission::HoldsWrite, "holds.write", "PA"},
    {Permission::ExtensionsRead, "extensions.read", "PASUT"},
    {Permission::ExtensionsWrite, "extensions.write", "PA"},
    {Permission::PhonesShow, "phones.show", "PA"},
    {Permission::RoutesRead, "routes.read", "PAST"},
    {Permission::RoutesWrite, "routes.write", "PA"},
    {Permission::TrunksRead, "trunks.read", "PAST"},
    {Permission::TrunksWrite, "trunks.write", "PA"},
    {Permission::UsersRead, "users.read", "PAT"},
    {Permission::UsersWrite, "users.write", "PA"},
    {Permission::OrganisationsRead, "organisations.read", "PASUT"},
    {Permission::OrganisationsWrite, "organisations.write", "PA"},
    {Permission::OrganisationsManage, "organisations.manage", "P"},
    {Permission::PolicyRead, "policy.read", "PASUT"},
    {Permission::PolicyWrite, "policy.write", "PA"},
    {Permission::ProveRead, "prove.read", "PAST"},
    {Permission::ProveRun, "prove.run", "PAT"},
    {Permission::AuditRead, "audit.read", "PAT"},
    {Permission::RegistrationsRead, "registrations.read", "PAST"},
    {Permission::BansRead, "bans.read", "P"},
    {Permission::BansWrite, "bans.write", "P"},
    {Permission::SipTraceRead, "sip_trace.read", "PA"},  // without it a trace is masked
    {Permission::EventsRead, "events.read", "PASU"},     // users: of their own calls only
    {Permission::DemoRun, "demo.run", "PA"},
    {Permission::MetricsRead, "metrics.read", "P"},
};

char letter(store::Role role) {
  switch (role) {
    case store::Role::PlatformAdministrator: return 'P';
    case store::Role::Administrator: return 'A';
    case store::Role::Supervisor: return 'S';
    case store::Role::User: return 'U';
    case store::Role::Auditor: return 'T';
  }
  return '-';
}
const Row* row_of(Permission permission) { return std::ranges::find(kRows, permission, &Row::permission); }
}  // namespace

std::string_view to_string(Permission permission) noexcept { return row_of(permission)->name; }

bool allowed(store::Role role, Permission permission) noexcept {
  return row_of(permission)->roles.find(letter(role)) != std::string_view::npos;
}

std::vector<std::string_view> permissions_of(store::Role role) {
  std::vector<std::string_view> out;
  for (const auto& row : kRows) {
    if (row.permission != Permission::Nobody && row.permission != Permission::SignedIn &&
        row.roles.find(letter(role)) != std::string_view::npos) {
      out.push_back(row.name);
    }
  }
  return out;
}

}  // namespace parley::api
