#include "edge/ws_lines.hpp"

#include <openssl/evp.h>

#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "paced_rig.hpp"

using namespace edge_test;
using What = WsNews::What;

namespace {

/// The server's half of RFC 6455, as far as a test says.
class WsPeer {
 public:
  explicit WsPeer(Peer& p) : p_(p) {}
  /// Answers the upgrade; its request.
  std::string shake() {
    const std::string q = p_.request();
    const auto at = q.find("Sec-WebSocket-Key: ");
    if (at == std::string::npos) return {};
    const std::string text = q.substr(at + 19, q.find('\r', at) - at - 19) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char hash[EVP_MAX_MD_SIZE], coded[64];
    unsigned n = 0;
    EVP_Digest(text.data(), text.size(), hash, &n, EVP_sha1(), nullptr);
    EVP_EncodeBlock(coded, hash, static_cast<int>(n));
    p_.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
            std::string(reinterpret_cast<char*>(coded)) + "\r\n\r\n");
    return q;
  }
  bool send(std::string_view data, int opcode = 1, bool last = true) {
    std::string f;
    f += static_cast<char>((last ? 0x80 : 0) | opcode);
    if (data.size() < 126) f += static_cast<char>(data.size());
    else if (data.size() < 65536) f += '\x7e', f += static_cast<char>(data.size() >> 8), f += static_cast<char>(data.size());
    else {
      f += '\x7f';
      for (int i = 7; i >= 0; --i) f += static_cast<char>(data.size() >> (8 * i));
    }
    return p_.send(f) && p_.send(data);
  }
  struct Frame {
    int opcode = -1;  // -1: the end
    std::string data;
  };
  Frame read() {
    Frame f;
    unsigned char head[2];
    if (!whole(head, 2)) return f;
    std::uint64_t n = head[1] & 0x7f;
    const int more = n == 126 ? 2 : n == 127 ? 8 : 0;
    unsigned char length[8];
    if (more != 0) {
      if (!whole(length, more)) return f;
      n = 0;
      for (int i = 0; i < more; ++i) n = n << 8 | length[i];
    }
    unsigned char mask[4];
    if ((head[1] & 0x80) == 0 || !whole(mask, 4)) return f;
    f.data.resize(n);
    if (n != 0 && !whole(reinterpret_cast<unsigned char*>(f.data.data()), static_cast<int>(n))) return f;
    for (std::size_t i = 0; i < n; ++i) f.data[i] = static_cast<char>(f.data[i] ^ mask[i % 4]);
    f.opcode = head[0] & 0x0f;
    return f;
  }

 private:
  Peer& p_;
  bool whole(unsigned char* to, int n) {
    for (int got = 0; got < n;) {
      const int k = SSL_read(p_.ssl(), to + got, n - got);
      if (k <= 0) return false;
      got += k;
    }
    return true;
  }
};

struct WsRig {
  Shifted time;
  IoThread io;
  Slot<WsNews> got;
  std::optional<WsLines> lines;

  explicit WsRig(const std::string& ca_file, WsLinesOptions o = {}) {
    o.ca_file = ca_file;
    o.clocks = time.clocks();
    lines.emplace(io, std::move(o), [this](WsNews n) { got.put(std::move(n)); });
  }
  WsNews next() {
    auto n = got.take();
    if (!n) throw std::runtime_error("nothing was heard");
    return std::move(*n);
  }
  void open(const TlsServer& server, std::uint64_t conn = 1, std::uint64_t max_frame = 0) {
    const auto done = lines->open(conn, wss(server), "X-Who: me\r\n", max_frame);
    if (!done) throw std::runtime_error(done.error().message);
  }
  static std::string wss(const TlsServer& server, std::string_view host = "localhost") {
    return "wss://" + std::string(host) + ":" + std::to_string(server.port()) + "/feed?x=1";
  }
  std::string refusal(std::uint64_t conn, const std::string& url, const std::string& headers = {}, std::uint64_t max_frame = 0) {
    const auto done = lines->open(conn, url, headers, max_frame);
    return done ? "accepted" : done.error().code;
  }
};

