#include <semaphore>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <api/call_access.hpp>
#include <api/route.hpp>
#include <api/shapes.hpp>
#include <privacy/audit_verify.hpp>
#include <privacy/prove.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kAuditActor{"AuditActor", {text("kind").need(), text("id").need(), text("name").null()}};
const Schema kAuditTarget{"AuditTarget", {text("kind").need(), text("id").need()}};
const Schema kAudit{"AuditEntry",
                    {integer("seq").need(), time("at").need(), object("actor", kAuditActor).need(),
                     text("action").need(), object("target", kAuditTarget).need(), text("result").need(),
                     text("ip").need(), anything("details"), text("hash")}};
const Schema kVerification{"AuditVerification",
                           {truth("ok").need(), integer("entries").need(), integer("checkpoints").need(),
                            integer("broken_at").need().null(), text("detail").need(), text("head").need()}};
const Schema kCounts{"ReportCounts",
                     {integer("holds").need(), integer("violated").need(), integer("not_checkable").need()}};
const Schema kReportSummary{"ReportSummary",
                            {id("id").need(), time("created_at").need(), object("counts", kCounts).need()}};
const Schema kReport{"Report",
                     {id("id").need(), id("organisation").need(), time("created_at").need(),
                      anything("promises").need(), object("counts", kCounts).need(), anything("signature").need(),
                      text("document").need().between(0, 1 << 24).says("exactly as signed")}};

json::object parsed(const std::string& text) {
  boost::system::error_code failure;
  auto value = json::parse(text, failure);
  return failure || !value.is_object() ? json::object{} : std::move(value.get_object());
}

json::object signature(const std::string& key_id, const std::string& public_key, const std::string& value) {
  return {{"algorithm", "Ed25519"}, {"key_id", key_id}, {"public_key", public_key}, {"value", value}};
}

json::value member(const json::object& from, std::string_view name, json::value fallback) {
  const auto* value = from.if_contains(name);
  if (value != nullptr) return *value;
  return fallback;
}

Answer receipts(Request& request) {
  const auto limit = limit_of(request);
  if (!limit) return std::unexpected(limit.error());
  const auto all = request.parts.store.receipts.list(request.organisation, cursor_of(request), *limit);
  if (!all) return refuse(all.error());
  json::array items;
  for (const auto& one : all->items) items.push_back(receipt_json(one));
  return ok(page(std::move(items), all->next_cursor));
}

Answer audit(Request& request) {
  const auto limit = limit_of(request);
  if (!limit) return std::unexpected(limit.error());
  const auto all = request.parts.store.audit.list(request.organisation, cursor_of(request), *limit);
  if (!all) return refuse(all.error());
  const auto users = request.parts.store.users.list(request.organisation);
  if (!users) return refuse(users.error());
  json::array items;
  for (const auto& one : all->items) {
    json::value name;
    for (const auto& user : *users) {
      if (user.id.text() == one.entry.actor) name = user.display_name.empty() ? user.login : user.display_name;
    }
    items.push_back(
        json::object{{"seq", one.seq},
                     {"at", to_rfc3339(one.time)},
                     {"actor", {{"kind", one.entry.actor_kind}, {"id", one.entry.actor}, {"name", std::move(name)}}},
                     {"action", one.entry.action},
                     {"target", {{"kind", one.entry.target_kind}, {"id", one.entry.target}}},
                     {"result", one.entry.result},
                     {"ip", one.entry.ip},
                     {"details", parsed(one.entry.details)},
                     {"hash", one.hash}});
  }
  return ok(page(std::move(items), all->next_cursor));
}

Answer verify(Request& request) {
  const auto verdict = privacy::verify_audit(request.parts.store, request.organisation);
  if (!verdict) return refuse(verdict.error());
  if (auto done = request.audit("audit.verified", "audit", "", {{"intact", verdict->intact}}); !done)
    return refuse(done.error());
  json::value broken;
  std::string detail =
      fmt::format("{} entries and {} signed checkpoints fit together", verdict->entries, verdict->checkpoints);
  if (!verdict->findings.empty()) {
    broken = verdict->findings.front().seq;
    detail = fmt::format("entry {}: {}", verdict->findings.front().seq, verdict->findings.front().what);
  }
  return ok({{"ok", verdict->intact},
             {"entries", verdict->entries},
             {"checkpoints", verdict->checkpoints},
             {"broken_at", std::move(broken)},
             {"detail", detail},
             {"head", verdict->head}});
}

json::object counts(const store::Report& one) {
  return {{"holds", one.holds}, {"violated", one.violated}, {"not_checkable", one.not_checkable}};
}

