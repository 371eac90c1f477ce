#include <fstream>
#include <string>

#include <benchmark/benchmark.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <media/fake_call.hpp>
#include <media/fake_recording.hpp>
#include <media/media_thread.hpp>
#include <media/mixer.hpp>

/// Figures of the media path. Real sockets on loopback; the phones run in this process's main thread, so that the media
/// thread's own CPU time is the cost of the relay (the phones' receive work runs in its send, which cancels roughly
/// what a network card would cost).
namespace parley::media {
namespace {
using namespace std::chrono_literals;
using codec::CodecId;

// A counter of this kind is time for each of what it counts.
const auto kSecondsPer = benchmark::Counter::kIsRate | benchmark::Counter::kInvert;

std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  in >> all >> resident;
  return resident * 4096;
}

/// Calls between two sockets that stand for all phones: a leg is its ports, the far end may be shared.
struct Load {
  /// `secured`: the first leg of each call has SRTP.
  Load(unsigned calls, CodecId a, CodecId b, bool recorded, std::optional<srtp::Profile> secured) {
    options.bind_address = *IpAddress::parse("127.0.0.1");
    options.max_legs = calls * 2 + 8;
    thread = std::make_unique<MediaThread>(options, system_clock(), system_random());
    if (recorded) recorder = std::make_unique<Recorder>(system_clock(), system_random());
    const int room = 16 << 20;  // for all phones
    ::setsockopt(phone().descriptor(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    PortRange range(options.bind_address, 0, 0, system_random());
    const std::size_t before = resident_bytes();
    for (unsigned i = 0; i < calls * 2; ++i) {
      auto sockets = std::move(*range.bind_pair());
      ports.push_back(sockets.rtp.port());
      auto leg =
          std::make_unique<Leg>(thread->shared(), LegHandle{i, 1}, std::move(sockets), LegOptions{}, LegCallbacks{});
      RemoteMedia remote;
      remote.rtp = {options.bind_address, phone().port()};
      const CodecId id = i % 2 == 0 ? a : b;
      remote.formats = {
          {id, static_cast<std::uint8_t>(id == CodecId::Opus ? 111 : *codec::info(id).static_payload_type), {}}};
      if (secured && i % 2 == 0) {
        const srtp::KeyPair keys{srtp::MasterKey::make(*secured, system_random()),
                                 srtp::MasterKey::make(*secured, system_random())};
        remote.encrypted = true;
        remote.keys = std::make_shared<const srtp::KeyPair>(keys);
        senders.push_back(std::make_unique<srtp::Sender>(keys.theirs));
      } else {
        senders.push_back(nullptr);
      }
      legs.push_back(leg.get());
      thread->run([this, leg = std::move(leg), remote]() mutable {
        leg->set_remote(remote, thread->now());
        thread->add(std::move(leg));
      });
    }
    for (std::size_t i = 0; i < calls; ++i)
      thread->run([this, i] { legs[2 * i]->set_peer(legs[2 * i + 1]), legs[2 * i + 1]->set_peer(legs[2 * i]); });
    if (recorded)
      for (unsigned i = 0; i < calls; ++i) {
        RecordingStart start;
        start.recording = RecordingId::make();
        start.file = append_file_from(::memfd_create("recording", MFD_CLOEXEC));
        auto recording = std::move(*recorder->start(std::move(start), fake::key()));
        for (unsigned side = 0; side < 2; ++side)
          thread->run([this, i, side, recording] { legs[2 * i + side]->record(recording, static_cast<Party>(side)); });
      }
    for (unsigned side = 0; side < 2; ++side) {
      const CodecId id = side == 0 ? a : b;
      const auto pcm = fake::voice(side + 1, codec::info(id).sample_rate, 1);
      const auto encoder = codec::make_encoder(id);
      payload[side].resize(codec::kMaxPayload);
      payload[side].resize(encoder->encode(std::span(pcm).first(codec::info(id).sample_rate / 50), payload[side]));
      type[side] = id == CodecId::Opus ? 111 : *codec::info(id).static_payload_type;
      clock[side] = codec::info(id).rtp_clock_rate;
    }
    send_round();
    std::this_thread::sleep_for(100ms);
    memory_per_call = static_cast<double>(resident_bytes() - before) / calls;
  }
  ~Load() { thread.reset(); }

  MediaSocket& phone() { return far_end.rtp; }

  /// A packet of every leg's phone, spread over 20 ms, and what comes is taken away.
  void send_round() {
    const auto begin = std::chrono::steady_clock::now();
    constexpr unsigned kSlices = 20;
    for (unsigned slice = 0; slice < kSlices; ++slice) {
      for (std::size_t i = slice; i < ports.size(); i += kSlices) {
        Bytes datagram(rtp::kRtpHeaderSize);
        rtp::write_rtp_header(
            datagram,
            {false, type[i % 2], sequence, sequence * (clock[i % 2] / 50U), static_cast<std::uint32_t>(i + 1), {}});
        datagram.insert(datagram.end(), payload[i % 2].begin(), payload[i % 2].end());
        if (senders[i]) {
          const auto size = datagram.size();
          datagram.resize(size + srtp::kMaxTrailer);
          datagram.resize(senders[i]->protect_rtp(datagram, size).value_or(0));
        }
        (void)phone().send(datagram, NativeAddress({options.bind_address, ports[i]}, false));
      }
      sockaddr_storage from{};
      std::array<std::uint8_t, 2048> buffer;
      while (phone().receive(buffer, from) >= 0) ++received;
      std::this_thread::sleep_until(begin + (slice + 1) * 1ms);
    }
    ++sequence;
  }

  EngineOptions options;
  SocketPair far_end = std::move(*PortRange(*IpAddress::parse("127.0.0.1"), 0, 0, system_random()).bind_pair());
  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<MediaThread> thread;
  std::vector<Leg*> legs;
  std::vector<std::unique_ptr<srtp::Sender>> senders;  // of the phones, by leg; nullptr: plain RTP
  std::vector<std::uint16_t> ports;
  Bytes payload[2];
  std::uint8_t type[2] = {0, 0};
  std::uint32_t clock[2] = {8000, 8000};
  std::uint16_t sequence = 1;
  std::uint64_t received = 0;
  double memory_per_call = 0;
};

double process_cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

void run(benchmark::State& state, CodecId a, CodecId b, bool recorded,
         std::optional<srtp::Profile> secured = std::nullopt) {
  // One descriptor limit for all: two sockets a leg.
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto calls = static_cast<unsigned>(state.range(0));
  Load load(calls, a, b, recorded, secured);
  for (int i = 0; i < 60; ++i) load.send_round();  // let it see the rate
  const auto thread_before = load.thread->cpu_time();
  const double all_before = process_cpu_us();
  const std::uint64_t received_before = load.received;
  std::uint64_t sent = 0;
  for ([[maybe_unused]] auto _ : state) {
    load.send_round();
    sent += std::uint64_t{calls} * 2;
  }
  const double used = std::chrono::duration<double, std::micro>(load.thread->cpu_time() - thread_before).count();
  const auto packets = static_cast<double>(sent);
  state.counters["us_per_packet"] = used / packets;
  state.counters["process_us_per_packet"] = (process_cpu_us() - all_before) / packets;
  state.counters["cpu_pct_per_100_calls"] = used / packets * 1e-6 * 10'000 * 100;
  state.counters["delivered"] = static_cast<double>(load.received - received_before) / packets;
  state.counters["kb_per_call"] = load.memory_per_call / 1024;
  state.counters["realtime"] = load.thread->realtime() ? 1 : 0;
}

void BM_Relay(benchmark::State& state) { run(state, CodecId::Pcmu, CodecId::Pcmu, false); }
BENCHMARK(BM_Relay)->Arg(100)->Arg(300)->Arg(1000)->Iterations(100)->UseRealTime()->Unit(benchmark::kMillisecond);
void BM_RelayRecorded(benchmark::State& state) { run(state, CodecId::Pcmu, CodecId::Pcmu, true); }
BENCHMARK(BM_RelayRecorded)->Arg(100)->Arg(300)->Iterations(100)->UseRealTime()->Unit(benchmark::kMillisecond);
/// SRTP on one side; to be read beside BM_Relay. The argument behind the calls is the profile.
void BM_RelaySecured(benchmark::State& state) {
  const auto profile = static_cast<srtp::Profile>(state.range(1));
  run(state, CodecId::Pcmu, CodecId::Pcmu, false, profile);
  state.SetLabel(std::string(srtp::info(profile).suite));
}
BENCHMARK(BM_RelaySecured)
    ->ArgsProduct({{100, 300}, {0, 1, 2, 3}})
    ->Iterations(100)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
void BM_TranscodeG711(benchmark::State& state) { run(state, CodecId::Pcmu, CodecId::Pcma, false); }
BENCHMARK(BM_TranscodeG711)->Arg(100)->Iterations(100)->UseRealTime()->Unit(benchmark::kMillisecond);
void BM_TranscodeG722(benchmark::State& state) { run(state, CodecId::Pcmu, CodecId::G722, false); }
BENCHMARK(BM_TranscodeG722)->Arg(100)->Iterations(100)->UseRealTime()->Unit(benchmark::kMillisecond);
void BM_TranscodeOpus(benchmark::State& state) { run(state, CodecId::Pcmu, CodecId::Opus, false); }
BENCHMARK(BM_TranscodeOpus)->Arg(30)->Iterations(100)->UseRealTime()->Unit(benchmark::kMillisecond);

/// A room without sockets: what a party's packet, its place in the mix and its payload cost. Args: parties, of them
/// talking. All send packets all the time, as phones without silence suppression do.
void room(benchmark::State& state, CodecId id) {
  const auto parties = static_cast<std::size_t>(state.range(0)), talking = static_cast<std::size_t>(state.range(1));
  const auto rate = codec::widest_rate(id);
  Mixer mixer;
  std::vector<std::unique_ptr<MixParty>> all;
  for (std::size_t i = 0; i < parties; ++i) {
    all.push_back(std::make_unique<MixParty>(std::vector{id}, MixSettings{}));
    mixer.add(*all.back());
  }
  std::array<Bytes, 2> payloads;  // of silence, of a voice
  const auto pcm = fake::voice(1, rate, 0.02);
  const std::vector<std::int16_t> silence(rate / 50);
  for (std::size_t i = 0; i < 2; ++i) {
    payloads[i].resize(codec::kMaxPayload);
    payloads[i].resize(codec::make_widest_encoder(id)->encode(i == 0 ? silence : pcm, payloads[i]));
  }
  std::uint32_t packet = 0;
  for ([[maybe_unused]] auto _ : state) {
    for (std::size_t i = 0; i < parties; ++i)
      all[i]->input().put(id, 1, 65536 + packet, packet * (codec::info(id).rtp_clock_rate / 50),
                          payloads[i < talking ? 1 : 0]);
    ++packet;
    mixer.mix();
    for (const auto& one : all) benchmark::DoNotOptimize(mixer.payload_for(*one));
  }
  const auto ticks = static_cast<double>(state.iterations()) * static_cast<double>(parties);
  state.counters["s_per_party"] = benchmark::Counter(ticks, kSecondsPer);
  // Of one core, by 50 ticks a second.
  state.counters["core_pct_per_party"] = benchmark::Counter(ticks / 5000, kSecondsPer);
  for (const auto& one : all) mixer.remove(*one);
}
void BM_RoomG711(benchmark::State& state) { room(state, CodecId::Pcmu); }
BENCHMARK(BM_RoomG711)
    ->Args({3, 1})
    ->Args({3, 3})
    ->Args({10, 1})
    ->Args({10, 3})
    ->Args({10, 10})
    ->Args({100, 3})
    ->Args({500, 3})
    ->Args({500, 20});
void BM_RoomG722(benchmark::State& state) { room(state, CodecId::G722); }
BENCHMARK(BM_RoomG722)->Args({10, 3})->Args({100, 3});
void BM_RoomOpus(benchmark::State& state) { room(state, CodecId::Opus); }
BENCHMARK(BM_RoomOpus)->Args({10, 3})->Args({100, 3});

/// The same with the sockets, by the media thread's own CPU time: what a party costs in all.
void BM_RoomOnTheWire(benchmark::State& state) {
  const auto parties = static_cast<unsigned>(state.range(0));
  Load load(parties / 2, CodecId::Pcmu, CodecId::Pcmu, false);
  load.thread->run([&load] {
    auto room = std::make_unique<Room>(RoomHandle{1}, RoomOptions{}, load.thread->courier());
    for (Leg* leg : load.legs) leg->set_peer(nullptr), room->enter(*leg, {});
    load.thread->add(std::move(room));
  });
  for (int i = 0; i < 60; ++i) load.send_round();
  const auto before = load.thread->cpu_time();
  unsigned rounds = 0;
  for ([[maybe_unused]] auto _ : state) load.send_round(), ++rounds;
  const double used = std::chrono::duration<double, std::micro>(load.thread->cpu_time() - before).count();
  state.counters["us_per_party_and_tick"] = used / rounds / parties;
  state.counters["core_pct_per_party"] = used / rounds / parties / 20'000 * 100;
}
BENCHMARK(BM_RoomOnTheWire)->Arg(10)->Arg(100)->Iterations(150)->UseRealTime()->Unit(benchmark::kMillisecond);

/// The recorder's writer alone: 20 ms of two parties into sealed frames.
void BM_WriteRecordedPacket(benchmark::State& state) {
  fake::Rig rig;
  const Bytes payload(160, 0xD5);
  std::uint64_t sequence = 70000;
  for ([[maybe_unused]] auto _ : state) {
    rig.clock.advance(10ms);
    rig.recording->offer({static_cast<Party>(sequence & 1U), rig.clock.now(), 1 + (sequence & 1U), sequence,
                          static_cast<std::uint32_t>(sequence * 80), CodecId::Pcmu, payload});
    ++sequence;
    rig.write();
    if (rig.disk->bytes.size() > (1U << 26U)) rig.disk->bytes.resize(recording::kHeaderSize);
  }
}
BENCHMARK(BM_WriteRecordedPacket);

void BM_DecodeRecordingPerSecond(benchmark::State& state) {
  fake::Rig rig;
  fake::Voice caller(Party::Caller, CodecId::Pcmu, 1), callee(Party::Callee, CodecId::Pcmu, 2);
  rig.talk(2900, {&caller, &callee});
  rig.stop();
  std::vector<std::int16_t> pcm(16000 * 2);
  double seconds = 0;
  for ([[maybe_unused]] auto _ : state) {
    auto reader = rig.open();
    for (std::uint64_t at = 0; at < reader->samples(16000); at += 16000)
      benchmark::DoNotOptimize(reader->read(16000, at, pcm));
    seconds += std::chrono::duration<double>(reader->info().length).count();
  }
  state.counters["us_per_second"] = benchmark::Counter(seconds * 1e-6, kSecondsPer);
}
BENCHMARK(BM_DecodeRecordingPerSecond)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace parley::media
