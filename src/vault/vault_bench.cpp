#include <benchmark/benchmark.h>

#include <vault/aead.hpp>
#include <vault/hash.hpp>
#include <vault/keyring.hpp>
#include <vault/memory_key_table.hpp>

namespace parley::vault {
namespace {

struct Rig {
  MemoryKeyTable table;
  Keyring keyring{table, RootKeys{RootKey{SecretBytes(Bytes(32, 1))}, std::nullopt}, system_random()};
  OrganisationId organisation = OrganisationId::make();
  Uuid call = CallId::make().uuid;
};

void open_column(benchmark::State& state) {
  Rig rig;
  const auto key = rig.keyring.create(rig.organisation, ThingKind::Call, rig.call);
  const Bytes sealed = key->seal("detail", Bytes(static_cast<std::size_t>(state.range(0)), 'x'));
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(key->open("detail", sealed));
}
BENCHMARK(open_column)->Arg(32)->Arg(256)->Arg(4096);

void seal_column(benchmark::State& state) {
  Rig rig;
  const auto key = rig.keyring.create(rig.organisation, ThingKind::Call, rig.call);
  const Bytes plain(static_cast<std::size_t>(state.range(0)), 'x');
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(key->seal("detail", plain));
}
BENCHMARK(seal_column)->Arg(32)->Arg(256)->Arg(4096);

void seal_recording_frame(benchmark::State& state) {
  Aead aead(Bytes(32, 1));
  Bytes nonce(kNonceSize, 0);
  Bytes frame(4000 + kTagSize);  // 250 ms of two G.711 channels
  for ([[maybe_unused]] auto _ : state) {
    ++nonce[state.iterations() & 7];
    aead.seal_into(nonce, as_bytes("header"), BytesView(frame).first(4000), frame);
  }
}
BENCHMARK(seal_recording_frame);

void cached_key(benchmark::State& state) {
  Rig rig;
  if (!rig.keyring.create(rig.organisation, ThingKind::Call, rig.call)) return state.SkipWithError("no key was made");
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(rig.keyring.open(rig.organisation, ThingKind::Call, rig.call));
}
BENCHMARK(cached_key);

void blind_index(benchmark::State& state) {
  Rig rig;
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(rig.keyring.blind_index(rig.organisation, "word", "appointment"));
}
BENCHMARK(blind_index);

void sign_head(benchmark::State& state) {
  const auto key = SigningKey::generate(system_random());
  const Bytes message(120, 'x');
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(key.sign(message));
}
BENCHMARK(sign_head);

}  // namespace
}  // namespace parley::vault
