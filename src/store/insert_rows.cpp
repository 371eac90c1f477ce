#include <iterator>

#include <base/assert.hpp>
#include <store/insert_rows.hpp>

namespace parley::store {
namespace {

constexpr std::size_t kMaxValues = 104;  // of a statement

std::string statement(std::string_view head, std::size_t width, std::size_t rows, std::string_view tail) {
  std::string row = "(";
  for (std::size_t i = 0; i < width; ++i) row += i == 0 ? "?" : ", ?";
  row += ")";
  std::string out(head);
  out += " VALUES ";
  for (std::size_t i = 0; i < rows; ++i) out.append(i == 0 ? "" : ", ").append(row);
  return out.append(tail.empty() ? "" : " ").append(tail);
}

}  // namespace

void insert_rows(Session& session, std::string_view head, std::size_t width, Session::Values values,
                 std::string_view tail) {
  PARLEY_ASSERT(width > 0 && values.size() % width == 0);
  auto at = values.begin();
  for (std::size_t rows = 32; rows > 0; rows /= 2) {
    if (rows * width > kMaxValues) continue;
    const auto size = static_cast<std::ptrdiff_t>(rows * width);
    if (values.end() - at < size) continue;
    const auto sql = statement(head, width, rows, tail);
    for (; values.end() - at >= size; at += size)
      session.execute(sql, Session::Values(std::make_move_iterator(at), std::make_move_iterator(at + size)));
  }
}

}  // namespace parley::store
