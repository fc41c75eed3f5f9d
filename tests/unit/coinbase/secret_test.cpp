// Memory of keys: out of core dumps, wiped, never twice.
#include "coinbase/secret.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "coinbase/base64.hpp"
#include "coinbase/credentials.hpp"
#include "keys.hpp"

using namespace bowline::coinbase;
using namespace bowline::coinbase_test;

namespace {

// Made for this file alone: what another test leaves in memory of its keys must not be found here.
constexpr std::string_view seed = "gZXcWpJOVn9wiWANsE3R/Xko/WoXBY/f6+4MRXPnaL4=";
constexpr std::string_view pair = "gZXcWpJOVn9wiWANsE3R/Xko/WoXBY/f6+4MRXPnaL6fLjHXV4op5uHC+HUL7IldlnCOXOASe4z7iGCca2Tidw==";
constexpr std::string_view ed25519_whole = "MC4CAQAwBQYDK2VwBCIEIIGV3FqSTlZ/cIlgDbBN0f15KP1qFwWP3+vuDEVz52i+";
constexpr std::string_view p256 =
    "MHcCAQEEIB2yLah7qi8eEuWvfHPsdlSNvlbv296lPR+4cPzBZSYPoAoGCCqGSM49AwEHoUQDQgAEzCEwGZs0ec98dPCvBxDN3j0Sq4boEz5dsft3RQ7OTl33"
    "6pUePdKdzo/vjxWAl06jD0akUZmdCP5aGdnq2m47hg==";
constexpr std::string_view p256_whole =
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHbItqHuqLx4S5a98c+x2VI2+Vu/b3qU9H7hw/MFlJg+hRANCAATMITAZmzR5z3x08K8HEM3e"
    "PRKrhugTPl2x+3dFDs5OXffqlR490p3Oj++PFYCXTqMPRqRRmZ0I/loZ2erabjuG";

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

/// Where in this process's memory some bytes are, but for `needle` itself. What is looked through passes through memory that no core
/// dump holds either, so that the search finds no trace of itself.
struct Found {
  int dumped = 0;    ///< in mappings that a core dump has
  int left_out = 0;  ///< in those that it has not (large ones, a sanitizer's, are not looked through)
};
Found search(Secret& needle) {
  struct Mapping {
    std::uintptr_t from, to;
    bool readable, left_out;
  };
  std::vector<Mapping> all;
  std::ifstream maps("/proc/self/smaps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0, to = 0;
    char dash = 0;
    std::istringstream head(line);
    if (head >> std::hex >> from >> dash >> to && dash == '-')
      all.push_back({from, to, false, false});
    else if (!all.empty() && line.starts_with("VmFlags:"))
      all.back().readable = line.find(" rd") != line.npos, all.back().left_out = line.find(" dd") != line.npos;
  }
  constexpr std::size_t piece = 1u << 20;
  Secret space(piece + 64);
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  REQUIRE(memory >= 0);
  Found found;
  for (const Mapping& m : all) {
    if (!m.readable || (m.left_out && m.to - m.from > 64 * piece)) continue;
    for (std::uintptr_t at = m.from; at < m.to; at += piece) {
      const auto n = ::pread(memory, space.data(), std::min<std::size_t>(piece + 64, m.to - at), static_cast<off_t>(at));
      if (n <= 0) continue;  // a page of the kernel's
      const char* const end = space.data() + n;
      for (const char* p = space.data(); (p = std::search(p, end, needle.data(), needle.data() + needle.size())) != end; ++p) {
        const std::uintptr_t where = at + static_cast<std::uintptr_t>(p - space.data());
        const auto buffer = reinterpret_cast<std::uintptr_t>(space.data());
        if (where == reinterpret_cast<std::uintptr_t>(needle.data()) || (where >= buffer && where < buffer + space.capacity())) continue;
        if (static_cast<std::size_t>(p - space.data()) >= piece) break;  // the next piece begins with it
        ++(m.left_out ? found.left_out : found.dumped);
      }
    }
  }
  ::close(memory);
  return found;
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

TEST_CASE("a private key is in no core dump, in whatever form it came, neither in use nor afterwards") {
#if defined(__SANITIZE_ADDRESS__)
  WARN("skipped: AddressSanitizer keeps what was freed, and its own copies");
  return;
#endif
  struct Case {
    const char* what;
    std::string text;
    std::string_view coded;  // its 32 bytes are in there
    std::size_t at;
  };
  const Case cases[] = {{"Ed25519, seed and public key", std::string(pair), seed, 0},
                        {"Ed25519, seed", std::string(seed), seed, 0},
                        {"Ed25519, PKCS 8", std::string(ed25519_whole), seed, 0},
                        {"Ed25519, PEM", pem(private_label, ed25519_whole), seed, 0},
                        {"P-256, SEC 1", pem(ec_label, p256), p256, 7},
                        {"P-256, PKCS 8", pem(private_label, p256_whole), p256, 7}};
  for (const Case& c : cases) {
    INFO(c.what);
    Secret decoded(c.coded.size()), there(32), back(32);  // OpenSSL keeps numbers with their last byte first
    REQUIRE(decode_base64(c.coded, decoded));
    std::copy_n(decoded.data() + c.at, 32, there.data());
    std::reverse_copy(there.data(), there.data() + 32, back.data());
    there.resize(32), back.resize(32);
    decoded = Secret(1);
    const auto dumped = [&] { return search(there).dumped + search(back).dumped; };
    {
      auto key = SigningKey::parse(c.text);
      REQUIRE(key);
      CHECK(dumped() == 0);
      CHECK(search(there).left_out + search(back).left_out > 0);  // else it is not what is looked for
      REQUIRE(key->sign("a message"));
      CHECK_FALSE(key->public_pem().empty());
      CHECK(dumped() == 0);
    }
    CHECK(dumped() == 0);
    CHECK(search(there).left_out + search(back).left_out == 0);
    std::vector<char> ordinary(there.data(), there.data() + 32);  // the search does find what lies about
    CHECK(search(there).dumped > 0);
    OPENSSL_cleanse(ordinary.data(), ordinary.size());
  }
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
