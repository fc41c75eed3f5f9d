#include "edge/router.hpp"

#include <catch2/catch.hpp>

#include "fixture.hpp"

using namespace edge_test;

namespace {

Router sample() {
  Router r;
  const auto nothing = [](const Request&, Responder) {};
  r.add(doc(Method::Get, "/orders", "list"), nothing);
  r.add(doc(Method::Get, "/orders/{id}", "one"), nothing);
  r.add(doc(Method::Delete, "/orders/{id}", "cancel"), nothing);
  r.add(doc(Method::Get, "/orders/{id}/explain", "explain"), nothing);
  r.add(doc(Method::Get, "/orders/open", "open"), nothing);
  r.add(doc(Method::Get, "/", "root"), nothing);
  return r;
}

std::string found(const Router& r, Method m, std::string_view path, Pairs& params) {
  const auto match = r.find(m, path, params);
  return match.route           ? match.route->doc.operation_id
         : match.allow.empty() ? "404"
                               : "405 " + std::string(match.allow);
}

}  // namespace

TEST_CASE("a fixed segment wins over a parameter, parameters are named") {
  const auto r = sample();
  Pairs p;
  CHECK(found(r, Method::Get, "/orders", p) == "list");
  CHECK(p.empty());
  CHECK(found(r, Method::Get, "/orders/42", p) == "one");
  CHECK(p == Pairs{{"id", "42"}});
  CHECK(found(r, Method::Get, "/orders/42/explain", p) == "explain");
  CHECK(p == Pairs{{"id", "42"}});
  CHECK(found(r, Method::Get, "/orders/open", p) == "open");
  CHECK(found(r, Method::Get, "/orders/open/explain", p) == "explain");  // steps back from the fixed branch
  CHECK(p == Pairs{{"id", "open"}});
  CHECK(found(r, Method::Get, "/", p) == "root");
}

TEST_CASE("paths are exact: no trailing slash, no empty segment, no prefix") {
  const auto r = sample();
  Pairs p;
  for (const auto* path : {"/orders/", "/orders//explain", "/orders/1/2", "/order", "/orders/1/explain/",
                           "//", "", "orders", "/orders/1/expl"}) {
    INFO(path);
    CHECK(found(r, Method::Get, path, p) == "404");
    CHECK(p.empty());
  }
}

TEST_CASE("a known path with another method lists what it takes") {
  const auto r = sample();
  Pairs p;
  CHECK(found(r, Method::Post, "/orders/1", p) == "405 GET, HEAD, DELETE");
  CHECK(found(r, Method::Head, "/orders", p) == "list");
  CHECK(found(r, Method::Other, "/orders", p) == "405 GET, HEAD");
  CHECK(found(r, Method::Delete, "/orders/open", p) == "405 GET, HEAD");
}
