// The route table: which handler answers which method and path, and the text its API document is made from.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "edge/message.hpp"
#include "edge/responder.hpp"
#include "edge/scope.hpp"
#include "edge/ws_session.hpp"

namespace bowline::edge {

/// One parameter of a route, for the API document.
struct ParamDoc {
  std::string name{};
  std::string in = "query";     ///< path | query | header
  std::string type = "string";  ///< string | integer | number | boolean
  bool required = false;        ///< path parameters are always required
  std::string description{};
  std::string example{};  ///< text; given as a number where `type` is one
};

struct ResponseDoc {
  std::string description;
  std::string schema{};  ///< JSON Schema text of the body; empty = no JSON body described
  std::string content_type = "application/json";
};

/// What a route is and what its API document says. Errors (4xx, 5xx) need not be listed: the one error shape
/// is added as "default".
struct RouteDoc {
  Method method = Method::Get;
  std::string path{};          ///< "/orders/{id}"
  std::string operation_id{};  ///< unique within the service, e.g. "get_order"
  std::string summary{};
  std::string description{};
  std::vector<ParamDoc> params{};
  std::string request_schema{};  ///< JSON Schema text of the body; empty = no body
  std::map<int, ResponseDoc> responses{};
  std::string tag{};
  /// What it asks of who calls it, where tokens are configured; none: nobody has said, which is Emergency.
  std::optional<Scope> scope{};
};

/// Answers through the Responder, now or later. Runs on the I/O thread; must not block. An exception becomes
/// 500.
using Handler = std::function<void(const Request&, Responder)>;

/// `guard` (optional) may refuse the upgrade with an ordinary answer (bad parameter, not allowed); `on_open`
/// gets the session after the handshake and sets its callbacks. Both run on the I/O thread.
struct WsHandler {
  std::function<std::optional<Response>(const Request&)> guard{};
  std::function<void(std::shared_ptr<WsSession>, const Request&)> on_open;
};

/// Filled before the server starts, then read only. Wrong tables (two handlers for one method and path, a
/// parameter without name, a doc without operation id) are programming errors and stop the process with a
/// message.
class Router {
 public:
  struct Route {
    RouteDoc doc;
    Handler handler{};  ///< empty for a WebSocket route
    WsHandler ws{};
    std::size_t index = 0;
  };
  /// What a lookup found.
  struct Match {
    const Route* route = nullptr;  ///< null: see `allow`
    std::string_view allow{};      ///< path known, method not: the Allow header; empty: no such path
  };

  void add(RouteDoc doc, Handler handler);
  void add_ws(RouteDoc doc, WsHandler handler);

  /// Finds the route and writes the path parameters to `params`. A fixed segment wins over a parameter. HEAD
  /// falls back to GET.
  Match find(Method method, std::string_view path, Pairs& params) const;
  /// Says of each route that is there what it asks of who calls it.
  void set_scopes(const std::function<std::optional<Scope>(Method, std::string_view path)>& scope_of);
  const std::vector<std::unique_ptr<Route>>& routes() const noexcept { return routes_; }

 private:
  struct Node {  // one path segment of the tree
    std::map<std::string, std::unique_ptr<Node>, std::less<>> fixed;
    std::unique_ptr<Node> any;
    std::string any_name;
    std::array<const Route*, 8> by_method{};
    std::string allow;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  void insert(std::unique_ptr<Route> route);
  static const Node* walk(const Node& node, std::string_view rest, Pairs& params);
  std::vector<std::unique_ptr<Route>> routes_;
  std::unordered_map<std::string, Node*, Hash, std::equal_to<>> exact_;  // paths without parameters
  Node root_;
};

}  // namespace bowline::edge
