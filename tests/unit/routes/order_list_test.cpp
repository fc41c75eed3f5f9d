// The list of orders out of memory and store: whole, each order once, told alike.
#include <set>

#include "fixture.hpp"
#include "services/runtime/json_values.hpp"
#include "services/trade_execution/order_list.hpp"
#include "store/reader.hpp"
#include "store/sql_store.hpp"
#include "unit/store/store_folder.hpp"

using namespace routes_test;
using store::Place;

namespace {

/// A desk whose records can be written to a real store, when the test says so.
struct StoredDesk : Desk {
  test::StoreFolder dir;
  store::StoreOptions options{dir / "p.db", dir / "t.db", {"mock", "v", "default"}, {}, &table};
  std::unique_ptr<store::Reader> reader;

  StoredDesk() {
    sink.keep = true;
    write();
    auto opened = store::Reader::open(options.prices, options.transactions);
    REQUIRE(opened.ok());
    reader = std::move(*opened);
    backend.orders = [this](const store::PageAsk& ask) { return reader->orders(ask); };
    backend.order = [this](const std::string& id) -> services::Backend::Json {
      auto found = reader->order(id);
      if (!found) return Error{"ORDER_NOT_FOUND", found.error().message};
      return found;
    };
    backend.explain_order = [this](const std::string& id) -> services::Backend::Json {
      auto found = reader->explain_order(id);
      if (!found) return Error{"ORDER_NOT_FOUND", found.error().message};
      return found;
    };
  }
  ~StoredDesk() {  // before the store that its routes ask
    client.reset();
    server.reset();
    core.stop();
  }
  void write() {
    auto s = store::SqlStore::open(options);
    if (!s) FAIL(s.error().message);
    for (core::Record& r : sink.records) (*s)->put(std::move(r));
    sink.records.clear();
    (*s)->end_step(1);
    REQUIRE((*s)->close().ok());
  }
};

/// Orders with ids o-1, o-2, ... decided at 10, 20, ...; the table forgets all but `keep` ended ones.
struct Book {
  core::InstrumentTable table;
  core::OrderTable orders;
  explicit Book(std::size_t keep = 100) : orders(keep) {
    static_cast<void>(table.asset("USD"));
    static_cast<void>(table.add("BTC-USD", {"0.001"_dec, "0.01"_dec, "0.01"_dec, "0.001"_dec, "1"_dec, "0.004"_dec, "0.006"_dec}));
  }
  static std::string id(int n) { return "o-" + std::to_string(1000 + n); }
  void add(int n, bool ended) {
    core::Intent i{};
    const std::string text = id(n);
    std::memcpy(i.abi.client_id, text.data(), text.size());
    i.abi.instrument = 1;
    i.abi.side = BL_BUY;
    i.abi.decided_ns = 10 * n;
    const auto made = orders.add(i, 10 * n, 1);
    REQUIRE(made.ok());
    if (ended) REQUIRE(orders.apply(**made, core::OrderEvent::deny, 10 * n).ok());
  }
  store::Page page(const store::PageAsk& ask, store::Page stored = {}) const {
    return services::order_page(orders, table, ask, std::move(stored));
  }
};

store::Entry stored(int n, const char* state = "denied") {
  return {{10 * n, Book::id(n)}, json{{"id", Book::id(n)}, {"state", state}, {"from", "store"}}.dump()};
}
std::vector<std::string> ids(const store::Page& page) {
  std::vector<std::string> all;
  for (const store::Entry& e : page.entries) all.push_back(json::parse(e.json)["id"]);
  return all;
}

}  // namespace

TEST_CASE("an order reads the same from memory and from the store") {
  StoredDesk d;
  const std::string id = d.trade(limit_buy()).body["id"];
  d.write();
  const json memory = d.get("/orders/" + id).body;
  CHECK(memory.size() >= 20);
  CHECK(json::parse(*d.reader->order(id)) == memory);
  REQUIRE(d.ask(Method::Delete, "/orders/" + id).status == 202);
  d.write();
  const json ended = d.get("/orders/" + id).body;
  CHECK(ended["ended"] == true);
  CHECK(json::parse(*d.reader->order(id)) == ended);
  CHECK(json::parse(d.reader->orders({})->entries.at(0).json) == ended);
}

TEST_CASE("a signal reads the same as it was made and from the store") {
  StoredDesk d;
  core::Prediction p;
  p.id = {7, 1};
  p.instrument = {1};
  p.action = core::Action::buy;
  p.time = Parts::start;
  p.p_up = 0.75;
  p.ref_px = "100.5"_dec;
  p.horizon_ns = 300;
  p.valid_until = Parts::start + 300;
  p.model = p.source = std::make_shared<const std::string>("cross");
  core::SignalRecord r;
  r.id = p.id;
  r.time = p.time;
  r.instrument = p.instrument;
  r.action = p.action;
  r.source = p.source;
  r.model = p.model;
  r.p_up = p.p_up;
  r.p_flat = p.p_flat;
  r.p_down = p.p_down;
  r.confidence = p.confidence;
  r.weight = p.weight;
  r.threshold = p.threshold;
  r.expected_move = p.expected_move;
  r.ref_px = p.ref_px;
  r.horizon_ns = p.horizon_ns;
  r.valid_until = p.valid_until;
  d.sink.put(r);
  d.write();
  CHECK(json::parse(d.reader->signals({})->entries.at(0).json) == json::parse(services::prediction_json(p, d.table)));
}

