// Any bytes as a key, as what stands between the marks of PEM, and as a key file: a key that signs, or a code without a byte of them.
#include <cstdint>
#include <string>

#include "coinbase/credentials.hpp"
#include "fuzz/must.hpp"
#include "unit/coinbase/keys.hpp"

using namespace bowline::coinbase;
using namespace bowline::coinbase_test;
using bowline::fuzz::must;

namespace {

void key(const std::string& text) {
  auto k = SigningKey::parse(text);
  if (k) {
    must(k->sign("x").ok(), "a key signs", text);
    must(!k->public_pem().empty(), "a key has a public half", text);
    return;
  }
  must(k.error().code.starts_with("COINBASE_KEY_"), "a fault has a code", text);
  for (const char c : k.error().message) must(c >= ' ' && c <= '~', "a message is printable", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  key(input);
  key(pem(private_label, input));  // a corpus of whole PEM texts would look like keys that were lost
  key(pem(ec_label, input));
  const auto file = Credentials::from_key_file(input);
  must(file.ok() ? !file->name().empty() : file.error().code.starts_with("COINBASE_KEY_"), "a key file has a name, or a code", input);
  return 0;
}
