// The verifier with a table for its key says what libcrypto says, signature by signature.
#include "exchange/auth/p256_verifier.hpp"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/core_names.h>

#include <array>
#include <random>

#include "exchange/auth/key_ring.hpp"
#include "unit/exchange_auth/signing.hpp"

using namespace bowline::exchange;
using namespace auth_test;

namespace {

std::string random_bytes(std::mt19937_64& dice, std::size_t n) {
  std::string out(n, '\0');
  for (char& c : out) c = static_cast<char>(dice());
  return out;
}

/// n, the order of the curve, with something added to its last byte.
std::string order(int more = 0) {
  std::string n = "\xff\xff\xff\xff";
  n += std::string(4, '\0') + "\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
  n.back() = static_cast<char>(n.back() + more);
  return n;
}
std::string number(int v) {
  std::string out(32, '\0');
  out.back() = static_cast<char>(v);
  return out;
}

/// Arithmetic of the curve, to make signatures that no signer comes upon.
struct Curve {
  EC_GROUP* g = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  BN_CTX* ctx = BN_CTX_new();
  const BIGNUM* n = EC_GROUP_get0_order(g);
  std::vector<BIGNUM*> made;
  Curve() = default;
  Curve(const Curve&) = delete;
  ~Curve() {
    for (BIGNUM* b : made) BN_free(b);
    BN_CTX_free(ctx);
    EC_GROUP_free(g);
  }
  BIGNUM* make() { return made.emplace_back(BN_new()); }
  BIGNUM* any() {
    BIGNUM* k = make();
    REQUIRE(BN_rand_range(k, n) == 1);
    return k;
  }
  BIGNUM* times(const BIGNUM* a, const BIGNUM* b) {
    BIGNUM* out = make();
    REQUIRE(BN_mod_mul(out, a, b, n, ctx) == 1);
    return out;
  }
  BIGNUM* minus(const BIGNUM* a) {
    BIGNUM* out = make();
    REQUIRE(BN_sub(out, n, a) == 1);
    return out;
  }
  BIGNUM* over(const BIGNUM* a) {
    BIGNUM* out = make();
    REQUIRE(BN_mod_inverse(out, a, n, ctx) != nullptr);
    return out;
  }
  /// The x coordinate of kG, modulo n.
  BIGNUM* x_of(const BIGNUM* k) {
    EC_POINT* p = EC_POINT_new(g);
    BIGNUM* x = make();
    REQUIRE(EC_POINT_mul(g, p, k, nullptr, nullptr, ctx) == 1);
    REQUIRE(EC_POINT_get_affine_coordinates(g, p, x, nullptr, ctx) == 1);
    REQUIRE(BN_nnmod(x, x, n, ctx) == 1);
    EC_POINT_free(p);
    return x;
  }
  static std::string text(const BIGNUM* v) {
    std::string out(32, '\0');
    REQUIRE(BN_bn2binpad(v, reinterpret_cast<unsigned char*>(out.data()), 32) == 32);
    return out;
  }
};

BIGNUM* secret_of(const Key& key, Curve& c) {
  BIGNUM* d = nullptr;
  REQUIRE(EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1);
  return c.made.emplace_back(d);
}

}  // namespace

