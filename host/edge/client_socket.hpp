// What both clients need: a parsed address, a connected socket, TLS where the scheme asks for it.
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <bowline/result.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/io_impl.hpp"
#include "edge/lookup.hpp"
#include "edge/message.hpp"

namespace bowline::edge {

struct Url {
  std::string scheme, host, port, target;  ///< target: "/path?query"
  bool tls() const noexcept { return scheme == "https" || scheme == "wss"; }
  /// The Host header: the port only where it is not the scheme's own.
  std::string host_header() const;
  std::string key() const { return scheme + "://" + host + ":" + port; }
};

/// Error EDGE_BAD_URL (never with the text: a URL may carry a token). `plain`/`secure`: the two schemes
/// taken.
Result<Url> parse_url(const std::string& text, std::string_view plain, std::string_view secure);

/// True when names and values can be written as headers as they are.
bool headers_sane(const Pairs& headers) noexcept;

using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

/// One connection to somewhere; `tls` is set for https and wss. Does not move: the TLS stream refers to the
/// socket.
struct NetStream {
  explicit NetStream(boost::asio::io_context& context) : socket(context), resolver(context) {}
  boost::asio::ip::tcp::socket socket;
  boost::asio::ip::tcp::resolver resolver;
  std::shared_ptr<boost::asio::steady_timer> waiting{};  ///< on it waits whoever waits for a name
  std::optional<TlsStream> tls;
  bool cancelled = false;

  /// Ends whatever is running on it with operation_aborted.
  void cancel() noexcept;
};

/// Whom a TlsContext with a file of its own trusts.
enum class Anchors : std::uint8_t { SystemAndFile, FileAlone };

/// Peer verification on, TLS 1.2 or newer; built on first use because reading the system's trust anchors
/// takes milliseconds. Without a file it is the system's anchors. Error EDGE_TLS when `ca_file` cannot be read.
class TlsContext {
 public:
  explicit TlsContext(std::string ca_file, Anchors anchors = Anchors::SystemAndFile)
      : ca_file_(std::move(ca_file)), anchors_(anchors) {}
  Result<boost::asio::ssl::context*> get();

 private:
  std::string ca_file_;
  Anchors anchors_;
  std::unique_ptr<boost::asio::ssl::context> context_;
};

/// The host without the brackets that an IPv6 address has in a URL.
std::string bare_host(const Url& url);

/// What is known of where a host is. Used on the I/O thread.
struct HostAddresses {
  Lookup lookup{};                                     ///< empty: the system's
  std::vector<boost::asio::ip::tcp::endpoint> good{};  ///< of the last lookup, the one that was reached first
};

/// How long all of it may take where nobody says.
inline constexpr std::chrono::nanoseconds usual_connect_limit = std::chrono::seconds(5);

/// Resolves and connects, no TLS. One address that does not answer takes a share of `limit` alone, and what answered is tried first the
/// next time (`addresses`, may be null, else outlives the call). Where a name is not found, or not in time, what was good before is
/// tried. It is the caller who ends it when the limit has passed. Errors: EDGE_RESOLVE, EDGE_CONNECT, the latter also when `stream` is
/// cancelled.
boost::asio::awaitable<std::optional<Error>> connect_stream(NetStream& stream, const Url& url, std::chrono::nanoseconds limit = usual_connect_limit,
                                                            HostAddresses* addresses = nullptr);

/// Resolves, connects, shakes hands. The error says which of the three failed (EDGE_RESOLVE, EDGE_CONNECT,
/// EDGE_TLS); nothing of a request has been sent then. Ends early with EDGE_CONNECT when `stream` is
/// cancelled.
boost::asio::awaitable<std::optional<Error>> open_stream(NetStream& stream, const Url& url, TlsContext& tls,
                                                         std::chrono::nanoseconds limit = usual_connect_limit,
                                                         HostAddresses* addresses = nullptr);

}  // namespace bowline::edge
