#include <atomic>
#include <random>
#include <thread>

#include <benchmark/benchmark.h>

#include <store/temporary.hpp>

/// What a call costs at rest. Commits are shared: compare one close at a time with many waiting.
namespace parley::store {
namespace {

/// A house of many extensions that all call each other, so that each record adds to other places of the indexes.
struct Rig {
  TemporaryStore store;
  OrganisationId organisation = store.organisation("a.example");
  std::vector<Extension> extensions;
  std::minstd_rand which;

  Rig() {
    for (int i = 0; i < 400; ++i) extensions.push_back(store.extension(organisation, std::to_string(10'000 + i)));
  }

  CallRecord call() {
    CallRecord out;
    out.id = CallId::make();
    out.organisation = organisation;
    out.started = store.clock.wall();
    out.ended = out.started + std::chrono::minutes(2);
    const auto party = [this] {
      const auto& one = extensions[which() % extensions.size()];
      return Party{one.number, "Bench " + one.number.substr(2), one.id};
    };
    out.caller = party();
    out.callee = party();
    out.dialled = out.callee.number;
    for (const char* side : {"caller", "callee"}) {
      CallLegRecord leg;
      leg.id = LegId::make();
      leg.party = side;
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
  static Rig rig;  // of all sizes: the first calls in a database are cheap
  const auto close = [&](std::size_t count) {
    std::vector<Closing> closings(count);
    std::vector<const Closing*> views;
    for (auto& closing : closings) {
      closing.call = rig.call();
      views.push_back(&closing);
    }
    if (!rig.store->calls.close_all(rig.organisation, views)) state.SkipWithError("close failed");
  };
  static const int history = [&] {
    for (int i = 0; i < 20; ++i) close(500);
    return 1;
  }();
  benchmark::DoNotOptimize(history);
  const auto group = static_cast<std::size_t>(state.range(0));
  for ([[maybe_unused]] auto _ : state) close(group);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(group));
}
BENCHMARK(close_in_groups)
    ->Arg(1)
    ->Arg(16)
    ->Arg(64)
    ->Arg(256)
    ->Iterations(60)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMicrosecond);

void list_calls(benchmark::State& state) {
  Rig rig;
  std::atomic<int> left = 1000;
  for (int i = 0; i < 1000; ++i) rig.store->cdrs.close(rig.call(), {}, [&](Result<void>) { --left; });
  while (left > 0) std::this_thread::yield();
  const CallFilter filter{.text = state.range(0) != 0 ? "bench" : ""};
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
