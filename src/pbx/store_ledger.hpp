#pragma once
#include <memory>

#include <base/clock.hpp>
#include <pbx/ledger.hpp>

namespace parley::store {
class Store;
class Executor;
}  // namespace parley::store
namespace parley::media {
class Recorder;
}
namespace parley::pbx {

/// The ledger over the store: rows and keys by the repositories, CDRs by the CdrWriter (journal while the database is
/// away), recordings by the media recorder into the blob store. Everything that blocks runs on `executor`. Thread: any.
/// Lifetime: outlives the Pbx; store, executor and recorder outlive it; the executor is drained before it goes.
[[nodiscard]] std::unique_ptr<Ledger> make_store_ledger(store::Store& store, store::Executor& executor,
                                                        media::Recorder& recorder);

}  // namespace parley::pbx
