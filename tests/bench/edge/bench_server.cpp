// Serves fixed bytes at /signals/latest the way signal-generator does: cached, shared, answered on the I/O
// thread.
//   bench_edge_server PORT [--token TOKEN] [--tls CERTIFICATE KEY]      runs until its standard input ends
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "edge/http_server.hpp"
#include "edge/tls_identity.hpp"

using namespace bowline::edge;

int main(int argc, char** argv) {
  ServerOptions options;
  bool good = argc >= 2;
  for (int i = 2; good && i < argc;) {
    const std::string_view what = argv[i];
    if (what == "--token" && i + 1 < argc) {
      AccessTokens tokens;
      tokens.set(Scope::Read, argv[i + 1]);
      options.access = std::make_shared<AccessCheck>(tokens);
      i += 2;
    } else if (what == "--tls" && i + 2 < argc) {
      auto made = TlsIdentity::make({argv[i + 1], [file = std::string(argv[i + 2])](const std::function<void(std::string_view)>& take) {
                                       std::ifstream in(file);
                                       take(std::string(std::istreambuf_iterator<char>(in), {}));
                                       return bowline::Result<void>();
                                     }});
      if (!made.ok()) {
        std::fprintf(stderr, "%s\n", made.error().message.c_str());
        return 1;
      }
      options.tls = *made;
      i += 3;
    } else {
      good = false;
    }
  }
  if (!good) {
    std::fprintf(stderr, "usage: bench_edge_server PORT [--token TOKEN] [--tls CERTIFICATE KEY] < /dev/null\n");
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
               .summary = "Latest signals",
               .scope = Scope::Read},
              [bytes](const Request&, Responder answer) { answer(Response::shared(bytes)); });
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
