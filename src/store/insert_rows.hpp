#pragma once
#include <string>
#include <string_view>
#include <utility>

#include <store/session.hpp>

namespace parley::store {

/// One more row's values: each is made in its place, where a braced list would make and then copy it.
template <class... Cells>
void add_row(Session::Values& rows, Cells&&... cells) {
  (rows.emplace_back(std::forward<Cells>(cells)), ...);
}

/// Inserts rows of `width` values each, several to a statement: a statement costs more than a row. `head`: "INSERT INTO
/// table (columns)"; `tail`: what stands behind the values, such as "ON CONFLICT …". The texts differ in the number of
/// rows only, of which there are few, so that they stay prepared.
void insert_rows(Session& session, std::string_view head, std::size_t width, Session::Values values,
                 std::string_view tail = {});

}  // namespace parley::store
