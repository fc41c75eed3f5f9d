// A liquidation's receipt as a document (trading rules 3.6): which bytes are signed, what a signature proves, and that the key
// shows up nowhere. The example's bytes and signature were made by Python's json and by openssl, not by this code.
#include "store/receipt.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "store/journal.hpp"
#include "store/operator_rows.hpp"
#include "unit/store/receipt_pem.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

const std::string body =
    R"({"id":"fire-1","phase":"done","who":"operator","why":"Preise ändern \"sich\"\n\u0001","begun_ns":1640995200000000000,)"
    R"("orders_read":true,"journal_head":"aa","products":[{"status":"sold","instrument":"BTC-USD","sold":"5","orders":["bl-1"],"at_venue":null}]})";
const std::string canonical =
    "bowline liquidation receipt 1\n"
    R"({"begun_ns":1640995200000000000,"id":"fire-1","journal_head":"aa","orders_read":true,"phase":"done","products":[{"at_venue":null,)"
    R"("instrument":"BTC-USD","orders":["bl-1"],"sold":"5","status":"sold"}],"signed":true,"who":"operator","why":"Preise ändern \"sich\"\n\u0001"})";
const std::string signature =
    "6e73bc04ccbbf3ee8227dc77e0c16a664724fc27352e27d2f329750c4092698bf8aa6d70b75c0f3565ecdbc641a02fe97ca8d971d9a5bfbd24a4a9d823cf8108";

ReceiptKey key() {
  auto k = ReceiptKey::from_pem(private_pem);
  if (!k) FAIL(k.error().message);
  return std::move(*k);
}
PublicKey open_key(const std::string& pem = public_pem) {
  const auto k = public_key_from_pem(pem);
  if (!k) FAIL(k.error().message);
  return *k;
}
std::string code(const Result<void>& r) { return r ? "" : r.error().code; }
std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != text.npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("rule 3.6: a receipt's signature is over the bytes that the docs name, and anybody can make them") {
  const ReceiptKey k = key();
  const std::string receipt = sealed(body, &k);
  const auto bytes = signed_bytes(receipt);
  REQUIRE(bytes);
  CHECK(*bytes == canonical);
  CHECK(key().sign(canonical) == signature);
  CHECK(receipt.find(signature) != std::string::npos);
  CHECK(is_signed(receipt));
  CHECK(receipt_facts(receipt)->key_id == "975d469ced7bf8da");
  CHECK(key().id() == "975d469ced7bf8da");
  CHECK(key_id(open_key()) == key().id());
  CHECK(code(verify_receipt(receipt, open_key())) == "");
}

TEST_CASE("rule 3.6: how a receipt is laid out, and whether it was asked for twice, is not signed") {
  const ReceiptKey k = key();
  std::string receipt = sealed(body, &k);
  receipt = "{ \"replayed\" :\ttrue,\n" + receipt.substr(1);
  CHECK(code(verify_receipt(receipt, open_key())) == "");
  CHECK(code(verify_receipt(replaced(receipt, "ä", "\\u00e4"), open_key())) == "");
}

TEST_CASE("rule 3.6: no letter of a signed receipt can be another") {
  const ReceiptKey k = key();
  const std::string receipt = sealed(body, &k);
  const std::size_t end = receipt.find(",\"signature\"");
  REQUIRE(end != receipt.npos);
  for (std::size_t i = 0; i < end; ++i) {
    std::string other = receipt;
    other[i] = static_cast<char>(other[i] ^ 1);
    if (verify_receipt(other, open_key())) FAIL("changed at " << i << ": " << other);
  }
  CHECK(code(verify_receipt(replaced(receipt, "\"sold\":\"5\"", "\"sold\":\"6\""), open_key())) == "RECEIPT_SIGNATURE");
  CHECK(code(verify_receipt(replaced(receipt, ",\"who\":\"operator\"", ""), open_key())) == "RECEIPT_SIGNATURE");
  CHECK(code(verify_receipt(replaced(receipt, "{\"id\"", "{\"more\":1,\"id\""), open_key())) == "RECEIPT_SIGNATURE");
  CHECK(code(verify_receipt(replaced(receipt, "8108", "8109"), open_key())) == "RECEIPT_SIGNATURE");
  CHECK(code(verify_receipt(replaced(receipt, "8108\"", "81\""), open_key())) == "RECEIPT_SIGNATURE");
  CHECK(code(verify_receipt(receipt, open_key(other_public_pem))) == "RECEIPT_SIGNATURE");
}

