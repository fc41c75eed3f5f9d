// The book of one product: when it may be used, and what it then says.
#include <set>

#include "coinbase_stream/book.hpp"
#include "frames.hpp"

using namespace bowline;
using namespace bowline::literals;
using namespace stream_tests;

namespace {

struct Level {
  BookSide side;
  const char *price, *quantity;
};
constexpr BookSide bid = BookSide::bid, ask = BookSide::ask;

void give(Book& book, bool snapshot, const std::vector<Level>& levels, std::int64_t now = t0, std::int64_t event_ns = 0) {
  std::vector<BookUpdate> updates;
  for (const Level& l : levels)
    updates.push_back({read_number(l.price).value(), read_number(l.quantity).value(), event_ns, l.side});
  book.apply({"BTC-USD", 0, updates.size(), snapshot}, updates, now, now);
}
void snapshot(Book& book, const std::vector<Level>& levels, std::int64_t now = t0) { give(book, true, levels, now); }
void update(Book& book, const std::vector<Level>& levels, std::int64_t now = t0) { give(book, false, levels, now); }

const std::vector<Level> usual{
    {bid, "68900.00", "1.5"}, {bid, "68899.50", "0.75"}, {ask, "68901.00", "0.5"}, {ask, "68901.50", "1.2"}};

}  // namespace

TEST_CASE("a snapshot makes the book, updates are absolute, 0 removes") {
  Book b;
  CHECK_FALSE(b.quote());
  snapshot(b, usual);
  REQUIRE(b.quote());
  CHECK(*b.quote() == BookQuote{-2, -2, 6'890'000, 6'890'100, 150, 50});
  update(b, {{bid, "68900", "2"}, {ask, "68901.00", "0.00000000"}, {bid, "68899.50", "0"}, {ask, "69000", "0"}});
  CHECK(*b.quote() == BookQuote{-2, -2, 6'890'000, 6'890'150, 200, 120});
  CHECK(b.size(bid) == 1);
  CHECK(b.size(ask) == 1);
  update(b, {{bid, "68900", "0"}});
  CHECK(*b.quote() == BookQuote{-2, -2, 0, 6'890'150, 0, 120});  // a side may be empty
}

TEST_CASE("depth gives the best levels of a side, best first, as many as there are") {
  Book b;
  snapshot(b, usual);
  const auto bids = b.depth(bid, 5), asks = b.depth(ask, 1);
  REQUIRE(bids.size() == 2);
  CHECK(bids[0].price == "68900"_dec);
  CHECK(bids[1].price == "68899.5"_dec);
  CHECK(bids[1].quantity == "0.75"_dec);
  REQUIRE(asks.size() == 1);
  CHECK(asks[0].price == "68901"_dec);
  CHECK(b.depth(bid, 0).empty());
}

TEST_CASE("of one price told twice in a snapshot the later counts, also when it is 0") {
  Book b;
  snapshot(b, {{bid, "10", "1"}, {bid, "10.0", "3"}, {ask, "11", "1"}, {ask, "12", "1"}, {ask, "11", "0"}});
  CHECK(*b.quote() == BookQuote{-1, 0, 100, 120, 3, 1});
}

TEST_CASE("after a gap the book says nothing, and what comes before the next snapshot is left out") {
  Book b;
  snapshot(b, usual);
  b.gap();
  CHECK(b.state() == BookState::lost);
  CHECK(b.wants_snapshot());
  CHECK_FALSE(b.quote());
  CHECK(b.depth(bid, 5).empty());
  update(b, {{bid, "68900", "7"}});
  CHECK(b.state() == BookState::lost);
  b.asked();
  CHECK(b.state() == BookState::waiting);
  CHECK_FALSE(b.wants_snapshot());
  update(b, {{bid, "68900", "8"}, {bid, "68901", "8"}});
  CHECK(b.left_out() == 3);
  CHECK(b.size(bid) == 0);
  snapshot(b, {{bid, "100", "1"}, {ask, "101", "1"}});
  CHECK(*b.quote() == BookQuote{0, 0, 100, 101, 1, 1});
  CHECK(b.losses() == 1);
}

TEST_CASE("a gap while a snapshot is waited for asks for it again: it may be what was lost") {
  Book b;
  b.gap();
  CHECK(b.wants_snapshot());
  snapshot(b, usual);  // it comes nevertheless
  CHECK(b.usable());
}

TEST_CASE("an update before any snapshot makes no book") {
  Book b;
  update(b, usual);
  CHECK(b.state() == BookState::waiting);
  CHECK(b.left_out() == 4);
  CHECK(b.changed_ns() == 0);
  CHECK_FALSE(b.quote());
}

TEST_CASE("a crossed or locked book is not used; it comes apart, or is lost after the limit") {
  Book b;
  snapshot(b, usual);
  update(b, {{bid, "68901.00", "1"}}, t0);  // equal is crossed, too
  CHECK(b.state() == BookState::crossed);
  CHECK_FALSE(b.quote());
  CHECK(b.depth(ask, 1).empty());
  update(b, {{ask, "68901.00", "0"}}, t0 + second / 2);
  CHECK(b.usable());
  CHECK(b.quote()->bid == 6'890'100);
  update(b, {{bid, "70000", "1"}}, t0 + second);
  update(b, {{bid, "70001", "1"}}, t0 + 2 * second);
  CHECK(b.state() == BookState::crossed);
  b.tick(t0 + 2 * second + 1);
  CHECK(b.state() == BookState::lost);
  CHECK(b.crossings() == 2);
  CHECK(b.losses() == 1);
  CHECK(b.size(bid) == 0);
}

