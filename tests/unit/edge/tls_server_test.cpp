// The server over TLS: with clients that keep to the protocol, and with those that do not.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <filesystem>
#include <fstream>

#include "edge/http_client.hpp"
#include "edge/tls_identity.hpp"
#include "edge/ws_client.hpp"
#include "fixture.hpp"
#include "raw_socket.hpp"
#include "tls_peer.hpp"

using namespace edge_test;

namespace {

std::string pem_of(EVP_PKEY* key, const char* password = nullptr) {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key, password != nullptr ? EVP_aes_128_cbc() : nullptr, nullptr, 0, nullptr, const_cast<char*>(password));
  char* text = nullptr;
  const long n = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(n));
  BIO_free(out);
  return pem;
}

std::string pem_of(X509* certificate) {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate);
  char* text = nullptr;
  const long n = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(n));
  BIO_free(out);
  return pem;
}

/// A certificate's file and its key, as a configuration names them.
struct Files {
  std::filesystem::path folder;
  std::mutex lock;
  std::string key;  // under lock: the I/O thread reads it
  Files() {
    char name[] = "/tmp/bowline_tls_XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("no folder");
    folder = name;
  }
  ~Files() { std::filesystem::remove_all(folder); }
  std::string certificate() const { return folder / "host.pem"; }
  void put(const Certificate& c) {
    give(pem_of(c.key.get()));
    write(pem_of(c.x509.get()));
  }
  void give(std::string text) {
    const std::scoped_lock hold(lock);
    key = std::move(text);
  }
  void write(const std::string& text) const {  // as a tool does that replaces a file: another one in its place
    std::ofstream(certificate() + ".new") << text;
    std::filesystem::rename(certificate() + ".new", certificate());
  }
  TlsFiles asked() {
    return {certificate(), [this](const std::function<void(std::string_view)>& take) -> bowline::Result<void> {
              const std::scoped_lock hold(lock);
              take(key);
              return {};
            }};
  }
};

struct TlsTestServer : TestServer {
  Authority authority;
  Files files;
  Slot<std::string> problems;
  std::shared_ptr<TlsIdentity> identity;
  Slot<std::uint16_t> closed;

  explicit TlsTestServer(ServerOptions options = {}, const Certificate* certificate = nullptr) {
    files.put(certificate != nullptr ? *certificate : authority.issue());
    auto made = TlsIdentity::make(files.asked());
    REQUIRE(made.ok());
    options.tls = identity = *made;
    options.on_problem = [this](std::string_view code, std::string_view, std::string_view) { problems.put(std::string(code)); };
    router->add_ws(doc(Method::Get, "/stream", "stream"), {.on_open = [this](std::shared_ptr<WsSession> s, const Request&) {
                     s->on_message([weak = std::weak_ptr(s)](std::string_view text) {
                       if (const auto me = weak.lock()) me->send(std::make_shared<const std::string>("echo " + std::string(text)));
                     });
                     s->on_close([this](std::uint16_t code) { closed.put(code); });
                   }});
    start(std::move(options));
  }
  std::string url(const std::string& target, const char* scheme = "https", const char* host = "localhost") const {
    return std::string(scheme) + "://" + host + ":" + std::to_string(server->port()) + target;
  }
};

/// A TLS client that sends exactly the bytes it is told to; blocking, with ten seconds for each read.
class TlsClient {
 public:
  TlsClient(std::uint16_t port, int version = 0, int receive_buffer = 0) : socket_(port, receive_buffer), context_(SSL_CTX_new(TLS_client_method())) {
    const timeval limit{10, 0};
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (version != 0) {
      SSL_CTX_set_min_proto_version(context_, version);
      SSL_CTX_set_max_proto_version(context_, version);
    }
    if (version != 0 && version < TLS1_2_VERSION) SSL_CTX_set_security_level(context_, 0);  // old ones are offered at all
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_.fd());
    good_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ERR_clear_error();
  }
  bool good() const { return good_; }
  std::string version() const { return SSL_get_version(ssl_); }
  bool send(std::string_view bytes) { return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size()); }
  bool read_some() {
    char buffer[65536];
    const int n = SSL_read(ssl_, buffer, sizeof buffer);
    if (n <= 0) {
      said_goodbye_ = SSL_get_error(ssl_, n) == SSL_ERROR_ZERO_RETURN;
      return false;
    }
    in_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  std::string read_answer() {
    for (;;) {
      const auto end = in_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const auto at = in_.find("Content-Length: ");
        const std::size_t body = at == std::string::npos || at > end ? 0 : std::strtoul(in_.c_str() + at + 16, nullptr, 10);
        if (in_.size() >= end + 4 + body) {
          auto answer = in_.substr(0, end + 4 + body);
          in_.erase(0, end + 4 + body);
          return answer;
        }
      }
      if (!read_some()) return std::exchange(in_, {});
    }
  }
  std::string read_to_end() {
    while (read_some()) {
    }
    return std::exchange(in_, {});
  }
  bool said_goodbye() const { return said_goodbye_; }
  std::string exchange(std::string_view request) {
    send(request);
    return read_answer();
  }
  long serial() const {
    X509* c = SSL_get1_peer_certificate(ssl_);
    const long n = ASN1_INTEGER_get(X509_get_serialNumber(c));
    X509_free(c);
    return n;
  }
  RawSocket& socket() { return socket_; }

 private:
  RawSocket socket_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  std::string in_;
  bool good_ = false, said_goodbye_ = false;
};

