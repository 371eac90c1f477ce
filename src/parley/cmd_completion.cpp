#include <algorithm>
#include <memory>
#include <ostream>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>

namespace parley::cli {

namespace {

struct Row {
  std::string path;  // "parley calls"
  std::vector<std::string> words;
};

/// Every command with the words that may follow it: its subcommands, its options, and the common options.
std::vector<Row> rows_of(const CLI::App& app) {
  std::vector<Row> rows;
  std::vector<std::string> common;
  const auto options_of = [](const CLI::App& command) {
    std::vector<std::string> out;
    for (const auto* option : command.get_options())
      for (const auto& name : option->get_lnames()) out.push_back("--" + name);
    return out;
  };
  common = options_of(app);
  const auto visit = [&](const auto& self, const CLI::App& command, const std::string& path) -> void {
    Row row{path, {}};
    for (const auto* inner : command.get_subcommands(nullptr)) row.words.push_back(inner->get_name());
    if (&command != &app)
      for (auto& word : options_of(command)) row.words.push_back(word);
    for (const auto& word : common)
      if (std::ranges::find(row.words, word) == row.words.end()) row.words.push_back(word);
    rows.push_back(std::move(row));
    for (const auto* inner : command.get_subcommands(nullptr)) self(self, *inner, path + " " + inner->get_name());
  };
  visit(visit, app, "parley");
  return rows;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// The commands typed so far name the row; words that are no command (numbers, files) are skipped.
std::string bash_script(const std::vector<Row>& rows) {
  std::string cases;
  for (const auto& row : rows) cases += fmt::format("      '{}') words='{}' ;;\n", row.path, joined(row.words));
  return fmt::format(R"(# bash completion for parley:  source <(parley completion bash)
_parley() {{
  local path=parley words='' i try
  for ((i = 1; i <= COMP_CWORD; i++)); do
    case "$path" in
{}    esac
    if ((i < COMP_CWORD)); then
      try=" $words "
      [[ ${{COMP_WORDS[i]}} != -* && $try == *" ${{COMP_WORDS[i]}} "* ]] && path+=" ${{COMP_WORDS[i]}}"
    fi
  done
  if [[ ($path == 'parley apply' || $path == 'parley sip parse') && ${{COMP_WORDS[COMP_CWORD]}} != -* ]]; then
    COMPREPLY=($(compgen -f -- "${{COMP_WORDS[COMP_CWORD]}}"))
  else
    COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
  fi
}}
complete -o filenames -F _parley parley
)",
                     cases);
}

std::string fish_script(const std::vector<Row>& rows) {
  std::string out = "# fish completion for parley:  parley completion fish | source\n";
  for (const auto& row : rows) {
    // Behind "parley calls" the words of that row are offered once each of its commands was typed.
    std::string condition;
    for (std::size_t at = row.path.find(' '); at != std::string::npos;) {
      const auto end = row.path.find(' ', at + 1);
      condition += fmt::format("{}__fish_seen_subcommand_from {}", condition.empty() ? "" : "; and ",
                               row.path.substr(at + 1, end - at - 1));
      at = end;
    }
    if (condition.empty()) condition = "__fish_use_subcommand";
    out += fmt::format("complete -c parley -f -n '{}' -a '{}'\n", condition, joined(row.words));
  }
  return out;
}

void completion(Context& context, const CLI::App& app, const std::string& shell) {
  const auto rows = rows_of(app);
  if (shell == "fish")
    context.out() << fish_script(rows);
  else if (shell == "zsh")
    context.out() << "# zsh completion for parley:  source <(parley completion zsh)\nautoload -Uz compinit "
                     "bashcompinit && compinit && bashcompinit\n"
                  << bash_script(rows);
  else
    context.out() << bash_script(rows);
}

}  // namespace

void add_completion(CLI::App& app, Context& context) {
  auto shell = std::make_shared<std::string>();
  auto* command = app.add_subcommand("completion", "Print a script that completes commands and options in your shell");
  command->add_option("shell", *shell)->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("Example:\n  source <(parley completion bash)");
  command->callback([&context, &app, shell] { completion(context, app, *shell); });
}

}  // namespace parley::cli
