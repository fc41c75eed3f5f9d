#define OPENSSL_SUPPRESS_DEPRECATED  // EC_GROUP_precompute_mult(), which nothing has taken the place of
#include "exchange/auth/p256_verifier.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include <array>

namespace bowline::exchange {
namespace {

constexpr std::size_t half = 32;

struct Free {
  void operator()(BN_CTX* p) const noexcept { BN_CTX_free(p); }
  void operator()(EC_POINT* p) const noexcept { EC_POINT_free(p); }
};
using Point = std::unique_ptr<EC_POINT, Free>;

std::shared_ptr<EC_GROUP> p256() { return {EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), EC_GROUP_free}; }

/// The numbers of one computation.
struct Numbers {
  explicit Numbers(BN_CTX* ctx) : ctx_(ctx) {
    BN_CTX_start(ctx_);
    for (BIGNUM** n : {&r, &s, &e, &w, &x}) *n = BN_CTX_get(ctx_);
  }
  ~Numbers() { BN_CTX_end(ctx_); }
  Numbers(const Numbers&) = delete;
  BIGNUM *r = nullptr, *s = nullptr, *e = nullptr, *w = nullptr, *x = nullptr;

 private:
  BN_CTX* ctx_;
};

bool read(std::string_view bytes, BIGNUM* to) {
  return BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), to) != nullptr;
}

}  // namespace

std::unique_ptr<const P256Verifier> P256Verifier::make(EVP_PKEY* key) {
  std::array<unsigned char, 1 + 2 * half> bytes{};
  std::size_t n = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size(), &n) != 1) return nullptr;
  const auto curve = p256(), from_key = p256();
  if (!curve || !from_key) return nullptr;
  const Point q(EC_POINT_new(from_key.get()));
  if (!q || EC_POINT_oct2point(from_key.get(), q.get(), bytes.data(), n, nullptr) != 1) return nullptr;
  if (EC_GROUP_set_generator(from_key.get(), q.get(), EC_GROUP_get0_order(curve.get()), BN_value_one()) != 1 ||
      EC_GROUP_precompute_mult(from_key.get(), nullptr) != 1 || EC_GROUP_have_precompute_mult(from_key.get()) != 1)
    return nullptr;
  std::unique_ptr<P256Verifier> v(new P256Verifier);
  v->curve_ = curve;
  v->from_key_ = from_key;
  return v;
}

// FIPS 186-5, 6.4.2: with w = 1/s the point (e*w)G + (r*w)Q has the x coordinate r.
bool P256Verifier::good(std::string_view digest, std::string_view signature) const {
  if (digest.size() != half || signature.size() != 2 * half) return false;
  thread_local const std::unique_ptr<BN_CTX, Free> ctx(BN_CTX_new());
  const BIGNUM* order = EC_GROUP_get0_order(curve_.get());
  const Point a(EC_POINT_new(curve_.get())), b(EC_POINT_new(curve_.get()));
  if (!ctx || !a || !b) return false;
  const Numbers n(ctx.get());
  if (n.x == nullptr || !read(signature.substr(0, half), n.r) || !read(signature.substr(half), n.s) || !read(digest, n.e)) return false;
  if (BN_is_zero(n.r) || BN_is_zero(n.s) || BN_cmp(n.r, order) >= 0 || BN_cmp(n.s, order) >= 0) return false;
  return BN_mod_inverse(n.w, n.s, order, ctx.get()) != nullptr && BN_mod_mul(n.e, n.e, n.w, order, ctx.get()) == 1 &&
         BN_mod_mul(n.w, n.r, n.w, order, ctx.get()) == 1 && EC_POINT_mul(curve_.get(), a.get(), n.e, nullptr, nullptr, ctx.get()) == 1 &&
         EC_POINT_mul(from_key_.get(), b.get(), n.w, nullptr, nullptr, ctx.get()) == 1 &&
         EC_POINT_add(curve_.get(), a.get(), a.get(), b.get(), ctx.get()) == 1 && EC_POINT_is_at_infinity(curve_.get(), a.get()) == 0 &&
         EC_POINT_get_affine_coordinates(curve_.get(), a.get(), n.x, nullptr, ctx.get()) == 1 && BN_nnmod(n.x, n.x, order, ctx.get()) == 1 &&
         BN_cmp(n.x, n.r) == 0;
}

}  // namespace bowline::exchange
