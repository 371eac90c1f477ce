#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include <api/route.hpp>
#include <store/devices.hpp>
#include <store/extensions.hpp>
#include <store/routes.hpp>
#include <store/trunks.hpp>

/// Configuration as a document. It says how things shall be. A section that is absent is left alone; extensions, trunks
/// and routes that a present section does not list are deleted; users and organisations are made and changed, never
/// deleted by a file. A trunk's password is taken, compared and kept, but never told.
namespace parley::api {

extern const Schema kDocument;   // one organisation: {organisation, users, extensions, trunks, routes}
extern const Schema kDocuments;  // several: {organisations: [{name, sip_domain, time_zone, users, extensions, trunks,
                                 // routes}]}

/// What there is of one organisation, and what the document makes of it.
struct OrganisationPlan {
  store::Organisation organisation;
  bool fresh = false, changed = false;
  std::vector<store::User> users_before, users_new, users_changed;
  std::vector<store::Extension> extensions_before, extensions_new, extensions_changed, extensions_gone;
  std::vector<store::Trunk> trunks_before, trunks_new, trunks_changed, trunks_gone;
  std::vector<store::Route> routes_before, routes_new, routes_changed, routes_gone;
  std::map<UserId, std::string> logins;
  std::set<std::string> numbers;  // of the extensions as they shall be
  std::set<std::string> trunks;   // their names as they shall be
};

/// All that a document changes. Thread: any; blocks on the database.
class Plan {
 public:
  explicit Plan(const Request& request) : request_(request) {}

  /// `document` is checked against kDocument or kDocuments. Errors: every wrong value of the document in one refusal,
  /// each with its place; Forbidden when the caller may not touch an organisation of it.
  [[nodiscard]] std::optional<Refusal> one(const json::object& document, const std::string& prefix);
  [[nodiscard]] std::optional<Refusal> several(const json::object& document, const std::string& prefix);

  /// One transaction over all of it, then the audit entries. Errors: the store's; then nothing is changed.
  [[nodiscard]] Result<void> carry_out();
  [[nodiscard]] const json::array& changes() const noexcept { return changes_; }

 private:
  using Fields = json::object;
  [[nodiscard]] Result<OrganisationPlan> current(OrganisationId organisation) const;
  [[nodiscard]] std::expected<OrganisationPlan, Refusal> named(const json::object& entry, const std::string& prefix);
  [[nodiscard]] Result<void> sections(OrganisationPlan& plan, const json::object& document, const std::string& prefix);
  [[nodiscard]] Result<void> organisation(OrganisationPlan& plan, const json::object& wanted,
                                          const std::string& prefix);
  [[nodiscard]] Result<void> users(OrganisationPlan& plan, const json::array& wanted, const std::string& prefix);
  [[nodiscard]] Result<void> extensions(OrganisationPlan& plan, const json::array& wanted, const std::string& prefix);
  void trunks(OrganisationPlan& plan, const json::array& wanted, const std::string& prefix);
  void routes(OrganisationPlan& plan, const json::array& wanted, const std::string& prefix);
  [[nodiscard]] Result<void> carry_out(store::Session& session, const OrganisationPlan& plan,
                                       const std::vector<store::Device>& devices) const;
  [[nodiscard]] Result<void> audit(const OrganisationPlan& plan) const;
  void note(const OrganisationPlan& plan, std::string_view action, std::string_view kind, std::string_view name,
            const Fields& before, const Fields& after);
  void fault(std::string path, std::string what, std::string remedy, Problem problem = Problem::InvalidValue) {
    faults_.push_back({problem, std::move(path), std::move(what), std::move(remedy)});
  }

  const Request& request_;
  std::vector<OrganisationPlan> plans_;
  json::array changes_;
  std::vector<Fault> faults_;
  std::set<std::string> new_logins_;
};

/// The members of an organisation's document, as plan would read them again. Errors: the store's.
[[nodiscard]] Result<json::object> organisation_fields(const ApiParts& parts, OrganisationId organisation);
[[nodiscard]] Result<json::object> section_fields(const ApiParts& parts, OrganisationId organisation);

}  // namespace parley::api
