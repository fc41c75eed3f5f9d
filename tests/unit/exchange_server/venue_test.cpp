// The venue as one piece: requests and streams with its rules and limits around them, the control port, and what is kept of it.
#include <catch2/catch.hpp>

#include "exchange/face/replies.hpp"
#include "exchange/server/control.hpp"
#include "exchange/server/dump.hpp"
#include "exchange/server/files.hpp"
#include "exchange/server/venue.hpp"
#include "unit/exchange_server/folder.hpp"

using namespace bowline;
using namespace bowline::exchange;
using namespace bowline::literals;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::int64_t second = 1'000'000'000, start = 1'790'000'000 * second;

/// A venue whose market stands still unless the text says otherwise, with one portfolio and its key file.
struct Rig {
  server_test::Folder dir;
  std::int64_t now = start;
  std::unique_ptr<Venue> venue;
  std::string kept;
  VenueConfig config(const std::string& more) {
    std::vector<config::Problem> problems;
    const std::string text = (more.find("market:") == std::string::npos ? "market: {source: none}\n" : "") + std::string("portfolios:\n  - {name: main, deposits: {USD: \"1000\"}, keys: [{generate: es256, file: ") +
                             (dir / "key.json") + ", name: organizations/a/apiKeys/b}]}\n" + more;
    VenueConfig c = read_config(text, "venue.yaml", problems);
    for (const auto& p : problems) UNSCOPED_INFO(p.text());
    REQUIRE(problems.empty());
    return c;
  }
  explicit Rig(const std::string& more = "") {
    auto made = Venue::make(config(more), std::nullopt, now);
    if (!made) UNSCOPED_INFO(made.error().message);
    REQUIRE(made.ok());
    venue = std::move(*made);
    venue->keep_with([this](std::string_view calls) { kept += calls; });
  }
  WebReply ask(const std::string& method, const std::string& target, const std::string& body = "") {
    const WebRequest r{method, target, {{"Host", "localhost"}}, body};
    return venue->answer(r, venue->plan(r), "10.0.0.1", now);
  }
  Json tell(const std::string& method, const std::string& target, const std::string& body = "", int status = 200) {
    const ControlAnswer a = control(*venue, {method, target, {}, body}, now);
    UNSCOPED_INFO(a.reply.body);
    CHECK(a.reply.status == status);
    return Json::parse(a.reply.body);
  }
  std::vector<FrameOut> frames() {
    std::vector<FrameOut> out;
    venue->take_frames(out);
    return out;
  }
};

const std::string time_path = "/api/v3/brokerage/time";

}  // namespace

TEST_CASE("the public addresses are answered, the private ones ask for a token") {
  Rig r;
  const WebReply time = r.ask("GET", time_path);
  CHECK(time.status == 200);
  CHECK(Json::parse(time.body)["epochSeconds"] == "1790000000");
  CHECK(find_header(time.headers, "x-ratelimit-limit") == "10");
  CHECK(find_header(time.headers, "x-ratelimit-remaining") == "9");
  const WebReply no = r.ask("GET", "/api/v3/brokerage/accounts");
  CHECK(no.status == 401);
  CHECK(no.body == "Unauthorized");
}

TEST_CASE("an address that asks too often is told so, and nothing is done") {
  Rig r("limits: {public: 2}");
  CHECK(r.ask("GET", time_path).status == 200);
  CHECK(r.ask("GET", time_path).status == 200);
  const WebReply no = r.ask("GET", time_path);
  CHECK(no.status == 429);
  CHECK(no.body == too_many_requests().body);
  CHECK(no.note == "rate limit");
  CHECK(find_header(no.headers, "x-ratelimit-remaining") == "0");
  r.now += second;
  CHECK(r.ask("GET", time_path).status == 200);
}

