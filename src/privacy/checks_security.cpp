#include <algorithm>
#include <set>
#include <unordered_set>

#include <sys/stat.h>

#include <privacy/audit_verify.hpp>
#include <privacy/byte_search.hpp>
#include <privacy/checks.hpp>
#include <store/json.hpp>

namespace parley::privacy {
namespace {

namespace json = boost::json;
using store::Session;
using vault::ThingKind;

constexpr std::size_t kChunk = 500;
constexpr std::size_t kMaxNeedles = 20'000;
constexpr std::size_t kNonceSize = 12;

/// A sealed column, whose key it has and under which part it was sealed. `thing` (SQL) is null for the organisation's
/// own key; a part that ends with a blank is completed by the row's id.
struct SealedColumn {
  const char* table;
  const char* id;
  const char* column;
  ThingKind kind;
  const char* thing;
  const char* part;
};

constexpr SealedColumn kSealedColumns[] = {
    {"users", "id", "sealed", ThingKind::User, "id", "user"},
    {"users", "id", "sealed_password", ThingKind::User, "id", "password"},
    {"sign_ins", "id", "sealed", ThingKind::User, "user_id", "sign-in"},
    {"extensions", "id", "sealed", ThingKind::Extension, "id", "extension"},
    {"devices", "id", "sealed", ThingKind::Device, "id", "device"},
    {"registrations", "contact_index", "sealed", ThingKind::Device, "device", "registration"},
    {"calls", "id", "sealed", ThingKind::Call, "id", "call"},
    {"calls", "id", "sealed_detail", ThingKind::Call, "id", "call detail"},
    {"recordings", "id", "sealed", ThingKind::Recording, "id", "recording"},
    {"transcripts", "id", "sealed", ThingKind::Recording, "recording_id", "transcript"},
    {"analyses", "id", "sealed", ThingKind::Recording, "recording_id", "analysis"},
    {"analyses", "id", "sealed_headline", ThingKind::Recording, "recording_id", "headline"},
    {"jobs", "id", "sealed", ThingKind::Call, "call_id", "job "},
    {"events", "id", "sealed", ThingKind::Call, "call_id", "event "},
    {"holds", "id", "sealed", ThingKind::Call, "call_id", "hold "},
    {"routes", "id", "sealed", ThingKind::Organisation, "NULL", "route "},
    {"idempotency", "key_index", "sealed", ThingKind::Call, "CASE WHEN sealed_with = 'call' THEN call_id END",
     "answer "},
};

/// Texts that would be personal data if they stood anywhere in clear.
class Needles {
 public:
  void take(const json::value& value, std::string_view name = {}) {
    if (value.is_object()) {
      for (const auto& item : value.as_object()) take(item.value(), item.key());
    } else if (value.is_array()) {
      for (const auto& item : value.as_array()) take(item, name);
    } else if (value.is_string() && name == "body") {  // of a stored answer: JSON within JSON
      boost::system::error_code error;
      if (const auto inner = json::parse(std::string_view(value.as_string()), error); !error) take(inner);
    } else if (value.is_string()) {
      add(name, std::string(value.as_string()));
    }
  }
  [[nodiscard]] std::vector<std::string> all() const { return {everywhere_.begin(), everywhere_.end()}; }
  /// A log may hold addresses (RET-6), but none of the rest.
  [[nodiscard]] std::vector<std::string> for_logs() const {
    std::vector<std::string> out;
    std::ranges::set_difference(everywhere_, addresses_, std::back_inserter(out));
    return out;
  }

 private:
  void add(std::string_view name, const std::string& text) {
    static constexpr std::string_view kNames[] = {"name", "display_name", "login",       "email",
                                                  "text", "reason",       "sip_password"};
    static constexpr std::string_view kNumbers[] = {"number", "mobile", "caller_id", "dialled"};
    static constexpr std::string_view kAddresses[] = {"address", "remote_ip", "contact", "source", "sip_call_id"};
    if (everywhere_.size() >= kMaxNeedles) return;
    const auto is = [&](const auto& names) { return std::ranges::find(names, name) != std::end(names); };
    if (is(kNames) && telling(text)) everywhere_.insert(text);
    if (is(kNumbers) && std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; }) >= 9)
      everywhere_.insert(text);
    if (is(kAddresses) && text.size() > 7) {
      everywhere_.insert(text);
      addresses_.insert(text);
    }
  }
  /// Long and odd enough that it does not stand in a database file by chance, as a word of the schema would.
  static bool telling(const std::string& text) {
    if (text.size() < ByteSearch::kShortest) return false;
    if (std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; })) return false;
    const bool plain = std::ranges::all_of(text, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    return !plain || text.size() >= 8;
  }
  std::set<std::string> everywhere_;
  std::set<std::string> addresses_;
};

struct Sealing {
  std::uint64_t opened = 0;
  std::unordered_set<std::string> nonces;
  Needles needles;
};

