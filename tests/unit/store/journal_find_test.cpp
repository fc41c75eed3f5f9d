#include "store/journal_find.hpp"

#include <array>

#include "store/journal_rows.hpp"
#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;
using core::BookedAs;
using core::Side;

namespace {

FillRow booked(std::string id, Decimal px, Decimal qty, BookedAs as = BookedAs::fill) {
  FillRow r{core::ClientOrderId("bl-1"), std::move(id), "BTC-USD", Side::buy, px, qty, Decimal::zero(), Decimal::zero(), "USD", 1};
  r.as = as;
  return r;
}

bool found(const Journal& j, ToldFill told) {
  REQUIRE(find_told(j, {&told, 1}, {}));
  return told.known;
}

}  // namespace

TEST_CASE("journal: a report of a fill is known as it was told first, or as it was corrected to") {
  StoreFolder dir;
  const auto j = opened(dir / "j");
  const auto note = [&j](const FillRow& r) { REQUIRE(j->note(journal_kind::fill, 1, line(r))); };
  note(booked("f-1", "100"_dec, "2"_dec));
  note(booked("f-1", "100"_dec, "3"_dec, BookedAs::correction));
  note(booked("f-2", "100"_dec, "2"_dec));
  note(booked("f-2", Decimal::not_set(), Decimal::not_set(), BookedAs::reversal));
  note(booked("say \"\\7\"", "100"_dec, "2"_dec));
  FillRow overtook = booked("f-3", "100"_dec, "2"_dec);
  overtook.corrected = true;
  note(overtook);
  CHECK_FALSE(found(*j, {"f-1", "BTC-USD", Side::buy, "100"_dec, "2"_dec}));  // not in the file yet
  REQUIRE(j->flush());

  CHECK(found(*j, {"f-1", "BTC-USD", Side::buy, "100"_dec, "2"_dec}));
  CHECK(found(*j, {"f-1", "BTC-USD", Side::buy, "100"_dec, "3"_dec}));
  CHECK(found(*j, {"f-1", "BTC-USD", Side::buy, "100"_dec, "3"_dec, BookedAs::correction}));
  CHECK(found(*j, {"f-2", "BTC-USD", Side::buy, "100"_dec, "2"_dec}));
  CHECK(found(*j, {"f-2", "BTC-USD", Side::buy, Decimal::not_set(), Decimal::not_set(), BookedAs::reversal}));
  CHECK(found(*j, {"f-3", "BTC-USD", Side::buy, "100"_dec, "2"_dec, BookedAs::correction}));
  CHECK(found(*j, {"say \"\\7\"", "BTC-USD", Side::buy, "100"_dec, "2"_dec}));

  CHECK_FALSE(found(*j, {"f-1", "BTC-USD", Side::buy, "101"_dec, "2"_dec}));
  CHECK_FALSE(found(*j, {"f-1", "BTC-USD", Side::buy, "100"_dec, "4"_dec}));
  CHECK_FALSE(found(*j, {"f-1", "BTC-USD", Side::sell, "100"_dec, "2"_dec}));
  CHECK_FALSE(found(*j, {"f-1", "ETH-USD", Side::buy, "100"_dec, "2"_dec}));
  CHECK_FALSE(found(*j, {"f-", "BTC-USD", Side::buy, "100"_dec, "2"_dec}));
  CHECK_FALSE(found(*j, {"f-1", "BTC-USD", Side::buy, "100"_dec, "2"_dec, BookedAs::correction}));
  CHECK_FALSE(found(*j, {"f-1", "BTC-USD", Side::buy, Decimal::not_set(), Decimal::not_set(), BookedAs::reversal}));
}

TEST_CASE("journal: an order is known by its intent, and all that is asked for is found at once") {
  StoreFolder dir;
  Desk d({}, "10000"_dec, opened(dir / "j"));
  const core::Intent entry = d.resting();
  REQUIRE(d.journal->flush());
  REQUIRE(d.journal->note(journal_kind::fill, 1, line(booked("f-1", "100"_dec, "2"_dec))));
  REQUIRE(d.journal->flush());
  std::array orders{ToldOrder{core::ClientOrderId(entry.client_id())}, ToldOrder{core::ClientOrderId("bl-nobody"), true}};
  std::array fills{ToldFill{"f-1", "BTC-USD", Side::buy, "100"_dec, "2"_dec}, ToldFill{"f-1", "BTC-USD", Side::buy, "100"_dec, "1"_dec},
                   ToldFill{"f-1", "BTC-USD", Side::buy, "100"_dec, "2"_dec}};
  REQUIRE(find_told(*d.journal, fills, orders));
  CHECK(orders[0].known);
  CHECK_FALSE(orders[1].known);
  CHECK(fills[0].known);
  CHECK_FALSE(fills[1].known);
  CHECK(fills[2].known);
}

TEST_CASE("journal: in a row that can't be read nothing is found, and its number is told") {
  StoreFolder dir;
  const auto j = opened(dir / "j");
  REQUIRE(j->note(journal_kind::fill, 1, line(booked("f-1", "100"_dec, "2"_dec))));
  REQUIRE(j->note(journal_kind::fill, 1, R"({"fill_id":"f-1"})"));
  REQUIRE(j->note(journal_kind::fill, 1, R"({"fill_id":"f-2)"));  // nobody asks for it
  REQUIRE(j->flush());
  ToldFill told{"f-1", "BTC-USD", Side::buy, "100"_dec, "2"_dec};
  const auto done = find_told(*j, {&told, 1}, {});
  REQUIRE_FALSE(done);
  CHECK(done.error().code == "JOURNAL_ROW");
  CHECK(done.error().message.find("row 2") != std::string::npos);
  CHECK_FALSE(told.known);
}
