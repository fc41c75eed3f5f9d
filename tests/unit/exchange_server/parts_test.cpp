// The venue's authority, its API keys, its limits, and the bytes of its answers.
#include <catch2/catch.hpp>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <memory>

#include "exchange/server/api_key.hpp"
#include "exchange/server/authority.hpp"
#include "exchange/server/files.hpp"
#include "exchange/server/rate_gate.hpp"
#include "exchange/server/reply_text.hpp"
#include "unit/exchange_server/folder.hpp"

using namespace bowline::exchange;

namespace {

constexpr std::int64_t second = 1'000'000'000, start_s = 1'790'000'000;

std::shared_ptr<X509> certificate(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  std::shared_ptr<X509> x(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), X509_free);
  BIO_free(bio);
  REQUIRE(x);
  return x;
}
/// What OpenSSL says of the server's certificate, for who trusts the authority and looks for `name` then.
int verdict(const Identity& i, const char* name, std::int64_t at_s) {
  const auto authority = certificate(i.authority_pem), server = certificate(i.certificate_pem);
  std::shared_ptr<X509_STORE> store(X509_STORE_new(), X509_STORE_free);
  X509_STORE_add_cert(store.get(), authority.get());
  std::shared_ptr<X509_STORE_CTX> ctx(X509_STORE_CTX_new(), X509_STORE_CTX_free);
  X509_STORE_CTX_init(ctx.get(), store.get(), server.get(), nullptr);
  X509_VERIFY_PARAM* const want = X509_STORE_CTX_get0_param(ctx.get());
  X509_VERIFY_PARAM_set_time(want, at_s);
  X509_VERIFY_PARAM_set_purpose(want, X509_PURPOSE_SSL_SERVER);
  if (X509_VERIFY_PARAM_set1_ip_asc(want, name) != 1) X509_VERIFY_PARAM_set1_host(want, name, 0);
  X509_verify_cert(ctx.get());
  return X509_STORE_CTX_get_error(ctx.get());
}

}  // namespace

