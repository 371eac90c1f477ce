#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

constexpr const char* kFooter = R"(Where is the server?
  On this machine the command talks to parleyd's socket: --data DIR, $PARLEY_DATA, else where it usually is.
  For one far away: parley sign-in --server https://HOST:8443, or --server URL with $PARLEY_TOKEN.

Examples:
  parley status
  parley calls list --has-recording
  parley transcript last
  parley apply office.yaml
  parley prove --run

Exit status: 0 done, 1 failed, 2 wrong arguments, 3 no server, 4 not allowed, 5 not found, 6 a promise is violated, 7 cancelled.)";

}  // namespace

int run(int argc, const char* const* argv, Terminal terminal) {
  Context context{std::move(terminal)};
  CLI::App app{"Parley's command: see, configure and prove a Parley telephone system.", "parley"};
  app.fallthrough();
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string{"parley "} + PARLEY_VERSION);
  app.set_help_all_flag("--help-all", "Help for every command");
  app.add_option("--data", context.options.data, "Data directory of the parleyd on this machine")->type_name("DIR");
  app.add_option("--server", context.options.server, "A server far away")->type_name("URL");
  app.add_option("--organisation,-o", context.options.organisation, "Name, domain or id of the organisation")
      ->type_name("NAME");
  app.add_option("--ca", context.options.ca_file, "Certificate authority of the server (PEM)")->type_name("FILE");
  app.add_flag("--json", context.options.json, "Print what the server answered, as JSON");
  app.add_flag("--no-colour,--no-color", context.options.no_colour, "No colours");
  app.footer(kFooter);
  app.parse_complete_callback([&] {
    if (context.options.no_colour) context.terminal().set_colour(false);
  });

  add_status(app, context);
  add_registrations(app, context);
  add_bans(app, context);
  add_calls(app, context);
  add_conferences(app, context);
  add_results(app, context);
  add_extensions(app, context);
  add_organisations(app, context);
  add_routes(app, context);
  add_trunks(app, context);
  add_policy(app, context);
  add_prove(app, context);
  add_apply(app, context);
  add_demo(app, context);
  add_sip(app, context);
  add_sip_trace(app, context);  // behind it: `sip` is there
  add_sign_in(app, context);
  add_completion(app, context);

  try {
    app.parse(argc, argv);
    context.out().flush();
    return static_cast<int>(Exit::Done);
  } catch (const CLI::RequiredError& error) {
    const auto unknown = app.remaining();
    if (unknown.empty()) {
      app.exit(error, context.out(), context.terminal().err());
    } else {
      context.terminal().err() << "parley: there is no command '" << printable(unknown.front())
                               << "'\n`parley --help` lists them all.\n";
    }
    return static_cast<int>(Exit::Usage);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, context.out(), context.terminal().err()) == 0 ? 0 : static_cast<int>(Exit::Usage);
  } catch (const Failure& failure) {
    context.terminal().end_progress();
    context.out().flush();
    if (*failure.what() == '\0') return static_cast<int>(failure.status);  // it was said already
    context.terminal().err() << context.terminal().paint(Colour::Red, "parley: ") << failure.what() << '\n';
    if (!failure.remedy.empty()) context.terminal().err() << failure.remedy << '\n';
    return static_cast<int>(failure.status);
  } catch (const std::exception& error) {
    context.terminal().err() << "parley: " << error.what() << '\n';
    return static_cast<int>(Exit::Failed);
  }
}

}  // namespace parley::cli
