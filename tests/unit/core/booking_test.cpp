// Reports of fills, from the venue's words to the order and the book.
#include "core/booking.hpp"

#include <catch2/catch.hpp>

#include "unit/core/market.hpp"
#include "unit/core/orders.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::go;
using test::limit_buy;
using test::mark_at;
using test::Market;
using E = OrderEvent;
using S = OrderState;

namespace {

/// One order, and a book that holds two of what it buys.
struct Desk {
  Market m;
  Portfolio book;
  OrderTable table;
  Order& o;
  Desk() : book(m.book("10000"_dec)), o(**table.add(limit_buy("bl-1", "10"_dec), 0, 1)) {
    book.set_mark(m.btc, mark_at("100"_dec));
    Fill f;
    f.instrument = m.btc;
    f.px = "50"_dec;
    f.qty = "2"_dec;
    f.fee = Decimal::zero();
    f.fee_asset = m.usd;
    REQUIRE(book.apply(f));
    go(table, o, {E::handed_over, E::acked});
  }
  FillReport report(std::string_view id, Decimal qty, Decimal px = "100"_dec, Decimal fee = Decimal::zero()) const {
    FillReport r;
    r.id = id;
    r.fill.instrument = o.intent.instrument();
    r.fill.side = o.intent.side();
    r.fill.px = px;
    r.fill.qty = qty;
    r.fill.fee = fee;
    r.fill.fee_asset = m.usd;
    r.fill.time = 3;
    return r;
  }
  FillAnswer take(const FillReport& r) {
    const auto done = book_fill(o, book, r);
    REQUIRE(done);
    if (done->event) go(table, o, {*done->event});
    CHECK(book.books_agree());
    return *done;
  }
  std::string refused(const FillReport& r) {
    const std::uint64_t changes = book.changes(), postings = book.ledger().postings();
    const Decimal cum = o.cum_qty;
    const auto done = book_fill(o, book, r);
    CHECK(book.changes() == changes);
    CHECK(book.ledger().postings() == postings);
    CHECK(o.cum_qty == cum);
    return done ? "" : done.error().code;
  }
  /// All that a fill can move, to see that nothing of it is left.
  std::string sums() const {
    std::string s;
    const Position& p = book.position(m.btc);
    for (const Decimal d : {book.cash(m.usd), book.cash(m.btc_asset), book.cash(m.bnb_asset), p.qty, p.cost, p.realised, p.fees,
                            book.realised(), book.fees(), o.cum_qty, o.cum_quote, o.cum_fee})
      s += d.to_string() + " ";
    return s;
  }
};

}  // namespace

TEST_CASE("rule 2.4: a fill is booked once in the order and the book, however often it is told") {
  Desk d;
  const FillReport r = d.report("f1", "4"_dec, "100"_dec, "1"_dec);
  CHECK(d.take(r).as == BookedAs::fill);
  CHECK(d.o.state == S::partially_filled);
  CHECK(d.o.cum_qty == "4"_dec);
  CHECK(d.o.cum_quote == "400"_dec);
  CHECK(d.o.cum_fee == "1"_dec);
  CHECK(d.book.position(d.m.btc).qty == "6"_dec);
  for (int i = 0; i < 3; ++i) CHECK(d.take(r).as == BookedAs::known);
  CHECK(d.o.cum_qty == "4"_dec);
  d.take(d.report("f2", "6"_dec));
  CHECK(d.o.state == S::filled);
  CHECK(d.take(r).as == BookedAs::known);
}

