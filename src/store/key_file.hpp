#pragma once
#include <memory>
#include <string>

#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

/// The key table in an SQLite file of its own (keys.db), which ordinary backups leave out: without it they cannot be
/// read (crypto-shredding). A removed key is overwritten (secure_delete) and the WAL is cut before remove() returns.
class KeyFile final : public vault::KeyTable {
 public:
  [[nodiscard]] static Result<std::unique_ptr<KeyFile>> open(const std::string& path, const Clock& clock);
  Result<void> put(const vault::KeyName& name, BytesView wrapped) override;
  Result<void> put_all(const std::vector<std::pair<vault::KeyName, Bytes>>& wrapped) override;
  Result<Bytes> get(const vault::KeyName& name) override;
  Result<void> remove(const vault::KeyName& name) override;
  Result<void> remove_all(OrganisationId organisation) override;
  Result<std::vector<vault::KeyName>> list(OrganisationId organisation) override;
  Result<void> rewrap(std::vector<vault::ThingKind> kinds,
                      const std::function<Result<Bytes>(const vault::KeyName&, BytesView)>& change) override;
  [[nodiscard]] Database& database() noexcept { return *database_; }

 private:
  explicit KeyFile(std::unique_ptr<Database> database) : database_(std::move(database)) {}
  std::unique_ptr<Database> database_;
};

}  // namespace parley::store
