#include <cstdlib>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/credentials.hpp>

namespace parley::cli {

namespace {

struct Arguments {
  std::string login;
  std::string pin;
};

void sign_in(Context& context, const Arguments& arguments) {
  auto& terminal = context.terminal();
  auto server = context.options.server;
  if (server.empty()) throw Failure(Exit::Usage, "which server?", "parley sign-in --server https://HOST:8443");
  if (!server.starts_with("https://"))
    throw Failure(Exit::Usage, "the server's address must start with https://",
                  "A password never goes over a connection that others can read.");
  while (server.ends_with('/')) server.pop_back();

  const auto [pin, fingerprint] = key_of(server, context.options.ca_file);
  if (!pin.empty() && pin != arguments.pin) {
    if (!arguments.pin.empty())
      throw Failure(Exit::Unreachable, fmt::format("the server's key is {}, not {}", pin, arguments.pin));
    terminal.err() << fmt::format(
        "No authority that this machine trusts vouches for {}.\nCertificate  SHA-256 {}\nKey          {}\n"
        "parleyd prints the certificate's line at its first start.\n",
        server, fingerprint, pin);
    if (!terminal.confirm("Trust this key for this server from now on?"))
      throw Failure(Exit::Cancelled, "not signed in", "Give the key with --pin when nobody can be asked.");
  }
  const auto login = arguments.login.empty() ? terminal.ask("Login: ") : arguments.login;
  const char* given = std::getenv("PARLEY_PASSWORD");
  const auto password = given != nullptr ? std::string{given} : terminal.ask_secret("Password: ");

  Client client{
      Target{.socket_path = {}, .server = server, .token = {}, .pin = pin, .ca_file = context.options.ca_file}};
  const auto answer = client.post("/v1/sign-in", json::object{{"login", login}, {"password", password}});
  Credentials{server, text_at(answer, "token"), pin, text_at(answer, "user.organisation.id")}.save();
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
  Client client{Target{.socket_path = {},
                       .server = known->server,
                       .token = known->token,
                       .pin = known->pin,
                       .ca_file = context.options.ca_file}};
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