TEST_CASE("a report that can't be true is refused, and changes neither the order nor the book") {
  Desk d;
  CHECK(d.refused(d.report("", "1"_dec)) == "FILL_WITHOUT_ID");
  FillReport r = d.report("f", "1"_dec);
  r.fill.side = Side::sell;
  CHECK(d.refused(r) == "FILL_MISMATCH");
  r = d.report("f", "1"_dec);
  r.fill.instrument = d.m.bnb;
  CHECK(d.refused(r) == "FILL_MISMATCH");
  CHECK(d.refused(d.report("f", "10.0001"_dec)) == "FILL_BEYOND_ORDER");
  CHECK(d.refused(d.report("f", "-1"_dec)) == "FILL_NOT_POSITIVE");
  CHECK(d.refused(d.report("f", Decimal::not_set())) == "FILL_NOT_POSITIVE");
  CHECK(d.refused(d.report("f", "1"_dec, Decimal::zero())) == "FILL_NOT_POSITIVE");
  CHECK(d.refused(d.report("f", "1"_dec, "1e20"_dec)) == "FILL_OVERFLOW");
  CHECK(d.o.fills.empty());
  d.take(d.report("f", "1"_dec));
  CHECK(d.refused(d.report("f", "2"_dec)) == "FILL_CONTRADICTS");
  CHECK(d.refused(d.report("f", "1"_dec, "101"_dec)) == "FILL_CONTRADICTS");
  CHECK(d.refused(d.report("f", "1"_dec, "100"_dec, "0.5"_dec)) == "FILL_CONTRADICTS");
}

TEST_CASE("rule 2.4: a fee that is told later takes the place of the worst tier; the difference is booked") {
  Desk d;
  const std::string before = d.sums();
  FillReport r = d.report("f1", "1"_dec, "100"_dec, Decimal::not_set());
  d.take(r);
  CHECK(d.book.fees() == "1.2"_dec);
  CHECK(d.take(r).as == BookedAs::known);
  SECTION("in the quote asset") {
    r.fill.fee = "0.25"_dec;
    CHECK(d.take(r).as == BookedAs::fee);
    CHECK(d.book.fees() == "0.25"_dec);
    CHECK(d.o.cum_fee == "0.25"_dec);
    CHECK(d.book.cash(d.m.usd) == "9799.75"_dec);
    CHECK(d.take(r).as == BookedAs::known);  // told twice
    CHECK(d.book.ledger().balance(d.m.usd, Account::fees) == "0.25"_dec);
  }
  SECTION("in the base asset") {
    r.fill.fee = "0.01"_dec;
    r.fill.fee_asset = d.m.btc_asset;
    CHECK(d.take(r).as == BookedAs::fee);
    CHECK(d.book.position(d.m.btc).qty == "2.99"_dec);
    CHECK(d.book.fees() == "1"_dec);
    CHECK(d.book.cash(d.m.usd) == "9800"_dec);
  }
  SECTION("in a third one") {
    d.book.set_mark(d.m.bnb, mark_at("300"_dec));
    r.fill.fee = "0.002"_dec;
    r.fill.fee_asset = d.m.bnb_asset;
    CHECK(d.take(r).as == BookedAs::fee);
    CHECK(d.book.cash(d.m.bnb_asset) == "-0.002"_dec);
    CHECK(d.book.fees() == "0.6"_dec);
  }
  SECTION("none at all") {
    r.fill.fee = Decimal::zero();
    CHECK(d.take(r).as == BookedAs::fee);
    CHECK(d.book.fees().is_zero());
  }
  r.reversal = true;
  d.take(r);
  CHECK(d.sums() == before);
}

