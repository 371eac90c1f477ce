#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <parley/terminal.hpp>

namespace parley::cli {

/// One cell: text, and the colour that it is painted in after its width was measured.
struct Cell {
  std::string text;
  Colour colour = Colour::Plain;

  Cell(std::string t, Colour c = Colour::Plain) : text(std::move(t)), colour(c) {}
  Cell(const char* t) : text(t) {}
};

/// Columns as wide as their widest cell. A column named with a leading '>' is aligned to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  void print(Terminal& terminal) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

/// Columns that the text takes on a terminal: code points, each one wide.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// Breaks text at spaces so that no line is wider than `width`; every line but the first starts with `indent` spaces.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t width, std::size_t indent);
/// Control characters of foreign text (names of callers) must not reach a terminal: they become '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace parley::cli
