// The server's end of one TLS connection, with the few functions of a tcp::socket that the connections use: it never blocks, and an
// operation that waits, waits on the socket below.
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <string>
#include <string_view>

#include "edge/tls_identity.hpp"

namespace bowline::edge {

/// Moved only while no operation runs on it. One read and one write may run at once. [I/O thread]
class TlsSocket {
  using error_code = boost::system::error_code;
  using tcp = boost::asio::ip::tcp;

 public:
  using next_layer_type = tcp::socket;
  using executor_type = tcp::socket::executor_type;

  /// `ssl` is not null; the handshake has not begun.
  TlsSocket(tcp::socket socket, OwnedSsl ssl);
  TlsSocket(TlsSocket&&) noexcept = default;
  TlsSocket& operator=(TlsSocket&&) = delete;

  executor_type get_executor() { return next_.get_executor(); }
  tcp::socket& next_layer() noexcept { return next_; }
  const tcp::socket& next_layer() const noexcept { return next_; }

  /// handler(error_code), which may be called at once.
  template <class Token>
  auto async_handshake(Token&& token) {
    return boost::asio::async_compose<Token, void(error_code)>(
        [this](auto& self, error_code ec = {}) mutable {
          if (ec) return self.complete(ec);
          const Wait wait = shake(ec);
          if (wait != Wait::Nothing) return wait_for(wait, std::move(self));
          self.complete(ec);
        },
        token, next_);
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& space, Token&& token) {
    return async_op(std::forward<Token>(token), [this, to = first_of<boost::asio::mutable_buffer>(space)](std::size_t& n, error_code& ec) {
      return read(to.data(), to.size(), n, ec);
    });
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& bytes, Token&& token) {
    return async_op(std::forward<Token>(token), [this, bytes](std::size_t& n, error_code& ec) { return write_all(bytes, n, ec); });
  }

  /// What can be written now; would_block when that is nothing. Call again with the rest of the same bytes.
  template <class Buffers>
  std::size_t write_some(const Buffers& bytes, error_code& ec) {
    std::size_t n = 0;
    ec = {};
    if (write_all(bytes, n, ec) != Wait::Nothing && n == 0) ec = boost::asio::error::would_block;
    return n;
  }

  void non_blocking(bool on, error_code& ec) { next_.non_blocking(on, ec); }
  template <class Option>
  void set_option(const Option& o, error_code& ec) { next_.set_option(o, ec); }
  /// What is known to be unread, here or below.
  std::size_t available(error_code& ec) const;
  /// Says goodbye, as far as it can be said now, and ends this side.
  void shutdown(tcp::socket::shutdown_type how, error_code& ec);
  void close(error_code& ec);
  /// Whether the handshake failed because the other side does not speak TLS, but HTTP.
  bool spoken_to_in_plain() const noexcept { return plain_; }

 private:
  enum class Wait : std::uint8_t { Nothing, Read, Write };
  static constexpr std::size_t one_record = 16 * 1024;

  tcp::socket next_;
  OwnedSsl ssl_;
  std::string flat_;  // small buffers in a row go out as one record
  bool broken_ = false, plain_ = false;

  Wait shake(error_code& ec);
  Wait read(void* space, std::size_t size, std::size_t& n, error_code& ec);
  Wait write(const void* bytes, std::size_t size, std::size_t& n, error_code& ec);
  Wait meaning(int returned, error_code& ec);
  void say_goodbye() noexcept;

  template <class Handler>
  void wait_for(Wait what, Handler&& handler) {
    next_.async_wait(what == Wait::Write ? tcp::socket::wait_write : tcp::socket::wait_read, std::forward<Handler>(handler));
  }

  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& all) {
    for (auto at = boost::asio::buffer_sequence_begin(all); at != boost::asio::buffer_sequence_end(all); ++at)
      if (Buffer b(*at); b.size() != 0) return b;
    return {};
  }

  /// All that goes; `n` counts it. A retry has the same bytes in the same places, as TLS demands of what it has begun.
  template <class Buffers>
  Wait write_all(const Buffers& bytes, std::size_t& n, error_code& ec) {
    const std::size_t sum = boost::asio::buffer_size(bytes);
    const auto first = first_of<boost::asio::const_buffer>(bytes);
    if (first.size() < sum && sum <= one_record) {
      flat_.resize(sum);
      boost::asio::buffer_copy(boost::asio::buffer(flat_), bytes);
      return write(flat_.data(), sum, n, ec);
    }
    for (auto at = boost::asio::buffer_sequence_begin(bytes); at != boost::asio::buffer_sequence_end(bytes); ++at) {
      const boost::asio::const_buffer b(*at);
      std::size_t done = 0;
      const Wait wait = b.size() != 0 ? write(b.data(), b.size(), done, ec) : Wait::Nothing;
      n += done;
      if (wait != Wait::Nothing || ec) return wait;
    }
    return Wait::Nothing;
  }

  /// handler(error_code, size_t). `step` does what it can, and says what it waits for when that is nothing.
  template <class Token, class Step>
  auto async_op(Token&& token, Step step) {
    enum class At : std::uint8_t { Begin, Waited, Done };
    return boost::asio::async_compose<Token, void(error_code, std::size_t)>(
        [this, step = std::move(step), at = At::Begin, n = std::size_t{0}, how = error_code{}](auto& self, error_code ec = {}) mutable {
          if (at == At::Done) return self.complete(how, n);
          if (ec) return self.complete(ec, 0);
          const Wait wait = step(n, how);
          if (wait != Wait::Nothing && n == 0) {
            at = At::Waited;
            return wait_for(wait, std::move(self));
          }
          if (at == At::Waited) return self.complete(how, n);
          at = At::Done;  // nobody is called from within the call that he made
          boost::asio::post(next_.get_executor(), std::move(self));
        },
        token, next_);
  }
};

}  // namespace bowline::edge
