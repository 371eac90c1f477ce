#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <base/clock.hpp>
#include <base/ids.hpp>
#include <base/result.hpp>

namespace parley::store {

/// Thrown by Session inside the function given to Database::read or ::transaction, which turns it into an Error. Goes
/// no further.
class DatabaseFailure : public std::runtime_error {
 public:
  DatabaseFailure(Errc code, const std::string& text) : std::runtime_error(text), code_(code) {}
  [[nodiscard]] Errc code() const noexcept { return code_; }

 private:
  Errc code_;
};

/// A value bound to a `?` of a statement. Ids are stored as their 36 signs, times as milliseconds since 1970.
class Value {
 public:
  Value(std::nullopt_t) {}
  Value(std::string v) : value_(std::move(v)) {}
  Value(std::string_view v) : value_(std::string(v)) {}
  Value(const char* v) : value_(std::string(v)) {}
  Value(bool v) : value_(static_cast<long long>(v)) {}
  Value(double v) : value_(v) {}
  template <class Int>
    requires(std::is_integral_v<Int>)
  Value(Int v) : value_(static_cast<long long>(v)) {}
  template <class Enum>
    requires(std::is_enum_v<Enum>)
  Value(Enum v) : value_(static_cast<long long>(v)) {}
  Value(WallTime v) : value_(static_cast<long long>(v.time_since_epoch().count())) {}
  Value(const Uuid& v) : value_(v.text()) {}
  template <class Tag>
  Value(const Id<Tag>& v) : value_(v.text()) {}
  template <class T>
  Value(const std::optional<T>& v) {
    if (v) value_ = Value(*v).value_;
  }
  [[nodiscard]] const auto& get() const noexcept { return value_; }

 private:
  std::variant<std::monostate, long long, double, std::string> value_;
};

/// One row of a result, columns by position. A null reads as zero, empty or nullopt.
class Row {
 public:
  using Cell = std::variant<std::monostate, long long, double, std::string>;
  explicit Row(std::vector<Cell> cells) : cells_(std::move(cells)) {}

  [[nodiscard]] std::size_t size() const noexcept { return cells_.size(); }
  [[nodiscard]] const Cell& cell(std::size_t at) const { return cells_.at(at); }
  [[nodiscard]] bool null(std::size_t at) const { return std::holds_alternative<std::monostate>(cells_.at(at)); }
  [[nodiscard]] std::int64_t integer(std::size_t at) const;
  [[nodiscard]] double real(std::size_t at) const;
  [[nodiscard]] std::string text(std::size_t at) const;
  [[nodiscard]] bool truth(std::size_t at) const { return integer(at) != 0; }
  [[nodiscard]] WallTime time(std::size_t at) const { return WallTime(std::chrono::milliseconds(integer(at))); }
  [[nodiscard]] std::optional<WallTime> maybe_time(std::size_t at) const {
    return null(at) ? std::nullopt : std::optional(time(at));
  }
  [[nodiscard]] std::optional<std::string> maybe_text(std::size_t at) const {
    return null(at) ? std::nullopt : std::optional(text(at));
  }
  template <class IdType>
  [[nodiscard]] IdType id(std::size_t at) const {
    return IdType::parse(text(at)).value_or(IdType{});
  }
  template <class IdType>
  [[nodiscard]] std::optional<IdType> maybe_id(std::size_t at) const {
    return null(at) ? std::nullopt : IdType::parse(text(at));
  }

 private:
  std::vector<Cell> cells_;
};

/// One connection while a read or a transaction lasts. SQL that SQLite and PostgreSQL both understand; `?` for each
/// value. Thread: the one that runs the function.   Errors: throws DatabaseFailure (see there).
class Session {
 public:
  using Values = std::vector<Value>;
  virtual ~Session() = default;
  /// Rows changed.
  virtual std::uint64_t execute(std::string_view sql, const Values& values = {}) = 0;
  virtual std::vector<Row> query(std::string_view sql, const Values& values = {}) = 0;
  /// The first row, if there is one.
  std::optional<Row> find(std::string_view sql, const Values& values = {});
  std::int64_t count(std::string_view sql, const Values& values = {});
  /// Runs once the transaction is durable, on the writer's thread: quick and without the database.
  virtual void after_commit(std::function<void()> action) = 0;
  [[nodiscard]] virtual WallTime now() const = 0;
};

}  // namespace parley::store
