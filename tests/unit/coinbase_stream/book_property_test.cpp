// Whatever is put into a book, it says what a plain map says that was given the same.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "coinbase_stream/book.hpp"

using namespace bowline;
using namespace bowline::coinbase;

namespace {

struct Model {
  std::map<Decimal, Decimal> bids, asks;
  void put(const BookUpdate& u) {
    auto& side = u.side == BookSide::bid ? bids : asks;
    if (u.quantity.sign() == 0)
      side.erase(u.price.decimal());
    else
      side[u.price.decimal()] = u.quantity.decimal();
  }
};

template <class It>
bool same(const std::vector<BookLevel>& levels, It it, It end) {
  for (const BookLevel& l : levels) {
    if (it == end || it->first != l.price || it->second != l.quantity) return false;
    ++it;
  }
  return it == end;
}

bool same(const Book& book, const Model& m) {
  return same(book.depth(BookSide::bid, SIZE_MAX), m.bids.rbegin(), m.bids.rend()) &&
         same(book.depth(BookSide::ask, SIZE_MAX), m.asks.begin(), m.asks.end()) && book.size(BookSide::bid) == m.bids.size() &&
         book.size(BookSide::ask) == m.asks.size();
}

/// Bids below 1000, asks above 2000: never crossed, so that depth() always tells. `fine`: decimals up to 18, which no
/// exponent holds with the large ones.
BookUpdate draw(std::mt19937_64& random, std::uint64_t prices, bool fine) {
  BookUpdate u;
  u.side = random() % 2 == 0 ? BookSide::bid : BookSide::ask;
  const auto cents = static_cast<std::int64_t>(random() % prices);
  const int exp = fine ? -static_cast<int>(random() % 17) : -2;
  Decimal px = Decimal::from_mantissa(cents % 90'000 + 1, exp);
  if (u.side == BookSide::ask) px = px + Decimal::from_int(100'000);
  u.price = StreamNumber::from(px);
  const Decimal qty = random() % 3 == 0 ? Decimal::zero()
                                        : Decimal::from_mantissa(static_cast<std::int64_t>(random() % 1'000'000'000'000),
                                                                 fine ? -static_cast<int>(random() % 19) : -8);
  u.quantity = StreamNumber::from(qty);
  return u;
}

void run(std::uint64_t seed, std::uint64_t prices, bool fine, std::size_t at_start, std::size_t updates) {
  std::mt19937_64 random(seed);
  Book book;
  Model model;
  std::vector<BookUpdate> first;
  for (std::size_t i = 0; i < at_start; ++i) {
    first.push_back(draw(random, prices, fine));
    model.put(first.back());
  }
  // Bids reach 90000, asks start above 100000.
  book.apply({"P", 0, first.size(), true}, first, 1, 1);
  RC_ASSERT(same(book, model));
  for (std::size_t i = 0; i < updates; ++i) {
    std::vector<BookUpdate> some;
    for (std::size_t n = 1 + random() % 50; n > 0; --n) {
      some.push_back(draw(random, prices, fine));
      model.put(some.back());
    }
    book.apply({"P", 0, some.size(), false}, some, 1, 1);
    if (i % 16 == 0 || i + 1 == updates) RC_ASSERT(same(book, model));
  }
}

}  // namespace

TEST_CASE("property: a book of few prices says what a map says") {
  CHECK(rc::check([](std::uint64_t seed) { run(seed, 40, false, 20, 40); }));
}

TEST_CASE("property: a book of many prices, whose blocks split and join, says what a map says") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) run(seed, 20'000, false, 5'000, 400);
}

TEST_CASE("property: a book whose numbers become finer until no mantissa holds them says what a map says") {
  CHECK(rc::check([](std::uint64_t seed) { run(seed, 60, true, 3, 30); }));
}

TEST_CASE("a side that is emptied from any end and filled again holds what was put") {
  for (const int way : {0, 1, 2}) {
    Levels<std::int64_t> side;
    for (std::int64_t round = 0; round < 3; ++round) {
      for (std::int64_t i = 0; i < 3'000; ++i) side.set((i * 7919) % 3'000 + 1, i + 1);
      REQUIRE(side.size() == 3'000);
      CHECK(side.lowest().price == 1);
      CHECK(side.highest().price == 3'000);
      for (std::int64_t i = 0; i < 3'000; ++i) {
        const std::int64_t price = way == 0 ? i + 1 : way == 1 ? 3'000 - i : (i * 1'009) % 3'000 + 1;
        side.set(price, 0);
        side.set(price, 0);  // what is not there is not removed twice
        REQUIRE(side.size() == static_cast<std::size_t>(2'999 - i));
      }
      CHECK(side.empty());
    }
  }
}
