#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include <net/loopback_fixture.hpp>
#include <net/reactor.hpp>
#include <net/tcp.hpp>
#include <net/tls.hpp>

namespace parley::net {
namespace {
using namespace std::chrono_literals;

/// Certificates in a folder that goes with it: those that are made here vouch for themselves, so each is its own CA.
struct TlsConnection : ::testing::Test {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("parley-tls-connection-" + std::to_string(::getpid()));
  Reactor reactor{0};
  std::shared_ptr<TcpConnection> server, client;
  std::string served, heard, closed_by_server;
  Result<std::shared_ptr<TcpConnection>> outcome = fail(Errc::Internal, "not yet");
  std::unique_ptr<TcpListener> listener;

  TlsConnection() { std::filesystem::create_directories(folder); }
  ~TlsConnection() override { std::filesystem::remove_all(folder); }

  TlsFiles make(const std::string& name, const std::vector<std::string>& names) const {
    TlsFiles files{folder / (name + ".pem"), folder / (name + ".key")};
    EXPECT_TRUE(make_self_signed(files, names));
    return files;
  }
  static std::shared_ptr<TlsContext> trusting(const TlsFiles& ca, const TlsFiles& own = {}) {
    return TlsContext::client({.ca_file = ca.certificate, .certificate = own}).value();
  }
  void listen(const std::shared_ptr<TlsContext>& context) {
    TcpListener::Options options;
    options.connection.tls = context;
    options.connection.connect_within = 1s;
    listener = TcpListener::listen(reactor, kLoopback, options, [this](std::shared_ptr<TcpConnection> made) {
                 server = std::move(made);
                 server->start(
                     [this](BytesView bytes) {
                       served += as_text(bytes);
                       ASSERT_TRUE(server->send(bytes));
                     },
                     [this](const std::string& reason) { closed_by_server = reason.empty() ? "in order" : reason; });
               }).value();
  }
  void connect(const std::shared_ptr<TlsContext>& context, const std::string& identity) {
    TcpConnection::Options options;
    options.tls = context;
    options.identity = identity;
    bool done = false;
    TcpConnection::connect(reactor, listener->local(), options, [&](auto made) {
      outcome = std::move(made);
      done = true;
    });
    ASSERT_TRUE(run_until(reactor, [&] { return done; }));
    if (!outcome) return;
    client = *outcome;
    client->start([this](BytesView bytes) { heard += as_text(bytes); }, [](const std::string&) {});
  }
};

TEST_F(TlsConnection, CarriesBytesBothWaysToWhomItMeant) {
  const auto files = make("a", {"pbx.example"});
  listen(TlsContext::server(files).value());
  connect(trusting(files), "pbx.example");
  ASSERT_TRUE(outcome) << outcome.error().text;
  const std::string sent(200'000, 'x');
  ASSERT_TRUE(client->send(as_bytes(sent)));
  ASSERT_TRUE(run_until(reactor, [&] { return heard.size() == sent.size(); }));
  client->close();
  EXPECT_TRUE(run_until(reactor, [&] { return closed_by_server == "in order"; })) << closed_by_server;
}

TEST_F(TlsConnection, IsRefusedToAnothersCertificate) {  // RFC 5922 §7.3
  const auto files = make("a", {"pbx.example"});
  listen(TlsContext::server(files).value());
  connect(trusting(files), "other.example");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::Forbidden);
  EXPECT_NE(outcome.error().text.find("not that of other.example"), std::string::npos);
}

TEST_F(TlsConnection, IsRefusedToACertificateThatNobodyVouchesFor) {
  listen(TlsContext::server(make("a", {"pbx.example"})).value());
  connect(trusting(make("b", {"pbx.example"})), "pbx.example");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::Forbidden);
  EXPECT_NE(outcome.error().text.find("certificate"), std::string::npos) << outcome.error().text;
}

TEST_F(TlsConnection, AnAddressIsAnIdentityWhereThePeerIsReachedByAddress) {
  const auto files = make("a", {"127.0.0.1"});
  listen(TlsContext::server(files).value());
  connect(trusting(files), "127.0.0.1");
  EXPECT_TRUE(outcome) << outcome.error().text;
}

TEST_F(TlsConnection, MutualNamesTheClient) {
  const auto files = make("a", {"pbx.example"}), phone = make("phone", {"phone.example"});
  listen(TlsContext::server({.files = files, .clients = ClientCertificates::Required, .client_ca = phone.certificate})
             .value());
  connect(trusting(files, phone), "pbx.example");
  ASSERT_TRUE(outcome) << outcome.error().text;
  ASSERT_TRUE(client->send(as_bytes("hello")));
  ASSERT_TRUE(run_until(reactor, [&] { return heard == "hello"; }));
  EXPECT_EQ(server->peer_identities(), std::vector<std::string>{"phone.example"});
}

TEST_F(TlsConnection, MutualRefusesAClientWithoutACertificateAndOneOfAStranger) {
  const auto files = make("a", {"pbx.example"}), phone = make("phone", {"phone.example"});
  listen(TlsContext::server({.files = files, .clients = ClientCertificates::Required, .client_ca = phone.certificate})
             .value());
  for (const auto& own : {TlsFiles{}, make("stranger", {"phone.example"})}) {
    closed_by_server.clear();
    connect(trusting(files, own), "pbx.example");
    EXPECT_TRUE(run_until(reactor, [&] { return !closed_by_server.empty(); }));
    EXPECT_EQ(closed_by_server.substr(0, 4), "TLS:") << closed_by_server;
    EXPECT_EQ(served, "");
  }
}

TEST_F(TlsConnection, OptionalTakesAClientWithoutOneAndKnowsNothingOfIt) {
  const auto files = make("a", {"pbx.example"}), phone = make("phone", {"phone.example"});
  listen(TlsContext::server({.files = files, .clients = ClientCertificates::Optional, .client_ca = phone.certificate})
             .value());
  connect(trusting(files), "pbx.example");
  ASSERT_TRUE(outcome);
  ASSERT_TRUE(client->send(as_bytes("hello")));
  ASSERT_TRUE(run_until(reactor, [&] { return heard == "hello"; }));
  EXPECT_TRUE(server->peer_identities().empty());
}

TEST_F(TlsConnection, AHandshakeThatStallsIsEnded) {
  listen(TlsContext::server(make("a", {"pbx.example"})).value());
  std::shared_ptr<TcpConnection> silent;
  TcpConnection::connect(reactor, listener->local(), {}, [&](auto made) { silent = *made; });
  EXPECT_TRUE(run_until(reactor, [&] { return closed_by_server == "the TLS handshake took too long"; }));
}

TEST_F(TlsConnection, BytesThatAreNoTlsEndIt) {
  listen(TlsContext::server(make("a", {"pbx.example"})).value());
  std::shared_ptr<TcpConnection> rude;
  TcpConnection::connect(reactor, listener->local(), {}, [&](auto made) {
    rude = *made;
    ASSERT_TRUE(rude->send(as_bytes("OPTIONS sip:pbx.example SIP/2.0\r\n\r\n")));
  });
  EXPECT_TRUE(run_until(reactor, [&] { return closed_by_server.starts_with("TLS:"); }));
  EXPECT_EQ(served, "");
}

TEST_F(TlsConnection, ReloadServesTheNewCertificateAndKeepsWhatRuns) {
  const auto files = make("a", {"pbx.example"});
  const auto context = TlsContext::server(files).value();
  listen(context);
  connect(trusting(files), "pbx.example");
  ASSERT_TRUE(outcome);
  const auto before = client;
  const auto of_before = server;
  ASSERT_TRUE(make_self_signed(files, {"new.example"}));
  ASSERT_TRUE(context->reload());
  connect(trusting(files), "new.example");
  EXPECT_TRUE(outcome) << outcome.error().text;
  EXPECT_TRUE(before->is_open());
  EXPECT_TRUE(of_before->is_open());
  {
    std::ofstream(files.certificate) << "nothing";
  }
  EXPECT_FALSE(context->reload());  // and the last good one stays
}

}  // namespace
}  // namespace parley::net
