#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/document.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

struct Arguments {
  std::string file;
  std::string format = "yaml";
  bool yes = false;
  bool dry_run = false;
  bool all = false;
};

std::string read_file(Context& context, const std::string& name) {
  if (name == "-") return {std::istreambuf_iterator<char>(context.terminal().in()), {}};
  std::ifstream file{name, std::ios::binary};
  std::error_code error;
  if (!file || std::filesystem::is_directory(name, error))
    throw Failure(Exit::Usage, fmt::format("cannot read {}{}", name, file ? ": it is a folder" : ""));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string shown(const json::value& value) {
  if (value.is_null()) return "";
  if (const auto* text = value.if_string()) return std::string{*text};
  return pretty(value);
}

void print_changes(Context& context, const json::array& changes, bool with_organisation) {
  auto& terminal = context.terminal();
  std::string organisation;
  for (const auto& change : changes) {
    if (auto whose = text_at(change, "organisation"); with_organisation && whose != organisation) {
      organisation = std::move(whose);
      context.out() << printable(fmt::format("{}:", organisation)) << '\n';
    }
    const auto action = text_at(change, "action");
    const auto [sign, colour] = action == "create"   ? std::pair{'+', Colour::Green}
                                : action == "delete" ? std::pair{'-', Colour::Red}
                                                     : std::pair{'~', Colour::Yellow};
    context.out() << terminal.paint(colour, printable(fmt::format("{} {} {}", sign, text_at(change, "kind"),
                                                                  text_at(change, "name"))))
                  << '\n';
    for (const auto& field : array_at(change, "fields")) {
      const auto from = shown(at(field, "from"));
      const auto to = shown(at(field, "to"));
      if (action != "update" && (action == "create" ? to : from).empty()) continue;  // of whole things, what they have
      const auto text = action == "create"   ? fmt::format("    {}: {}", text_at(field, "name"), to)
                        : action == "delete" ? fmt::format("    {}: {}", text_at(field, "name"), from)
                                             : fmt::format("    {}: {} → {}", text_at(field, "name"),
                                                           from.empty() ? "-" : from, to.empty() ? "-" : to);
      context.out() << terminal.paint(colour, printable(text)) << '\n';
    }
  }
}

/// Of a file that says `organisations:` the platform is asked, otherwise the one organisation.
std::string apply_path(Context& context, const json::value& document, bool dry) {
  const auto* rest = dry ? "/apply?dry_run=true" : "/apply?dry_run=false";
  return document.get_object().contains("organisations") ? fmt::format("/v1{}", rest) : context.path(rest);
}

/// The server speaks of "document.extensions[0].number": to whoever wrote the file that is a place in the file.
Failure placed(const Failure& failure, const std::string& file, const Places& places) {
  constexpr std::string_view kRoot = "document.";
  if (failure.faults.empty()) {
    std::string why = failure.what();
    if (const auto at = why.find(kRoot); at != std::string::npos) why.erase(at, kRoot.size());
    return {failure.status, fmt::format("{}: {}", file, why), failure.remedy};
  }
  std::string text;
  for (const auto& fault : failure.faults) {
    std::string_view path = fault.path;
    if (path.starts_with(kRoot)) path.remove_prefix(kRoot.size());
    const auto place = places.find(path);
    text += fmt::format("{}{}{}: {}: {} ({})", text.empty() ? "" : "\n", file,
                        place ? fmt::format(":{}:{}", place->line, place->column) : "", path, fault.what, fault.remedy);
  }
  return {failure.status, text, "Nothing was changed."};
}

json::value checked_plan(Context& context, const std::string& file, const json::value& document, const Places& places) {
  try {
    return context.client().post(apply_path(context, document, true), json::object{{"document", document}});
  } catch (const Failure& failure) {
    throw placed(failure, file, places);
  }
}

void apply(Context& context, const Arguments& arguments) {
  Places places;
  const auto document =
      read_document(read_file(context, arguments.file), notation_of(arguments.file), arguments.file, &places);
  if (!document.is_object())
    throw Failure(Exit::Usage, fmt::format("{}: has nothing in it", arguments.file),
                  "`parley export` shows what such a file looks like.");
  const auto plan = checked_plan(context, arguments.file, document, places);
  const auto& changes = array_at(plan, "changes");
  if (context.options.json && arguments.dry_run) {
    context.print_json(plan);
    return;
  }
  if (changes.empty()) {
    if (!context.print_json(plan)) context.out() << "Nothing to change: it is as the file says.\n";
    return;
  }
  if (!context.options.json) print_changes(context, changes, document.get_object().contains("organisations"));
  if (arguments.dry_run) return;
  context.confirm_or_stop(fmt::format("Apply these {} changes?", changes.size()), arguments.yes);
  const auto done = context.client().post(apply_path(context, document, false), json::object{{"document", document}});
  if (context.print_json(done)) return;
  context.out() << fmt::format("Applied {} changes in one step.\n", array_at(done, "changes").size());
}

void write_out(Context& context, const Arguments& arguments) {
  const auto document = context.client().get(arguments.all ? "/v1/export" : context.path("/export"));
  const auto notation = context.options.json || arguments.format == "json" ? Notation::Json
                        : arguments.format == "toml"                       ? Notation::Toml
                                                                           : Notation::Yaml;
  context.out() << write_document(document, notation);
}

}  // namespace

void add_apply(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "apply", "Make the organisation, or several, as a file says: shows the difference, asks, applies it as one step");
  command->add_option("file", arguments->file, "YAML, TOML or JSON by its ending; '-' reads YAML from standard input")
      ->required()
      ->type_name("FILE");
  command->add_flag("--dry-run", arguments->dry_run, "Show the difference and change nothing");
  command->add_flag("--yes,-y", arguments->yes, "Do not ask");
  command->footer("Example:\n  parley export > office.yaml; edit office.yaml; parley apply office.yaml");
  command->callback([&context, arguments] { apply(context, *arguments); });

  auto* dump = app.add_subcommand("export", "The organisation's configuration, in the form that apply reads");
  dump->add_option("--format", arguments->format)
      ->check(CLI::IsMember({"yaml", "toml", "json"}))
      ->capture_default_str();
  dump->add_flag("--all", arguments->all, "Every organisation that you may see, as one document");
  dump->callback([&context, arguments] { write_out(context, *arguments); });
}

}  // namespace parley::cli
