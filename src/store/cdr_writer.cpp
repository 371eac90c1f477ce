#include <algorithm>
#include <iterator>
#include <utility>

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
    : calls_(calls), keyring_(keyring), journal_(journal) {}

void CdrWriter::close(const CallRecord& call, std::vector<NewJob> follow_ups, std::function<void(Result<void>)> done) {
  calls_.close_async(call, follow_ups, [this, call, follow_ups, done = std::move(done)](Result<void> result) {
    if (!result && away(result.error())) {
      log::warning("store.cdr.journalled", {{"error", result.error().text}});
      result = keep(call, follow_ups);
    }
    if (!result && away(result.error())) {
      log::error("store.cdr.in_memory_only", {{"call", call.id.text()}, {"error", result.error().text}});
      waiting_.with([&](auto& waiting) {
        if (waiting.size() < kMaxWaiting) waiting.push_back({call, follow_ups});
      });
    } else if (!result) {
      log::error("store.cdr.refused", {{"call", call.id.text()}, {"error", result.error().text}});
    }
    if (done) done(std::move(result));
  });
}

/// Record: organisation, call, then the closing sealed with the call's key.
Result<void> CdrWriter::keep(const CallRecord& call, const std::vector<NewJob>& follow_ups) {
  static auto& kept = metrics::counter("parley_cdr_journalled_total", "Call records that went to the local journal.");
  const auto key = keyring_.open(call.organisation, ThingKind::Call, call.id.uuid);
  if (!key) return std::unexpected(key.error());
  Bytes record(call.organisation.uuid.bytes.begin(), call.organisation.uuid.bytes.end());
  record.insert(record.end(), call.id.uuid.bytes.begin(), call.id.uuid.bytes.end());
  const Bytes sealed = key->seal("journal", as_bytes(closing_json(call, follow_ups)));
  record.insert(record.end(), sealed.begin(), sealed.end());
  const auto appended = journal_.append(record);
  if (!appended) return std::unexpected(appended.error());
  kept.add();
  return {};
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