WsLinesOptions quick() {
  WsLinesOptions o;
  o.ping_ns = 300'000'000;
  return o;
}

}  // namespace

TEST_CASE("a line is opened, written, heard and closed") {
  Authority ca;
  Slot<std::string> requests;
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    WsPeer w(p);
    requests.put(w.shake());
    for (WsPeer::Frame f; (f = w.read()).opcode != -1;) {
      w.send(f.opcode == 8 ? f.data : "you said " + f.data, f.opcode);
      if (f.opcode == 8) return p.close();
    }
  });
  WsRig t(ca.file());
  CHECK(t.lines->send(1, "too early").error().code == "EDGE_NOT_OPEN");
  t.open(server);
  CHECK(t.next().what == What::open);
  const std::string q = *requests.take();
  CHECK(q.starts_with("GET /feed?x=1 HTTP/1.1\r\n"));
  CHECK(q.find("X-Who: me\r\n") != std::string::npos);
  CHECK(q.find("permessage-deflate") == std::string::npos);
  for (int i = 0; i < 100; ++i) REQUIRE(t.lines->send(1, std::to_string(i)));
  for (int i = 0; i < 100; ++i) {
    const auto n = t.next();
    CHECK(n.what == What::text);
    CHECK(n.conn == 1);
    CHECK(n.data == "you said " + std::to_string(i));
    CHECK(std::abs(n.received_ns - utc()) < 1'000'000'000);
  }
  CHECK(t.lines->close(1));
  const auto n = t.next();
  CHECK(n.what == What::closed);
  CHECK(n.data == "EDGE_CLOSED: closed by this side");
  CHECK_FALSE(t.lines->close(1));
  t.open(server);  // its number is free again
  CHECK(t.next().what == What::open);
}

TEST_CASE("a line to whoever cannot prove to be that host is not opened") {
  Authority ca, another;
  for (const auto& shown : {another.issue(), ca.issue("DNS:example.com"), ca.issue("DNS:localhost", -7200, -3600), make_certificate("DNS:localhost", nullptr)}) {
    TlsServer server(shown, [](Peer& p, int) { WsPeer(p).shake(); });
    WsRig t(ca.file());
    t.open(server);
    const auto n = t.next();
    CHECK(n.what == What::closed);
    CHECK_THAT(n.data, Catch::StartsWith("EDGE_TLS: "));
  }
}

TEST_CASE("nothing there, no WebSocket there, a handshake that hangs") {
  Authority ca;
  WsLinesOptions o;
  o.connect_ns = 300'000'000;
  std::string url;
  {
    TlsServer gone(ca.issue(), echo);
    url = WsRig::wss(gone);
  }
  WsRig t(ca.file(), o);
  REQUIRE(t.lines->open(1, url, {}, 0));
  CHECK_THAT(t.next().data, Catch::StartsWith("EDGE_CONNECT: "));
  TlsServer no(ca.issue(), [](Peer& p, int) {
    p.request();
    p.reply("not here", {}, "403 Forbidden");
    p.ended();
  });
  t.open(no);
  const auto refused = t.next();
  CHECK(refused.what == What::closed);
  CHECK_THAT(refused.data, Catch::StartsWith("EDGE_WS_REFUSED: "));
  CHECK(refused.data.find("403") != std::string::npos);
  TlsServer mute(ca.issue(), [](Peer& p, int) { p.ended(); });
  t.open(mute);
  CHECK_THAT(t.next().data, Catch::StartsWith("EDGE_CONNECT: "));
  TlsServer held(ca.issue(), echo);
  held.hold(true);
  t.open(held);
  CHECK(t.next().what == What::closed);
  t.open(held);
  CHECK(t.lines->close(1));  // before it was open
  CHECK(t.next().what == What::closed);
}

