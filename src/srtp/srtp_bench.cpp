#include <benchmark/benchmark.h>
#include <srtp/session.hpp>

#include <rtp/packet.hpp>
#include <rtp/wire.hpp>

/// Cost per packet of 20 ms G.711 (160 bytes) and of a video packet (1,200), by profile.
namespace parley::srtp {
namespace {

Bytes packet_of(std::size_t payload) {
  Bytes packet(rtp::kRtpHeaderSize + payload + kMaxTrailer, 0x55);
  rtp::write_rtp_header(packet, {false, 0, 0, 0, 7, {}});
  return packet;
}

void name(benchmark::State& state) {
  state.SetLabel(std::string(info(static_cast<Profile>(state.range(0))).suite));
  state.SetItemsProcessed(state.iterations());
}

void protect(benchmark::State& state) {
  Sender sender(MasterKey::make(static_cast<Profile>(state.range(0)), system_random()));
  const auto size = rtp::kRtpHeaderSize + static_cast<std::size_t>(state.range(1));
  auto packet = packet_of(static_cast<std::size_t>(state.range(1)));
  std::uint16_t sequence = 0;
  for (auto _ : state) {
    rtp::put16(&packet[2], ++sequence);
    benchmark::DoNotOptimize(sender.protect_rtp(packet, size));
  }
  name(state);
}

/// A packet that was secured and is opened: what the other half of a relayed one costs.
void protect_and_open(benchmark::State& state) {
  const auto key = MasterKey::make(static_cast<Profile>(state.range(0)), system_random());
  Sender sender(key);
  Receiver receiver(key);
  const auto size = rtp::kRtpHeaderSize + static_cast<std::size_t>(state.range(1));
  auto packet = packet_of(static_cast<std::size_t>(state.range(1)));
  std::uint16_t sequence = 0;
  for (auto _ : state) {
    rtp::put16(&packet[2], ++sequence);
    const auto secured = sender.protect_rtp(packet, size);
    auto opened = receiver.open_rtp(std::span(packet).first(secured.value_or(0)));
    if (!opened) return state.SkipWithError("not opened");
  }
  name(state);
}

/// What a stranger's packet costs who only guesses the address.
void refuse(benchmark::State& state) {
  Receiver receiver(MasterKey::make(static_cast<Profile>(state.range(0)), system_random()));
  const auto packet = packet_of(static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) {
    auto copy = packet;
    benchmark::DoNotOptimize(receiver.open_rtp(copy));
  }
  name(state);
}

BENCHMARK(protect)->ArgsProduct({{0, 1, 2, 3}, {160, 1200}});
BENCHMARK(protect_and_open)->ArgsProduct({{0, 1, 2, 3}, {160, 1200}});
BENCHMARK(refuse)->ArgsProduct({{0, 1, 2, 3}, {160}});

}  // namespace
}  // namespace parley::srtp
