#include <algorithm>

#include <privacy/checks.hpp>
#include <privacy/prove.hpp>
#include <store/json.hpp>

namespace parley::privacy {
namespace {

namespace json = boost::json;

constexpr Check kChecks[] = {
    {"PBX-3", "Every call has one whole record that can be found; after deletion nothing of it is left",
     check_call_records},
    {"PBX-4",
     "Calls are recorded only by opt-in and after notice; recordings are encrypted and hold nothing of paused "
     "stretches",
     check_recordings},
    {"RET-3", "Recordings go at the end of their time, transcripts and analyses with them", check_retention},
    {"RET-9", "Deletion by hand is permanent: no row, file or key is left", check_erasure_by_hand},
    {"RET-10", "A legal hold stops deletion of what it names, and is audited", check_holds},
    {"RET-11", "Every deletion was read again and has a signed receipt without personal data", check_receipts},
    {"SEC-1", "Personal columns, credentials and recordings are sealed with AES-256-GCM, each with a nonce of its own",
     check_sealing},
    {"SEC-5", "The audit log is whole: nothing altered, missing, reordered or cut", check_audit},
    {"SEC-8", "Only essential cookies; no trackers and no third-party scripts in any page", check_console},
};

json::object json_of(const Finding& finding) {
  json::array evidence;
  for (const auto& item : finding.evidence)
    evidence.emplace_back(json::object{{"what", item.what}, {"value", item.value}});
  json::array exceptions;
  for (const auto& item : finding.exceptions)
    exceptions.emplace_back(json::object{{"what", item.what}, {"reason", item.reason}});
  return {{"id", finding.id},
          {"title", finding.title},
          {"verdict", to_string(finding.verdict)},
          {"evidence", std::move(evidence)},
          {"exceptions", std::move(exceptions)}};
}

Result<Finding> run_check(const Check& check, const CheckContext& context) {
  auto finding = check.run(context);
  if (!finding) return finding;
  finding->id = check.id;
  finding->title = check.title;
  return finding;
}

bool verify_document(std::string_view document, std::string_view signature, std::string_view public_key) {
  const auto key_bytes = from_base64(public_key);
  const auto bytes = from_base64(signature);
  vault::PublicKey key{};
  if (!bytes || !key_bytes || key_bytes->size() != key.size()) return false;
  std::ranges::copy(*key_bytes, key.begin());
  return vault::verify(key, as_bytes(document), *bytes);
}

}  // namespace

std::span<const Check> all_checks() { return kChecks; }

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::Holds: return "holds";
    case Verdict::Violated: return "violated";
    case Verdict::NotCheckable: return "not_checkable";
  }
  return "not_checkable";
}

void FindingBuilder::except(std::string what, std::string reason) {
  if (finding_.exceptions.size() < kMaxExceptions) {
    finding_.exceptions.push_back({std::move(what), std::move(reason)});
  } else {
    ++left_out_;
  }
}

void FindingBuilder::violated(std::string what, std::string reason) {
  ++broken_;
  except(std::move(what), std::move(reason));
}

void FindingBuilder::excused(std::string what, const std::string& reason) {
  except(std::move(what), "allowed: " + reason);
}

void FindingBuilder::not_checkable(std::string reason) {
  checkable_ = false;
  except("not checkable", std::move(reason));
}

Finding FindingBuilder::finish() {
  finding_.verdict = broken_ > 0 ? Verdict::Violated : checkable_ ? Verdict::Holds : Verdict::NotCheckable;
  if (broken_ > 0) evidence("breaches found", broken_);
  if (left_out_ > 0)
    finding_.exceptions.push_back({"more", std::to_string(left_out_) + " further ones are not listed"});
  return std::move(finding_);
}

std::vector<std::string> Prover::ids() {
  std::vector<std::string> out;
  for (const auto& check : kChecks) out.emplace_back(check.id);
  return out;
}

Result<Finding> Prover::check(OrganisationId organisation, std::string_view id) {
  for (const auto& check : kChecks) {
    if (check.id == id) return run_check(check, {store_, inputs_, organisation, store_.clock.wall()});
  }
  return fail(Errc::NotFound, "no check of that promise");
}

Result<store::Report> Prover::run(OrganisationId organisation) {
  if (auto found = store_.organisations.find(organisation); !found) return std::unexpected(found.error());
  const CheckContext context{store_, inputs_, organisation, store_.clock.wall()};
  store::Report report;
  report.id = ReportId::make(store_.clock, store_.random);
  report.organisation = organisation;
  report.created = context.now;
  json::array promises;
  for (const auto& check : kChecks) {
    auto finding = run_check(check, context);
    if (!finding) {
      // What cannot be looked at is not proven; the report says so rather than failing as a whole.
      finding = Finding{std::string(check.id),
                        std::string(check.title),
                        Verdict::NotCheckable,
                        {},
                        {{"not checkable", finding.error().text}}};
    }
    ++(finding->verdict == Verdict::Holds      ? report.holds
       : finding->verdict == Verdict::Violated ? report.violated
                                               : report.not_checkable);
    promises.emplace_back(json_of(*finding));
  }
  report.document = json::serialize(json::object{
      {"version", 1},
      {"id", report.id.text()},
      {"organisation", organisation.text()},
      {"created_at", to_rfc3339(report.created)},
      {"counts", {{"holds", report.holds}, {"violated", report.violated}, {"not_checkable", report.not_checkable}}},
      {"promises", std::move(promises)}});
  const auto signer = store_.keyring.signing_key();
  if (!signer) return std::unexpected(signer.error());
  report.signature = to_base64url(signer->sign(as_bytes(report.document)));
  report.key_id = signer->key_id();
  report.public_key = to_base64url(signer->public_key());
  if (auto stored = store_.reports.insert(report); !stored) return std::unexpected(stored.error());
  store::Event event;
  event.type = "prove.finished";
  event.organisation = organisation;
  event.data = json::serialize(json::object{{"report", report.id.text()},
                                            {"holds", report.holds},
                                            {"violated", report.violated},
                                            {"not_checkable", report.not_checkable}});
  if (auto told = store_.events.append(std::move(event)); !told) return std::unexpected(told.error());
  return report;
}

bool verify_report(const store::Report& report) {
  return verify_document(report.document, report.signature, report.public_key);
}
bool verify_receipt(const store::Receipt& receipt) {
  return verify_document(receipt.document, receipt.signature, receipt.public_key);
}

}  // namespace parley::privacy