long serial_of(const Certificate& c) { return ASN1_INTEGER_get(X509_get_serialNumber(c.x509.get())); }

/// Milliseconds until the other side has closed; -1: not within ten seconds.
long ended_after(RawSocket& s) {
  const auto begun = std::chrono::steady_clock::now();
  if (!s.ended()) return -1;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace

TEST_CASE("TLS 1.2 and 1.3 are spoken, and nothing older; requests, bodies and large answers are as over plain HTTP") {
  TlsTestServer t;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient c(t.server->port(), version);
    REQUIRE(c.good());
    INFO(c.version());
    CHECK(status_of(c.exchange(get("/hello"))) == 200);
    CHECK(body_of(c.exchange(post("/echo", "said"))) == "said");
    const std::string large(200'000, 'l');
    CHECK(body_of(c.exchange(post("/echo", large))) == large);
    c.send(get("/hello") + get("/orders/7") + post("/echo", "third"));  // one record, three requests
    CHECK(body_of(c.read_answer()) == R"({"hello":1})");
    CHECK(body_of(c.read_answer()) == "7");
    CHECK(body_of(c.read_answer()) == "third");
    CHECK(body_of(c.exchange(get("/big"))) == std::string(8'000'000, 'x'));
    for (const char one : get("/hello")) REQUIRE(c.send(std::string_view(&one, 1)));  // a record for each byte
    CHECK(status_of(c.read_answer()) == 200);
    c.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(status_of(c.read_to_end()) == 200);
    CHECK(c.said_goodbye());
  }
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) CHECK_FALSE(TlsClient(t.server->port(), version).good());
  CHECK(t.wait_stats([](const ServerStats& s) { return s.tls_failed == 2 && s.open_connections == 0; }));
}

TEST_CASE("a client of our own trusts the authority or the certificate itself, and no other; an expired one and another name are refused") {
  TlsTestServer t;
  const auto reaches = [](TlsTestServer& s, const std::string& ca, const char* host = "localhost") {
    HttpClient client(s.io, {.ca_file = ca});
    const HttpReply r = client.fetch({.url = s.url("/hello", "https", host)});
    if (!r.complete()) CHECK(r.error.code == "EDGE_TLS");
    return r.complete() && r.status == 200;
  };
  CHECK(reaches(t, t.authority.file()));
  CHECK(reaches(t, t.authority.file(), "127.0.0.1"));
  CHECK(reaches(t, t.files.certificate()));  // as bowline-panic does with a run's own configuration
  CHECK_FALSE(reaches(t, ""));
  const Authority other;
  CHECK_FALSE(reaches(t, other.file()));
  {
    const Certificate old = t.authority.issue("DNS:localhost,IP:127.0.0.1", -7200, -3600);
    TlsTestServer expired({}, &old);
    CHECK_FALSE(reaches(expired, t.authority.file()));
    CHECK_FALSE(reaches(expired, expired.files.certificate()));
    CHECK(expired.problems.take() == "EDGE_TLS_EXPIRED");
  }
  const Certificate elsewhere = t.authority.issue("DNS:trader.example");
  TlsTestServer named({}, &elsewhere);
  CHECK_FALSE(reaches(named, t.authority.file()));
}

TEST_CASE("a handshake that does not go on holds its place no longer than the headers may take") {
  ServerOptions o;
  o.header_timeout = 300ms;
  TlsTestServer t(o);
  RawSocket mute(t.server->port()), half(t.server->port()), slow(t.server->port());
  half.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));  // the beginning of a ClientHello, and no more
  CHECK(t.wait_stats([](const ServerStats& s) { return s.open_connections == 3; }));
  // Byte by byte: what comes does not renew the limit.
  const std::string hello = std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(500, 'a');
  std::size_t sent = 0;
  const auto begun = std::chrono::steady_clock::now();
  while (sent < hello.size() && slow.send(hello.substr(sent, 1))) {
    ++sent;
    std::this_thread::sleep_for(20ms);
  }
  CHECK(sent < hello.size());
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  CHECK(ended_after(mute) >= 0);
  CHECK(ended_after(half) >= 0);
  CHECK(t.wait_stats([](const ServerStats& s) { return s.open_connections == 0 && s.timeouts == 3; }));
  TlsClient next(t.server->port());
  CHECK(status_of(next.exchange(get("/hello"))) == 200);
}