TEST_CASE("a fee without an asset is in the quote asset; one in an asset of nothing counts as not told, and is told of") {
  Desk d;
  FillReport r = d.report("f1", "1"_dec, "100"_dec, "0.5"_dec);
  r.fill.fee_asset = {};
  d.take(r);
  CHECK(d.book.cash(d.m.usd) == "9799.5"_dec);
  r = d.report("f2", "1"_dec, "100"_dec, "0.5"_dec);
  r.fill.fee_asset = {4'000'000'000u};
  CHECK(d.take(r).fee_of_nothing);
  CHECK(d.book.fees() == "1.7"_dec);
  CHECK(d.book.ledger().assets() == d.m.table.asset_count());
}

TEST_CASE("a fill that is taken back leaves no trace in any sum, whatever its fee was in, and is not booked again") {
  for (const bool sale : {false, true})
    for (int fee = 0; fee < 4; ++fee) {
      Desk d;
      if (sale) {
        d.o.intent.abi.side = BL_SELL;
        d.o.intent.abi.qty = "1.5"_dec.raw();
      }
      d.book.set_mark(d.m.bnb, mark_at("300"_dec));
      const std::string before = d.sums();
      FillReport r = d.report("f1", "1.25"_dec, "97"_dec, "0.003"_dec);
      if (fee == 1) r.fill.fee_asset = d.m.btc_asset;
      if (fee == 2) r.fill.fee_asset = d.m.bnb_asset;
      if (fee == 3) r.fill.fee = Decimal::not_set();
      INFO("sale " << sale << ", fee " << fee);
      d.take(r);
      CHECK(d.sums() != before);
      r.reversal = true;
      const FillAnswer answer = d.take(r);
      CHECK(answer.as == BookedAs::reversal);
      CHECK(answer.owed.is_zero());
      CHECK(d.sums() == before);
      CHECK(d.o.state == S::open);
      CHECK(d.take(r).as == BookedAs::known);
      r.reversal = false;
      CHECK(d.take(r).as == BookedAs::known);
      CHECK(d.sums() == before);
    }
}

TEST_CASE("a reversal is postings of its own, not a hole in the book") {
  Desk d;
  FillReport r = d.report("f1", "1"_dec, "100"_dec, "0.5"_dec);
  d.take(r);
  const std::uint64_t posted = d.book.ledger().postings();
  r.reversal = true;
  d.take(r);
  CHECK(d.book.ledger().postings() == posted + 3);
}

TEST_CASE("a correction books what is told now in place of what was told before") {
  Desk d, straight;
  d.take(d.report("f1", "4"_dec, "100"_dec, "1"_dec));
  FillReport r = d.report("f1", "3"_dec, "101"_dec, "0.75"_dec);
  r.correction = true;
  CHECK(d.take(r).as == BookedAs::correction);
  straight.take(straight.report("f1", "3"_dec, "101"_dec, "0.75"_dec));
  CHECK(d.sums() == straight.sums());
  CHECK(d.take(r).as == BookedAs::known);
  CHECK(d.take(d.report("f1", "4"_dec, "100"_dec, "1"_dec)).as == BookedAs::known);  // the first report, late
  CHECK(d.sums() == straight.sums());
}

TEST_CASE("a correction that says nothing of a fee that was told leaves it; one to more may fill the order, one to less ends it") {
  Desk d;
  d.take(d.report("f1", "9"_dec, "100"_dec, "1"_dec));
  FillReport r = d.report("f1", "10"_dec, "100"_dec, Decimal::not_set());
  r.correction = true;
  d.take(r);
  CHECK(d.book.fees() == "1"_dec);
  CHECK(d.o.state == S::filled);
  r.fill.qty = "11"_dec;
  CHECK(d.refused(r) == "FILL_BEYOND_ORDER");
  r.fill.qty = "8"_dec;
  d.take(r);
  CHECK(d.o.state == S::cancelled);  // a partial end
  CHECK(d.o.cum_qty == "8"_dec);
}

TEST_CASE("a refused correction leaves the fill as it was booked") {
  Desk d;
  d.o.intent.abi.side = BL_SELL;
  d.take(d.report("f1", "1"_dec));
  const std::string before = d.sums();
  FillReport r = d.report("f1", "2.5"_dec);  // only two were ever held
  r.correction = true;
  const auto done = book_fill(d.o, d.book, r);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == "FILL_BEYOND_POSITION");
  CHECK(d.sums() == before);
  CHECK(d.book.books_agree());
}

