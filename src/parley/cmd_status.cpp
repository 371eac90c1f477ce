#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

void status(Context& context) {
  const auto value = context.client().get("/v1/status");
  if (context.print_json(value)) return;
  auto& terminal = context.terminal();
  const auto line = [&](std::string_view name, const std::string& text) {
    context.out() << fmt::format("{:<15}", name) << text << '\n';
  };
  line("Server", fmt::format("Parley {}, up {}", text_at(value, "version"),
                             duration(static_cast<std::int64_t>(number_at(value, "uptime_s")))));
  line("Organisations", text_at(value, "organisations", "0"));
  line("Registrations", text_at(value, "registrations", "0"));
  line("Live calls", text_at(value, "live_calls", "0"));
  line("Recording", bool_at(value, "recording.ok") ? terminal.paint(Colour::Green, "works")
                                                   : terminal.paint(Colour::Red, "does not work ") +
                                                         printable(text_at(value, "recording.reason")));
  line("Speech", bool_at(value, "speech.available")
                     ? terminal.paint(Colour::Green, text_at(value, "speech.engine", "works"))
                     : terminal.paint(Colour::Yellow, "not available: ") + printable(text_at(value, "speech.reason")));
  const auto dead = number_at(value, "jobs.dead");
  line("Jobs",
       fmt::format("{} queued, {} running, {}", text_at(value, "jobs.queued", "0"), text_at(value, "jobs.running", "0"),
                   terminal.paint(dead > 0 ? Colour::Red : Colour::Plain, fmt::format("{:.0f} given up", dead))));
  line("Free disk", byte_count(number_at(value, "disk.free_bytes")));
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  app.add_subcommand("status", "Is the server well? Version, calls, speech, jobs, disk")->callback([&] {
    status(context);
  });
}

}  // namespace parley::cli
