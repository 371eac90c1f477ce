#pragma once
#include <string>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <store/page.hpp>

namespace parley::store {

/// Proof of one deletion (RET-11): a signed JSON document with counts and hashes, without personal data.
struct Receipt {
  ReceiptId id;
  OrganisationId organisation;
  std::string kind;  // "call", "recording", "organisation"
  std::string thing;
  WallTime created{};
  std::string document;   // JSON, exactly as signed
  std::string signature;  // base64url, Ed25519 over the document's bytes
  std::string key_id;
  std::string public_key;  // base64url
};

/// Thread: any, blocking.
class ReceiptRepository {
 public:
  explicit ReceiptRepository(Database& database) : database_(database) {}
  static void insert(Session& session, const Receipt& receipt);
  Result<Receipt> find(OrganisationId organisation, ReceiptId id);
  Result<Page<Receipt>> list(OrganisationId organisation, std::string_view cursor, std::size_t limit);  // newest first

 private:
  Database& database_;
};

/// A signed report of `prove`.
struct Report {
  ReportId id;
  OrganisationId organisation;
  WallTime created{};
  int holds = 0;
  int violated = 0;
  int not_checkable = 0;
  std::string document;  // JSON, exactly as signed
  std::string signature;
  std::string key_id;
  std::string public_key;
};

class ReportRepository {
 public:
  explicit ReportRepository(Database& database) : database_(database) {}
  Result<void> insert(const Report& report);
  Result<Report> find(OrganisationId organisation, ReportId id);
  Result<Page<Report>> list(OrganisationId organisation, std::string_view cursor,
                            std::size_t limit);  // newest first; documents left empty

 private:
  Database& database_;
};

}  // namespace parley::store