TEST_CASE("a refusal in chunks that comes byte by byte is one, too") {
  Authority ca;
  TlsServer server(ca.issue(), [](Peer& p, int number) {
    p.request();
    std::string refusal = "HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    if (number == 2) refusal += "X: 1\r\n";
    for (const char c : refusal + "\r\n") p.send({&c, 1});  // each is a record of its own
    p.ended();
  });
  WsRig t(ca.file());
  for (int i = 0; i < 2; ++i) {
    t.open(server);
    const auto n = t.next();
    CHECK(n.what == What::closed);
    CHECK_THAT(n.data, Catch::StartsWith("EDGE_WS_REFUSED: "));
    CHECK(n.data.find("503") != std::string::npos);
  }
}

TEST_CASE("frames of 64 MiB and of many parts arrive whole, one byte more does not") {
  Authority ca;
  const std::string big(64u << 20, 'z');
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    WsPeer w(p);
    w.shake();
    w.send(big);
    w.send("a", 1, false);
    for (int i = 0; i < 50; ++i) {
      w.send("b", 0, false);
      w.send("between", 9);
    }
    w.send("c", 0);
    w.send(big + "x");
    while (w.read().opcode != -1) {
    }
  });
  WsLinesOptions o;
  o.max_unread = 1u << 30;
  WsRig t(ca.file(), o);
  t.open(server);
  CHECK(t.next().what == What::open);
  CHECK(t.next().data == big);
  CHECK(t.next().data == "a" + std::string(50, 'b') + "c");
  const auto n = t.next();
  CHECK(n.what == What::closed);
  CHECK_THAT(n.data, Catch::StartsWith("EDGE_WS_FRAME: "));
}

TEST_CASE("a frame's limit is what open() asks for, up to the host's") {
  Authority ca;
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    WsPeer w(p);
    w.shake();
    w.send(std::string(1000, 'x'));
    w.send(std::string(1001, 'x'));
    while (w.read().opcode != -1) {
    }
  });
  WsLinesOptions o;
  o.max_frame = 5000;
  WsRig t(ca.file(), o);
  CHECK(t.refusal(1, WsRig::wss(server), {}, 5001) == "EDGE_BAD_REQUEST");
  t.open(server, 1, 1000);
  CHECK(t.next().what == What::open);
  CHECK(t.next().data.size() == 1000);
  CHECK_THAT(t.next().data, Catch::StartsWith("EDGE_WS_FRAME: "));
}

TEST_CASE("the other side's ping is answered, and its end is told") {
  Authority ca;
  Slot<WsPeer::Frame> frames, goodbyes;
  TlsServer server(ca.issue(), [&](Peer& p, int number) {
    WsPeer w(p);
    w.shake();
    w.send("are you there", 9);
    frames.put(w.read());
    if (number == 1) w.send(std::string("\x03\xe9", 2) + "bye", 8), goodbyes.put(w.read());
    else if (number == 2) p.cut();
    else if (number == 3) p.reset();
    else w.send("\xff\xfe no text", 1), w.read();
  });
  WsRig t(ca.file());
  const char* said[] = {"EDGE_CLOSED: the other side closed with 1001", "EDGE_CLOSED: the connection broke", "EDGE_CLOSED: the connection broke",
                        "EDGE_WS_FRAME: "};
  for (const char* words : said) {
    t.open(server);
    CHECK(t.next().what == What::open);
    const auto pong = frames.take();
    REQUIRE(pong);
    CHECK(pong->opcode == 10);
    CHECK(pong->data == "are you there");
    const auto n = t.next();
    CHECK(n.what == What::closed);
    CHECK_THAT(n.data, Catch::StartsWith(words));
  }
  CHECK(goodbyes.take()->opcode == 8);
}

TEST_CASE("a frame that is no text ends the line") {
  Authority ca;
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    WsPeer w(p);
    w.shake();
    w.send("binary", 2);
    for (WsPeer::Frame f; (f = w.read()).opcode != -1;)
      if (f.opcode == 8) w.send(f.data, 8);
  });
  WsRig t(ca.file());
  t.open(server);
  CHECK(t.next().what == What::open);
  CHECK(t.next().data == "EDGE_WS_FRAME: a frame that is no text");
}