TEST_CASE("rule 3.6: without a key the receipt says plainly that it is not signed, and a signature beside that counts nothing") {
  const std::string plain = sealed(body, nullptr);
  CHECK(plain.find(R"("signed":false,"signature":null})") != std::string::npos);
  CHECK_FALSE(is_signed(plain));
  CHECK(receipt_facts(plain)->key_id.empty());
  CHECK(code(verify_receipt(plain, open_key())) == "RECEIPT_UNSIGNED");
  CHECK(code(verify_receipt(body, open_key())) == "RECEIPT_UNSIGNED");  // of a version that knew no signature
  const ReceiptKey k = key();
  CHECK(code(verify_receipt(replaced(sealed(body, &k), "\"signed\":true", "\"signed\":false"), open_key())) == "RECEIPT_UNSIGNED");
}

TEST_CASE("rule 3.6: what has two meanings is no receipt") {
  const ReceiptKey k = key();
  const std::string receipt = sealed(body, &k);
  for (const std::string& bad : {std::string(), std::string("[]"), std::string("{}"), receipt + "x", receipt.substr(0, receipt.size() - 1),
                                 replaced(receipt, "\"sold\":\"5\"", "\"sold\":\"6\",\"sold\":\"5\""), replaced(receipt, "{\"id\"", "{\"id\":\"other\",\"id\""),
                                 replaced(receipt, "1640995200000000000", "1640995200000000000.0"), replaced(receipt, "ä", "\xff")}) {
    INFO(bad);
    CHECK(code(verify_receipt(bad, open_key())) == "RECEIPT_READ");
  }
}

TEST_CASE("a key that is none is refused, and nothing of its text is said") {
  const std::string line = "MC4CAQAwBQYDK2VwBCIEILYW62elFRNg6HnUPfasj+sRTnBhxc6/d7N4LYKlI2Ae";
  for (const std::string& bad : {std::string(), std::string("hunter2"), line, replaced(private_pem, line, line.substr(1)), replaced(private_pem, line, line + "AAAA"),
                                 replaced(private_pem, "MC4C", "MC4D"), replaced(private_pem, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
                                 replaced(private_pem, "MC4C", "MC=C"), public_pem}) {
    const auto refused = ReceiptKey::from_pem(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "SECRET_RECEIPT_KEY");
    CHECK(refused.error().message.find("MC4") == std::string::npos);
    CHECK(refused.error().message.find("hunter2") == std::string::npos);
  }
  CHECK(ReceiptKey::from_pem("some words before it\n" + private_pem + "\r\n"));
  CHECK(public_key_from_pem(private_pem).error().code == "RECEIPT_KEY");
  CHECK(public_key_from_pem(replaced(public_pem, "MCow", "MCox")).error().code == "RECEIPT_KEY");
}

namespace {

/// What is looked for stands nowhere as itself in this process but where the key is.
bool holds(const char* at, std::size_t n, const std::vector<unsigned char>& inverted) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(at);
  const auto same = [](unsigned char has, unsigned char looked_for) { return has == static_cast<unsigned char>(~looked_for); };
  return std::search(bytes, bytes + n, inverted.begin(), inverted.end(), same) != bytes + n;
}

struct Seen {
  std::size_t dumped = 0, guarded = 0, regions = 0;
};

/// In how many parts of this process's memory it stands: of those that a core dump takes in, and of the others.
Seen look_for(const std::vector<unsigned char>& inverted) {
  Seen seen;
  std::ifstream maps("/proc/self/smaps");
  std::FILE* mem = std::fopen("/proc/self/mem", "rb");
  REQUIRE(mem != nullptr);
  std::string line;
  unsigned long from = 0, to = 0, rss = 0;
  std::vector<std::pair<unsigned long, unsigned long>> dumped, guarded;
  while (std::getline(maps, line)) {
    char rights[8] = "";
    unsigned long a = 0, b = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %7s", &a, &b, rights) == 3) {
      from = rights[0] == 'r' && rights[3] == 'p' ? a : 0;
      to = b;
    }
    static_cast<void>(std::sscanf(line.c_str(), "Rss: %lu kB", &rss));
    if (line.starts_with("VmFlags:") && from != 0 && rss != 0 && to - from < 1ul << 30)
      (line.find(" dd") != line.npos ? guarded : dumped).emplace_back(from, to);
  }
  std::vector<char> part(1u << 16);
  const auto count = [&](const auto& regions, std::size_t& found) {
    for (const auto& [begin, end] : regions) {
      ++seen.regions;
      bool here = false;
      // Overlapping, so that what lies across two parts is seen; its own buffer is not.
      for (unsigned long at = begin; at < end && !here; at += part.size() - inverted.size()) {
        const auto own = reinterpret_cast<unsigned long>(part.data());
        const std::size_t n = std::min<std::size_t>(part.size(), end - at);
        if (at < own + part.size() && own < at + n) continue;
        if (std::fseek(mem, static_cast<long>(at), SEEK_SET) != 0) break;
        here = holds(part.data(), std::fread(part.data(), 1, n, mem), inverted);
        std::fill(part.begin(), part.end(), '\0');
      }
      found += here ? 1 : 0;
    }
  };
  std::setvbuf(mem, nullptr, _IONBF, 0);
  count(guarded, seen.guarded);
  count(dumped, seen.dumped);
  std::fclose(mem);
  return seen;
}

}  // namespace

