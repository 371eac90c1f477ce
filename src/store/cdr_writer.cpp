#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <pthread.h>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <store/call_json.hpp>
#include <store/cdr_writer.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

constexpr std::size_t kIdSize = 16;
constexpr std::size_t kMaxWaiting = 4096;

bool away(const Error& error) {
  return error.code == Errc::Unavailable || error.code == Errc::Full || error.code == Errc::Io ||
         error.code == Errc::Timeout;
}

}  // namespace

CdrWriter::CdrWriter(CallRepository& calls, vault::Keyring& keyring, Journal& journal)
    : calls_(calls), keyring_(keyring), journal_(journal), thread_([this] { loop(); }) {
  (void)::pthread_setname_np(thread_.native_handle(), "call records");
}

CdrWriter::~CdrWriter() { stop(); }

void CdrWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CdrWriter::close(CallRecord call, std::vector<NewJob> follow_ups, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && queue_.size() < kMaxQueue) {
      queue_.push_back({{std::move(call), std::move(follow_ups)}, std::move(done)});
      // The first wakes the thread to gather, a full group to write.
      if (queue_.size() == 1 || queue_.size() == kGroup) wake_.notify_one();
      return;
    }
  }
  if (done) done(fail(Errc::Limited, "too many call records wait to be written"));
}

void CdrWriter::loop() {
  std::unique_lock lock(mutex_);
  bool busy = false;
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    wake_.wait_for(lock, busy ? kGatherBusy : kGather, [this] { return stopping_ || queue_.size() >= kGroup; });
    auto group = std::exchange(queue_, {});
    busy = group.size() >= kBusy;
    lock.unlock();
    write(group);
    lock.lock();
  }
}

/// By organisation, since each has its lock and policy. A group that the database refuses for what stands in it is
/// written one by one, so that a bad record harms no other.
void CdrWriter::write(std::vector<Item>& group) {
  std::map<OrganisationId, std::vector<Item*>> by_organisation;
  for (auto& item : group) by_organisation[item.closing.call.organisation].push_back(&item);
  std::vector<Item*> homeless;
  for (auto& [organisation, items] : by_organisation) {
    std::vector<const Closing*> closings;
    for (const auto* item : items) closings.push_back(&item->closing);
    const auto result = calls_.close_all(organisation, closings);
    const bool each = !result && !away(result.error()) && items.size() > 1;
    for (auto* item : items) {
      auto own = each ? calls_.close(item->closing.call, item->closing.follow_ups) : result;
      if (!own && away(own.error())) {
        log::warning("store.cdr.journalled", {{"error", own.error().text}});
        homeless.push_back(item);
        continue;
      }
      if (!own) log::error("store.cdr.refused", {{"call", item->closing.call.id.text()}, {"error", own.error().text}});
      if (item->done) item->done(std::move(own));
    }
  }
  if (!homeless.empty()) keep(homeless);
}

/// Into the journal, or, when that fails as well, into memory until drain().
void CdrWriter::keep(const std::vector<Item*>& items) {
  static auto& kept = metrics::counter("parley_cdr_journalled_total", "Call records that went to the local journal.");
  std::vector<Bytes> records;
  Result<void> result;
  for (const auto* item : items) {
    auto record = journal_record(item->closing);
    if (!record) {
      result = std::unexpected(record.error());
      break;
    }
    records.push_back(std::move(*record));
  }
  if (result) result = journal_.append_all(records);
  if (result) {
    kept.add(static_cast<double>(records.size()));
  } else {
    log::error("store.cdr.in_memory_only", {{"calls", items.size()}, {"error", result.error().text}});
    waiting_.with([&](auto& waiting) {
      for (const auto* item : items)
        if (waiting.size() < kMaxWaiting) waiting.push_back(item->closing);
    });
  }
  for (const auto* item : items)
    if (item->done) item->done(result);
}

/// Organisation, call, then the closing sealed with the call's key.
Result<Bytes> CdrWriter::journal_record(const Closing& closing) {
  const auto& call = closing.call;
  const auto key = keyring_.open_or_create(call.organisation, ThingKind::Call, call.id.uuid);
  if (!key) return std::unexpected(key.error());
  Bytes record(call.organisation.uuid.bytes.begin(), call.organisation.uuid.bytes.end());
  record.insert(record.end(), call.id.uuid.bytes.begin(), call.id.uuid.bytes.end());
  const Bytes sealed = key->seal("journal", as_bytes(closing_json(call, closing.follow_ups)));
  record.insert(record.end(), sealed.begin(), sealed.end());
  return record;
}

Result<std::size_t> CdrWriter::drain() {
  const auto drained = journal_.drain([this](BytesView record) -> Result<void> {
    if (record.size() < 2 * kIdSize) return fail(Errc::Corrupt, "a journalled call is too short");
    OrganisationId organisation;
    CallId id;
    std::copy_n(record.begin(), kIdSize, organisation.uuid.bytes.begin());
    std::copy_n(record.begin() + kIdSize, kIdSize, id.uuid.bytes.begin());
    const auto key = keyring_.open(organisation, ThingKind::Call, id.uuid);
    if (!key && key.error().code == Errc::NotFound) return {};  // erased meanwhile
    if (!key) return std::unexpected(key.error());
    const auto plain = key->open("journal", record.subspan(2 * kIdSize));
    if (!plain) return std::unexpected(plain.error());
    CallRecord call;
    std::vector<NewJob> follow_ups;
    if (auto read = read_closing(call, follow_ups, as_text(*plain)); !read) return read;
    return calls_.close(call, std::move(follow_ups));
  });
  if (!drained) return drained;
  auto waiting = waiting_.with([](auto& list) { return std::exchange(list, {}); });
  std::size_t moved = *drained;
  for (std::size_t at = 0; at < waiting.size(); ++at) {
    if (auto closed = calls_.close(waiting[at].call, waiting[at].follow_ups); !closed) {
      waiting_.with([&](auto& list) {
        list.insert(list.begin(), std::make_move_iterator(waiting.begin() + static_cast<std::ptrdiff_t>(at)),
                    std::make_move_iterator(waiting.end()));
      });
      return std::unexpected(closed.error());
    }
    ++moved;
  }
  return moved;
}

}  // namespace parley::store
