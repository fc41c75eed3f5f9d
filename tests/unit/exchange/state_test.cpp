// The venue's state is written and read back whole.
#include <rapidcheck.h>

#include "exchange/engine/archive.hpp"
#include "unit/exchange/random_acts.hpp"

using namespace exchange_test;

namespace {

/// What a state says with a piece replaced and its checksum made good again.
std::string forged(std::string s, const std::string& from, const std::string& to) {
  const std::size_t at = s.find(from);
  REQUIRE(at != std::string::npos);
  s.replace(at, from.size(), to);
  s.resize(s.rfind("end "));
  return s + "end " + std::to_string(checksum(s)) + "\n";
}
Venue busy(const Options& o = {}) {
  Venue v(o);
  v.market({{"99"_dec, "5"_dec}}, {{"101"_dec, "1.25"_dec}}, "100"_dec);
  v.limit(v.alice, Side::buy, "2"_dec, "98"_dec);
  v.limit(v.bob, Side::buy, "2"_dec, "98"_dec);
  v.put(v.alice, v.stop(Side::sell, "1"_dec, "90"_dec, "95"_dec, StopDirection::down));
  v.put(v.bob, v.bracket(Side::sell, "1"_dec, "120"_dec, "94"_dec));
  v.put(v.bob, v.spend("50"_dec));
  OrderRequest r = v.request(Side::buy, Config::limit_gtd, "1"_dec, "97"_dec);
  r.client_order_id = "an id with blanks\nand 5:colons";
  r.end_ns = v.now + 60 * second;
  v.put(v.alice, r);
  return v;
}

}  // namespace

TEST_CASE("a venue that is read back goes on as if it had never stopped") {
  const bool held = rc::check("round trip", [] {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    Acts a(seed);
    for (int i = 0; i < 100; ++i) a.act();
    std::vector<Event> events, others;
    a.e.take_events(events);
    const std::string state = a.e.save();
    auto read = Engine::load(state, a.e.options());
    if (!read) RC_LOG() << read.error().message;
    RC_ASSERT(read.ok());
    RC_ASSERT(read->save() == state);

    Acts b(seed);  // the same dice; then the same acts on what was read back
    b.dice = a.dice;
    b.users = a.users;
    b.now = a.now;
    b.ids = a.ids;
    b.e = std::move(*read);
    events.clear();
    for (int i = 0; i < 100; ++i) {
      a.act();
      b.act();
      RC_ASSERT(b.e.audit().ok());
    }
    a.e.take_events(events);
    b.e.take_events(others);
    RC_ASSERT(events.size() == others.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      RC_ASSERT(events[i].sequence == others[i].sequence);
      RC_ASSERT(events[i].what.index() == others[i].what.index());
    }
    RC_ASSERT(a.e.save() == b.e.save());
  });
  CHECK(held);
}

TEST_CASE("what is read back knows its ids, its client ids, its priority and its clock") {
  Venue v = busy();
  Options o;
  o.id_seed = 999;  // the state's own seed is what counts
  auto read = Engine::load(v.e.save(), o);
  REQUIRE(read.ok());
  CHECK(read->order_id(1) == v.e.order_id(1));
  CHECK(read->order(v.alice, v.e.order_id(1)) != nullptr);
  CHECK(read->order_by_client_id(v.alice, "an id with blanks\nand 5:colons") != nullptr);
  CHECK(read->next_due() == v.now + 60 * second);
  OrderRequest r = v.request(Side::buy, Config::limit_gtc, "1"_dec, "1"_dec);
  r.client_order_id = "an id with blanks\nand 5:colons";
  CHECK(read->place(v.alice, r, v.now).repeated);
  REQUIRE(read->trade_through("BTC-USD", "97.99"_dec, "0.5"_dec, v.now).ok());
  CHECK(str(read->order(1).state.filled_size) == "0.5");  // the older one of two at 98
  CHECK(read->order(2).state.fills == 0);
  REQUIRE(read->trade_through("BTC-USD", "94"_dec, "0.1"_dec, v.now).ok());
  CHECK(read->order(3).state.triggered);
  CHECK(read->order(4).state.triggered);
  CHECK(read->audit().ok());
}

TEST_CASE("an order that lost its place by an edit stands behind the others when it is read back") {
  Venue v = busy();
  REQUIRE(v.edit(v.alice, 1, "3"_dec, "98"_dec).ok());
  auto read = Engine::load(v.e.save(), {});
  REQUIRE(read.ok());
  REQUIRE(read->trade_through("BTC-USD", "97.99"_dec, "0.5"_dec, v.now).ok());
  CHECK(read->order(1).state.fills == 0);
  CHECK(str(read->order(2).state.filled_size) == "0.5");
}

TEST_CASE("an empty venue is read back") {
  const auto read = Engine::load(Engine().save(), {});
  REQUIRE(read.ok());
  CHECK(read->products().empty());
}

TEST_CASE("a state that was cut or changed anywhere is refused") {
  const std::string s = busy().e.save();
  for (std::size_t n = 0; n < s.size(); n += 1 + n / 50) CHECK_FALSE(Engine::load(s.substr(0, n), {}).ok());
  for (std::size_t n = 0; n < s.size(); n += 7) {
    std::string bad = s;
    bad[n] = bad[n] == '7' ? '8' : '7';
    CHECK_FALSE(Engine::load(bad, {}).ok());
  }
  CHECK(Engine::load("", {}).error().code == "STATE_MALFORMED");
  CHECK(Engine::load(s + "x", {}).error().code == "STATE_MALFORMED");
  for (const char* other : {"bowline-venue-state 1\n", "bowline-venue-state 3\n"}) CHECK(Engine::load(other, {}).error().code == "STATE_VERSION");
}

TEST_CASE("a state that was written by hand is refused when its parts do not fit") {
  const std::string s = busy().e.save();
  CHECK(Engine::load(forged(s, "USD", "USX"), {}).error().code == "STATE_UNSOUND");
  CHECK_FALSE(Engine::load(forged(s, "BTC-USD", "BTC-US"), {}).ok());
  CHECK_FALSE(Engine::load(forged(s, "0.01", "0.0000000000000000001"), {}).ok());
  CHECK_FALSE(Engine::load(forged(s, "100000", "99999"), {}).ok());
}

TEST_CASE("no forged value ends the process") {
  // Each number of the state replaced by ones that are too large, negative, not there or of another kind.
  const std::string s = busy().e.save();
  const std::size_t last = s.rfind("end ");
  std::size_t refused = 0, taken = 0;
  for (std::size_t from = s.find('\n') + 1; from < last;) {
    const std::size_t to = s.find_first_of(" \n", from);
    if (to == std::string::npos || to >= last) break;
    for (const char* value : {"-", "-1", "0", "1", "7", "4294967295", "18446744073709551615", "1e20", "170000000000000000000", "x", "99:z"}) {
      std::string bad = s.substr(0, from) + value + s.substr(to, last - to);
      bad += "end " + std::to_string(checksum(bad)) + "\n";
      auto read = Engine::load(bad, {});
      ++(read.ok() ? taken : refused);
      if (read.ok()) {  // harmless, then: a time, a note, a name
        CHECK(read->audit().ok());
        read->advance(start + 1000 * second);
        (void)read->trade_through("BTC-USD", "1"_dec, "5"_dec, start + 1001 * second);
        CHECK(read->audit().ok());
      }
    }
    from = to + 1;
  }
  CHECK(refused > 1000);
  CHECK(taken > 0);
}
