#include <algorithm>

#include <fmt/format.h>

#include <api/openapi.hpp>
#include <base/ascii.hpp>

namespace parley::api {

namespace {
const Schema kProblem{"Problem",
                      {text("type").need(), text("title").need(), integer("status").need(), text("detail").need(),
                       text("code").need().says("stable: compare this one")}};

json::object parameter(std::string_view name, std::string_view in, bool required, std::string_view about,
                       json::object schema) {
  json::object out{{"name", name}, {"in", in}, {"required", required}, {"schema", std::move(schema)}};
  if (!about.empty()) out["description"] = about;
  return out;
}

json::array parameters_of(const Route& route) {
  json::array out;
  std::string_view rest = route.path;
  for (std::size_t open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
    const std::size_t close = rest.find('}', open);
    out.push_back(
        parameter(rest.substr(open + 1, close - open - 1), "path", true, "", {{"type", "string"}, {"format", "uuid"}}));
    rest.remove_prefix(close + 1);
  }
  for (const auto& [name, about] : route.query)
    out.push_back(parameter(name, "query", false, about, {{"type", "string"}}));
  if (route.method == "POST" && route.permission != Permission::Nobody) {
    out.push_back(parameter("Idempotency-Key", "header", false, "a repeated request with the same key is done once",
                            {{"type", "string"}, {"maxLength", 200}}));
  }
  return out;
}

json::object content(std::string_view type, json::value schema) {
  return {{std::string(type), json::object{{"schema", std::move(schema)}}}};
}

json::object response_of(const Route& route) {
  json::object out{{"description", route.summary}};
  if (route.response == nullptr) {
    if (route.status != 204) out["content"] = content(route.produces, json::object{});
    return out;
  }
  json::object reference{{"$ref", fmt::format("#/components/schemas/{}", route.response->name)}};
  if (!route.list) {
    out["content"] = content(route.produces, std::move(reference));
    return out;
  }
  out["content"] = content(
      route.produces,
      json::object{
          {"type", "object"},
          {"required", {"items", "next_cursor"}},
          {"properties", json::object{{"items", json::object{{"type", "array"}, {"items", std::move(reference)}}},
                                      {"next_cursor", json::object{{"type", {"string", "null"}}}}}}});
  return out;
}

std::string operation_id(const Route& route) {
  std::string out = ascii_lower(route.method);
  bool upper = true;
  for (const char c : route.path.substr(3)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      out += upper && c >= 'a' ? static_cast<char>(c - 32) : c;
      upper = false;
    } else {
      upper = true;
    }
  }
  return out;
}
}  // namespace

json::object openapi_document(const std::vector<Route>& all, std::string_view version) {
  json::object paths;
  std::vector<const Schema*> schemas{&kProblem};
  for (const auto& route : all) {
    json::object operation{{"operationId", operation_id(route)},
                           {"summary", route.summary},
                           {"x-permission", to_string(route.permission)},
                           {"parameters", parameters_of(route)}};
    if (route.permission == Permission::Nobody) operation["security"] = json::array{};
    json::object responses;
    responses[std::to_string(route.status)] = response_of(route);
    responses["default"] = json::object{
        {"description", "a refusal (RFC 9457)"},
        {"content", content("application/problem+json", json::object{{"$ref", "#/components/schemas/Problem"}})}};
    operation["responses"] = std::move(responses);
    if (route.request != nullptr) {
      operation["requestBody"] = json::object{
          {"required", true},
          {"content", content("application/json",
                              json::object{{"$ref", fmt::format("#/components/schemas/{}", route.request->name)}})}};
      collect(*route.request, schemas);
    }
    if (route.response != nullptr) collect(*route.response, schemas);
    auto& path = paths[route.path];
    if (!path.is_object()) path = json::object{};
    path.get_object()[ascii_lower(route.method)] = std::move(operation);
  }
  json::object components;
  for (const auto* schema : schemas) components[schema->name] = to_json_schema(*schema);
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "Parley"},
            {"version", version},
            {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
          {"servers", {{{"url", "/"}}}},
          {"security", {{{"bearer", json::array{}}}, {{"cookie", json::array{}}}}},
          {"paths", std::move(paths)},
          {"components",
           {{"schemas", std::move(components)},
            {"securitySchemes",
             {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}},
              {"cookie", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "parley_session"}}}}}}}};
}

std::string_view documentation_style() noexcept {
  return "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color-scheme:light "
         "dark}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem "
         ".6rem;border-bottom:1px solid #8884}\n";
}

std::string documentation_page(const std::vector<Route>& all, std::string_view version) {
  std::string rows;
  for (const auto& route : all) {
    rows += fmt::format("<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td><td>{}</td></tr>\n",
                        route.method, route.path, route.summary, to_string(route.permission));
  }
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Parley API</title>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<link rel=\"stylesheet\" href=\"/docs/style.css\">"
      "</head><body><h1>Parley API {}</h1><p>Machine-readable: <a href=\"/v1/openapi.json\">/v1/openapi.json</a> "
      "(OpenAPI 3.1). Errors are RFC 9457 problem documents with a stable <code>code</code>.</p>\n"
      "<table><thead><tr><th>Method</th><th>Path</th><th>What it "
      "does</th><th>Permission</th></tr></thead><tbody>\n{}</tbody></table>"
      "</body></html>\n",
      version, rows);
}

}  // namespace parley::api
