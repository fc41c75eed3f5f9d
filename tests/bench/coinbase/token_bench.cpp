// What a token costs over the bare P-256 signature in it: the key is read once, and the rest (nonce, JSON, base64, hash, r||s) must not
// weigh. Bar: <= 1.5 x bare. Both are timed in turn by one binary, and their medians compared. Parsing the key for each token, as many
// clients do, stands beside it.
#include <benchmark/benchmark.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "coinbase/jwt.hpp"
#include "unit/coinbase/keys.hpp"

namespace {

using namespace bowline::coinbase;
using namespace bowline::coinbase_test;

constexpr double bar = 1.5;
constexpr const char* name = "organizations/3a1f5f0e-6a4e-4d3e-9a57-5b8a1f0c2d11/apiKeys/5c1f5a52-8a90-4b2f-8f3f-0f1f3a1c9b77";
constexpr const char* path = "/api/v3/brokerage/orders/historical/9fd0cadc-2ccc-45e8-b254-ea511c34e5b2";

TokenMaker maker(const std::string& secret) {
  auto c = Credentials::from_parts(name, secret);
  if (!c) std::abort();
  return TokenMaker(std::move(*c), [] { return std::int64_t{1'790'000'000}; }, random_nonce);
}

/// A signature over 32 bytes, with all that can be made ready before: no program can do with less.
void bare_p256(benchmark::State& state) {
  BIO* bio = BIO_new_mem_buf(p256_pem.data(), static_cast<int>(p256_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  EVP_PKEY_CTX* ctx = EVP_PKEY_CTX_new(key, nullptr);
  if (key == nullptr || ctx == nullptr || EVP_PKEY_sign_init(ctx) != 1) std::abort();
  unsigned char hash[32] = {1}, der[80];
  for (auto _ : state) {
    std::size_t n = sizeof der;
    if (EVP_PKEY_sign(ctx, der, &n, hash, sizeof hash) != 1) std::abort();
    benchmark::DoNotOptimize(der);
    ++hash[0];
  }
  EVP_PKEY_CTX_free(ctx);
  EVP_PKEY_free(key);
  BIO_free(bio);
}
void token_es256(benchmark::State& state) {
  TokenMaker m = maker(p256_pem);
  for (auto _ : state) {
    auto t = m.token("GET", "api.coinbase.com", path);
    if (!t) std::abort();
    benchmark::DoNotOptimize(t);
  }
}
void token_eddsa(benchmark::State& state) {
  TokenMaker m = maker(std::string(ed25519_64));
  for (auto _ : state) {
    auto t = m.token("GET", "api.coinbase.com", path);
    if (!t) std::abort();
    benchmark::DoNotOptimize(t);
  }
}
void token_es256_with_its_key_read_anew(benchmark::State& state) {
  for (auto _ : state) {
    TokenMaker m = maker(p256_pem);
    auto t = m.token("GET", "api.coinbase.com", path);
    if (!t) std::abort();
    benchmark::DoNotOptimize(t);
  }
}

/// Prints as usual, and keeps the medians.
class Medians : public benchmark::ConsoleReporter {
 public:
  std::map<std::string, double> ns;
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& r : runs)
      if (r.aggregate_name == "median") ns[r.run_name.function_name] = r.GetAdjustedCPUTime();
  }
};

}  // namespace

int main(int argc, char** argv) {
  // In small turns, mixed: what the neighbours of this machine do then meets all of them.
  const struct {
    const char* what;
    void (*run)(benchmark::State&);
  } all[] = {{"bare_p256", bare_p256},
             {"token_es256", token_es256},
             {"token_eddsa", token_eddsa},
             {"token_es256_with_its_key_read_anew", token_es256_with_its_key_read_anew}};
  for (const auto& [what, run] : all)
    benchmark::RegisterBenchmark(what, run)->Repetitions(25)->MinTime(0.02)->ReportAggregatesOnly()->Unit(benchmark::kNanosecond);
  std::string mixed = "--benchmark_enable_random_interleaving=true";
  std::vector<char*> args(argv, argv + argc);
  args.push_back(mixed.data());
  int n = static_cast<int>(args.size());
  benchmark::Initialize(&n, args.data());
  Medians medians;
  benchmark::RunSpecifiedBenchmarks(&medians);
  const double bare = medians.ns["bare_p256"], token = medians.ns["token_es256"];
  if (bare <= 0 || token <= 0) return 0;  // a filter left one of them out
  std::printf("a token over the bare signature: %.3f x (bar <= %.1f x): %s\n", token / bare, bar, token / bare <= bar ? "met" : "MISSED");
  return token / bare <= bar ? 0 : 1;
}
