#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include <store/users.hpp>

namespace parley::api {

enum class Permission : std::uint8_t {
  Nobody,    // public: no sign-in needed
  SignedIn,  // any role
  StatusRead,
  CallsRead,
  CallsDelete,
  CallsControl,
  RecordingsListen,
  RecordingsControl,
  HoldsWrite,
  ExtensionsRead,
  ExtensionsWrite,
  PhonesShow,
  RoutesRead,
  RoutesWrite,
  TrunksRead,
  TrunksWrite,
  UsersRead,
  UsersWrite,
  OrganisationsRead,
  OrganisationsWrite,   // change one's own
  OrganisationsManage,  // make and delete: the platform's administrator
  PolicyRead,
  PolicyWrite,
  ProveRead,
  ProveRun,
  AuditRead,
  RegistrationsRead,
  BansRead,
  BansWrite,
  SipTraceRead,
  EventsRead,
  DemoRun,
  MetricsRead,
};

[[nodiscard]] std::string_view to_string(Permission permission) noexcept;  // "calls.read", ...
/// What a role may do: one table, also shown in OpenAPI and in /v1/me.
[[nodiscard]] bool allowed(store::Role role, Permission permission) noexcept;
[[nodiscard]] std::vector<std::string_view> permissions_of(store::Role role);

}  // namespace parley::api