json::object report_json(const store::Report& one) {
  const auto document = parsed(one.document);
  return {{"id", one.id.text()},
          {"organisation", one.organisation.text()},
          {"created_at", to_rfc3339(one.created)},
          {"promises", member(document, "promises", json::array{})},
          {"counts", counts(one)},
          {"signature", signature(one.key_id, one.public_key, one.signature)},
          {"document", one.document}};
}

Answer prove(Request& request) {
  static std::counting_semaphore<> running{2};  // it reads everything
  if (!running.try_acquire())
    return std::unexpected(Refusal{Problem::TooManyRequests, "proofs are running already", 10});
  const auto report = request.parts.prover.run(request.organisation);
  running.release();
  if (!report) return refuse(report.error());
  if (auto done = request.audit("prove.run", "report", report->id.text(), counts(*report)); !done)
    return refuse(done.error());
  return ok(report_json(*report), 201);
}

Answer reports(Request& request) {
  const auto limit = limit_of(request);
  if (!limit) return std::unexpected(limit.error());
  const auto all = request.parts.store.reports.list(request.organisation, cursor_of(request), *limit);
  if (!all) return refuse(all.error());
  json::array items;
  for (const auto& one : all->items) {
    items.push_back(
        json::object{{"id", one.id.text()}, {"created_at", to_rfc3339(one.created)}, {"counts", counts(one)}});
  }
  return ok(page(std::move(items), all->next_cursor));
}

Answer report(Request& request) {
  const auto one = request.parts.store.reports.find(request.organisation, request.id<ReportId>("report"));
  if (!one) return refuse(one.error());
  return ok(report_json(*one));
}
}  // namespace

json::object receipt_json(const store::Receipt& receipt) {
  const auto document = parsed(receipt.document);
  const auto part = [&document](std::string_view name) {
    const auto value = member(document, name, json::object{});
    return value.is_object() ? value.get_object() : json::object{};
  };
  const auto deleted = part("deleted");
  json::object counts;  // flat: rows by table, then files and keys
  const auto rows = member(deleted, "rows", json::object{});
  if (rows.is_object()) {
    for (const auto& [table, count] : rows.get_object()) counts[table] = count;
  }
  const auto blobs = member(deleted, "blobs", json::array{});
  counts["files"] = blobs.is_array() ? blobs.get_array().size() : 0;
  counts["keys"] = member(deleted, "keys", 0);
  const auto checked = part("verified");
  bool clean = !checked.empty();
  for (const auto* name : {"rows_left", "blobs_left", "keys_left", "found"})
    clean = clean && member(checked, name, 1) == json::value(0);
  const std::string rule(member(document, "rule", "").get_string());
  return {{"id", receipt.id.text()},
          {"kind", receipt.kind},
          {"thing", receipt.thing},
          {"reason", rule},
          {"deleted_at", to_rfc3339(receipt.created)},
          {"deleted_by", rule.find("by hand") != std::string::npos ? "a person (see the audit log)" : "policy"},
          {"counts", std::move(counts)},
          {"hashes", part("hashes")},
          {"verified", clean},
          {"document", receipt.document},
          {"signature", signature(receipt.key_id, receipt.public_key, receipt.signature)}};
}

void add_evidence_routes(std::vector<Route>& out) {
  const std::vector<QueryParameter> pages{{"cursor", "next_cursor of the page before"}, {"limit", "1 to 500"}};
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/receipts",
                 .permission = Permission::AuditRead,
                 .summary = "Proofs of deletion, newest first (RET-11)",
                 .response = &shapes::kReceipt,
                 .list = true,
                 .handler = receipts,
                 .query = pages});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/audit",
                 .permission = Permission::AuditRead,
                 .summary = "Who did what, newest first (SEC-5)",
                 .response = &kAudit,
                 .list = true,
                 .handler = audit,
                 .query = pages});
  out.push_back({.method = "POST",
                 .path = "/v1/organisations/{organisation}/audit/verify",
                 .permission = Permission::AuditRead,
                 .summary = "Read the whole audit chain again",
                 .response = &kVerification,
                 .handler = verify,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/prove",
                 .permission = Permission::ProveRead,
                 .summary = "Reports of proofs, newest first",
                 .response = &kReportSummary,
                 .list = true,
                 .handler = reports,
                 .query = pages});
  out.push_back({.method = "POST",
                 .path = "/v1/organisations/{organisation}/prove",
                 .permission = Permission::ProveRun,
                 .summary = "Check every promise now",
                 .response = &kReport,
                 .status = 201,
                 .handler = prove,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/prove/{report}",
                 .permission = Permission::ProveRead,
                 .summary = "One report, signed",
                 .response = &kReport,
                 .handler = report,
                 .query = {}});
}

}  // namespace parley::api
