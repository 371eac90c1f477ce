#pragma once
#include <string>

#include <api/route.hpp>

namespace parley::api {

/// The OpenAPI 3.1 document of the routes: the same table that dispatch and validation use.
[[nodiscard]] json::object openapi_document(const std::vector<Route>& routes, std::string_view version);
/// The same as a page for people, without a script and without anything of others.
[[nodiscard]] std::string documentation_page(const std::vector<Route>& routes, std::string_view version);
/// Its style sheet, a file of its own: our Content-Security-Policy allows no inline style.
[[nodiscard]] std::string_view documentation_style() noexcept;

}  // namespace parley::api
