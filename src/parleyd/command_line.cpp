#include <CLI/CLI.hpp>
#include <parleyd/command_line.hpp>

namespace parley::server {

Arguments parse_arguments(int argc, const char* const* argv) {
  Arguments out;
  CLI::App app("Parley: a self-hosted telephone system", "parleyd");
  app.set_version_flag("--version", PARLEY_VERSION);
  app.add_option("--config", out.config, "configuration file (TOML); without one everything has a value that works")
      ->type_name("FILE");
  app.add_option("--data", out.data,
                 "where everything is kept; default /var/lib/parley for root, else ~/.local/state/parley")
      ->type_name("DIR");
  app.add_option("--web", out.web, "the console's files")->type_name("DIR");
  auto* check = app.add_subcommand("check-config", "check the configuration, change nothing");
  check->fallthrough();
  check->add_option("FILE", out.config, "the file to check");
  auto* settings = app.add_subcommand("settings", "list everything that can be set");
  app.add_subcommand("worker", "a speech worker; started by the server itself")->group("");
  app.require_subcommand(0, 1);
  app.footer(
      "Every setting can also come from the environment: PARLEY_SECTION_KEY, such as PARLEY_HTTP_PORT=9443.\n"
      "SIGTERM ends calls properly and stops; SIGHUP reads certificate, log settings and directory again.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    out.action = Arguments::Action::Exit;
    out.status = app.exit(error) == 0 ? 0 : 2;
    return out;
  }
  if (check->parsed()) out.action = Arguments::Action::CheckConfig;
  if (settings->parsed()) out.action = Arguments::Action::ShowSettings;
  return out;
}

}  // namespace parley::server
