#include <algorithm>
#include <ostream>

#include <parley/table.hpp>

namespace parley::cli {

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string printable(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < 0x20U || c == 0x7F) c = '?';
  return out;
}

std::string wrap(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  std::size_t at = 0;
  while (at < text.size()) {
    auto end = text.find(' ', at);
    if (end == std::string_view::npos) end = text.size();
    const auto word = text.substr(at, end - at);
    if (!word.empty()) {
      const auto size = display_width(word);
      if (column > indent && column + 1 + size > width) {
        out += '\n';
        out.append(indent, ' ');
        column = indent;
      }
      if (column > indent) {
        out += ' ';
        ++column;
      }
      out += word;
      column += size;
    }
    at = end + 1;
  }
  return out;
}

void Table::print(Terminal& terminal) const {
  std::vector<std::size_t> widths;
  for (const auto& heading : headings_) widths.push_back(display_width(heading) - (heading.starts_with('>') ? 1 : 0));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], display_width(printable(row[i].text)));

  const auto line = [&](const std::vector<Cell>& row) {
    std::string out;
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      const bool right = headings_[i].starts_with('>');
      const auto text = printable(row[i].text);
      const std::string pad(widths[i] - std::min(widths[i], display_width(text)), ' ');
      if (i > 0) out += "  ";
      if (right) out += pad;
      out += terminal.paint(row[i].colour, text);
      if (!right && i + 1 < row.size()) out += pad;
    }
    terminal.out() << out << '\n';
  };
  std::vector<Cell> head;
  for (const auto& heading : headings_)
    head.emplace_back(heading.starts_with('>') ? heading.substr(1) : heading, Colour::Bold);
  line(head);
  for (const auto& row : rows_) line(row);
}

}  // namespace parley::cli