TEST_CASE("the key is in no memory that a core dump takes in, before it has signed and after, and in none when it is gone") {
  // The first 16 bytes of private_pem's key, each inverted: as they are they stand nowhere in this program.
  const std::vector<unsigned char> inverted{0x49, 0xe9, 0x14, 0x98, 0x5a, 0xea, 0xec, 0x9f, 0x17, 0x86, 0x2b, 0xc2, 0x09, 0x53, 0x70, 0x14};
  {
    const ReceiptKey k = key();
    Seen seen = look_for(inverted);
    CHECK(seen.regions > 3);
    CHECK(seen.guarded == 1);  // it is there at all
    CHECK(seen.dumped == 0);
    CHECK(k.sign("bytes").size() == 128);
    seen = look_for(inverted);
    CHECK(seen.guarded == 1);
    CHECK(seen.dumped == 0);
  }
  const Seen seen = look_for(inverted);
  CHECK(seen.guarded == 0);
  CHECK(seen.dumped == 0);
}

TEST_CASE("rule 3.6: signed or not, a receipt is bound to the chain: it stands in the journal behind the head that it tells") {
  const ReceiptKey k = key();
  for (const ReceiptKey* with : {static_cast<const ReceiptKey*>(nullptr), &k}) {
    StoreFolder dir;
    std::string receipt;
    {
      auto j = Journal::open(dir / "j", {"mock", "v", "default"});
      REQUIRE(j);
      REQUIRE((*j)->note(journal_kind::emergency, 1, line(EmergencyRow{"fire-1", "begun", "operator", "why", "r", {}, {}, {}, {}})));
      receipt = sealed(replaced(body, "\"journal_head\":\"aa\"", "\"journal_head\":\"" + (*j)->head() + "\""), with);
      REQUIRE((*j)->note(journal_kind::emergency, 2, line(EmergencyRow{"fire-1", "done", "operator", "why", "r", {}, {}, {}, receipt})));
      REQUIRE((*j)->note(journal_kind::emergency, 3, line(EmergencyRow{"fire-2", "begun", "operator", "why", "r", {}, {}, {}, {}})));
      REQUIRE((*j)->flush());
    }
    const auto row = receipt_row(dir / "j", "{\"replayed\":false," + receipt.substr(1));
    INFO((row ? "" : row.error().message));
    REQUIRE(row);
    CHECK(*row == 2);
    CHECK(receipt_row(dir / "j", replaced(receipt, "\"sold\":\"5\"", "\"sold\":\"6\"")).error().code == "RECEIPT_NOT_IN_JOURNAL");
    CHECK(receipt_row(dir / "j", sealed(body, with)).error().code == "RECEIPT_NOT_IN_JOURNAL");
    CHECK(receipt_row(dir / "j", "{}").error().code == "RECEIPT_READ");
    CHECK(receipt_row(dir / "none", receipt).error().code == "JOURNAL_OPEN");
  }
}

TEST_CASE("rule 3.6: a receipt in the journal that tells another head than the chain's is not believed") {
  StoreFolder dir;
  const std::string receipt = sealed(body, nullptr);  // its head is of no chain
  {
    auto j = Journal::open(dir / "j", {"mock", "v", "default"});
    REQUIRE(j);
    REQUIRE((*j)->note(journal_kind::emergency, 2, line(EmergencyRow{"fire-1", "done", "operator", "why", "r", {}, {}, {}, receipt})));
    REQUIRE((*j)->flush());
  }
  CHECK(receipt_row(dir / "j", receipt).error().code == "RECEIPT_NOT_IN_JOURNAL");
}
