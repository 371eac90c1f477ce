#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <parley/client.hpp>
#include <parley/failure.hpp>
#include <parley/format.hpp>
#include <parley/terminal.hpp>

namespace parley::cli {

/// Options that every command takes.
struct CommonOptions {
  std::string data;
  std::string server;
  std::string organisation;
  std::string ca_file;
  bool json = false;
  bool no_colour = false;
};

/// What a command works with. The connection is made when first asked for, so that help and completion need no server.
class Context {
 public:
  explicit Context(Terminal terminal) : terminal_(std::move(terminal)) {}

  CommonOptions options;

  [[nodiscard]] Terminal& terminal() { return terminal_; }
  [[nodiscard]] std::ostream& out() { return terminal_.out(); }
  [[nodiscard]] Client& client();
  /// The path of the organisation that the command is about plus `rest`. Without --organisation: the one of the
  /// signed-in user, else the only one there is; throws Failure when there are several.
  [[nodiscard]] std::string path(std::string_view rest);
  /// A call's full id from what a person types: an id, the end of one (at least four digits), or "last".
  [[nodiscard]] std::string call_id(const std::string& typed);
  /// The extension with a number, as the API shows it. Throws Failure with the numbers that exist.
  [[nodiscard]] json::value extension(const std::string& number);
  /// Prints the value when --json was given, and says so: `if (context.print_json(value)) return;`.
  bool print_json(const json::value& value);
  /// Asks unless `yes`; throws Failure when the answer is no or nobody can be asked.
  void confirm_or_stop(std::string_view question, bool yes);

 private:
  [[nodiscard]] Target find_target() const;

  Terminal terminal_;
  std::optional<Client> client_;
  std::string organisation_id_;
};

}  // namespace parley::cli
