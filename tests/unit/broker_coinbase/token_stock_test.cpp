// Tokens made ahead: each goes with one order, none that is old, and none that was made by a clock that was wrong.
#include "broker_coinbase/token_stock.hpp"

#include "coinbase/base64.hpp"
#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;
using broker_coinbase::TokenStock;

namespace {

constexpr std::int64_t young = TokenStock::young_s, renew = TokenStock::renew_s;

/// When a token begins to be valid: it is made with the time at which it is signed.
std::int64_t made_s(const std::string& token) {
  const auto first = token.find('.'), second_ = token.find('.', first + 1);
  std::string text = token.substr(first + 1, second_ - first - 1);
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (text.size() % 4 != 0) text.push_back('=');
  coinbase::Secret claims(1024);
  REQUIRE(coinbase::decode_base64(text, claims));
  return Json::parse(claims.view()).at("nbf").get<std::int64_t>();
}

struct Shelf {
  std::int64_t now = 1'700'000'000;
  int made = 0;
  bool random = true;
  coinbase::TokenMaker maker{test_key(), [this] { return now; }, [this](coinbase::Nonce& n) {
                               n.fill(0);
                               ++made;
                               n[0] = static_cast<unsigned char>(made);
                               n[1] = static_cast<unsigned char>(made >> 8);
                               return random;
                             }};
  TokenStock stock{maker, coinbase::Method::post, "venue.example", std::string(coinbase::orders_path)};
  void fill() {
    while (stock.make_one(now)) {
    }
  }
  std::string take() {
    auto t = stock.take(now);
    REQUIRE(t);
    return *t;
  }
};

/// Of the newest order that was sent.
std::string token_of(const Desk& d) {
  const auto* q = d.last("/orders");
  REQUIRE(q != nullptr);
  const std::size_t at = q->headers.find("Bearer ") + 7;
  return q->headers.substr(at, q->headers.find("\r\n", at) - at);
}
std::int64_t now_s(const Desk& d) { return d.host.now / second; }

}  // namespace

TEST_CASE("a stock fills one by one up to its most, and gives each token out once") {
  Shelf s;
  CHECK(s.stock.wants(s.now));
  for (std::size_t i = 1; i < TokenStock::most; ++i) CHECK(s.stock.make_one(s.now));
  CHECK_FALSE(s.stock.make_one(s.now));  // it was the last
  CHECK_FALSE(s.stock.wants(s.now));
  CHECK_FALSE(s.stock.make_one(s.now));
  CHECK(s.stock.size() == TokenStock::most);
  const int ahead = s.made;
  CHECK(ahead == static_cast<int>(TokenStock::most));
  std::set<std::string> given;
  for (std::size_t i = 0; i < TokenStock::most; ++i) CHECK(given.insert(s.take()).second);
  CHECK(s.made == ahead);
  CHECK(s.stock.size() == 0);
  for (int i = 0; i < 3; ++i) CHECK(given.insert(s.take()).second);  // none is left: made as it is asked for
  CHECK(s.made == ahead + 3);
  CHECK(s.stock.wants(s.now));
}

TEST_CASE("a token is given out up to its age and not beyond, and made anew before that") {
  Shelf s;
  s.fill();
  const std::int64_t then = s.now;
  s.now = then + young - 1;
  CHECK(made_s(s.take()) == then);
  s.now = then + young;
  CHECK(made_s(s.take()) == s.now);
  CHECK(s.stock.size() == 0);  // the others are as old
  s.fill();
  const std::int64_t again = s.now;
  s.now = again + renew - 1;
  CHECK_FALSE(s.stock.wants(s.now));
  s.now = again + renew;
  CHECK(s.stock.wants(s.now));
  s.fill();
  CHECK(s.stock.size() == TokenStock::most);
  for (std::size_t i = 0; i < TokenStock::most; ++i) CHECK(made_s(s.take()) == s.now);
}

TEST_CASE("a token from after now is of a clock that was set back, and is not given out") {
  Shelf s;
  s.fill();
  s.now -= 1;
  CHECK(made_s(s.take()) == s.now);
  CHECK(s.stock.size() == 0);
  s.fill();
  s.now -= 1;
  CHECK(s.stock.wants(s.now));
  CHECK(s.stock.size() == 0);
}

