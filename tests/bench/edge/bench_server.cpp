// Serves fixed bytes at /signals/latest the way signal-generator does: cached, shared, answered on the I/O
// thread.
//   bench_edge_server PORT      runs until its standard input ends
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "edge/http_server.hpp"

using namespace bowline::edge;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_edge_server PORT < /dev/null\n");
    return 2;
  }
  std::string json = R"({"as_of":"2022-12-31T23:55:00Z","signals":[)";
  const char* comma = "";
  for (const char* symbol : {"BTC-USD", "ETH-USD", "ADA-USD", "XRP-USD", "LTC-USD", "LINK-USD"}) {
    json.append(comma).append(R"({"symbol":")").append(symbol);
    json.append(
        R"(","action":"HOLD","p_up":0.3312,"p_flat":0.3401,"p_down":0.3287,"model":"champion","valid_until":"2023-01-01T00:00:00Z"})");
    comma = ",";
  }
  const auto bytes = std::make_shared<const std::string>(json + "]}");

  IoThread io;
  const auto router = std::make_shared<Router>();
  router->add({.method = Method::Get,
               .path = "/signals/latest",
               .operation_id = "latest",
               .summary = "Latest signals"},
              [bytes](const Request&, Responder answer) { answer(Response::shared(bytes)); });
  ServerOptions options;
  options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  HttpServer server(io, router, options);
  if (const auto r = server.start(); !r.ok()) {
    std::fprintf(stderr, "%s\n", r.error().message.c_str());
    return 1;
  }
  while (std::getchar() != EOF) {
  }
  return 0;
}
