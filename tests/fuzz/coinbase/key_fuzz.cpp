// Any bytes as a key, and as a key file: a key that signs, or a code without a byte of them.
#include <cstdint>
#include <string>

#include "coinbase/credentials.hpp"
#include "fuzz/must.hpp"

using namespace bowline::coinbase;
using bowline::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  auto key = SigningKey::parse(input);
  if (key) {
    must(key->sign("x").ok(), "a key signs", input);
    must(!key->public_pem().empty(), "a key has a public half", input);
  } else {
    must(key.error().code.starts_with("COINBASE_KEY_"), "a fault has a code", input);
  }
  const auto file = Credentials::from_key_file(input);
  if (file) {
    must(!file->name().empty(), "a key has a name", input);
  } else {
    must(file.error().code.starts_with("COINBASE_KEY_"), "a fault has a code", input);
  }
  // What a message says is written here, not there: it has no byte that is not printable.
  for (const auto* e : {key ? nullptr : &key.error(), file ? nullptr : &file.error()})
    if (e)
      for (const char c : e->message) must(c >= ' ' && c <= '~', "a message is printable", input);
  return 0;
}