TEST_CASE("a P-256 key with a table takes what libcrypto takes, and nothing else") {
  std::mt19937_64 dice(20261130);
  std::size_t taken = 0, refused = 0;
  for (int k = 0; k < 8; ++k) {
    const Key key = p256_key(), other = p256_key();
    const auto v = P256Verifier::make(key.get());
    REQUIRE(v);
    for (int i = 0; i < 40; ++i) {
      std::string digest = random_bytes(dice, 32);
      if (i == 0) digest = number(0);
      if (i == 1) digest = std::string(32, '\xff');
      if (i == 2) digest = order();
      const std::string good = sign_digest(key, digest);
      REQUIRE(libcrypto_takes(key, digest, good));
      CHECK(v->good(digest, good));
      ++taken;
      // One bit of it, of the digest, another key's, and the other root of the same r.
      std::string bit = good, far = digest;
      const std::uint64_t where = dice() % 512;
      bit[where / 8] = static_cast<char>(bit[where / 8] ^ (1 << (where % 8)));
      far[where % 32] = static_cast<char>(far[where % 32] ^ 1);
      const std::array<std::pair<std::string, std::string>, 5> all{
          {{digest, bit}, {far, good}, {digest, sign_digest(other, digest)}, {digest, good.substr(32) + good.substr(0, 32)}, {digest, random_bytes(dice, 64)}}};
      for (const auto& [d, s] : all) {
        const bool yes = libcrypto_takes(key, d, s);
        CHECK(v->good(d, s) == yes);
        refused += !yes;
      }
    }
  }
  CHECK(taken == 320);
  CHECK(refused >= 1'500);
}

TEST_CASE("numbers outside of the curve's order are no signature") {
  const Key key = p256_key();
  const auto v = P256Verifier::make(key.get());
  REQUIRE(v);
  const std::string digest(32, 'd'), good = sign_digest(key, digest), r = good.substr(0, 32), s = good.substr(32);
  CHECK(v->good(digest, good));
  for (const std::string& wrong : {number(0), order(), order(1), order(-1), std::string(32, '\xff'), number(1)}) {
    CHECK_FALSE(v->good(digest, wrong + s));
    CHECK_FALSE(v->good(digest, r + wrong));
    CHECK_FALSE(v->good(digest, wrong + wrong));
  }
  CHECK_FALSE(v->good(digest, ""));
  CHECK_FALSE(v->good(digest, good.substr(1)));
  CHECK_FALSE(v->good(digest, good + "x"));
  CHECK_FALSE(v->good(digest.substr(1), good));
  CHECK_FALSE(v->good("", good));
}

TEST_CASE("the signature with the other s is as good, as it is everywhere") {
  Curve c;
  const Key key = p256_key();
  const auto v = P256Verifier::make(key.get());
  const std::string digest(32, 'e'), good = sign_digest(key, digest);
  BIGNUM* s = c.make();
  REQUIRE(BN_bin2bn(bytes(good) + 32, 32, s) != nullptr);
  const std::string other = good.substr(0, 32) + Curve::text(c.minus(s));
  CHECK(libcrypto_takes(key, digest, other));
  CHECK(v->good(digest, other));
}

TEST_CASE("both halves of the sum may be one point, or cancel each other out") {
  Curve c;
  const Key key = p256_key();
  const auto v = P256Verifier::make(key.get());
  const BIGNUM* d = secret_of(key, c);
  // e = r*d: (e/s)G and (r/s)Q are the same point. s = 2*r*d/k makes it a signature.
  const BIGNUM* k = c.any();
  const BIGNUM* r = c.x_of(k);
  const BIGNUM* e = c.times(r, d);
  BIGNUM* twice = c.make();
  REQUIRE(BN_mod_lshift1(twice, e, c.n, c.ctx) == 1);
  const std::string equal = Curve::text(r) + Curve::text(c.times(twice, c.over(k)));
  CHECK(libcrypto_takes(key, Curve::text(e), equal));
  CHECK(v->good(Curve::text(e), equal));
  // e = -r*d: their sum is nowhere, whatever s is.
  const std::string opposite = Curve::text(r) + Curve::text(c.any());
  const std::string digest = Curve::text(c.minus(e));
  CHECK_FALSE(libcrypto_takes(key, digest, opposite));
  CHECK_FALSE(v->good(digest, opposite));
}

TEST_CASE("a key of another kind has no table") {
  CHECK_FALSE(P256Verifier::make(ed25519_key().get()));
  const Key p384(EVP_EC_gen("P-384"), EVP_PKEY_free), k1(EVP_EC_gen("secp256k1"), EVP_PKEY_free);
  CHECK_FALSE(P256Verifier::make(p384.get()));
  CHECK_FALSE(P256Verifier::make(k1.get()));
}

TEST_CASE("the ring verifies messages of both kinds of keys") {
  KeyRing ring;
  const Key p256 = p256_key(), ed = ed25519_key();
  REQUIRE(ring.add("p256", public_pem(p256)).ok());
  REQUIRE(ring.add("ed", public_pem(ed)).ok());
  for (const auto& [name, key] : {std::pair{"p256", p256}, {"ed", ed}}) {
    const KeyRing::Entry& entry = *ring.find(name);
    for (std::size_t n : {0u, 1u, 63u, 64u, 65u, 500u, 8'000u}) {
      const std::string message(n, 'm'), good = sign(key, message);
      CHECK(KeyRing::verify(entry, message, good));
      CHECK_FALSE(KeyRing::verify(entry, message + "x", good));
      std::string bad = good;
      bad[40] = static_cast<char>(bad[40] ^ 4);
      CHECK_FALSE(KeyRing::verify(entry, message, bad));
      CHECK_FALSE(KeyRing::verify(entry, message, good.substr(0, 63)));
    }
  }
}
