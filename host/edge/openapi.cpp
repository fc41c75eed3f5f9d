#include "edge/openapi.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

namespace bowline::edge {
namespace {

using Json = nlohmann::ordered_json;

Json schema_of(const RouteDoc& doc, const std::string& text) {
  auto schema = Json::parse(text, nullptr, false);
  if (schema.is_discarded()) {
    std::fprintf(stderr, "bowline: route %s: a schema text is not JSON\n", doc.path.c_str());
    std::abort();
  }
  return schema;
}

Json example_of(const ParamDoc& param) {
  if (param.type == "boolean") return param.example == "true";
  if (param.type == "integer" || param.type == "number") {
    auto value = Json::parse(param.example, nullptr, false);
    if (value.is_number()) return value;
  }
  return param.example;
}

Json parameter(const ParamDoc& param) {
  Json out = {{"name", param.name}, {"in", param.in}};
  if (!param.description.empty()) out["description"] = param.description;
  out["required"] = param.required || param.in == "path";
  out["schema"] = {{"type", param.type}};
  if (!param.example.empty()) out["example"] = example_of(param);
  return out;
}

/// Path parameters that the table does not describe are added: the document must name them all.
Json parameters(const RouteDoc& doc) {
  Json out = Json::array();
  std::set<std::string> in_path;
  for (const auto& p : doc.params) {
    out.push_back(parameter(p));
    if (p.in == "path") in_path.insert(p.name);
  }
  for (std::size_t at = doc.path.find('{'); at != std::string::npos; at = doc.path.find('{', at + 1)) {
    const auto name = doc.path.substr(at + 1, doc.path.find('}', at) - at - 1);
    if (in_path.insert(name).second) out.push_back(parameter({.name = name, .in = "path", .required = true}));
  }
  return out;
}

Json operation(const Router::Route& route) {
  const RouteDoc& doc = route.doc;
  Json out = {{"operationId", doc.operation_id}, {"summary", doc.summary}};
  if (!doc.description.empty()) out["description"] = doc.description;
  if (!doc.tag.empty()) out["tags"] = Json::array({doc.tag});
  if (auto list = parameters(doc); !list.empty()) out["parameters"] = std::move(list);
  if (!doc.request_schema.empty())
    out["requestBody"] = {
        {"required", true},
        {"content", {{"application/json", {{"schema", schema_of(doc, doc.request_schema)}}}}}};
  Json responses = Json::object();
  if (route.ws.on_open && !doc.responses.contains(101))
    responses["101"] = {{"description", "switches to the WebSocket protocol; text messages of JSON follow"}};
  for (const auto& [status, r] : doc.responses) {
    Json answer = {{"description", r.description}};
    if (!r.schema.empty())
      answer["content"][r.content_type]["schema"] = schema_of(doc, r.schema);
    else if (r.content_type != "application/json")
      answer["content"][r.content_type]["schema"] = {{"type", "string"}};
    responses[std::to_string(status)] = std::move(answer);
  }
  if (doc.scope && *doc.scope == Scope::Open) out["security"] = Json::array();
  else if (doc.scope) {
    Json need = Json::object();
    need["token"] = Json::array({std::string(scope_name(*doc.scope))});
    out["security"] = Json::array({std::move(need)});
  }
  responses["default"] = {{"$ref", "#/components/responses/Error"}};
  out["responses"] = std::move(responses);
  return out;
}

Json error_components() {
  const Json text = {{"type", "string"}};
  const Json inner = {
      {"type", "object"},
      {"required", {"code", "message", "details", "request_id"}},
      {"properties",
       {{"code", {{"type", "string"}, {"description", "stable and machine-readable, CATEGORY_CONDITION"}}},
        {"message", text},
        {"details", {{"type", "object"}, {"additionalProperties", text}}},
        {"request_id", text}}}};
  return {
      {"securitySchemes",
       {{"token",
         {{"type", "http"},
          {"scheme", "bearer"},
          {"description",
           "One token per scope (listen.tokens): read, trade, which contains it, and emergency, which contains both. A host without "
           "listen.tokens asks nobody for one. Errors: 401 AUTH_MISSING and AUTH_INVALID, 403 AUTH_SCOPE, 429 AUTH_THROTTLED."}}}}},
      {"schemas",
       {{"Error", {{"type", "object"}, {"required", {"error"}}, {"properties", {{"error", inner}}}}}}},
      {"responses",
       {{"Error",
         {{"description", "the one error shape"},
          {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}}}}}};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

}  // namespace

std::string openapi_json(std::string_view service, std::string_view version, std::string_view description,
                         const Router& router) {
  Json paths = Json::object();
  for (const auto& route : router.routes())
    paths[route->doc.path][lower(method_name(route->doc.method))] = operation(*route);
  const Json doc = {{"openapi", "3.1.0"},
                    {"info",
                     {{"title", service},
                      {"version", version},
                      {"description", description},
                      {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
                    {"servers", Json::array({{{"url", "/"}}})},
                    {"paths", std::move(paths)},
                    {"components", error_components()}};
  return doc.dump(1);
}

}  // namespace bowline::edge
