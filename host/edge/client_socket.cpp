#include "edge/client_socket.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace bowline::edge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// One part of a parsed URL; empty when absent.
std::string part(CURLU* url, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, flags) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

}  // namespace

std::string Url::host_header() const {
  const bool usual = port == (tls() ? "443" : "80");
  return usual ? host : host + ":" + port;
}

Result<Url> parse_url(const std::string& text, std::string_view plain, std::string_view secure) {
  const Error bad{"EDGE_BAD_URL", "not a URL this client can use: it must start with " + std::string(plain) +
                                      ":// or " + std::string(secure) + ":// and name a host"};
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return bad;
  Url out;
  out.scheme = part(url.get(), CURLUPART_SCHEME);
  out.host = part(url.get(), CURLUPART_HOST);
  if ((out.scheme != plain && out.scheme != secure) || out.host.empty()) return bad;
  out.port = part(url.get(), CURLUPART_PORT);
  if (out.port.empty()) out.port = out.tls() ? "443" : "80";
  out.target = part(url.get(), CURLUPART_PATH);
  if (out.target.empty()) out.target = "/";
  if (const auto query = part(url.get(), CURLUPART_QUERY); !query.empty()) out.target += "?" + query;
  if (std::ranges::any_of(out.target,
                          [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }))
    return bad;
  return out;
}

bool headers_sane(const Pairs& headers) noexcept {
  return std::ranges::all_of(headers, [](const auto& h) {
    return !h.first.empty() && h.first.find_first_of(std::string_view(":\r\n\0 ", 5)) == std::string::npos &&
           h.second.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
  });
}

void NetStream::cancel() noexcept {
  cancelled = true;
  resolver.cancel();
  error_code ec;
  socket.close(ec);
}

Result<asio::ssl::context*> TlsContext::get() {
  if (context_) return context_.get();
  auto made = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(made->native_handle(), TLS1_2_VERSION);
  made->set_verify_mode(asio::ssl::verify_peer);
  error_code ec;
  if (ca_file_.empty() || anchors_ == Anchors::SystemAndFile) made->set_default_verify_paths(ec);
  if (!ca_file_.empty()) {
    made->load_verify_file(ca_file_, ec);
    if (ec) return Error{"EDGE_TLS", "cannot read the trust anchors in " + ca_file_ + ": " + ec.message()};
  }
  context_ = std::move(made);
  return context_.get();
}

// curl keeps the brackets
std::string bare_host(const Url& url) {
  return url.host.starts_with('[') ? url.host.substr(1, url.host.size() - 2) : url.host;
}

asio::awaitable<std::optional<Error>> connect_stream(NetStream& stream, const Url& url) {
  const std::string where = url.host + ":" + url.port, host = bare_host(url);
  error_code ec;
  std::vector<tcp::endpoint> endpoints;
  if (const auto literal = asio::ip::make_address(host, ec); !ec) {
    endpoints.emplace_back(literal, static_cast<std::uint16_t>(std::stoul(url.port)));
  } else {
    ec = {};
    const auto found =
        co_await stream.resolver.async_resolve(host, url.port, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return Error{"EDGE_RESOLVE", "cannot resolve " + url.host + ": " + ec.message()};
    for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  }
  if (stream.cancelled) co_return Error{"EDGE_CONNECT", "cancelled before connecting to " + where};
  ec = {};
  co_await asio::async_connect(stream.socket, endpoints, asio::redirect_error(asio::use_awaitable, ec));
  if (!ec && stream.cancelled) ec = asio::error::operation_aborted;
  if (ec) co_return Error{"EDGE_CONNECT", "cannot connect to " + where + ": " + ec.message()};
  stream.socket.set_option(tcp::no_delay(true), ec);
  co_return std::nullopt;
}

asio::awaitable<std::optional<Error>> open_stream(NetStream& stream, const Url& url, TlsContext& tls) {
  const std::string where = url.host + ":" + url.port, host = bare_host(url);
  if (auto error = co_await connect_stream(stream, url)) co_return error;
  if (!url.tls()) co_return std::nullopt;

  error_code ec;
  const auto context = tls.get();
  if (!context.ok()) co_return context.error();
  stream.tls.emplace(stream.socket, **context);
  if (!SSL_set_tlsext_host_name(stream.tls->native_handle(), host.c_str()))
    co_return Error{"EDGE_TLS", "cannot name " + host + " in the TLS handshake"};
  stream.tls->set_verify_callback(asio::ssl::host_name_verification(host), ec);
  ec = {};
  co_await stream.tls->async_handshake(asio::ssl::stream_base::client,
                                       asio::redirect_error(asio::use_awaitable, ec));
  if (ec)
    co_return Error{"EDGE_TLS", "no trusted TLS connection to " + where + ": " + ec.message() +
                                    "; check the certificate's host name and the trust anchors"};
  co_return std::nullopt;
}

}  // namespace bowline::edge