TEST_CASE("over TLS, too, slow headers and bodies are 408, and a reader that does not read is cut off") {
  ServerOptions o;
  o.header_timeout = o.body_timeout = 300ms;
  o.write_timeout = 300ms;
  TlsTestServer t(o);
  TlsClient header(t.server->port()), body(t.server->port());
  body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
  for (const char c : std::string("GET /hello HTTP/1.1\r\nX-Slow: 1111111111111")) {
    if (!header.send(std::string_view(&c, 1))) break;
    std::this_thread::sleep_for(20ms);
  }
  CHECK(status_of(header.read_to_end()) == 408);
  CHECK(status_of(body.read_to_end()) == 408);
  TlsClient lazy(t.server->port(), 0, 4096);
  lazy.send(get("/big"));
  CHECK(t.wait_stats([](const ServerStats& s) { return s.open_connections == 0; }));
  CHECK(lazy.read_to_end().size() < 8'000'000);
}

TEST_CASE("what is no TLS is told so where it is HTTP, and else ended") {
  TlsTestServer t;
  RawSocket plain(t.server->port());
  plain.send(get("/hello"));
  const auto a = plain.read_to_end();
  CHECK(status_of(a) == 400);
  CHECK(nlohmann::json::parse(body_of(a)).at("error").at("code") == "HTTP_NOT_TLS");
  for (const std::string& bytes : {std::string(64, '\0'), std::string("\x16\x03\x01\xff\xff\x01\xff\xff\xff", 9) + std::string(20'000, 'x'), std::string("\x15\x03\x03\x00\x02\x02\x28", 7),
                                   std::string("\x17\x03\x03\x00\x05hello", 10), std::string(100'000, '\xff')}) {
    RawSocket s(t.server->port());
    s.send(bytes);
    CHECK(ended_after(s) >= 0);
  }
  RawSocket(t.server->port()).close();  // and one that only looked
  CHECK(t.wait_stats([](const ServerStats& s) { return s.open_connections == 0 && s.tls_failed >= 6; }));
  TlsClient next(t.server->port());
  CHECK(status_of(next.exchange(get("/hello"))) == 200);
}

TEST_CASE("bad input over TLS is what it is without") {
  TlsTestServer t;
  struct One {
    std::string bytes;
    int status;
    const char* code;
  };
  for (const One& one : {One{"hello\r\n\r\n", 400, "HTTP_MALFORMED"}, One{"GET /hello HTTP/1.1\r\n\r\n", 400, "HTTP_MALFORMED"},
                         One{"\x16\x03\x01\x02", 400, "HTTP_MALFORMED"},
                         One{"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "HTTP_MALFORMED"},
                         One{"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413, "HTTP_BODY_TOO_LARGE"},
                         One{"GET /hello HTTP/1.1\r\nHost: x\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n", 431, "HTTP_HEADER_TOO_LARGE"}}) {
    TlsClient c(t.server->port());
    INFO(one.bytes.substr(0, 60));
    c.send(one.bytes);
    const auto a = c.read_to_end();
    CHECK(status_of(a) == one.status);
    CHECK(nlohmann::json::parse(body_of(a)).at("error").at("code") == one.code);
    CHECK(c.said_goodbye());
  }
  TlsClient torn(t.server->port());
  torn.send("GET /hello HTT");
  torn.socket().close();  // without goodbye, in the middle of a request
  TlsClient scribbled(t.server->port());
  scribbled.socket().send(std::string(1000, 'g'));  // between its records
  CHECK(scribbled.read_to_end().empty());
  CHECK(t.wait_stats([](const ServerStats& s) { return s.open_connections == 0; }));
}

TEST_CASE("a WebSocket over TLS: messages both ways, large ones, goodbye, and a service that stops") {
  TlsTestServer t;
  Slot<std::string> heard, down;
  WsClient client(t.io, {.url = t.url("/stream", "wss"), .ca_file = t.authority.file()},
                  {.on_open = [&] { heard.put("open"); }, .on_text = [&](std::string_view s) { heard.put(std::string(s)); }, .on_down = [&](const bowline::Error& e) { down.put(e.code); }});
  client.start();
  REQUIRE(heard.take() == "open");
  REQUIRE(client.send("a"));
  CHECK(heard.take() == "echo a");
  const std::string large(900'000, 'L');
  REQUIRE(client.send(large));
  const auto back = heard.take();
  REQUIRE(back);
  CHECK(back->size() == large.size() + 5);
  for (int i = 0; i < 200; ++i) REQUIRE(client.send("m" + std::to_string(i)));
  for (int i = 0; i < 200; ++i) CHECK(heard.take() == "echo m" + std::to_string(i));
  client.stop();
  CHECK(t.closed.take() == ws_normal);
  CHECK(t.wait_stats([](const ServerStats& s) { return s.open_connections == 0 && s.ws_open == 0; }));
  WsClient second(t.io, {.url = t.url("/stream", "wss"), .backoff_min = 10s, .ca_file = t.authority.file()},
                  {.on_open = [&] { heard.put("open"); }, .on_down = [&](const bowline::Error& e) { down.put(e.code); }});
  second.start();
  REQUIRE(heard.take() == "open");
  CHECK(t.server->drain(5s));
  CHECK(down.take());
  CHECK(t.closed.take() == ws_going_away);
  second.stop();
}

TEST_CASE("a WebSocket over TLS that is cut, or whose reader is slow, leaves nothing behind") {
  ServerOptions o;
  o.ws_max_queued_bytes = 200'000;
  o.write_timeout = 300ms;
  TlsTestServer t(o);
  const std::string upgrade = "GET /stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  {
    TlsClient c(t.server->port());
    REQUIRE(status_of(c.exchange(upgrade)) == 101);
    c.socket().close();
    CHECK(t.closed.take());
  }
  {
    TlsClient c(t.server->port());
    REQUIRE(status_of(c.exchange(upgrade)) == 101);
    c.socket().send("\xff\xff\xff\xff not a record");
    CHECK(t.closed.take());
  }
  t.server->stop();
  CHECK(t.server->stats().open_connections == 0);
}

TEST_CASE("the certificate is read anew when its file changes, and what is connected stays; one that does not fit is not taken") {
  TlsTestServer t;
  const Certificate second = t.authority.issue();
  TlsClient first(t.server->port());
  REQUIRE(first.good());
  const long before = first.serial();
  const auto serial_now = [&] { return TlsClient(t.server->port()).serial(); };
  t.files.write("no certificate");
  CHECK(t.problems.take() == "EDGE_TLS_CERTIFICATE");
  CHECK(serial_now() == before);
  t.files.write(pem_of(second.x509.get()));  // its key has not come yet
  CHECK(t.problems.take() == "EDGE_TLS_KEY");
  CHECK(serial_now() == before);
  t.files.give(pem_of(second.key.get()));
  CHECK(t.problems.take() == "EDGE_TLS_RENEWED");
  CHECK(serial_now() == serial_of(second));
  CHECK(status_of(first.exchange(get("/hello"))) == 200);
}

TEST_CASE("a certificate or key that cannot be used is one clear error, and no key's text is in it") {
  const Authority authority;
  Files f;
  const auto code = [&] {
    const auto made = TlsIdentity::make(f.asked());
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().message.find("BEGIN") == std::string::npos);
    return made.error().code;
  };
  CHECK(code() == "EDGE_TLS_CERTIFICATE");  // no file
  f.write("");
  CHECK(code() == "EDGE_TLS_CERTIFICATE");
  const Certificate own = authority.issue(), other = authority.issue();
  f.put(own);
  f.write(pem_of(own.x509.get()).substr(0, 300));
  CHECK(code() == "EDGE_TLS_CERTIFICATE");
  f.put(own);
  f.give(pem_of(other.key.get()));
  CHECK(code() == "EDGE_TLS_KEY");
  for (const std::string& key : {std::string(), std::string("word"), pem_of(own.x509.get()), pem_of(own.key.get()).substr(0, 100), pem_of(own.key.get(), "password"), std::string(2'000'000, 'k')}) {
    f.give(key);
    CHECK(code() == "EDGE_TLS_KEY");
  }
  auto none = f.asked();
  none.key = [](const std::function<void(std::string_view)>&) -> bowline::Result<void> { return bowline::Error{"SECRET_MISSING", "gone"}; };
  CHECK(TlsIdentity::make(std::move(none)).error().code == "SECRET_MISSING");
  f.give(pem_of(own.key.get()));
  CHECK(TlsIdentity::make(f.asked()).ok());
}

TEST_CASE("tokens and TLS together: who is not let in is told so over TLS, and who is, is known") {
  AccessTokens tokens;
  tokens.set(Scope::Emergency, std::string(40, 'e'));
  ServerOptions o;
  o.access = std::make_shared<AccessCheck>(tokens);
  TlsTestServer t(o);
  HttpClient client(t.io, {.ca_file = t.authority.file()});
  CHECK(client.fetch({.url = t.url("/hello")}).status == 401);
  CHECK(client.fetch({.url = t.url("/hello"), .headers = {{"Authorization", "Bearer " + std::string(40, 'e')}}}).status == 200);
}
