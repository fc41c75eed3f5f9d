#include "edge/router.hpp"

#include <cstdio>
#include <cstdlib>

namespace bowline::edge {
namespace {

[[noreturn]] void wrong_table(const RouteDoc& doc, const char* what) {
  std::fprintf(stderr, "bowline: route %.*s %s: %s\n", static_cast<int>(method_name(doc.method).size()),
               method_name(doc.method).data(), doc.path.c_str(), what);
  std::abort();
}

/// The first segment of a path without its leading slash; `rest` keeps what follows it ("" or "/…").
std::string_view take_segment(std::string_view& rest) noexcept {
  const auto end = rest.find('/', 1);
  const auto segment = rest.substr(1, end == std::string_view::npos ? end : end - 1);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  return segment;
}

bool is_param(std::string_view segment) noexcept { return segment.size() >= 2 && segment.front() == '{'; }

}  // namespace

void Router::add(RouteDoc doc, Handler handler) {
  if (!handler) wrong_table(doc, "no handler");
  auto route = std::make_unique<Route>();
  route->doc = std::move(doc);
  route->handler = std::move(handler);
  insert(std::move(route));
}

void Router::add_ws(RouteDoc doc, WsHandler handler) {
  if (!handler.on_open) wrong_table(doc, "no open handler");
  auto route = std::make_unique<Route>();
  route->doc = std::move(doc);
  route->doc.method = Method::Get;
  route->ws = std::move(handler);
  insert(std::move(route));
}

void Router::insert(std::unique_ptr<Route> route) {
  const RouteDoc& doc = route->doc;
  if (doc.path.empty() || doc.path.front() != '/') wrong_table(doc, "the path must start with /");
  if (doc.operation_id.empty()) wrong_table(doc, "no operation id");
  if (doc.method == Method::Other) wrong_table(doc, "no such method");
  for (const auto& other : routes_)
    if (other->doc.operation_id == doc.operation_id) wrong_table(doc, "operation id used twice");

  Node* node = &root_;
  bool fixed_only = true;
  for (std::string_view rest = doc.path; !rest.empty();) {
    const auto segment = take_segment(rest);
    if (is_param(segment)) {
      fixed_only = false;
      if (segment.back() != '}' || segment.size() < 3) wrong_table(doc, "a parameter without name");
      const auto name = segment.substr(1, segment.size() - 2);
      if (!node->any) {
        node->any = std::make_unique<Node>();
        node->any_name = name;
      }
      if (node->any_name != name)
        wrong_table(doc, "the same place has another parameter name in another route");
      node = node->any.get();
    } else {
      auto& next = node->fixed[std::string(segment)];
      if (!next) next = std::make_unique<Node>();
      node = next.get();
    }
  }
  auto& slot = node->by_method[static_cast<std::size_t>(doc.method)];
  if (slot) wrong_table(doc, "two handlers for one method and path");
  slot = route.get();
  node->allow.clear();
  for (std::size_t m = 0; m < node->by_method.size(); ++m) {
    const bool head_by_get = m == static_cast<std::size_t>(Method::Head) && node->by_method[0] != nullptr;
    if (!node->by_method[m] && !head_by_get) continue;
    if (!node->allow.empty()) node->allow += ", ";
    node->allow += method_name(static_cast<Method>(m));
  }
  if (fixed_only) exact_.emplace(doc.path, node);
  route->index = routes_.size();
  routes_.push_back(std::move(route));
}

void Router::set_scopes(const std::function<std::optional<Scope>(Method, std::string_view)>& scope_of) {
  for (const auto& route : routes_) route->doc.scope = scope_of(route->doc.method, route->doc.path);
}

const Router::Node* Router::walk(const Node& node, std::string_view rest, Pairs& params) {
  if (rest.empty()) return node.allow.empty() ? nullptr : &node;
  const auto segment = take_segment(rest);
  if (const auto at = node.fixed.find(segment); at != node.fixed.end())
    if (const Node* found = walk(*at->second, rest, params)) return found;
  if (!node.any || segment.empty()) return nullptr;
  params.emplace_back(node.any_name, segment);
  if (const Node* found = walk(*node.any, rest, params)) return found;
  params.pop_back();
  return nullptr;
}

Router::Match Router::find(Method method, std::string_view path, Pairs& params) const {
  params.clear();
  const Node* node = nullptr;
  if (const auto at = exact_.find(path); at != exact_.end())
    node = at->second;
  else if (!path.empty() && path.front() == '/')
    node = walk(root_, path, params);
  if (!node) return {};
  const Route* route = node->by_method[static_cast<std::size_t>(method)];
  if (!route && method == Method::Head) route = node->by_method[static_cast<std::size_t>(Method::Get)];
  if (!route) return {nullptr, node->allow};
  return {route, {}};
}

}  // namespace bowline::edge
