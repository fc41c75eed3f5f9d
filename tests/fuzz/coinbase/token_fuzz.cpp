// Any bytes as a token: nothing comes in but the one token that was signed.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "exchange/auth/token_gate.hpp"
#include "fuzz/must.hpp"
#include "unit/coinbase/keys.hpp"

using namespace bowline::exchange;
using bowline::fuzz::must;

namespace {

constexpr std::int64_t now = 1'700'000'060;
/// Made once with the Ed25519 key of the tests; corpus_token holds it, too.
constexpr std::string_view good = "eyJhbGciOiJFZERTQSIsImtpZCI6ImZ1enoiLCJub25jZSI6IjAwMTEyMjMzNDQ1NTY2Nzc4ODk5YWFiYmNjZGRlZWZmIiwidHlwIjoiSldUIn0.eyJzdWIiOiJmdXp6IiwiaXNzIjoiY2RwIiwibmJmIjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDAxMjAsInVyaSI6IkdFVCBsb2NhbGhvc3Q6ODQ0My9hcGkvdjMvYnJva2VyYWdlL2FjY291bnRzIn0.ACFjWS7Aq6u-xV31QBGUO-FbDxRL1vDvA0FJGDmoj-qs3Kt3VgBnMhYIr91D6JPO8Imzd1v8uR08_4mDE31aAg";

const TokenGate& gate() {
  static const TokenGate g = [] {
    TokenGate made;
    if (!made.keys().add("fuzz", bowline::coinbase_test::ed25519_public_pem).ok() || !made.keys().add("other", bowline::coinbase_test::p256_public_pem).ok())
      std::abort();
    return made;
  }();
  return g;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const GateCall call{.method = "GET", .host = "localhost:8443", .path = "/api/v3/brokerage/accounts"};
  const Admission a = gate().check(call, "Bearer " + input, now);
  must(a.ok() == (input == good), "the signed token comes in, and no other", input);
  must(!name(a.fault).empty() && (a.ok() || a.key_name.empty()), "a fault has a name, and names nobody", input);
  must(!gate().check(call, input, now).ok() || input == "Bearer " + std::string(good), "a header without its scheme stays outside", input);
  must(!gate().check_stream(input, now).ok(), "a token of REST opens no stream", input);
  return 0;
}
