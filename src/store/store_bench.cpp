#include <atomic>
#include <thread>

#include <benchmark/benchmark.h>

#include <store/temporary.hpp>

/// What a call costs at rest. Commits are shared: compare one close at a time with many waiting.
namespace parley::store {
namespace {

struct Rig {
  TemporaryStore store;
  OrganisationId organisation = store.organisation("a.example");
  Extension ada = store.extension(organisation, "101");
  Extension bob = store.extension(organisation, "102");

  CallRecord call() {
    CallRecord out;
    out.id = CallId::make();
    out.organisation = organisation;
    out.started = store.clock.wall();
    out.ended = out.started + std::chrono::minutes(2);
    out.caller = {"+41795550123", "Ada Lovelace", ada.id};
    out.callee = {"102", "Bob Babbage", bob.id};
    out.dialled = "102";
    for (const char* party : {"caller", "callee"}) {
      CallLegRecord leg;
      leg.id = LegId::make();
      leg.party = party;
      leg.remote_ip = "192.0.2.1";
      leg.codec = "PCMU";
      out.legs.push_back(leg);
    }
    return out;
  }
};

void close_one_at_a_time(benchmark::State& state) {
  Rig rig;
  for ([[maybe_unused]] auto _ : state) {
    const auto call = rig.call();
    if (!rig.store->calls.close(call, {})) state.SkipWithError("close failed");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(close_one_at_a_time)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// Keys, sealing and writing of calls that end together.
void close_in_groups(benchmark::State& state) {
  Rig rig;
  const auto group = static_cast<std::size_t>(state.range(0));
  for ([[maybe_unused]] auto _ : state) {
    std::vector<Closing> closings(group);
    std::vector<const Closing*> views;
    for (auto& closing : closings) {
      closing.call = rig.call();
      views.push_back(&closing);
    }
    if (!rig.store->calls.close_all(rig.organisation, views)) state.SkipWithError("close failed");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(group));
}
BENCHMARK(close_in_groups)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);

void list_calls(benchmark::State& state) {
  Rig rig;
  std::atomic<int> left = 1000;
  for (int i = 0; i < 1000; ++i) rig.store->cdrs.close(rig.call(), {}, [&](Result<void>) { --left; });
  while (left > 0) std::this_thread::yield();
  const CallFilter filter{.text = state.range(0) != 0 ? "lovelace" : ""};
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(rig.store->calls.list(rig.organisation, filter, "", 50));
}
BENCHMARK(list_calls)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void lease_and_complete_a_job(benchmark::State& state) {
  Rig rig;
  for ([[maybe_unused]] auto _ : state) {
    NewJob job;
    job.kind = "k";
    job.organisation = rig.organisation;
    (void)rig.store->jobs.enqueue(job);
    const auto leased = rig.store->jobs.lease({"k"}, std::chrono::minutes(1));
    if (!leased || !*leased || !rig.store->jobs.complete(**leased)) state.SkipWithError("job failed");
  }
}
BENCHMARK(lease_and_complete_a_job)->UseRealTime()->Unit(benchmark::kMicrosecond);

void audit_entry(benchmark::State& state) {
  Rig rig;
  store::AuditEntry entry;
  entry.organisation = rig.organisation;
  entry.actor_kind = "system";
  entry.action = "call.read";
  entry.ip = "192.0.2.1";
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(rig.store->audit.append(entry));
}
BENCHMARK(audit_entry)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace parley::store