TEST_CASE("a certificate is good for the venue's names, and for no other") {
  const auto i = make_identity({"venue.test", "10.1.2.3"}, CertificateFault::none, start_s);
  REQUIRE(i.ok());
  for (const char* name : {"localhost", "127.0.0.1", "::1", "venue.test", "10.1.2.3"}) CHECK(verdict(*i, name, start_s) == X509_V_OK);
  CHECK(verdict(*i, "api.coinbase.com", start_s) == X509_V_ERR_HOSTNAME_MISMATCH);
  CHECK(verdict(*i, "localhost", start_s + 31 * 86'400) == X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_CASE("a certificate has the fault that was asked for") {
  CHECK(verdict(*make_identity({}, CertificateFault::expired, start_s), "localhost", start_s) == X509_V_ERR_CERT_HAS_EXPIRED);
  CHECK(verdict(*make_identity({}, CertificateFault::wrong_name, start_s), "localhost", start_s) == X509_V_ERR_HOSTNAME_MISMATCH);
  const int other = verdict(*make_identity({}, CertificateFault::other_authority, start_s), "localhost", start_s);
  CHECK((other == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || other == X509_V_ERR_CERT_SIGNATURE_FAILURE));
  const auto one = make_identity({}, CertificateFault::none, start_s), two = make_identity({}, CertificateFault::none, start_s);
  CHECK(verdict({two->authority_pem, one->certificate_pem, ""}, "localhost", start_s) != X509_V_OK);
}

TEST_CASE("what is no name is refused, whatever it would mean to OpenSSL") {
  for (const char* bad : {"", "a b", "x,IP:1.2.3.4", "DNS:x", "a\nb"}) {
    const auto i = make_identity({bad}, CertificateFault::none, start_s);
    REQUIRE_FALSE(i.ok());
    CHECK(i.error().code == "CERTIFICATE_NAME");
  }
}

TEST_CASE("an API key is made once, and read again") {
  const server_test::Folder dir;
  for (const KeyKind kind : {KeyKind::p256, KeyKind::ed25519}) {
    const std::string file = dir / (kind == KeyKind::p256 ? "sub/p256.json" : "sub/ed.json");
    const auto made = keep_api_key(file, "organizations/a/apiKeys/b", kind);
    REQUIRE(made.ok());
    struct stat st {};
    REQUIRE(::stat(file.c_str(), &st) == 0);
    CHECK((st.st_mode & 0777) == 0600);
    KeyRing ring;
    REQUIRE(ring.add(made->name, made->public_pem).ok());
    CHECK(ring.find(made->name)->kind == kind);
    const auto again = keep_api_key(file, "", kind);
    REQUIRE(again.ok());
    CHECK(again->name == "organizations/a/apiKeys/b");
    CHECK(again->public_pem == made->public_pem);
    CHECK(keep_api_key(file, "another", kind).error().code == "API_KEY_FILE");
  }
  CHECK(keep_api_key(dir / "new.json", "", KeyKind::p256).error().code == "API_KEY_FILE");
  for (const char* bad : {"", "[]", "{}", R"({"name":"x"})", R"({"name":"x","privateKey":"AAAA"})", R"({"name":5,"privateKey":"x"})",
                          "{\"name\":\"x\",\"privateKey\":\"-----BEGIN EC PRIVATE KEY-----\\nxx\\n-----END EC PRIVATE KEY-----\\n\"}"}) {
    const auto key = read_api_key(bad);
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().code == "API_KEY_FILE");
  }
}

TEST_CASE("thirty requests a second of a key, and ten of an address") {
  RateGate gate({});
  std::int64_t now = start_s * second;
  for (int i = 0; i < 30; ++i) {
    const auto w = gate.ask("alice", "1.1.1.1", now);
    REQUIRE(w.let_in);
    CHECK(w.limit == 30);
    CHECK(w.remaining == 29 - i);
  }
  CHECK_FALSE(gate.ask("alice", "1.1.1.1", now).let_in);
  CHECK(gate.ask("bob", "1.1.1.1", now).let_in);
  for (int i = 0; i < 10; ++i) REQUIRE(gate.ask("", "1.1.1.1", now).let_in);
  const auto no = gate.ask("", "1.1.1.1", now);
  CHECK_FALSE(no.let_in);
  CHECK(no.remaining == 0);
  CHECK(no.reset_s == 1);
  CHECK(gate.ask("", "2.2.2.2", now).let_in);
  now += second / 30 + 1;
  CHECK(gate.ask("alice", "", now).let_in);
  CHECK_FALSE(gate.ask("alice", "", now).let_in);
  now += second;
  for (int i = 0; i < 30; ++i) REQUIRE(gate.ask("alice", "", now).let_in);
  CHECK_FALSE(gate.ask("alice", "", now).let_in);
  CHECK_FALSE(gate.ask("alice", "", now - 5 * second).let_in);  // a clock that steps back gives nothing away
}

TEST_CASE("a quota by the hour, and no limit at all") {
  RateGate gate({0, 0, 100, true});
  std::int64_t now = start_s * second;
  for (int i = 0; i < 100; ++i) REQUIRE(gate.ask("alice", "", now += second).let_in);
  const auto no = gate.ask("alice", "", now);
  CHECK_FALSE(no.let_in);
  CHECK(no.limit == 100);
  CHECK(no.reset_s == 3600 - 99);
  CHECK(gate.ask("alice", "", start_s * second + second + 3600 * second).let_in);
  WebReply reply;
  tell_limits(no, ResetUnit::seconds_left, 1, reply);
  CHECK(find_header(reply.headers, "x-ratelimit-limit") == "100");
  RateGate open({0, 0, 0, true});
  const auto w = open.ask("alice", "", now);
  CHECK((w.let_in && w.limit == 0));
  WebReply bare;
  tell_limits(w, ResetUnit::seconds_left, 1, bare);
  CHECK(bare.headers.empty());
}

TEST_CASE("an answer's bytes") {
  CHECK(reply_text({200, {{"x-a", "b"}}, "{}", "not sent"}, true) ==
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-a: b\r\nContent-Length: 2\r\n\r\n{}");
  CHECK(reply_text({401, {{"Content-Type", "text/plain"}}, "Unauthorized", ""}, false) ==
        "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: close\r\n\r\nUnauthorized");
  CHECK(reply_text({200, {{"x", "a\r\ny: b"}, {"a:b", "c"}, {"", "d"}}, "", ""}, true, false) ==
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a file is replaced whole, and one that is not there is told from one that can't be read") {
  const server_test::Folder dir;
  REQUIRE(write_file(dir / "a/b", "one").ok());
  REQUIRE(write_file(dir / "a/b", "two").ok());
  CHECK(*read_file(dir / "a/b") == "two");
  CHECK(read_file(dir / "c").error().code == "FILE_ABSENT");
  CHECK(read_file(dir / "a").error().code == "FILE_UNREADABLE");
  CHECK(write_file(dir / "a", "x").error().code == "FILE_UNWRITABLE");
}
