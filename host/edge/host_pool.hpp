// The connections to one host: some always ready, so that no handshake stands in a request's way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "edge/clocks.hpp"
#include "edge/wire_socket.hpp"

namespace bowline::edge {

struct HostPoolOptions {
  std::size_t connections = 6;  ///< at most, at least 2; the last one is for urgent requests alone
  std::size_t spare = 2;        ///< kept ready beyond those in use, while the host is asked anything; of two or more the last one
                                ///< is for urgent requests while others are under way
  std::int64_t idle_ns = 50'000'000'000;            ///< an idle one is replaced after this; keep it below the host's own
  std::int64_t connect_ns = 5'000'000'000;          ///< to resolve, connect and shake hands
  std::int64_t forget_ns = 600'000'000'000;         ///< nothing is kept ready for a host that was not asked for so long
};

/// Used on the I/O thread. Held by shared pointers: by whoever lists it and by the calls that use it.
class HostPool : public std::enable_shared_from_this<HostPool> {
 public:
  HostPool(boost::asio::io_context& context, Url url, std::shared_ptr<TlsContext> tls, const HostPoolOptions& options, Clocks clocks,
           std::uint64_t jitter, Lookup lookup = {});

  /// Whether another request may be begun now.
  bool room(bool urgent) const noexcept { return in_use_ + (urgent ? 0 : 1) < options_.connections; }
  /// A request begins, or has ended, however.
  void begin();
  void end() noexcept { --in_use_; }
  /// An idle connection that is open as far as can be known, for a request that has begun; another one is opened in its place.
  /// Null: there is none, or none but the last one, which is not for this request.
  std::shared_ptr<WireSocket> take(bool urgent);
  /// The last one too: for a request that could not open one of its own.
  std::shared_ptr<WireSocket> take_any() { return take(true); }
  /// Opens another one, for a request that found none. Errors: those of WireSocket::open().
  boost::asio::awaitable<std::optional<Error>> open(std::shared_ptr<WireSocket>& made);
  /// One that may carry another request.
  void give_back(std::shared_ptr<WireSocket> socket);
  /// A connection that was opened just now has carried a request and its reply: the host takes new ones.
  void welcomed() noexcept { backoff_ = not_before_ = 0; }
  /// Replaces what is old or was closed by the other side. To be called about once a second, and is called by itself when an
  /// idle one stirs.
  void tend();
  /// Nothing has been asked of it for long: it can go.
  bool forgotten() const noexcept;
  void close() noexcept;
  const Url& url() const noexcept { return url_; }
  std::uint64_t opened() const noexcept { return opened_; }
  std::uint64_t resumed() const noexcept { return resumed_; }

 private:
  struct Idle {
    std::shared_ptr<WireSocket> socket;
    std::int64_t since;
    bool used;  ///< it has carried a request
  };
  boost::asio::io_context& context_;
  const Url url_;
  const std::shared_ptr<TlsContext> tls_;
  const HostPoolOptions options_;
  const Clocks clocks_;
  HostAddresses addresses_;
  TlsSession session_;        // before the sockets, which refer to it
  std::vector<Idle> idle_;    // the freshest last
  std::vector<std::weak_ptr<WireSocket>> opening_;
  std::size_t in_use_ = 0, ahead_ = 0;  // ahead_: connections being opened ahead of need
  std::int64_t asked_at_ = 0, not_before_ = 0, backoff_ = 0;
  std::uint64_t jitter_, opened_ = 0, resumed_ = 0;
  bool closed_ = false;

  bool old(const Idle& i) const { return clocks_.boot_ns() - i.since >= options_.idle_ns; }
  void watch(const std::shared_ptr<WireSocket>& socket);
  bool keep(std::shared_ptr<WireSocket> socket, bool used);
  void lost(const Idle& i) noexcept;
  void back_off() noexcept;
  static boost::asio::awaitable<void> open_ahead(std::shared_ptr<HostPool> self);
};

}  // namespace bowline::edge
