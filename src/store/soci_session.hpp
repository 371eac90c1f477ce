#pragma once
#include <memory>
#include <string>
#include <utility>

#include <store/session.hpp>

namespace parley::store {

/// One SQLite connection through SOCI, with its prepared statements. Inside store only.
class SociSession final : public Session {
 public:
  struct Options {
    std::string path;
    bool read_only = false;
    std::uint64_t max_pages = 0;
  };
  /// Throws DatabaseFailure.
  SociSession(const Options& options, const Clock& clock);
  ~SociSession() override;

  std::uint64_t execute(std::string_view sql, const Values& values = {}) override;
  std::vector<Row> query(std::string_view sql, const Values& values = {}) override;
  void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
  [[nodiscard]] WallTime now() const override { return clock_.wall(); }

  [[nodiscard]] std::vector<std::function<void()>> take_actions() { return std::exchange(actions_, {}); }
  [[nodiscard]] std::size_t action_count() const { return actions_.size(); }
  void drop_actions(std::size_t keep) { actions_.resize(keep); }
  /// False once SQLite has rolled the transaction back by itself (disk full, I/O error).
  [[nodiscard]] bool in_transaction() const;

 private:
  struct Prepared;
  struct State;
  Prepared& prepare(std::string_view sql, const Values& values, bool selects);
  std::unique_ptr<State> state_;
  const Clock& clock_;
  std::vector<std::function<void()>> actions_;
};

}  // namespace parley::store
