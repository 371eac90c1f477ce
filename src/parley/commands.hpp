#pragma once
#include <boost/json/value.hpp>
#include <parley/context.hpp>

namespace CLI {
class App;
}

/// One function per group of commands: declares names, options and help on the app, and what they do. Each runs when
/// CLI11 has parsed the whole line. Errors: the actions throw Failure.
namespace parley::cli {

/// parley's exit status: declares all commands, parses, runs one, prints what went wrong.
[[nodiscard]] int run(int argc, const char* const* argv, Terminal terminal);

void add_status(CLI::App& app, Context& context);
void add_registrations(CLI::App& app, Context& context);
void add_sip_trace(CLI::App& app, Context& context);
void add_bans(CLI::App& app, Context& context);
void add_sign_in(CLI::App& app, Context& context);
void add_organisations(CLI::App& app, Context& context);
void add_trunks(CLI::App& app, Context& context);
void add_routes(CLI::App& app, Context& context);
void add_extensions(CLI::App& app, Context& context);
void add_calls(CLI::App& app, Context& context);
void add_conferences(CLI::App& app, Context& context);
void add_results(CLI::App& app, Context& context);  // transcript, analysis
void add_policy(CLI::App& app, Context& context);
void add_prove(CLI::App& app, Context& context);
void add_apply(CLI::App& app, Context& context);  // apply, export
void add_demo(CLI::App& app, Context& context);
void add_sip(CLI::App& app, Context& context);  // sip parse
void add_completion(CLI::App& app, Context& context);

/// Shared by the commands that show them and the demo call.
void print_transcript(Context& context, const json::value& transcript);
void print_analysis(Context& context, const json::value& analysis);
/// Returns whether a promise is violated.
bool print_report(Context& context, const json::value& report, bool with_evidence);
void print_call(Context& context, const json::value& call);

}  // namespace parley::cli
