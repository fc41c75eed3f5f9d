#include "edge/client_socket.hpp"

#include <curl/curl.h>

#include <algorithm>
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
  if (waiting) waiting->cancel();
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
  // Whom the file names is trusted by itself: also a host's own certificate, without those that lead to it.
  if (!ca_file_.empty() && anchors_ == Anchors::SystemAndFile) X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(made->native_handle()), X509_V_FLAG_PARTIAL_CHAIN);
  context_ = std::move(made);
  return context_.get();
}

// curl keeps the brackets
std::string bare_host(const Url& url) {
  return url.host.starts_with('[') ? url.host.substr(1, url.host.size() - 2) : url.host;
}

namespace {

using Endpoints = std::vector<tcp::endpoint>;

/// What a lookup has found; it may outlive whoever waits for it.
struct Search {
  explicit Search(std::shared_ptr<asio::steady_timer> timer) : waited_on(std::move(timer)) {}
  std::shared_ptr<asio::steady_timer> waited_on;  // null: nobody waits any more
  bool over = false;
  error_code ec{};
  Endpoints found{};
  void end() {
    over = true;
    if (waited_on) waited_on->cancel();
  }
};

/// Nobody can end the system's lookup: it is left to itself when `limit` has passed, or the stream is cancelled.
asio::awaitable<std::shared_ptr<Search>> look_up(NetStream& stream, const std::string& host, const std::string& port,
                                                 const HostAddresses* addresses, std::chrono::nanoseconds limit) {
  stream.waiting = std::make_shared<asio::steady_timer>(stream.socket.get_executor(), limit);
  const auto search = std::make_shared<Search>(stream.waiting);
  if (addresses != nullptr && addresses->lookup) {
    addresses->lookup(host, port, [search](const std::vector<Address>& found) {
      for (const Address& a : found) {
        error_code ec;
        if (const auto ip = asio::ip::make_address(a.ip, ec); !ec) search->found.emplace_back(ip, a.port);
      }
      if (search->found.empty()) search->ec = asio::error::host_not_found;
      search->end();
    });
  } else {
    stream.resolver.async_resolve(host, port, [search](error_code ec, const tcp::resolver::results_type& found) {
      search->ec = ec;
      for (const auto& entry : found) search->found.push_back(entry.endpoint());
      search->end();
    });
  }
  error_code ec;
  if (!search->over && !stream.cancelled) co_await stream.waiting->async_wait(asio::redirect_error(asio::use_awaitable, ec));
  stream.waiting.reset();
  search->waited_on.reset();
  if (!search->over) search->ec = asio::error::timed_out;
  co_return search;
}

/// Tries one address, for as long as `share`; 0: until the stream is cancelled.
asio::awaitable<error_code> connect_one(NetStream& stream, tcp::endpoint to, std::chrono::nanoseconds share) {
  asio::steady_timer timer(stream.socket.get_executor());
  const auto here = std::make_shared<NetStream*>(&stream);  // the handler may come when the stream has gone
  if (share.count() > 0) {
    timer.expires_after(share);
    timer.async_wait([here](error_code ec) {
      error_code ignored;
      if (!ec && *here != nullptr) (*here)->socket.close(ignored);
    });
  }
  error_code ec;
  co_await stream.socket.async_connect(to, asio::redirect_error(asio::use_awaitable, ec));
  *here = nullptr;
  timer.cancel();
  if (!ec && !stream.socket.is_open()) ec = asio::error::timed_out;  // both at one moment
  if (ec == asio::error::operation_aborted && !stream.cancelled) ec = asio::error::timed_out;
  error_code ignored;
  if (ec) stream.socket.close(ignored);
  co_return ec;
}

}  // namespace

asio::awaitable<std::optional<Error>> connect_stream(NetStream& stream, const Url& url, std::chrono::nanoseconds limit, HostAddresses* addresses) {
  const std::string where = url.host + ":" + url.port, host = bare_host(url);
  const auto end = std::chrono::steady_clock::now() + limit;
  error_code ec;
  Endpoints endpoints;
  if (const auto literal = asio::ip::make_address(host, ec); !ec) {
    endpoints.emplace_back(literal, static_cast<std::uint16_t>(std::stoul(url.port)));
  } else {
    const bool known = addresses != nullptr && !addresses->good.empty();
    const auto patience = known ? limit / 4 : limit;
    const auto search = co_await look_up(stream, host, url.port, addresses, patience);
    if (stream.cancelled) co_return Error{"EDGE_CONNECT", "cancelled while " + url.host + " was looked up"};
    endpoints = search->found;
    if (known && (search->ec || endpoints.empty())) {
      endpoints = addresses->good;
    } else if (search->ec) {
      co_return Error{"EDGE_RESOLVE", "cannot resolve " + url.host + ": " + search->ec.message()};
    } else if (known) {
      const auto best = std::find(endpoints.begin(), endpoints.end(), addresses->good.front());
      if (best != endpoints.end()) std::rotate(endpoints.begin(), best, best + 1);
    }
  }
  ec = asio::error::host_not_found;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (stream.cancelled) co_return Error{"EDGE_CONNECT", "cancelled before connecting to " + where};
    // The last one has what is left; the others leave as much to each that comes after them, and to the handshake.
    const auto left = std::max<std::chrono::nanoseconds>(end - std::chrono::steady_clock::now(), std::chrono::milliseconds(1));
    const bool last = i + 1 == endpoints.size();
    const auto share = last ? std::chrono::nanoseconds(0) : left / static_cast<std::int64_t>(endpoints.size() - i + 1);
    ec = co_await connect_one(stream, endpoints[i], share);
    if (!ec || stream.cancelled) {
      std::rotate(endpoints.begin(), endpoints.begin() + static_cast<std::ptrdiff_t>(i), endpoints.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      break;
    }
  }
  if (!ec && stream.cancelled) ec = asio::error::operation_aborted;
  if (ec) co_return Error{"EDGE_CONNECT", "cannot connect to " + where + ": " + ec.message()};
  if (addresses != nullptr) addresses->good = std::move(endpoints);
  stream.socket.set_option(tcp::no_delay(true), ec);
  co_return std::nullopt;
}

asio::awaitable<std::optional<Error>> open_stream(NetStream& stream, const Url& url, TlsContext& tls, std::chrono::nanoseconds limit,
                                                  HostAddresses* addresses) {
  const std::string where = url.host + ":" + url.port, host = bare_host(url);
  if (auto error = co_await connect_stream(stream, url, limit, addresses)) co_return error;
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