TEST_CASE("a line whose other side breaks the protocol while goodbye is said comes to its end") {
  Authority ca;
  std::atomic<bool> over{false};
  TlsServer server(ca.issue(), [&](Peer& p, int number) {
    WsPeer w(p);
    w.shake();
    if (number == 1) {
      p.send(std::string("\x82\x01x\x83\x00", 5));  // a frame that is no text, and one that is none at all, in one record
    } else {
      p.send("\x81\x04hi");  // half a text
      for (int opcode = 0; opcode != 8 && opcode != -1;) opcode = w.read().opcode;
      p.send("\xff\xfe");  // its rest is no UTF-8
    }
    while (!over.load()) std::this_thread::sleep_for(5ms);
  });
  WsLinesOptions o;
  o.goodbye_ns = 100'000'000;
  WsRig t(ca.file(), o);
  const auto next = [&] {
    auto n = t.got.take();
    over.store(!n.has_value());
    REQUIRE(n);
    return *n;
  };
  t.open(server);
  CHECK(next().what == What::open);
  CHECK(next().data == "EDGE_WS_FRAME: a frame that is no text");
  t.open(server);  // its number is free again
  CHECK(next().what == What::open);
  CHECK(t.lines->close(1));
  CHECK(next().data == "EDGE_CLOSED: closed by this side");
  t.open(server);
  CHECK(next().what == What::open);
  over.store(true);
}

TEST_CASE("a quiet peer is asked, and one that answers stays") {
  Authority ca;
  std::atomic<int> pings{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    WsPeer w(p);
    w.shake();
    for (WsPeer::Frame f; (f = w.read()).opcode != -1;)
      if (f.opcode == 9) ++pings, w.send(f.data, 10);
  });
  WsRig t(ca.file(), quick());
  t.open(server);
  CHECK(t.next().what == What::open);
  REQUIRE(eventually([&] { return pings.load() >= 4; }));
  CHECK(t.got.size() == 0);
}

TEST_CASE("a peer that is gone without a word is found out") {
  Authority ca;
  std::atomic<bool> over{false};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    WsPeer w(p);
    w.shake();
    while (!over.load()) std::this_thread::sleep_for(5ms);  // reads nothing, answers nothing, and its socket stays open
  });
  WsRig t(ca.file(), quick());
  t.open(server);
  CHECK(t.next().what == What::open);
  CHECK(t.next().data == "EDGE_WS_SILENT: the other side answers no ping");
  over.store(true);
}

TEST_CASE("a peer that talks on and reads nothing is found out, and what waits to be sent is bounded") {
  Authority ca;
  std::atomic<bool> over{false};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    WsPeer w(p);
    w.shake();
    while (!over.load() && w.send("news")) std::this_thread::sleep_for(10ms);
  });
  auto o = quick();
  o.max_unsent = 16u << 20;
  WsRig t(ca.file(), o);
  t.open(server);
  CHECK(t.next().what == What::open);
  std::string refused;
  for (int i = 0; i < 30 && refused.empty(); ++i)
    if (const auto done = t.lines->send(1, std::string(1u << 20, 'x')); !done) refused = done.error().code;
  CHECK((refused == "EDGE_QUEUE_FULL" || refused.empty()));
  CHECK(t.lines->send(1, std::string(17u << 20, 'x')).error().code == "EDGE_QUEUE_FULL");
  WsNews n;
  do n = t.next();
  while (n.what == What::text);
  CHECK(n.data == "EDGE_WS_SILENT: the other side reads nothing");
  over.store(true);
}

TEST_CASE("what is not worked off is not read on, and nothing of it is lost") {
  Authority ca;
  std::atomic<int> sent{0};
  const std::string piece(100'000, 'p');
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    WsPeer w(p);
    w.shake();
    for (int i = 0; i < 300 && w.send(std::to_string(1000 + i) + piece); ++i) ++sent;
    w.read();
  });
  auto o = quick();  // its pings must not find a line dead that is only not read
  o.max_unread = 1'000'000;
  WsRig t(ca.file(), o);
  t.open(server);
  CHECK(t.next().what == What::open);
  REQUIRE(eventually([&] { return t.got.size() == 10; }));
  std::this_thread::sleep_for(1s);
  CHECK(t.got.size() == 10);
  CHECK(sent.load() < 300);
  for (int i = 0; i < 300; ++i) {
    const auto n = t.next();
    REQUIRE(n.what == What::text);
    CHECK(n.data.substr(0, 4) == std::to_string(1000 + i));
    t.lines->consumed(1, n.data.size());
  }
}

