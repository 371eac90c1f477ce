#pragma once
#include <iosfwd>
#include <string>
#include <string_view>

namespace parley::cli {

enum class Colour : unsigned char { Plain, Bold, Dim, Red, Green, Yellow, Cyan };

/// Where the command talks to its user: streams, colours, questions. Colours only on a terminal and without NO_COLOR.
/// Thread: one.
class Terminal {
 public:
  struct Streams {
    std::ostream& out;
    std::ostream& err;
    std::istream& in;
  };
  /// `interactive`: somebody can be asked; `colour`: the output understands escape sequences.
  Terminal(Streams streams, bool interactive, bool colour)
      : streams_(streams), interactive_(interactive), colour_(colour) {}
  /// Standard streams, as the process found them.
  [[nodiscard]] static Terminal standard();

  [[nodiscard]] std::ostream& out() { return streams_.out; }
  [[nodiscard]] std::ostream& err() { return streams_.err; }
  [[nodiscard]] std::istream& in() { return streams_.in; }
  [[nodiscard]] bool interactive() const { return interactive_; }
  [[nodiscard]] bool colour() const { return colour_; }
  void set_colour(bool on) { colour_ = on; }

  /// The text between the escape sequences of a colour, or plain.
  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;
  /// Asks on the error stream, so that the output stays clean. False without somebody to ask.
  [[nodiscard]] bool confirm(std::string_view question);
  [[nodiscard]] std::string ask(std::string_view question);
  /// As ask, without echo.
  [[nodiscard]] std::string ask_secret(std::string_view question);
  /// Rewrites one status line on a terminal; elsewhere prints it once when it changes.
  void progress(std::string_view line);
  void end_progress();

 private:
  Streams streams_;
  bool interactive_;
  bool colour_;
  std::string last_progress_;
};

}  // namespace parley::cli
