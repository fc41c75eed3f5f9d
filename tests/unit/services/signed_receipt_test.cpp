// A liquidation's receipt is signed when it is over (trading rules 3.6), by a key that shows up nowhere.
#include "store/receipt.hpp"
#include "unit/observe/log_file.hpp"
#include "unit/services/liquidation_desk.hpp"
#include "unit/store/receipt_pem.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;

namespace {

const store::ReceiptKey& key() {
  static const store::ReceiptKey k = [] {
    auto made = store::ReceiptKey::from_pem(private_pem);
    if (!made) FAIL(made.error().message);
    return std::move(*made);
  }();
  return k;
}
bool verifies(const std::string& receipt) { return store::verify_receipt(receipt, *store::public_key_from_pem(public_pem)).ok(); }

void sell_all(Desk& d) {
  Venue v{d};
  d.hold(0.05);
  begin(d, ask());
  v.turn();
  fill_last(d);
  v.turn();
  REQUIRE_FALSE(d.exec->liquidating());
}

}  // namespace

TEST_CASE("rule 3.6: the receipt is signed when it is over, not before, and is the same after a restart") {
  StoreFolder dir;
  std::string last;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.exec->sign_receipts(key());
    Venue v{d};
    d.hold(0.05);
    CHECK(begin(d, ask())["signed"] == false);
    CHECK(receipt(d)["signature"].is_null());
    v.turn();
    fill_last(d);
    v.turn();
    REQUIRE_FALSE(d.exec->liquidating());
    last = *d.exec->receipt("e1");
    CHECK(verifies(last));
    CHECK(json::parse(last)["signed"] == true);
    CHECK(json::parse(last)["signature"]["key_id"] == key().id());
    d.exec->settle(d.now);
  }
  const auto row = store::receipt_row(dir / "j", last);
  INFO((row ? "" : row.error().message));
  CHECK(row);
  const Again a(dir / "j");  // without the key, too
  CHECK(*a.exec->receipt("e1") == last);
}

TEST_CASE("rule 3.6: without a key the receipt says that it is not signed, and the chain proves it all the same") {
  StoreFolder dir;
  std::string last;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    sell_all(d);
    last = *d.exec->receipt("e1");
    d.exec->settle(d.now);
  }
  CHECK(json::parse(last)["signed"] == false);
  CHECK(json::parse(last)["signature"].is_null());
  CHECK(store::receipt_row(dir / "j", last));
}

TEST_CASE("rule 3.6: one that a resume interrupts is signed as well: it says what is left") {
  Desk d;
  d.exec->sign_receipts(key());
  Venue v{d};
  d.hold(0.05);
  begin(d, ask());
  v.turn();
  REQUIRE(d.exec->resume(d.now, "operator", "over", "r3"));
  CHECK(receipt(d)["phase"] == "interrupted");
  CHECK(verifies(*d.exec->receipt("e1")));
}

TEST_CASE("the key that signs is in no log line, no record and no row of the journal") {
  LogFile log;
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.exec->sign_receipts(key());
    sell_all(d);
    d.exec->settle(d.now);
  }
  const std::string secret = "YW62elFRNg6HnUPfasj";  // of its text
  for (const auto& line : log.lines()) CHECK(line.dump().find(secret) == std::string::npos);
  const auto j = opened(dir / "j");
  REQUIRE(j->each([&](const store::JournalRow& row) -> Result<void> {
    CHECK(row.payload.find(secret) == std::string_view::npos);
    return {};
  }));
}