TEST_CASE("rules change what is answered") {
  Rig r("misbehaviour:\n  - {on: request, do: fields, route: \"*/time\", change: [{op: remove, at: /iso}, {op: as_number, at: /epochSeconds}]}\n");
  const Json changed = Json::parse(r.ask("GET", time_path).body);
  CHECK_FALSE(changed.contains("iso"));
  CHECK(changed["epochSeconds"] == 1'790'000'000);
  CHECK(Json::parse(r.ask("GET", time_path).body).contains("iso"));
  CHECK(r.tell("POST", "/rules", R"({"on":"request","do":"server_error","status":502})")["id"] == 2);
  CHECK(r.ask("GET", time_path).status == 502);
  CHECK(r.ask("GET", time_path).status == 200);
}

TEST_CASE("rules come and go over the control port") {
  Rig r;
  CHECK(r.tell("POST", "/rules", R"({"on":"request","do":"drop_after","times":0})")["id"] == 1);
  CHECK(r.tell("POST", "/rules", R"({"on":"frame","do":"hide"})")["id"] == 2);
  CHECK(r.tell("POST", "/rules", R"({"on":"frame","do":"nothing"})", 400)["error"] == "RULE_INVALID");
  CHECK(r.tell("POST", "/rules", "no json", 400)["error"] == "RULE_INVALID");
  r.ask("GET", time_path);
  const Json all = r.tell("GET", "/rules")["rules"];
  REQUIRE(all.size() == 2);
  CHECK(all[0]["acted"] == 1);
  r.tell("DELETE", "/rules/1");
  CHECK(r.tell("DELETE", "/rules/1", "", 404)["error"] == "RULE_UNKNOWN");
  CHECK(r.tell("GET", "/rules")["rules"].size() == 1);
  r.tell("DELETE", "/rules");
  CHECK(r.tell("GET", "/rules")["rules"].empty());
}

TEST_CASE("money, fees, flags, the clock and the market over the control port") {
  Rig r("market: {source: simulated}\n");
  r.venue->advance(r.now);
  r.tell("POST", "/deposit", R"({"portfolio":"main","currency":"BTC","amount":"1.5"})");
  r.tell("POST", "/withdraw", R"({"portfolio":"main","currency":"USD","amount":"999"})");
  CHECK(r.tell("POST", "/withdraw", R"({"portfolio":"main","currency":"USD","amount":"2"})", 400)["error"] == "AMOUNT_NOT_AVAILABLE");
  CHECK(r.tell("POST", "/deposit", R"({"portfolio":"other","currency":"USD","amount":"2"})", 404)["error"] == "PORTFOLIO_UNKNOWN");
  CHECK(r.tell("POST", "/deposit", R"({"portfolio":"main","currency":"USD"})", 400)["error"] == "CONTROL_INVALID");
  CHECK(r.tell("POST", "/deposit", R"({"portfolio":"main","currency":"USD","amount":"2","x":1})", 400)["error"] == "CONTROL_INVALID");
  const Json state = r.tell("GET", "/");
  CHECK(state["portfolios"][0]["accounts"]["USD"]["available"] == "1");
  CHECK(state["portfolios"][0]["accounts"]["BTC"]["available"] == "1.5");
  r.tell("POST", "/fees", R"({"portfolio":"main","maker":"0.1%","taker":"0.2%"})");
  CHECK(r.venue->engine().user(*r.venue->portfolio("main"))->rates == FeeRates{"0.001"_dec, "0.002"_dec});
  r.tell("POST", "/products/BTC-USD", R"({"limit_only":true})");
  r.tell("POST", "/products/BTC-USD", R"({"status":"offline"})");
  CHECK((r.venue->engine().products()[0].flags.limit_only && r.venue->engine().products()[0].flags.status == ProductStatus::offline));
  CHECK(r.tell("POST", "/products/BTC-EUR", "{}", 404)["error"] == "PRODUCT_UNKNOWN");
  CHECK(r.tell("POST", "/products/BTC-USD", R"({"limit_only":"yes"})", 400)["error"] == "CONTROL_INVALID");
  r.tell("POST", "/market/ETH-USD", R"({"price":"1234.5"})");
  CHECK(*r.venue->engine().book("ETH-USD", 1)->last == "1234.5"_dec);
  r.tell("POST", "/market/ETH-USD", R"({"price":null})");
  CHECK(*r.venue->engine().book("ETH-USD", 1)->last != "1234.5"_dec);
  r.tell("POST", "/clock", R"({"skew":"1h"})");
  CHECK(Json::parse(r.ask("GET", time_path).body)["epochSeconds"] == "1790003600");
  r.tell("POST", "/clock", R"({"skew":"-10s"})");  // it stands, until the real one is behind it again
  CHECK(Json::parse(r.ask("GET", time_path).body)["epochSeconds"] == "1790003600");
  r.now += 3700 * second;
  CHECK(Json::parse(r.ask("GET", time_path).body)["epochSeconds"] == "1790003690");
  using Then = ControlAnswer::Then;
  const auto then = [&](const char* path, const char* body) { return control(*r.venue, {"POST", path, {}, body}, r.now).then; };
  CHECK(then("/kill", "") == Then::kill);
  CHECK(then("/stop", "") == Then::stop);
  CHECK(then("/disconnect", R"({"what":"all"})") == Then::disconnect_all);
  CHECK(then("/disconnect", R"({"what":"streams"})") == Then::disconnect_streams);
  CHECK(then("/disconnect", R"({"what":"x"})") == Then::nothing);
  CHECK(r.tell("GET", "/nowhere", "", 404)["error"] == "CONTROL_UNKNOWN");
}

TEST_CASE("streams are told what happens, through the rules") {
  Rig r("market: {source: simulated}\nmisbehaviour: [{on: frame, do: lose, channel: heartbeats, nth: 2}]\n");
  r.venue->advance(r.now);
  const StreamId s = r.venue->open_stream(StreamKind::market, r.now);
  r.venue->said(s, R"({"type":"subscribe","channel":"heartbeats"})", r.now);
  for (int i = 0; i < 4; ++i) r.venue->advance(r.now += second);
  std::string numbers;
  for (const FrameOut& f : r.frames()) {
    const auto at = f.text.find("\"sequence_num\":");
    REQUIRE(at != std::string::npos);
    numbers += f.text[at + 15];
  }
  CHECK(numbers.starts_with("01"));
  CHECK(numbers.find('2') == std::string::npos);
  CHECK(numbers.find('3') != std::string::npos);
  r.venue->closed(s);
  r.venue->advance(r.now += second);
  CHECK(r.frames().empty());
}

TEST_CASE("a venue that never ends its advance has its next moment ahead") {
  Rig r("market: {source: simulated}\n");
  for (int i = 0; i < 50; ++i) {
    r.venue->advance(r.now);
    const std::int64_t next = r.venue->next_due();
    REQUIRE(next > r.now);
    REQUIRE(next <= r.now + second);
    r.now = next;
  }
}

TEST_CASE("what a venue kept is a venue again, with what the configuration adds") {
  Rig r("market: {source: simulated}\n");
  const KeptHead head = r.venue->head();
  const std::string snapshot = r.venue->save();
  for (int i = 0; i < 5; ++i) r.venue->advance(r.now += second);
  REQUIRE(r.venue->deposit("main", "ETH", "3"_dec, r.now).ok());
  CHECK_FALSE(r.kept.empty());
  const KeptState kept{head, snapshot, r.kept, false};
  auto again = Venue::make(r.config("market: {source: simulated}\n  # the same\n"), kept, r.now);
  REQUIRE(again.ok());
  CHECK((*again)->save() == r.venue->save());

  VenueConfig more = r.config("market: {source: none}\n");
  more.portfolios.push_back({"second", "second", {"0"_dec, "0"_dec}, {{"USD", "5"_dec}}, {}});
  auto grown = Venue::make(std::move(more), kept, r.now);
  REQUIRE(grown.ok());
  CHECK((*grown)->portfolios() == std::vector<std::string>{"main", "second"});
  const Engine& e = (*grown)->engine();
  CHECK(e.ledger().of(*(*grown)->portfolio("main"), e.ledger().find_currency("USD")).available == "1000"_dec);  // deposited once
  CHECK(e.ledger().of(*(*grown)->portfolio("second"), e.ledger().find_currency("USD")).available == "5"_dec);

  VenueConfig other = r.config("");
  other.products[0].rules.base_min_size = "0.5"_dec;
  CHECK(Venue::make(std::move(other), kept, r.now).error().code == "STATE_PRODUCT_CHANGED");
}

TEST_CASE("a kept state is printed for others") {
  Rig r;
  const std::string path = r.dir / "state";
  auto file = StateFile::open(path);
  REQUIRE((*file)->snapshot(r.venue->head(), r.venue->save()).ok());
  const std::string out = r.dir / "out";
  std::FILE* to = std::fopen(out.c_str(), "w");
  CHECK(dump_state(path, to).ok());
  std::fclose(to);
  const std::string text = *read_file(out);
  const Json line = Json::parse(text.substr(0, text.find('\n')));
  CHECK(line["kind"] == "account");
  CHECK(line["portfolio"] == "main");
  CHECK(line["available"] == "1000");
  CHECK(dump_state(r.dir / "none", stdout).error().code == "STATE_ABSENT");
}

TEST_CASE("a venue with keys or candles that can't be read does not start") {
  Rig r;
  VenueConfig c = r.config("");
  c.portfolios[0].keys[0].file = r.dir / "broken.json";
  REQUIRE(write_file(c.portfolios[0].keys[0].file, "{}").ok());
  CHECK(Venue::make(std::move(c), std::nullopt, r.now).error().code == "API_KEY_FILE");
  c = r.config("");
  c.portfolios.push_back(c.portfolios[0]);
  c.portfolios[1].name = "two";
  CHECK(Venue::make(std::move(c), std::nullopt, r.now).error().code == "EXCHANGE_KEY_NAME");
  c = r.config("");
  c.market.stands_still = false;
  c.market.files = {{"BTC-USD", r.dir / "no.csv"}};
  CHECK(Venue::make(std::move(c), std::nullopt, r.now).error().code == "CANDLES_UNREADABLE");
}