TEST_CASE("a book that crosses in the midst of an event and not at its end is no crossed book") {
  Book b;
  snapshot(b, usual);
  update(b, {{bid, "68902", "1"}, {ask, "68901.00", "0"}, {ask, "68901.50", "0"}, {ask, "68903", "1"}});
  CHECK(b.usable());
  CHECK(b.crossings() == 0);
}

TEST_CASE("a snapshot that is crossed itself is not used; a clock that steps back does not prolong the patience") {
  Book b;
  snapshot(b, {{bid, "11", "1"}, {ask, "10", "1"}}, t0);
  CHECK(b.state() == BookState::crossed);
  b.tick(t0 - 60 * second);
  CHECK(b.state() == BookState::crossed);
  b.tick(t0 - 58 * second);
  CHECK(b.state() == BookState::lost);
}

TEST_CASE("something finer than the exponent makes it finer, and changes no level") {
  Book b(Book::Options{-1, -2, second});
  snapshot(b, {{bid, "10.5", "1.25"}, {ask, "11.5", "2"}});
  CHECK((b.px_exp() == -1 && b.qty_exp() == -2));
  update(b, {{bid, "10.55", "0.12345678"}});
  CHECK((b.px_exp() == -2 && b.qty_exp() == -8));
  CHECK(*b.quote() == BookQuote{-2, -8, 1'055, 1'150, 12'345'678, 200'000'000});
  update(b, {{bid, "10.550", "0"}});  // the same level under another spelling
  CHECK(b.quote()->bid == 1'050);
  CHECK_FALSE(b.wide());
}

TEST_CASE("numbers padded with zeros do not make a book wide") {
  Book b;
  snapshot(b, {{bid, "68900.010000000000000000", "1.500000000000000000"},
               {ask, "68901.000000000000000000", "0.010000000000000000"}});
  CHECK_FALSE(b.wide());
  CHECK(*b.quote() == BookQuote{-2, -2, 6'890'001, 6'890'100, 150, 1});
  update(b, {{bid, "68900.020000000000000000", "1.500000000000000000"}});
  CHECK(b.quote()->bid == 6'890'002);
}

TEST_CASE("what no 64-bit mantissa holds turns the book to Decimal, exactly, until the next snapshot") {
  Book b;
  snapshot(b, {{bid, "0.00001234", "5000000000000"}, {ask, "0.00001235", "7"}});
  CHECK_FALSE(b.wide());
  update(b, {{ask, "0.00001236", "0.000000000000000001"}});
  CHECK(b.wide());
  const auto asks = b.depth(ask, 2);
  CHECK(asks[1].quantity == Decimal::epsilon());
  CHECK(b.depth(bid, 1)[0].quantity == "5000000000000"_dec);
  REQUIRE(b.quote());
  CHECK(*b.quote() == BookQuote{-8, 0, 1'234, 1'235, 5'000'000'000'000, 7});
  update(b, {{ask, "0.00001235", "0"}});
  CHECK_FALSE(b.quote());  // 5e12 and 1e-18 have no common exponent in 64 bits
  CHECK(b.usable());
  update(b, {{bid, "0.00001234", "0"}});
  REQUIRE(b.quote());
  CHECK(b.quote()->ask_qty == 1);
  snapshot(b, usual);
  CHECK_FALSE(b.wide());
  snapshot(b, {{bid, "1", "99999999999.999999999999"}, {ask, "2", "1"}});
  CHECK(b.wide());
  CHECK(b.depth(bid, 1)[0].quantity == "99999999999.999999999999"_dec);
}

TEST_CASE("the time of a change is the newest event's, the frame's where the events tell none, and never goes back") {
  Book b;
  give(b, true, usual, t0, 0);
  CHECK(b.changed_ns() == t0);
  give(b, false, {{bid, "68900", "3"}}, t0 + second, t0 + second / 2);
  CHECK(b.changed_ns() == t0 + second / 2);
  give(b, false, {{bid, "68900", "4"}}, t0 + second, t0);
  CHECK(b.changed_ns() == t0 + second / 2);
  give(b, true, usual, t0 - second, 0);  // a new snapshot is a new book
  CHECK(b.changed_ns() == t0 - second);
}

TEST_CASE("the table of a book's states has one row for a state and an input, and a snapshot always makes it live") {
  std::set<std::pair<BookState, BookInput>> seen;
  for (const BookArrow& a : book_arrows) {
    CHECK(seen.emplace(a.from, a.input).second);
    if (a.input == BookInput::snapshot) CHECK(a.to == BookState::live);
    if (a.input == BookInput::gap) CHECK(a.to == BookState::lost);
  }
  for (const BookState s : {BookState::waiting, BookState::live, BookState::crossed, BookState::lost})
    CHECK(seen.count({s, BookInput::snapshot}) == 1);
}
