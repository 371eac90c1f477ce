#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/log.hpp>
#include <store/store.hpp>

namespace parley::store {
namespace {

/// Two servers on one folder would each hold the organisations' locks alone. The kernel lets go of it when the process
/// ends.
Result<int> lock_folder(const std::filesystem::path& folder) {
  const auto path = folder / "lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(Errc::Io, "cannot open " + path.string() + ": " + std::strerror(errno));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return fail(Errc::Conflict, "the data folder " + folder.string() +
                                    " is in use by another process; stop that one or choose another folder");
  }
  return descriptor;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(StoreOptions options, const Clock& clock, Random& random) {
  const auto& folder = options.folder;
  std::error_code error;
  std::filesystem::create_directories(folder / "blobs", error);
  if (error) return fail(Errc::Io, "cannot make the data folder " + folder.string() + ": " + error.message());
  (void)::chmod(folder.c_str(), 0700);
  const auto lock = lock_folder(folder);
  if (!lock) return std::unexpected(lock.error());
  const auto with_lock = [&](Error e) {
    ::close(*lock);
    return std::unexpected(std::move(e));
  };
  if (options.root_key.file.empty()) options.root_key.file = folder / "root.key";
  const bool fresh = !std::filesystem::exists(folder / "keys.db");
  if (!fresh && options.root_key.command.empty() && !options.root_key.environment_value &&
      !std::filesystem::exists(options.root_key.file)) {
    return with_lock(
        {Errc::NotFound, "the root key " + options.root_key.file.string() + " is missing, but " +
                             (folder / "keys.db").string() +
                             " holds keys that it wraps; put the key file back, for without it nothing can be read"});
  }
  auto roots = vault::load_root_key(options.root_key, random);
  if (!roots) return with_lock(roots.error());
  auto keys = KeyFile::open((folder / "keys.db").string(), clock);
  if (!keys) return with_lock(keys.error());
  auto database = Database::open({.path = (folder / "parley.db").string(),
                                  .migrations = main_migrations(),
                                  .readers = options.readers,
                                  .max_pages = options.max_pages},
                                 clock);
  if (!database) return with_lock(database.error());
  auto journal = Journal::open(folder / "cdr.journal");
  if (!journal) return with_lock(journal.error());
  if ((*journal)->cut() > 0) log::warning("store.journal.torn_tail_cut", {{"bytes", (*journal)->cut()}});
  const bool interrupted = roots->next.has_value();
  std::unique_ptr<Store> store(new Store(std::move(options), clock, random, std::move(*keys), std::move(*database),
                                         std::move(*roots), std::move(*journal)));
  store->lock_ = *lock;
  if (auto key = store->keyring.signing_key(); !key) return std::unexpected(key.error());
  if (interrupted) {
    if (auto finished = store->rotate_root_key(); !finished) return std::unexpected(finished.error());
  }
  if (auto drained = store->cdrs.drain(); drained && *drained > 0)
    log::info("store.journal.drained", {{"records", *drained}});
  return store;
}

Store::Store(StoreOptions o, const Clock& c, Random& r, std::unique_ptr<KeyFile> keys, std::unique_ptr<Database> opened,
             vault::RootKeys roots, std::unique_ptr<Journal> opened_journal)
    : options(std::move(o)),
      clock(c),
      random(r),
      key_file(std::move(keys)),
      database_holder(std::move(opened)),
      database(*database_holder),
      keyring(*key_file, std::move(roots), random),
      blobs(options.folder / "blobs", random),
      events(database, keyring, bus, random),
      audit(database, keyring, random),
      organisations(database, keyring),
      users(database, keyring),
      sessions(database, keyring, random),
      extensions(database, keyring),
      routes(database, keyring),
      trunks(database, keyring),
      devices(database, keyring),
      registrations(database, keyring),
      sip_bans(database, keyring),
      calls(database, keyring, events),
      recordings(database, keyring),
      transcripts(database, keyring, events),
      jobs(database, keyring, random),
      deadlines(database),
      holds(database, keyring, audit),
      policies(database),
      receipts(database),
      reports(database),
      answers(database, keyring),
      journal(std::move(opened_journal)),
      cdrs(calls, keyring, *journal) {}

Store::~Store() {
  cdrs.stop();
  database_holder.reset();  // its thread ends first: what it still runs uses the parts below
  if (lock_ >= 0) ::close(lock_);
}

Result<void> Store::rotate_root_key() {
  if (!options.root_key.command.empty() || options.root_key.environment_value) {
    return fail(Errc::Unsupported, "the root key does not come from a file: rotate it where it is kept");
  }
  auto next = vault::stage_root_key(options.root_key.file, random);
  if (!next) return std::unexpected(next.error());
  if (auto rewrapped = keyring.rotate_root(std::move(*next)); !rewrapped) return rewrapped;
  return vault::commit_root_key(options.root_key.file);
}

}  // namespace parley::store
