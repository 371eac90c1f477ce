#include <cstdlib>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/credentials.hpp>
#include <parley/server_address.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

struct Arguments {
  std::string login;
  std::string pin;
};

/// The server's certificate is vouched for by nobody: a person compares it and says yes, or it is the expected one.
void trust(Context& context, const std::string& server, const ServerKey& key, const std::string& expected) {
  auto& terminal = context.terminal();
  if (!expected.empty())
    throw Failure(Exit::Unreachable, fmt::format("the key of {} is {}, not {}", server, key.pin, printable(expected)),
                  "Somebody may stand in between, or the certificate was renewed: compare on the server.");
  const auto shown = fmt::format("Certificate  SHA-256 {}\nKey          {}\n", key.fingerprint, key.pin);
  if (!context.options.ca_file.empty())
    throw Failure(Exit::Unreachable,
                  fmt::format("{} does not vouch for {}: {}", printable(context.options.ca_file), server, key.why),
                  shown + "Is it the file of that server, and the address one that its certificate names?");
  constexpr auto kCompare =
      "Compare on the server: parleyd prints this fingerprint at its first start, and any time\n"
      "  openssl x509 -noout -sha256 -fingerprint -in DATA/tls/certificate.pem";
  if (!terminal.interactive())
    throw Failure(Exit::Unreachable, fmt::format("the certificate of {} is not trusted: {}", server, key.why),
                  fmt::format("{}{}\nIf it is the same, sign in with --pin {},\n"
                              "or copy that file from the server and sign in with --ca FILE.",
                              shown, kCompare, key.pin));
  terminal.err() << fmt::format("This machine does not trust the certificate of {}: {}.\n{}{}\n", server, key.why,
                                shown, kCompare);
  if (!terminal.confirm("Trust this key for this server from now on?")) throw Failure(Exit::Cancelled, "not signed in");
}

void sign_in(Context& context, const Arguments& arguments) {
  auto& terminal = context.terminal();
  const auto* usual = std::getenv("PARLEY_SERVER");
  const auto typed = !context.options.server.empty() ? context.options.server : std::string{usual ? usual : ""};
  if (typed.empty())
    throw Failure(Exit::Usage, "which server?", fmt::format("parley sign-in --server https://HOST:{}", kUsualPort));
  const auto server = server_address(typed);
  const auto ca = certificates_in(context.options.ca_file);

  const auto key = key_of(server, ca);
  if (!key.pin.empty() && key.pin != arguments.pin) trust(context, server, key, arguments.pin);
  const char* given = std::getenv("PARLEY_PASSWORD");
  if (!terminal.interactive() && (arguments.login.empty() || given == nullptr))
    throw Failure(Exit::Usage, "there is nobody to ask",
                  "Give the login with --login and the password in $PARLEY_PASSWORD.");
  const auto login = arguments.login.empty() ? terminal.ask("Login: ") : arguments.login;
  const auto password = given != nullptr ? std::string{given} : terminal.ask_secret("Password: ");

  Client client{Target{.socket_path = {}, .server = server, .token = {}, .pin = key.pin, .ca = ca}};
  const auto answer = client.post("/v1/sign-in", json::object{{"login", login}, {"password", password}});
  Credentials{server, text_at(answer, "token"), key.pin, ca, text_at(answer, "user.organisation.id")}.save();
  if (context.print_json(at(answer, "user"))) return;
  context.out() << fmt::format("Signed in to {} as {} ({}) until {}.\n", server, text_at(answer, "user.login", login),
                               text_at(answer, "user.role"), local_time(text_at(answer, "expires_at")));
}

void sign_out(Context& context) {
  const auto known = Credentials::load();
  if (!known) {
    context.out() << "Nobody was signed in.\n";
    return;
  }
  Credentials::forget();
  Client client{
      Target{.socket_path = {}, .server = known->server, .token = known->token, .pin = known->pin, .ca = known->ca}};
  try {
    client.post("/v1/sign-out");
  } catch (const Failure& failure) {
    if (failure.status != Exit::NotAllowed)
      throw Failure(failure.status,
                    fmt::format("signed out here, but {} could not be told: {}", known->server, failure.what()));
  }
  context.out() << fmt::format("Signed out of {}.\n", known->server);
}

}  // namespace

void add_sign_in(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto* in = app.add_subcommand(
      "sign-in",
      "Sign in to a server far away (--server URL); the password is asked for, or taken from $PARLEY_PASSWORD");
  in->add_option("--login", arguments->login, "Who you are there");
  in->add_option("--pin", arguments->pin, "Key of the server that you expect (sha256//…)");
  in->footer("Example:\n  parley sign-in --server https://phones.example.org:8443 --login admin");
  in->callback([&context, arguments] { sign_in(context, *arguments); });
  app.add_subcommand("sign-out", "End the session of sign-in and forget its token")->callback([&context] {
    sign_out(context);
  });
}

}  // namespace parley::cli
