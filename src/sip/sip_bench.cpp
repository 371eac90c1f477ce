#include <memory>

#include <benchmark/benchmark.h>

#include <sip/dialog_info.hpp>
#include <sip/digest.hpp>
#include <sip/pidf.hpp>
#include <sip/transaction_layer.hpp>

namespace parley::sip {
namespace {

const std::string kInvite =
    "INVITE sip:102@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-524287-1---0a1b2c3d;rport\r\n"
    "Max-Forwards: 70\r\nContact: <sip:101@192.0.2.1:5060;transport=udp>\r\nTo: <sip:102@example.com>\r\n"
    "From: \"Ann\" <sip:101@example.com>;tag=8f3e1c2a\r\nCall-ID: 84715OGQxNzM5ZjE4ZDQ\r\nCSeq: 2 INVITE\r\n"
    "Allow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO, SUBSCRIBE\r\nContent-Type: "
    "application/sdp\r\n"
    "Supported: replaces, norefersub, extended-refer, timer, outbound, path\r\nUser-Agent: Phone 5.4.0\r\n"
    "Allow-Events: presence, kpml, talk\r\nContent-Length: 240\r\n\r\n" +
    std::string(240, 'x');
const std::string kRegister =
    "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1;rport\r\nMax-Forwards: 70\r\n"
    "Contact: <sip:101@192.0.2.1:5060>;expires=3600\r\nTo: <sip:101@example.com>\r\nFrom: "
    "<sip:101@example.com>;tag=9\r\n"
    "Call-ID: reg-1\r\nCSeq: 1 REGISTER\r\nUser-Agent: Phone 5.4.0\r\n";

void parse(benchmark::State& state, const std::string& text) {
  for ([[maybe_unused]] auto _ : state) {
    auto message = Message::parse(text);
    benchmark::DoNotOptimize(message);
  }
}
BENCHMARK_CAPTURE(parse, invite, kInvite);
BENCHMARK_CAPTURE(parse, register, kRegister + "Content-Length: 0\r\n\r\n");

void check_invite(benchmark::State& state) {
  const auto message = Message::parse(kInvite);
  const CheckOptions options;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(check(message, options));
}
BENCHMARK(check_invite);

void tell_dialogs(benchmark::State& state) {
  DialogInfoTeller teller("sip:102@example.com");
  DialogInfo dialog{"py0-8f3e1c2a",
                    "84715OGQxNzM5ZjE4ZDQ",
                    "u1",
                    "py0-8f3e1c2a",
                    false,
                    DialogInfoState::Early,
                    {"Bob", "sip:102@example.com"},
                    {"Ann", "sip:101@example.com"}};
  for ([[maybe_unused]] auto _ : state) {
    dialog.state = dialog.state == DialogInfoState::Early ? DialogInfoState::Confirmed : DialogInfoState::Early;
    benchmark::DoNotOptimize(teller.tell({dialog}, false));
  }
}
BENCHMARK(tell_dialogs);

void read_presence(benchmark::State& state) {
  Presence presence;
  presence.entity = "sip:102@example.com";
  presence.tuples.push_back({"t1", true, "sip:102@example.com", {"at the desk"}});
  presence.activities = {"away"};
  const auto text = write_pidf(presence);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(parse_pidf(text));
}
BENCHMARK(read_presence);

void build_response(benchmark::State& state) {
  auto message = Message::parse(kInvite);
  message.source.remote = *Endpoint::parse("192.0.2.1:5060");
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(ResponseBuilder(message, 180, "tag").contact("<sip:102@192.0.2.2:5060>").finish());
}
BENCHMARK(build_response);

void build_invite(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(RequestBuilder(Method::Invite, "sip:102@192.0.2.9:5060",
                                            {Transport::Udp, "192.0.2.2:5060", "z9hG4bK-pyaa-abcdefghijkmnpqrstuv"})
                                 .max_forwards()
                                 .from("\"Ann\" <sip:101@example.com>;tag=pyaa-abcdefghijkmnpqr")
                                 .to("<sip:102@example.com>")
                                 .call_id("pyaa-abcdefghijkmnpqrstuvwxyz")
                                 .cseq(1)
                                 .contact("<sip:101@192.0.2.2:5060>")
                                 .body("application/sdp", std::string_view(kInvite).substr(kInvite.size() - 240))
                                 .finish());
}
BENCHMARK(build_invite);

/// One side's whole work for an INVITE that rings and is answered with an error, and its ACK; in memory.
struct Echo final : TransactionUser, Wire {
  TransactionLayer* peer = nullptr;
  TransactionLayer* own = nullptr;
  TimePoint now{std::chrono::seconds(1)};
  Flow flow{Transport::Udp, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse("192.0.2.2:5060"), 0};
  bool send(std::string_view bytes, const Flow&) override {
    auto message = Message::parse(std::string(bytes));
    message.source = flow;
    peer->receive(std::move(message), now);
    return true;
  }
  void on_request(ServerId id, const Message&) override {
    benchmark::DoNotOptimize(own->respond(id, 180, "t", now));
    benchmark::DoNotOptimize(own->respond(id, 486, "t", now));
  }
  void on_cancel(ServerId, const Message&) override {}
  void on_ack(const Message&) override {}
  void on_response(ClientId, const Message&) override {}
  void on_client_failure(ClientId, TransactionFailure) override {}
  void on_server_failure(ServerId, TransactionFailure) override {}
};

void transaction_round_trip(benchmark::State& state) {
  Echo a;
  Echo b;
  SeededRandom random(1);
  TransactionLayer client({}, a, a, random);
  TransactionLayer server({}, b, b, random);
  a.own = b.peer = &client;
  b.own = a.peer = &server;
  TimePoint now{std::chrono::seconds(1)};
  for ([[maybe_unused]] auto _ : state) {
    auto request = RequestBuilder(Method::Invite, "sip:x@y", {Transport::Udp, "192.0.2.1:5060", client.mint_branch()})
                       .from("<sip:a@b>;tag=1")
                       .to("<sip:x@y>")
                       .call_id("c")
                       .cseq(1)
                       .max_forwards()
                       .finish();
    benchmark::DoNotOptimize(client.send_request(std::move(request), a.flow, now));
    now += std::chrono::milliseconds(10);
    a.now = b.now = now;
    client.on_time(now);
    server.on_time(now);
  }
}
BENCHMARK(transaction_round_trip);

void digest_verify(benchmark::State& state, DigestAlgorithm algorithm) {
  const DigestServer server({1});
  NonceUses uses;
  const WallTime now{std::chrono::milliseconds(1'800'000'000'000)};
  const auto source = *IpAddress::parse("192.0.2.1");
  const auto ha1 = Ha1::of("101", "example.com", "secret");
  SeededRandom random(1);
  const auto challenge =
      Message::parse("SIP/2.0 401 X\r\nWWW-Authenticate: " +
                     DigestServer::challenge("example.com", algorithm, server.nonce(source, now, 1)) + "\r\n\r\n");
  std::uint32_t count = 0;
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    const auto answer = answer_challenge(challenge, {"101", "example.com", "secret"}, Method::Register,
                                         "sip:example.com", ++count, random);
    auto message = Message::parse(kRegister + "Authorization: " + *answer + "\r\nContent-Length: 0\r\n\r\n");
    message.source.remote = {source, 5060};
    state.ResumeTiming();
    const auto credentials = DigestServer::credentials(message, Header::Authorization, "example.com");
    NonceUse use;
    if (server.verify(*credentials, message, ha1, now, use) != AuthOutcome::Ok || !uses.accept(use, now))
      state.SkipWithError("not verified");
  }
}
BENCHMARK_CAPTURE(digest_verify, sha256, DigestAlgorithm::Sha256);
BENCHMARK_CAPTURE(digest_verify, sha512_256, DigestAlgorithm::Sha512_256);
BENCHMARK_CAPTURE(digest_verify, md5, DigestAlgorithm::Md5);

void digest_challenge(benchmark::State& state) {
  const DigestServer server({1});
  const WallTime now{std::chrono::milliseconds(1'800'000'000'000)};
  const auto source = *IpAddress::parse("192.0.2.1");
  std::uint32_t serial = 0;
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(
        DigestServer::challenge("example.com", DigestAlgorithm::Sha256, server.nonce(source, now, ++serial)));
}
BENCHMARK(digest_challenge);

}  // namespace
}  // namespace parley::sip