TEST_CASE("an order is in the list from its 202 on, and once when it is stored too") {
  StoredDesk d;
  const std::string id = d.trade(limit_buy()).body["id"];
  const auto listed = [&](const std::string& query) { return d.get("/orders" + query).body["orders"]; };
  for (const char* query : {"", "?state=working", "?state=open", "?limit=1"}) {
    INFO(query);
    REQUIRE(listed(query).size() == 1);
    CHECK(listed(query)[0]["id"] == id);
  }
  const Got early = d.get("/orders/" + id + "/explain");
  CHECK(early.status == 503);  // known, so not "not found"
  CHECK(early.code() == "STORE_BEHIND");
  CHECK(d.get("/orders/nobody/explain").status == 404);
  d.write();
  CHECK(listed("").size() == 1);
  CHECK(d.get("/orders/" + id + "/explain").body["order"]["id"] == id);
  REQUIRE(d.ask(Method::Delete, "/orders/" + id).status == 202);
  // The store still says open.
  CHECK(listed("?state=open").empty());
  REQUIRE(listed("?state=cancelled").size() == 1);
  CHECK(listed("")[0]["state"] == "cancelled");
}

TEST_CASE("since means the time of decision, wherever the order is told from") {
  StoredDesk d;
  const std::string id = d.trade(limit_buy()).body["id"];
  for (const bool in_store : {false, true}) {
    if (in_store) d.write();
    for (const char* state : {"", "&state=working", "&state=open"}) {
      INFO(in_store << state);
      CHECK(d.get("/orders?since=" + std::to_string(Parts::start) + state).body["orders"].size() == 1);
      CHECK(d.get("/orders?since=" + std::to_string(Parts::start + 1) + state).body["orders"].empty());
    }
  }
}

TEST_CASE("an order that memory has forgotten is found in the store, and cannot be cancelled") {
  StoredDesk d;
  core::OrderRecord old;
  old.id = core::ClientOrderId("bl-old");
  old.instrument = {1};
  old.qty = "1"_dec;
  old.state = "filled";
  old.decided_ns = old.updated_ns = 5;
  d.sink.put(old);
  d.write();
  const Got got = d.get("/orders/bl-old");
  REQUIRE(got.status == 200);
  CHECK(got.body["state"] == "filled");
  CHECK(d.get("/orders/bl-older").code() == "ORDER_NOT_FOUND");
  const Got gone = d.ask(Method::Delete, "/orders/bl-old");
  CHECK(gone.status == 409);
  CHECK(gone.code() == "ORDER_ENDED");
  CHECK(d.ask(Method::Delete, "/orders/bl-older").code() == "ORDER_NOT_FOUND");
  d.backend.order = [](const std::string&) -> services::Backend::Json { return Error{"STORE_LOCKED", "busy"}; };
  CHECK(d.get("/orders/bl-old").status == 500);  // not "there is none"
}

TEST_CASE("memory's word counts over the store's") {
  Book b;
  b.add(1, true);
  const store::Page page = b.page({}, {{stored(1, "open")}, false, {}});
  REQUIRE(page.entries.size() == 1);
  CHECK(json::parse(page.entries[0].json)["state"] == "denied");
  CHECK(b.page({.only = "open"}, {{stored(1, "open")}, false, {}}).entries.empty());
}

TEST_CASE("below the store's page nothing is told from memory: it would leave holes") {
  Book b;
  b.add(1, true);
  b.add(4, false);
  // The store has 2 and 3 on this page and more below, 1 among it.
  const store::Page page = b.page({.limit = 3}, {{stored(2), stored(3)}, true, stored(2).at});
  CHECK(ids(page) == std::vector{Book::id(2), Book::id(3), Book::id(4)});
  CHECK(page.more);
  CHECK(page.next == stored(2).at);
}

TEST_CASE("page by page every order comes once, the newest page first") {
  Book b(20);  // 1..60 ended and the last 20 of them kept, 61..65 working
  for (int n = 1; n <= 60; ++n) b.add(n, true);
  for (int n = 61; n <= 65; ++n) b.add(n, false);
  const int in_store = GENERATE(0, 41, 55, 65);  // how far the store has come; 1..40 only it has
  const int limit = GENERATE(1, 7, 100);
  const auto read = [&](const store::PageAsk& ask) {
    store::Page page;
    for (int n = in_store; n >= 1; --n) {
      if (ask.before && stored(n).at >= *ask.before) continue;
      if (std::ssize(page.entries) == ask.limit) {
        page.more = true;
        break;
      }
      page.entries.insert(page.entries.begin(), stored(n));
    }
    if (page.more) page.next = page.entries.front().at;
    return page;
  };
  store::PageAsk ask{.limit = limit};
  std::vector<std::string> seen;
  for (int pages = 0;; ++pages) {
    REQUIRE(pages < 100);
    const store::Page page = b.page(ask, read(ask));
    CHECK(std::ssize(page.entries) <= limit);
    const auto these = ids(page);
    seen.insert(seen.begin(), these.begin(), these.end());
    if (!page.more) break;
    REQUIRE(page.next);
    ask.before = page.next;
  }
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == seen.size());
  CHECK(seen.size() == (in_store == 0 ? 25 : 65));
  CHECK(seen.back() == Book::id(65));
}
