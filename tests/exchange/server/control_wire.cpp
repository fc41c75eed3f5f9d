// The control port's connections. With tls_wire.cpp the only unit that includes Beast.
#include "exchange/server/http_wire.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "exchange/server/control.hpp"
#include "exchange/server/reply_text.hpp"
#include "exchange/server/wires.hpp"

namespace bowline::exchange {
namespace {

using namespace http_wire;
using tcp = asio::ip::tcp;

class Control final : public ControlWire {
 public:
  Control(Hub& hub, std::uint16_t port) : hub_(hub), acceptor_(hub.io(), {asio::ip::address_v4::loopback(), port}) {
    hub_.on_stop([this] {
      error_code ec;
      acceptor_.close(ec);
    });
    asio::co_spawn(hub_.io(), accept(), asio::detached);
  }
  std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

 private:
  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      error_code ec;
      tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
      if (!ec) {
        asio::co_spawn(hub_.io(), serve(std::move(socket)), asio::detached);
      } else if (acceptor_.is_open()) {  // out of descriptors, as a rule: some come back
        asio::steady_timer pause(hub_.io(), std::chrono::milliseconds(50));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ec));
      }
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    beast::flat_buffer buffer;
    std::optional<Parser> parser;
    for (bool go_on = true; go_on;) {
      const Came came = co_await read_request(socket, buffer, parser);
      if (came.status == 0) co_return;
      go_on = came.status == 200 && came.keep_alive;
      ControlAnswer answer{{came.status, {}, "{\"error\":\"CONTROL_INVALID\",\"message\":\"that is no request\"}", {}}};
      if (came.status == 200) {
        const WebRequest request = request_of(*parser);
        answer = hub_.ask([&](Venue& v) { return control(v, request, wall_ns()); });
      }
      if (answer.then == ControlAnswer::Then::kill) hub_.act(answer.then);
      const std::string text = reply_text(answer.reply, go_on);
      error_code ec;
      co_await asio::async_write(socket, asio::buffer(text), asio::redirect_error(asio::use_awaitable, ec));
      hub_.act(answer.then);
      if (ec) co_return;
    }
  }

  Hub& hub_;
  tcp::acceptor acceptor_;
};

}  // namespace

Result<std::unique_ptr<ControlWire>> ControlWire::open(Hub& hub, std::uint16_t port) {
  try {
    return std::unique_ptr<ControlWire>(std::make_unique<Control>(hub, port));
  } catch (const boost::system::system_error& e) {
    return Error{"LISTEN_FAILED", "127.0.0.1:" + std::to_string(port) + " can't be listened on: " + e.code().message()};
  }
}

}  // namespace bowline::exchange
