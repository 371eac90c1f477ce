#include <algorithm>

#include <store/receipts.hpp>

namespace parley::store {
namespace {

constexpr const char* kReceipt = "id, organisation, kind, thing, created_at, document, signature, key_id, public_key";
constexpr const char* kReport =
    "id, organisation, created_at, holds, violated, not_checkable, signature, key_id, public_key, document";

Receipt receipt_of(const Row& row) {
  return {row.id<ReceiptId>(0), row.id<OrganisationId>(1),
          row.text(2),          row.text(3),
          row.time(4),          row.text(5),
          row.text(6),          row.text(7),
          row.text(8)};
}

Report report_of(const Row& row) {
  return {row.id<ReportId>(0),
          row.id<OrganisationId>(1),
          row.time(2),
          static_cast<int>(row.integer(3)),
          static_cast<int>(row.integer(4)),
          static_cast<int>(row.integer(5)),
          row.text(9),
          row.text(6),
          row.text(7),
          row.text(8)};
}

/// One page of a table ordered by created_at and id, newest first.
template <class T, class Make>
Result<Page<T>> page_of(Database& database, std::string select, OrganisationId organisation, std::string_view cursor,
                        std::size_t limit, Make make) {
  limit = std::clamp<std::size_t>(limit, 1, kMaxPage);
  Session::Values values{organisation};
  if (!cursor.empty()) {
    const auto place = Cursor::parse(cursor);
    if (!place) return fail(Errc::Invalid, "the cursor is not one that a list gave");
    select += " AND (created_at < ? OR (created_at = ? AND id < ?))";
    values.insert(values.end(), {place->time, place->time, place->id});
  }
  values.emplace_back(limit + 1);
  return database.read([&](Session& session) -> Result<Page<T>> {
    Page<T> page;
    for (const auto& row : session.query(select + " ORDER BY created_at DESC, id DESC LIMIT ?", values)) {
      if (page.items.size() == limit) {
        page.next_cursor = Cursor{page.items.back().created, page.items.back().id.uuid}.text();
        break;
      }
      page.items.push_back(make(row));
    }
    return page;
  });
}

}  // namespace

void ReceiptRepository::insert(Session& session, const Receipt& receipt) {
  session.execute(
      "INSERT INTO receipts (id, organisation, kind, thing, created_at, document, signature, key_id, public_key) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {receipt.id, receipt.organisation, receipt.kind, receipt.thing, receipt.created, receipt.document,
       receipt.signature, receipt.key_id, receipt.public_key});
}

Result<Receipt> ReceiptRepository::find(OrganisationId organisation, ReceiptId id) {
  return database_.read([&](Session& session) -> Result<Receipt> {
    const auto row = session.find(
        std::string("SELECT ") + kReceipt + " FROM receipts WHERE organisation = ? AND id = ?", {organisation, id});
    if (!row) return fail(Errc::NotFound, "no such receipt");
    return receipt_of(*row);
  });
}

Result<Page<Receipt>> ReceiptRepository::list(OrganisationId organisation, std::string_view cursor, std::size_t limit) {
  return page_of<Receipt>(database_, std::string("SELECT ") + kReceipt + " FROM receipts WHERE organisation = ?",
                          organisation, cursor, limit, receipt_of);
}

Result<void> ReportRepository::insert(const Report& report) {
  return database_.transaction(report.organisation, [&](Session& session) -> Result<void> {
    session.execute(
        "INSERT INTO reports (id, organisation, created_at, holds, violated, not_checkable, signature, key_id, "
        "public_key, document)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {report.id, report.organisation, report.created, report.holds, report.violated, report.not_checkable,
         report.signature, report.key_id, report.public_key, report.document});
    return {};
  });
}

Result<Report> ReportRepository::find(OrganisationId organisation, ReportId id) {
  return database_.read([&](Session& session) -> Result<Report> {
    const auto row = session.find(std::string("SELECT ") + kReport + " FROM reports WHERE organisation = ? AND id = ?",
                                  {organisation, id});
    if (!row) return fail(Errc::NotFound, "no such report");
    return report_of(*row);
  });
}

Result<Page<Report>> ReportRepository::list(OrganisationId organisation, std::string_view cursor, std::size_t limit) {
  return page_of<Report>(
      database_,
      "SELECT id, organisation, created_at, holds, violated, not_checkable, signature, key_id, public_key, ''"
      " FROM reports WHERE organisation = ?",
      organisation, cursor, limit, report_of);
}

}  // namespace parley::store