TEST_CASE("where none can be made the stock stops trying, and says why when one is asked for") {
  Shelf s;
  s.random = false;
  CHECK(s.stock.wants(s.now));
  CHECK_FALSE(s.stock.make_one(s.now));
  CHECK(s.stock.size() == 0);
  const auto t = s.stock.take(s.now);
  REQUIRE_FALSE(t);
  CHECK(t.error().code == "COINBASE_NONCE");
  s.random = true;
  CHECK(s.stock.make_one(s.now));
}

TEST_CASE("the stock serves new orders alone") {
  Shelf s;
  coinbase::Request r;
  r.method = coinbase::Method::post;
  r.path = coinbase::orders_path;
  CHECK(s.stock.serves(r));
  r.method = coinbase::Method::get;
  CHECK_FALSE(s.stock.serves(r));
  r.method = coinbase::Method::post;
  r.path += "/preview";
  CHECK_FALSE(s.stock.serves(r));
  r.path = coinbase::orders_path;
  r.open = true;
  CHECK_FALSE(s.stock.serves(r));
}

TEST_CASE("orders take the tokens that were made ahead of them, each its own, and what is used up is made again behind the answer") {
  Desk d;
  d.run(5 * second);
  const std::int64_t then = now_s(d) - 5;
  d.hold_answers = true;
  std::set<std::string> tokens;
  for (std::size_t i = 0; i < TokenStock::most; ++i) {
    REQUIRE(d.submit(intent("bl-" + std::to_string(i), "0.5", "100")).status == BL_PENDING);
    CHECK(made_s(token_of(d)) <= then);
    CHECK(tokens.insert(token_of(d)).second);
  }
  d.pump();
  REQUIRE(d.submit(intent("bl-more", "0.5", "100")).status == BL_PENDING);
  CHECK(made_s(token_of(d)) == now_s(d));
  CHECK(tokens.insert(token_of(d)).second);
  const int woken = d.host.wakes;
  d.hold_answers = false;
  d.answer(d.served++);
  CHECK(d.host.wakes == woken + 1);
  d.pump();
  d.run(2 * second);
  REQUIRE(d.submit(intent("bl-last", "0.5", "100")).status == BL_PENDING);
  CHECK(made_s(token_of(d)) == now_s(d) - 2);
  CHECK(tokens.insert(token_of(d)).second);
}

TEST_CASE("however long nobody trades, there is a young token; and on a host that wakes nobody one is made as it is needed") {
  Desk d;
  int ahead = 0;
  for (int i = 0; i < 40; ++i) {
    d.run(97 * second);
    REQUIRE(d.submit(intent("bl-" + std::to_string(i), "0.5", "100")).status == BL_PENDING);
    CHECK(made_s(token_of(d)) <= now_s(d));
    CHECK(made_s(token_of(d)) > now_s(d) - young);
    ahead += made_s(token_of(d)) < now_s(d) ? 1 : 0;
  }
  CHECK(ahead > 30);  // the others met the moment of their making
  d.wakes_it = false;
  d.run(97 * second);
  REQUIRE(d.submit(intent("bl-alone", "0.5", "100")).status == BL_PENDING);
  CHECK(made_s(token_of(d)) == now_s(d));
}

TEST_CASE("behind a 401 no token of before is given out; and none that is old or of the future by the venue's clock as it was told anew") {
  Desk d;
  d.run(5 * second);
  d.venue.fate = [](const testing::SentRequest& q) {
    return q.url.find("/accounts?") != std::string::npos ? Fate{Fate::Kind::says, 401, "Unauthorized"} : Fate{};
  };
  d.wakes_it = false;
  d.ask(8);
  d.pump();
  REQUIRE(d.submit(intent("bl-1", "0.5", "100")).status == BL_PENDING);
  CHECK(made_s(token_of(d)) == now_s(d));
  d.venue.fate = [](const testing::SentRequest&) { return Fate{}; };
  d.wakes_it = true;
  d.run(30 * second);
  d.venue.skew_ns = 90 * second;
  d.run(11 * 60 * second);  // it is asked for again
  REQUIRE(d.submit(intent("bl-2", "0.5", "100")).status == BL_PENDING);
  CHECK(made_s(token_of(d)) > now_s(d) + 90 - young);
  CHECK(made_s(token_of(d)) <= now_s(d) + 90);
  d.venue.skew_ns = -20 * second;
  d.run(11 * 60 * second);
  REQUIRE(d.submit(intent("bl-3", "0.5", "100")).status == BL_PENDING);
  CHECK(made_s(token_of(d)) > now_s(d) - 20 - young);
  CHECK(made_s(token_of(d)) <= now_s(d) - 20);
}
