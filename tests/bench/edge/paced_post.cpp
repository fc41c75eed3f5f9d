// The round trip of a small POST over kept TLS on loopback: through what bowline.http/1 is made of, from the call on the lane
// to the event on the lane, against a bare Beast exchange of the same bytes with the same server in the same run, turn and
// turn about. Bar: p50 <= 1.25 x the bare one and a signature (ES256, which each order's token costs).
//   bench_paced_post [rounds]
#include <openssl/evp.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "services/runtime/plugin_network.hpp"
#include "unit/edge/tls_peer.hpp"

namespace {

using namespace bowline;
using Clock = std::chrono::steady_clock;
namespace asio = boost::asio;
namespace http = boost::beast::http;

const std::string order = R"({"client_order_id":"bw-0123456789abcdef0123456789abcdef","product_id":"BTC-USD","side":"BUY",)"
                          R"("order_configuration":{"limit_limit_gtd":{"base_size":"0.01000000","limit_price":"50000.00","post_only":true}}})";
const std::string token(700, 't');  // as long as a signed token is
const std::string reply = R"({"success":true,"success_response":{"order_id":"11111-00000-000000","product_id":"BTC-USD","side":"BUY"}})";

double since(Clock::time_point begun) { return std::chrono::duration<double, std::micro>(Clock::now() - begun).count(); }
double at(std::vector<double>& sorted, double share) {
  std::sort(sorted.begin(), sorted.end());
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

asio::ssl::context trusting(const std::string& ca_file) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.load_verify_file(ca_file);
  return context;
}

/// The exchange as an author would write it with nothing in between.
class Bare {
 public:
  Bare(std::uint16_t port, const std::string& ca_file) : context_(trusting(ca_file)), stream_(io_, context_) {
    stream_.set_verify_mode(asio::ssl::verify_peer);
    SSL_set_tlsext_host_name(stream_.native_handle(), "localhost");
    stream_.next_layer().connect({asio::ip::address_v4::loopback(), port});
    stream_.next_layer().set_option(asio::ip::tcp::no_delay(true));
    stream_.handshake(asio::ssl::stream_base::client);
    request_ = {http::verb::post, "/api/v3/brokerage/orders", 11};
    request_.set(http::field::host, "localhost:" + std::to_string(port));
    request_.set(http::field::authorization, "Bearer " + token);
    request_.set(http::field::content_type, "application/json");
    request_.set(http::field::user_agent, "bowline");
  }
  bool exchange() {
    request_.body() = order;
    request_.prepare_payload();
    http::write(stream_, request_);
    http::response<http::string_body> got;
    http::read(stream_, buffer_, got);
    return got.result_int() == 200 && got.body() == reply;
  }

 private:
  asio::io_context io_;
  asio::ssl::context context_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
};

bl_str of(const std::string& s) { return {s.data(), s.size()}; }

class Service {
 public:
  Service(const std::string& url, const std::string& ca_file) : url_(url) {
    config::RunConfig::Plugins::Network n;
    n.ca_file = ca_file;
    port_ = services::network_maker(n, {})(1);
    port_->budget({{{"all", 1'000'000, 1'000'000, 0}}, {}});
  }
  bool exchange() {
    bl_http_request q{};
    q.size = sizeof q;
    q.cost = 1;
    q.request = ++last_;
    q.method = of(method_);
    q.url = of(url_);
    q.headers = of(headers_);
    q.body = of(order);
    Error why;
    if (port_->http_send(q, why) < 0) return false;
    bool good = false;
    while (!port_->some()) port_->wait(std::chrono::milliseconds(1000));
    port_->drain([&](const bl_event& e) {
      const auto& r = reinterpret_cast<const bl_http_result&>(e);
      good = r.outcome == BL_OK && r.status == 200 && std::string_view(r.body.ptr, r.body.len) == reply;
    });
    return good;
  }

 private:
  const std::string url_, method_ = "POST", headers_ = "Authorization: Bearer " + token + "\r\nContent-Type: application/json\r\n";
  std::uint64_t last_ = 0;
  std::unique_ptr<services::NetPort> port_;
};

double signature(EVP_PKEY* key) {
  unsigned char out[128];
  std::size_t n = sizeof out;
  const auto begun = Clock::now();
  EVP_MD_CTX* const ctx = EVP_MD_CTX_new();
  EVP_DigestSignInit(ctx, nullptr, EVP_sha256(), nullptr, key);
  EVP_DigestSign(ctx, out, &n, reinterpret_cast<const unsigned char*>(token.data()), 200);
  EVP_MD_CTX_free(ctx);
  return since(begun);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 10'000;
  if (rounds < 100) {
    std::fprintf(stderr, "usage: bench_paced_post [rounds, at least 100]\n");
    return 2;
  }
  edge_test::Authority ca;
  const auto certificate = ca.issue();
  edge_test::TlsServer server(certificate, [](edge_test::Peer& p, int) {
    while (!p.request().empty()) p.reply(reply, "Content-Type: application/json\r\n");
  });
  Bare bare(server.port(), ca.file());
  Service service(server.url("/api/v3/brokerage/orders"), ca.file());
  std::vector<double> plain, through, signing;
  for (int i = -rounds / 10; i < rounds; ++i) {
    auto begun = Clock::now();
    bool good = bare.exchange();
    const double a = since(begun);
    begun = Clock::now();
    good = service.exchange() && good;
    const double b = since(begun);
    if (!good) {
      std::fprintf(stderr, "a reply was not what the server sent\n");
      return 2;
    }
    if (i < 0) continue;
    plain.push_back(a);
    through.push_back(b);
    signing.push_back(signature(certificate.key.get()));
  }
  const auto line = [](const char* what, std::vector<double>& v) {
    std::printf("%-28s p50 %8.1f us   p90 %8.1f us   p99 %8.1f us\n", what, at(v, 0.5), at(v, 0.9), at(v, 0.99));
  };
  line("bare Beast", plain);
  line("through bowline.http/1", through);
  line("a signature (ES256)", signing);
  const double bar = 1.25 * at(plain, 0.5) + at(signing, 0.5);
  const bool met = at(through, 0.5) <= bar;
  std::printf("%d rounds; p50 %.2f x the bare one; bar 1.25 x and a signature = %.1f us: %s\n", rounds, at(through, 0.5) / at(plain, 0.5), bar,
              met ? "met" : "missed");
  return met ? 0 : 1;
}
