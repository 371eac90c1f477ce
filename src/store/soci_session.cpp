#include <array>
#include <charconv>
#include <list>
#include <unordered_map>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <store/soci_session.hpp>

namespace parley::store {
namespace {

constexpr std::size_t kMaxStatements = 256;  // a bound, not a tuning: the code has fewer texts than that
constexpr std::size_t kMaxValues = 128;

Errc code_of(int result) {
  switch (result & 0xff) {
    case 13: return Errc::Full;      // SQLITE_FULL
    case 19: return Errc::Conflict;  // SQLITE_CONSTRAINT
    case 11:
    case 26: return Errc::Corrupt;  // SQLITE_CORRUPT, SQLITE_NOTADB
    case 10: return Errc::Io;       // SQLITE_IOERR
    case 5:
    case 6:
    case 8:
    case 14: return Errc::Unavailable;  // BUSY, LOCKED, READONLY, CANTOPEN
    default: return Errc::Internal;
  }
}

/// SQLite's messages may quote values ("UNIQUE constraint failed: users.login_index" does not, but others might): the
/// code's name is enough.
[[noreturn]] void rethrow(const soci::sqlite3_soci_error& error, std::string_view sql) {
  const Errc code = code_of(error.result());
  std::string text = "database: " + std::string(sqlite_api::sqlite3_errstr(error.result())) + " in \"" +
                     std::string(sql.substr(0, 60)) + "\"";
  if (code == Errc::Conflict) text = "database: a constraint forbids it (already there, or still in use)";
  throw DatabaseFailure(code, text);
}

template <class F>
auto guarded(std::string_view sql, F&& run) {
  try {
    return run();
  } catch (const soci::sqlite3_soci_error& error) {
    rethrow(error, sql);
  } catch (const soci::soci_error& error) {
    throw DatabaseFailure(Errc::Internal, std::string("database: ") + error.what());
  }
}

std::string quoted(const std::string& path) {
  if (path.find('"') != std::string::npos)
    throw DatabaseFailure(Errc::Invalid, "a database path must not hold a quotation mark");
  return "dbname=\"" + path + "\" timeout=10";
}

/// `?` becomes SOCI's `:p1`, `:p2`, ...
std::string named(std::string_view sql) {
  std::string out;
  out.reserve(sql.size() + 16);
  int number = 0;
  bool literal = false;
  for (const char c : sql) {
    if (c == '\'') literal = !literal;
    if (c == '?' && !literal) {
      out += ":p" + std::to_string(++number);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

Row::Cell cell_of(const soci::row& row, std::size_t at) {
  if (row.get_indicator(at) == soci::i_null) return {};
  switch (row.get_properties(at).get_data_type()) {
    case soci::dt_string: return row.get<std::string>(at);
    case soci::dt_double: return row.get<double>(at);
    case soci::dt_integer: return static_cast<long long>(row.get<int>(at));
    case soci::dt_long_long: return row.get<long long>(at);
    case soci::dt_unsigned_long_long: return static_cast<long long>(row.get<unsigned long long>(at));
    default: throw DatabaseFailure(Errc::Internal, "database: a column has a type that is not used here");
  }
}

}  // namespace

std::int64_t Row::integer(std::size_t at) const {
  const Cell& value = cells_.at(at);
  if (const auto* number = std::get_if<long long>(&value)) return *number;
  if (const auto* number = std::get_if<double>(&value)) return static_cast<std::int64_t>(*number);
  // An expression such as count(*) has no declared type, and SOCI reads it as text.
  std::int64_t out = 0;
  if (const auto* text = std::get_if<std::string>(&value))
    std::from_chars(text->data(), text->data() + text->size(), out);
  return out;
}

double Row::real(std::size_t at) const {
  if (const auto* number = std::get_if<double>(&cells_.at(at))) return *number;
  return static_cast<double>(integer(at));
}

std::string Row::text(std::size_t at) const {
  const Cell& value = cells_.at(at);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<long long>(&value)) return std::to_string(*number);
  return {};
}

std::optional<Row> Session::find(std::string_view sql, const Values& values) {
  auto rows = query(sql, values);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

std::int64_t Session::count(std::string_view sql, const Values& values) {
  const auto row = find(sql, values);
  return row ? row->integer(0) : 0;
}

/// Bound variables live as long as the statement: SOCI keeps their addresses.
struct SociSession::Prepared {
  explicit Prepared(soci::session& session) : statement(session) {}
  soci::statement statement;
  soci::row row;
  std::array<soci::indicator, kMaxValues> indicators{};
  std::list<long long> integers;
  std::list<double> reals;
  std::list<std::string> texts;
  std::vector<void*> slots;
};

struct SociSession::State {
  soci::session session;
  std::unordered_map<std::string, std::unique_ptr<Prepared>> statements;
};

SociSession::SociSession(const Options& options, const Clock& clock)
    : state_(std::make_unique<State>()), clock_(clock) {
  guarded("open", [&] { state_->session.open("sqlite3", quoted(options.path)); });
  (void)query("PRAGMA journal_mode=WAL");
  for (const char* pragma : {"PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON", "PRAGMA foreign_keys=ON",
                             "PRAGMA busy_timeout=10000", "PRAGMA temp_store=MEMORY", "PRAGMA trusted_schema=OFF",
                             "PRAGMA wal_autocheckpoint=16000", "PRAGMA cache_size=-16000"}) {
    (void)query(pragma);
  }
  if (options.max_pages > 0) (void)query("PRAGMA max_page_count=" + std::to_string(options.max_pages));
  if (options.read_only) (void)query("PRAGMA query_only=ON");
  state_->statements.clear();
}

SociSession::~SociSession() {
  state_->statements.clear();
  try {
    state_->session.close();
  } catch (const std::exception&) {  // nothing is left to be done with it
    return;
  }
}

SociSession::Prepared& SociSession::prepare(std::string_view sql, const Values& values, bool selects) {
  if (values.size() > kMaxValues) throw DatabaseFailure(Errc::Limited, "database: too many values for one statement");
  std::string key(sql);  // with the types of the values, since SOCI binds by type
  for (const auto& value : values) {
    key.push_back(std::get_if<long long>(&value.get()) != nullptr ? 'i'
                  : std::get_if<double>(&value.get()) != nullptr  ? 'd'
                                                                  : 't');
  }
  auto& slot = state_->statements[key];
  if (slot == nullptr) {
    auto made = std::make_unique<Prepared>(state_->session);
    made->statement.alloc();
    made->statement.prepare(named(sql), soci::details::st_repeatable_query);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::holds_alternative<long long>(values[i].get())) {
        auto& place = made->integers.emplace_back();
        made->slots.push_back(&place);
        made->statement.exchange(soci::use(place, made->indicators[i]));
      } else if (std::holds_alternative<double>(values[i].get())) {
        auto& place = made->reals.emplace_back();
        made->slots.push_back(&place);
        made->statement.exchange(soci::use(place, made->indicators[i]));
      } else {
        auto& place = made->texts.emplace_back();
        made->slots.push_back(&place);
        made->statement.exchange(soci::use(place, made->indicators[i]));
      }
    }
    if (selects) made->statement.exchange(soci::into(made->row));
    made->statement.define_and_bind();
    if (state_->statements.size() > kMaxStatements) {
      auto kept = std::move(made);
      state_->statements.clear();
      return *(state_->statements[key] = std::move(kept));
    }
    slot = std::move(made);
  }
  return *slot;
}

namespace {

void assign(const Value& value, void* place, soci::indicator& indicator) {
  indicator = soci::i_ok;
  if (const auto* number = std::get_if<long long>(&value.get())) {
    *static_cast<long long*>(place) = *number;
  } else if (const auto* real = std::get_if<double>(&value.get())) {
    *static_cast<double*>(place) = *real;
  } else if (const auto* text = std::get_if<std::string>(&value.get())) {
    *static_cast<std::string*>(place) = *text;
  } else {
    indicator = soci::i_null;
  }
}

}  // namespace

std::uint64_t SociSession::execute(std::string_view sql, const Values& values) {
  return guarded(sql, [&]() -> std::uint64_t {
    Prepared& prepared = prepare(sql, values, false);
    for (std::size_t i = 0; i < values.size(); ++i) assign(values[i], prepared.slots[i], prepared.indicators[i]);
    try {
      prepared.statement.execute(true);
    } catch (...) {
      state_->statements.clear();  // a failed statement is not used again
      throw;
    }
    return static_cast<std::uint64_t>(std::max(prepared.statement.get_affected_rows(), 0LL));
  });
}

std::vector<Row> SociSession::query(std::string_view sql, const Values& values) {
  return guarded(sql, [&] {
    Prepared& prepared = prepare(sql, values, true);
    for (std::size_t i = 0; i < values.size(); ++i) assign(values[i], prepared.slots[i], prepared.indicators[i]);
    std::vector<Row> rows;
    try {
      prepared.statement.execute(false);
      while (prepared.statement.fetch()) {  // to the end, always: an unfinished statement would keep its snapshot and
                                            // hold up checkpoints
        std::vector<Row::Cell> cells;
        cells.reserve(prepared.row.size());
        for (std::size_t at = 0; at < prepared.row.size(); ++at) cells.push_back(cell_of(prepared.row, at));
        rows.emplace_back(std::move(cells));
      }
    } catch (...) {
      state_->statements.clear();
      throw;
    }
    return rows;
  });
}

__attribute__((no_sanitize("vptr")))  // the check would need that type information
bool SociSession::in_transaction() const {
  // The library exports no type information of its backend; the constructor opened "sqlite3", so it is one.
  const auto* backend = static_cast<soci::sqlite3_session_backend*>(state_->session.get_backend());
  return backend != nullptr && backend->conn_ != nullptr && sqlite_api::sqlite3_get_autocommit(backend->conn_) == 0;
}

}  // namespace parley::store
