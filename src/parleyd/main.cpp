#include <csignal>
#include <cstdio>
#include <exception>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <parleyd/command_line.hpp>
#include <parleyd/machine.hpp>
#include <parleyd/server.hpp>

#include <base/config.hpp>
#include <base/log.hpp>
#include <speech/worker.hpp>

namespace {

using namespace parley;
using server::Arguments;

void print(std::FILE* to, const std::string& text) {
  (void)std::fputs(text.c_str(), to);
  (void)std::fflush(to);
}

void print_settings() {
  std::string section;
  for (const auto& setting : settings()) {
    if (setting.section != section) print(stdout, fmt::format("\n[{}]\n", section = setting.section));
    print(stdout, fmt::format("# {} ({})\n{} = {}\n", setting.about, setting.kind, setting.key,
                              setting.fallback.empty() ? "\"\"" : setting.fallback));
  }
}

std::expected<Config, int> read_config(const Arguments& arguments) {
  auto config = load_config(arguments.config, process_environment());
  if (!config) {
    for (const auto& problem : config.error()) print(stderr, fmt::format("parleyd: {}\n", problem.text()));
    return std::unexpected(2);
  }
  if (!arguments.data.empty()) config->server.data_dir = arguments.data;
  if (!arguments.web.empty()) config->server.web_dir = arguments.web;
  return std::move(*config);
}

void configure_log(const Config& config) {
  log::configure({config.log.level, config.log.json, config.log.personal_data, config.log.file});
}

int serve(const Arguments& arguments, const Config& config, const sigset_t& signals) {
  configure_log(config);
  auto server = server::Server::start(config);
  if (!server) {
    print(stderr, fmt::format("parleyd: cannot start: {}\n", server.error().text));
    return 1;
  }
  if (const auto& welcome = (*server)->welcome()) print(stdout, *welcome);
  log::info("ready", {{"console", (*server)->console_address()}});
  server::notify("READY=1\nSTATUS=taking calls");
  for (;;) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) break;
    server::notify("RELOADING=1");
    if (const auto changed = read_config(arguments)) (*server)->reload(*changed);  // a broken file changes nothing
    server::notify("READY=1");
  }
  server::notify("STOPPING=1\nSTATUS=ending calls");
  log::info("stopping");
  (*server)->stop();
  log::info("stopped");
  return 0;
}

int run(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "worker") {
    return speech::worker_main(std::span<char* const>(argv, static_cast<std::size_t>(argc)).subspan(2));
  }
  const auto arguments = server::parse_arguments(argc, argv);
  if (arguments.action == Arguments::Action::Exit) return arguments.status;
  if (arguments.action == Arguments::Action::ShowSettings) return print_settings(), 0;
  server::prepare_process();
  // Before any thread is made, so that all inherit it and only sigwait below takes them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  (void)std::signal(SIGPIPE, SIG_IGN);
  const auto config = read_config(arguments);
  if (!config) return config.error();
  if (arguments.action == Arguments::Action::CheckConfig) {
    print(stdout, "The configuration is fine.\n");
    return 0;
  }
  return serve(arguments, *config, signals);
}
}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& caught) {
    print(stderr, fmt::format("parleyd: {}\n", caught.what()));
    return 1;
  }
}