TEST_CASE("a correction or a reversal that overtakes its fill is the last word on it") {
  Desk d;
  FillReport r = d.report("f1", "3"_dec);
  r.correction = true;
  CHECK(d.take(r).as == BookedAs::fill);
  CHECK(d.take(d.report("f1", "4"_dec)).as == BookedAs::known);
  CHECK(d.o.cum_qty == "3"_dec);
  FillReport gone = d.report("f2", Decimal::not_set(), Decimal::not_set());
  gone.reversal = true;
  const FillAnswer answer = d.take(gone);
  CHECK(answer.as == BookedAs::reversal);
  CHECK_FALSE(answer.event);
  CHECK(d.take(d.report("f2", "4"_dec)).as == BookedAs::known);
  CHECK(d.o.cum_qty == "3"_dec);
}

TEST_CASE("an older correction does not undo a newer one") {
  Desk d;
  d.take(d.report("f1", "4"_dec));
  FillReport first = d.report("f1", "5"_dec), second = d.report("f1", "6"_dec);
  first.correction = second.correction = true;
  first.told = 10;
  second.told = 20;
  d.take(second);
  CHECK(d.take(first).as == BookedAs::known);
  CHECK(d.o.cum_qty == "6"_dec);
}

TEST_CASE("a purchase that is taken back after its coins were sold: the rest is owed out of unmanaged inventory, and told") {
  Desk d;
  d.take(d.report("f1", "4"_dec));
  Fill sale = d.report("-", "5"_dec, "110"_dec).fill;
  sale.side = Side::sell;
  REQUIRE(d.book.apply(sale));
  FillReport r = d.report("f1", "4"_dec);
  r.reversal = true;
  const FillAnswer answer = d.take(r);
  CHECK(answer.owed == "3"_dec);
  CHECK(d.book.position(d.m.btc).qty.is_zero());
  CHECK(d.book.position(d.m.btc).cost.is_zero());
  CHECK(d.book.unmanaged(d.m.btc) == "-3"_dec);
  CHECK(d.book.ledger().venue(d.m.btc_asset) == "-3"_dec);
  // Two at 50, five sold at 110: what is owed is not valued, what was paid and got is.
  CHECK(d.book.cash(d.m.usd) == "10450"_dec);
  CHECK(d.book.cash(d.m.usd) - d.book.realised() == "10000"_dec);
}

TEST_CASE("a purchase that is corrected to less after its coins were sold: only the difference is owed, if anything is") {
  Desk d;
  d.take(d.report("f1", "4"_dec));
  Fill sale = d.report("-", "5"_dec, "110"_dec).fill;
  sale.side = Side::sell;
  REQUIRE(d.book.apply(sale));
  FillReport r = d.report("f1", "3"_dec);
  r.correction = true;
  CHECK(d.take(r).owed.is_zero());
  CHECK(d.book.position(d.m.btc).qty.is_zero());
  CHECK(d.book.unmanaged(d.m.btc).is_zero());
  CHECK(d.book.cash(d.m.usd) - d.book.realised() == "10000"_dec);
  r.fill.qty = "2.5"_dec;
  CHECK(d.take(r).owed == "0.5"_dec);
  CHECK(d.book.position(d.m.btc).qty.is_zero());
  CHECK(d.book.unmanaged(d.m.btc) == "-0.5"_dec);
}

TEST_CASE("profit is the same whether a purchase never was or was taken back after a sale") {
  Desk d, never;
  d.take(d.report("f1", "2"_dec, "200"_dec));
  for (Desk* each : {&d, &never}) {
    Fill sale = each->report("-", "1"_dec, "180"_dec).fill;
    sale.side = Side::sell;
    REQUIRE(each->book.apply(sale));
  }
  FillReport r = d.report("f1", "2"_dec, "200"_dec);
  r.reversal = true;
  d.take(r);
  const auto total = [](const Desk& x) { return x.book.realised() - x.book.position(x.m.btc).cost; };
  CHECK(total(d) == total(never));
  CHECK(d.book.position(d.m.btc).qty == never.book.position(d.m.btc).qty);
  CHECK_FALSE(d.book.position(d.m.btc).cost.is_negative());
}

