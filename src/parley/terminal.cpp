#include <array>
#include <cstdlib>
#include <iostream>

#include <parley/terminal.hpp>
#include <termios.h>
#include <unistd.h>

namespace parley::cli {

Terminal Terminal::standard() {
  const char* no_colour = std::getenv("NO_COLOR");
  const bool wanted = no_colour == nullptr || *no_colour == '\0';
  return {{std::cout, std::cerr, std::cin}, ::isatty(STDIN_FILENO) == 1, wanted && ::isatty(STDOUT_FILENO) == 1};
}

std::string Terminal::paint(Colour colour, std::string_view text) const {
  static constexpr std::array<std::string_view, 7> kCodes = {"", "1", "2", "31", "32", "33", "36"};
  const auto code = kCodes.at(static_cast<std::size_t>(colour));
  if (!colour_ || code.empty()) return std::string{text};
  return "\x1b[" + std::string{code} + "m" + std::string{text} + "\x1b[0m";
}

bool Terminal::confirm(std::string_view question) {
  if (!interactive_) return false;
  const auto answer = ask(std::string{question} + " [y/N] ");
  return answer == "y" || answer == "Y" || answer == "yes";
}

std::string Terminal::ask(std::string_view question) {
  streams_.err << question << std::flush;
  std::string line;
  std::getline(streams_.in, line);
  return line;
}

std::string Terminal::ask_secret(std::string_view question) {
  termios before{};
  const bool hide = interactive_ && ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (hide) {
    auto quiet = before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  auto line = ask(question);
  if (hide) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    streams_.err << '\n';
  }
  return line;
}

void Terminal::progress(std::string_view line) {
  if (line == last_progress_) return;
  last_progress_ = line;
  if (colour_)
    streams_.err << "\r\x1b[K" << line << std::flush;
  else
    streams_.err << line << '\n';
}

void Terminal::end_progress() {
  if (colour_ && !last_progress_.empty()) streams_.err << "\r\x1b[K" << std::flush;
  last_progress_.clear();
}

}  // namespace parley::cli
