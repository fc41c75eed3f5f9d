// Any bytes as a request target: taken apart, routed, read as parameters. What must hold is checked, not only
// survived.
#include <cstdint>
#include <string>
#include <string_view>

#include "edge/json_body.hpp"
#include "edge/router.hpp"
#include "edge/target.hpp"
#include "fuzz/must.hpp"

using namespace bowline::edge;
using bowline::fuzz::must;

namespace {

Router table() {
  Router r;
  const auto nothing = [](const Request&, Responder) {};
  for (const char* path :
       {"/", "/orders", "/orders/{id}", "/orders/{id}/explain", "/orders/open", "/a b/{x}/{y}"})
    r.add({.method = Method::Get, .path = path, .operation_id = path, .summary = "s"}, nothing);
  return r;
}

/// Every byte as %XX, so that decoding must give back exactly `text`.
std::string encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '/')
      out += c;
    else
      out.append({'%', "0123456789ABCDEF"[u >> 4], "0123456789abcdef"[u & 15]});
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Router router = table();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)sane_request_id(input);
  Request q;
  if (!split_target(input, q.path, q.query)) return 0;
  must(q.path.starts_with('/'), "a path starts with /", input);
  must(q.path.find('\0') == std::string::npos, "no NUL in a path", input);
  must(q.query.size() <= 256, "query keys are bounded", input);
  std::string again;
  Pairs none;
  must(split_target(encode(q.path), again, none) && again == q.path && none.empty(),
       "an encoded path decodes to itself", input);
  const auto match = router.find(Method::Get, q.path, q.params);
  must(match.route || (match.allow.empty() && q.params.empty()), "no match leaves no parameters", input);
  for (const auto& [name, value] : q.params)
    must(!value.empty() && value.find('/') == std::string::npos, "a parameter is one whole segment", input);
  must(!router.find(Method::Post, q.path, q.params).route, "nothing takes POST", input);
  for (const auto& [key, value] : q.query) (void)query_int(q, key, -5, 100);
  return 0;
}