TEST_CASE("a rebate is a fee below zero: it adds to what it is in, and profit counts it once") {
  Desk d;
  const Decimal worth = d.book.equity();
  FillReport r = d.report("f1", "1"_dec, "100"_dec, "-0.01"_dec);
  r.fill.fee_asset = d.m.btc_asset;
  d.take(r);
  CHECK(d.book.position(d.m.btc).qty == "3.01"_dec);
  CHECK(d.book.fees() == "-1"_dec);
  CHECK(d.book.equity() == worth + "1"_dec);
  const Position& p = d.book.position(d.m.btc);
  CHECK(d.book.cash(d.m.usd) + p.cost - d.book.realised() + d.book.fees() == "10000"_dec);
  r.reversal = true;
  d.take(r);
  CHECK(d.book.equity() == worth);
}

TEST_CASE("a fill of an order of others moves unmanaged inventory, and can be corrected and taken back like any") {
  Desk d;
  Intent told = limit_buy("web-1", "5"_dec);
  Order& theirs = **d.table.adopt(told, "v-1", "1"_dec, 1, 1);
  go(d.table, theirs, {E::found});
  const Decimal flows = d.book.net_flows(), equity = d.book.equity();
  FillReport r = d.report("f1", "2"_dec, "100"_dec, "1"_dec);
  REQUIRE(book_fill(theirs, d.book, r));
  CHECK(d.book.unmanaged(d.m.btc) == "2"_dec);
  CHECK(d.book.position(d.m.btc).qty == "2"_dec);
  CHECK(d.book.net_flows() == flows - "201"_dec);
  CHECK(theirs.leaves() == "2"_dec);
  FillReport more = d.report("f2", "2.1"_dec);
  CHECK(book_fill(theirs, d.book, more).error().code == "FILL_BEYOND_ORDER");
  r.fill.qty = "3"_dec;
  r.correction = true;
  REQUIRE(book_fill(theirs, d.book, r));
  CHECK(d.book.unmanaged(d.m.btc) == "3"_dec);
  r.reversal = true;
  REQUIRE(book_fill(theirs, d.book, r));
  CHECK(d.book.unmanaged(d.m.btc).is_zero());
  CHECK(d.book.net_flows() == flows);
  CHECK(d.book.equity() == equity);
  CHECK(d.book.books_agree());
}

TEST_CASE("a refused correction of a sale by others leaves flows and peak as they were, too") {
  Desk d;
  Intent told = limit_buy("web-1", "50"_dec);
  told.abi.side = BL_SELL;
  Order& theirs = **d.table.adopt(told, "v-1", Decimal::zero(), 1, 1);
  go(d.table, theirs, {E::found});
  REQUIRE(d.book.set_cash(d.m.btc_asset, "1"_dec));
  FillReport r = d.report("f1", "2"_dec, "90"_dec, "1"_dec);
  r.fill.side = Side::sell;
  d.book.close_step(1);
  REQUIRE(book_fill(theirs, d.book, r));
  REQUIRE(d.book.net_flows() == "89"_dec);  // theirs brought 90, less the fee; one of ours went with it
  const std::string before = d.sums() + d.book.net_flows().to_string() + " " + d.book.peak().to_string();
  r.fill.qty = "20"_dec;
  r.correction = true;
  CHECK(book_fill(theirs, d.book, r).error().code == "FILL_BEYOND_POSITION");
  CHECK(d.sums() + d.book.net_flows().to_string() + " " + d.book.peak().to_string() == before);
}

TEST_CASE("an order has no more fills than an order can have") {
  Desk d;
  d.o.intent.abi.qty = "1000"_dec.raw();
  for (std::size_t i = 0; i < max_fills_per_order; ++i) d.o.fills.emplace_back("x" + std::to_string(i));
  CHECK(d.refused(d.report("one more", "0.001"_dec)) == "FILLS_TOO_MANY");
  CHECK(d.o.fills.size() == max_fills_per_order);
}