Result<void> check_column(const CheckContext& context, FindingBuilder& out, const SealedColumn& column, Sealing& seen) {
  std::string from;
  for (;;) {
    const std::string thing = column.thing;
    const auto rows = context.store.database.read([&](Session& session) -> Result<std::vector<store::Row>> {
      return session.query(std::string("SELECT ") + column.id + ", " + thing + ", " + column.column + " FROM " +
                               column.table + " WHERE organisation = ? AND " + column.id + " > ? AND " + column.column +
                               " IS NOT NULL ORDER BY " + column.id + " LIMIT ?",
                           {context.organisation, from, kChunk});
    });
    if (!rows) return std::unexpected(rows.error());
    for (const auto& row : *rows) {
      const std::string name = std::string(column.table) + "." + column.column + " of " + row.text(0);
      const auto key = row.null(1) ? context.store.keyring.organisation(context.organisation)
                                   : context.store.keyring.open(context.organisation, column.kind,
                                                                Uuid::parse(row.text(1)).value_or(Uuid{}));
      const std::string sealed = row.text(2);
      const std::string part = std::string_view(column.part).ends_with(' ') ? column.part + row.text(0) : column.part;
      const auto plain = key ? key->open_text(part, sealed) : Result<std::string>(std::unexpected(key.error()));
      if (!plain) {
        // A thing erased between the query and now has neither row nor key.
        const auto again = context.store.database.read([&](Session& session) -> Result<bool> {
          return session
              .find(std::string("SELECT 1 FROM ") + column.table + " WHERE organisation = ? AND " + column.id +
                        " = ? AND " + column.column + " = ?",
                    {context.organisation, row.text(0), sealed})
              .has_value();
        });
        if (again && *again) out.violated(name, "is not sealed with the key of its thing: " + plain.error().text);
        continue;
      }
      ++seen.opened;
      const auto bytes = from_base64(sealed);
      if (!seen.nonces.insert(std::string(as_text(BytesView(*bytes).first(kNonceSize)))).second)
        out.violated(name, "has a nonce that was used before");
      boost::system::error_code error;
      if (const auto value = json::parse(*plain, error); !error) seen.needles.take(value);
    }
    if (rows->size() < kChunk) return {};
    from = rows->back().text(0);
  }
}

Result<void> search_files(const CheckContext& context, FindingBuilder& out, const Needles& needles) {
  const auto texts = needles.all();
  ByteSearch search(texts);
  std::uint64_t files = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(context.store.options.folder, error), end; !error && at != end;
       at.increment(error)) {
    if (!at->is_regular_file(error) || at->path().filename() == "root.key") continue;
    ++files;
    if (auto searched = search.file(at->path()); !searched && std::filesystem::exists(at->path())) return searched;
  }
  if (error) return fail(Errc::Io, "cannot list the data folder: " + error.message());
  for (const auto& hit : search.found()) out.violated(hit.where, "holds personal data in clear");
  ByteSearch logs(needles.for_logs());
  for (const auto& log : context.inputs.logs) {
    ++files;
    if (auto searched = logs.file(log); !searched) return searched;
  }
  for (const auto& hit : logs.found()) out.violated(hit.where, "holds personal data in clear (log)");
  out.evidence("names, numbers, addresses and sentences looked for in raw bytes", texts.size());
  out.evidence("files searched", files);
  out.evidence("bytes searched", search.searched() + logs.searched());
  return {};
}

Result<void> check_keys(const CheckContext& context, FindingBuilder& out) {
  const auto keys = context.store.key_file->list(context.organisation);
  if (!keys) return std::unexpected(keys.error());
  for (const auto& name : *keys) {
    if (const auto key = context.store.keyring.open(name.organisation, name.kind, name.thing);
        !key && key.error().code != Errc::NotFound) {
      out.violated("key of " + std::string(to_string(name.kind)) + " " + name.thing.text(),
                   "does not unwrap: " + key.error().text);
    }
  }
  out.evidence("keys that unwrap by the organisation's, and that by the root key", keys->size());
  out.evidence("root key", context.store.keyring.root_id());
  const auto& root = context.store.options.root_key;
  if (root.command.empty() && !root.environment_value) {
    struct stat info{};
    if (::stat(root.file.c_str(), &info) != 0) {
      out.violated("root key file", "is missing: after a restart nothing can be read");
    } else if ((info.st_mode & 077U) != 0) {
      out.violated("root key file", "can be read by others");
    }
  }
  return {};
}

}  // namespace

Result<Finding> check_sealing(const CheckContext& context) {
  FindingBuilder out;
  Sealing seen;
  if (const auto organisation = context.store.organisations.find(context.organisation); !organisation) {
    out.violated("organisations.sealed", organisation.error().text);
  } else {
    seen.needles.take(json::object{{"name", organisation->name}});
    ++seen.opened;
  }
  for (const auto& column : kSealedColumns) {
    if (auto checked = check_column(context, out, column, seen); !checked) return std::unexpected(checked.error());
  }
  out.evidence("sealed values opened", seen.opened);
  out.evidence("nonces, each used once", seen.nonces.size());
  if (auto checked = check_keys(context, out); !checked) return std::unexpected(checked.error());
  if (auto searched = search_files(context, out, seen.needles); !searched) return std::unexpected(searched.error());
  return out.finish();
}

Result<Finding> check_audit(const CheckContext& context) {
  FindingBuilder out;
  const auto verdict = verify_audit(context.store, context.organisation);
  if (!verdict) return std::unexpected(verdict.error());
  for (const auto& finding : verdict->findings)
    out.violated("audit entry " + std::to_string(finding.seq), finding.what);
  out.evidence("entries, each hash covering the one before", verdict->entries);
  out.evidence("signed checkpoints", verdict->checkpoints);
  out.evidence("head", verdict->head.empty() ? "none yet" : verdict->head);
  return out.finish();
}

}  // namespace parley::privacy
