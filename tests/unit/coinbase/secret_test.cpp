// Memory of keys: out of core dumps, wiped, never twice.
#include "coinbase/secret.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <type_traits>

#include "coinbase/base64.hpp"
#include "coinbase/credentials.hpp"

using namespace bowline::coinbase;

namespace {

/// The flags that the kernel has for the mapping of an address ("rd wr mr mw me dd ...").
std::string flags_of(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  std::string line;
  bool inside = false;
  while (std::getline(maps, line)) {
    std::uintptr_t from = 0, to = 0;
    char dash = 0;
    std::istringstream head(line);
    if (head >> std::hex >> from >> dash >> to && dash == '-')
      inside = at >= from && at < to;
    else if (inside && line.starts_with("VmFlags:"))
      return line;
  }
  return {};
}

}  // namespace

TEST_CASE("a secret lies on pages of its own that no core dump holds") {
  Secret s = Secret::copy_of("text that is nobody's business");
  CHECK(s.view() == "text that is nobody's business");
  CHECK(reinterpret_cast<std::uintptr_t>(s.data()) % 4096 == 0);
  CHECK(s.capacity() % 4096 == 0);
  const std::string flags = flags_of(s.data());
  INFO(flags);
  CHECK(flags.find(" dd") != flags.npos);
  const std::string other = "ordinary memory, which has no such flag, so that its absence would be seen";
  CHECK(flags_of(other.data()).starts_with("VmFlags:"));
  CHECK(flags_of(other.data()).find(" dd") == std::string::npos);
}

TEST_CASE("a secret moves without a copy, and holds no more than it has room for") {
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
  static_assert(!std::is_copy_constructible_v<SigningKey> && !std::is_copy_constructible_v<Credentials>);
  Secret a = Secret::copy_of("one");
  const char* where = a.data();
  Secret b = std::move(a);
  CHECK(b.data() == where);
  CHECK(a.size() == 0);  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(a.view().empty());
  b = Secret::copy_of("two");
  CHECK(b.view() == "two");
  Secret full(1);
  std::size_t n = 0;
  while (full.push('x')) ++n;
  CHECK(n == full.capacity());
  CHECK_FALSE(full.push('x'));
  full.resize(n + 5);
  CHECK(full.size() == n);
  Secret none = Secret::copy_of("");
  CHECK(none.view().empty());
}

TEST_CASE("base64url is that of RFC 4648, without padding") {
  const char* plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
  const char* coded[] = {"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};
  for (int i = 0; i < 7; ++i) {
    std::string out;
    append_base64url(out, std::string_view(plain[i]));
    CHECK(out == coded[i]);
    Secret back(64);
    std::string padded = coded[i];
    while (padded.size() % 4 != 0) padded.push_back('=');
    REQUIRE(decode_base64(padded, back));
    CHECK(back.view() == plain[i]);
  }
  std::string out;
  append_base64url(out, std::string_view("\xfb\xff\xfe", 3));
  CHECK(out == "-__-");
}
