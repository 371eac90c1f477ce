// libFuzzer entry: a datagram goes the whole way: parse, check, transactions, digest, owner; the user answers at once.
#include <base/assert.hpp>
#include <sip/digest.hpp>
#include <sip/minted.hpp>
#include <sip/transaction_layer.hpp>

using namespace parley;
using namespace parley::sip;

namespace {

struct User final : TransactionUser {
  TransactionLayer* layer = nullptr;
  TimePoint now{std::chrono::seconds(1)};
  void on_request(ServerId id, const Message& request) override {
    PARLEY_ASSERT(layer->respond(id, 180, "t", now));
    PARLEY_ASSERT(layer->respond(id, request.is(Method::Invite) ? 486 : 200, "t", now));
  }
  void on_cancel(ServerId, const Message&) override {}
  void on_ack(const Message&) override {}
  void on_response(ClientId, const Message&) override {}
  void on_client_failure(ClientId, TransactionFailure) override {}
  void on_server_failure(ServerId, TransactionFailure) override {}
};
struct Nowhere final : Wire {
  bool send(std::string_view bytes, const Flow&) override {
    const auto message = Message::parse(std::string(bytes));
    PARLEY_ASSERT(message.is_response() && message.status() >= 100);
    return true;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  auto message = Message::parse(text);
  message.source.remote = {IpAddress::v4_any(), 5060};
  (void)owner_of(message, 4);
  message.each_field(Header::Contact, [](std::string_view) {});
  for (const auto& contact : message.name_addrs(Header::Contact)) (void)contact.display_text();
  (void)message.expires();
  (void)message.sdp();
  (void)message.lists(Header::Supported, "timer");
  if (const auto credentials = DigestServer::credentials(message, Header::Authorization, "x")) {
    const DigestServer server({1});
    NonceUse use;
    (void)server.verify(*credentials, message, Ha1{}, {}, use);
    (void)server.is_ours(*credentials, message.source.remote.address);
  }
  SeededRandom random(1);
  if (message.is_response()) (void)answer_challenge(message, {"u", "", "p"}, Method::Register, "sip:x", 1, random);
  const auto copy = message.clone();
  PARLEY_ASSERT(copy.fields().size() <= kMaxHeaders);

  User user;
  Nowhere wire;
  TransactionLayer layer({}, user, wire, random);
  user.layer = &layer;
  auto again = message.clone();
  again.source = message.source;
  layer.receive(std::move(message), user.now);
  layer.receive(std::move(again), user.now);  // its retransmission
  layer.on_time(user.now + std::chrono::hours(1));
  return 0;
}
