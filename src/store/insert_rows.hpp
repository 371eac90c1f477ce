#pragma once
#include <string>
#include <string_view>

#include <store/session.hpp>

namespace parley::store {

/// Inserts rows of `width` values each, several to a statement: a statement costs more than a row. `head`: "INSERT INTO
/// table (columns)"; `tail`: what stands behind the values, such as "ON CONFLICT …". The texts differ in the number of
/// rows only, of which there are few, so that they stay prepared.
void insert_rows(Session& session, std::string_view head, std::size_t width, Session::Values values,
                 std::string_view tail = {});

}  // namespace parley::store