TEST_CASE("what cannot be opened is refused at once") {
  WsLinesOptions o;
  o.connections = 2;
  o.connect_ns = 100'000'000;
  WsRig t("", o);
  CHECK(t.refusal(1, "https://localhost/") == "EDGE_BAD_URL");
  CHECK(t.refusal(1, "ws://example.com/") == "EDGE_BAD_URL");
  CHECK(t.refusal(1, "wss://localhost/", "Sec-WebSocket-Key: mine") == "EDGE_BAD_REQUEST");
  CHECK(t.refusal(1, "wss://localhost/", "X: a\rb") == "EDGE_BAD_REQUEST");
  CHECK(t.lines->send(1, "x").error().code == "EDGE_NOT_OPEN");
  Authority ca;
  TlsServer server(ca.issue(), echo);
  server.hold(true);
  CHECK(t.refusal(1, WsRig::wss(server)) == "accepted");
  CHECK(t.refusal(1, WsRig::wss(server)) == "EDGE_BAD_REQUEST");
  CHECK(t.refusal(2, WsRig::wss(server)) == "accepted");
  CHECK(t.refusal(3, WsRig::wss(server)) == "EDGE_QUEUE_FULL");
  t.lines->close_all();
  CHECK(t.refusal(1, WsRig::wss(server)) == "EDGE_CLOSED");
  CHECK(t.got.size() == 2);
}

TEST_CASE("at the end every line is told to be closed, once") {
  Authority ca;
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    WsPeer w(p);
    w.shake();
    while (w.send(std::string(1000, 'x'))) {
    }
  });
  WsRig t(ca.file());
  for (std::uint64_t i = 1; i <= 8; ++i) t.open(server, i);
  for (int i = 0; i < 3; ++i) t.next();
  t.lines->close(3);
  t.lines->close_all();
  const std::size_t heard = t.got.size();
  std::map<std::uint64_t, int> closed;
  for (std::size_t i = 0; i < heard; ++i) {
    const auto n = t.next();
    CHECK(closed[n.conn] == 0);  // nothing after it
    closed[n.conn] += n.what == What::closed ? 1 : 0;
  }
  CHECK(closed.size() == 8);
  for (const auto& [conn, n] : closed) CHECK(n == 1);
  std::this_thread::sleep_for(20ms);
  CHECK(t.got.size() == 0);
}

TEST_CASE("goodbye does not wait for a peer that says none") {
  Authority ca;
  std::atomic<bool> over{false};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    WsPeer(p).shake();
    while (!over.load()) std::this_thread::sleep_for(5ms);
  });
  WsLinesOptions o;
  o.goodbye_ns = 100'000'000;
  WsRig t(ca.file(), o);
  t.open(server);
  CHECK(t.next().what == What::open);
  t.lines->close(1);
  CHECK(t.next().what == What::closed);  // while the peer is still there
  over.store(true);
}

TEST_CASE("a name that is looked up for ever keeps neither its number nor its place") {
  WsLinesOptions o;
  o.connections = 1;
  o.connect_ns = 100'000'000;
  std::vector<std::function<void(std::vector<Address>)>> unanswered;
  o.lookup = [&](const std::string&, const std::string&, const auto& found) { unanswered.push_back(found); };
  WsRig t("", o);
  CHECK(t.refusal(1, "wss://elsewhere.example/") == "accepted");
  CHECK_THAT(t.next().data, Catch::StartsWith("EDGE_CONNECT: "));
  CHECK(t.refusal(1, "wss://elsewhere.example/") == "accepted");
  CHECK(t.lines->close(1));
  CHECK(t.next().data == "EDGE_CLOSED: closed by this side");
  CHECK(t.refusal(2, "wss://elsewhere.example/") == "accepted");
  CHECK(t.next().what == What::closed);
  t.lines->close_all();
}
