#pragma once
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace parley::cli {

/// The command's exit statuses. Scripts rely on them: a number never changes its meaning (docs/cli.md lists them).
enum class Exit : int {
  Done = 0,
  Failed = 1,       // the server refused, or the work failed
  Usage = 2,        // wrong arguments
  Unreachable = 3,  // no server answered
  NotAllowed = 4,   // not signed in, or without the permission
  NotFound = 5,
  Violated = 6,   // parley prove: a promise is violated
  Cancelled = 7,  // the user said no
};

/// One of several things that are wrong, as the server names them.
struct Fault {
  std::string path, what, remedy;
};

/// Ends the command. A command line program has one place that catches, main(): it prints `what`, then `remedy` (what
/// to do about it), and exits with `status`. An empty `what` prints nothing.
struct Failure : std::runtime_error {
  Failure(Exit s, const std::string& what, std::string r = {})
      : std::runtime_error(what), status(s), remedy(std::move(r)) {}
  Exit status;
  std::string remedy;
  std::vector<Fault> faults;  // of a refused request: every wrong value
};

}  // namespace parley::cli
