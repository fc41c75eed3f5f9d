// The API document of a service, made from its route table.
#pragma once

#include <string>
#include <string_view>

#include "edge/router.hpp"

namespace bowline::edge {

/// OpenAPI 3.1 document as JSON text; same table, same bytes. WebSocket routes appear as GET with a 101
/// answer. A schema text that is not JSON is a programming error and stops the process, naming the route.
std::string openapi_json(std::string_view service, std::string_view version, std::string_view description,
                         const Router& router);

}  // namespace bowline::edge
