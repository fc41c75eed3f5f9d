// What is found out of a venue before anything is ordered.
#include "fake_venue.hpp"
#include "services/canary/venue_check.hpp"

using namespace canary_tests;
using services::VenueFinding;
using services::VenueTalk;

namespace {

struct Check {
  FakeVenue venue;
  config::RunConfig config;
  core::InstrumentTable table;
  std::shared_ptr<services::NetTimes> times = std::make_shared<services::NetTimes>();
  loader::VenueStanding standing;
  Error standing_error, fault;
  loader::VenueRates rates;
  std::string link;

  Check() {
    config.time = "real";
    config.instruments.push_back({});
    config::InstrumentConfig& btc = config.instruments.back();
    btc.symbol = "BTC-USD";
    btc.base_step = "0.0001"_dec;
    btc.px_step = "0.01"_dec;
    btc.base_min = "0.001"_dec;
    config.execution.portfolio_uuid = "p-1";
    config.execution.reconcile.orders_every_ns = 60 * second;
    config.execution.reconcile.balances_every_ns = 300 * second;
    core::ProductRules rules = venue.m.table[venue.m.btc].rules;
    REQUIRE(table.add("BTC-USD", rules));
    standing.key_told = standing.may_view = standing.may_trade = true;
    standing.portfolio = "p-1";
    standing.skew_ns = 40 * millisecond;
    rates.classes = {{"key", 10, 10, 10'000}};
    rates.costs = {{BL_CALL_QUERY, 0, 8}};
    for (int n = 1; n <= 100; ++n) times->took(n * millisecond);
  }
  std::vector<VenueFinding> run() {
    std::optional<VenueTalk> talk;
    VenueTalk::Parts parts{venue, [this] { return venue.now; }, [this, &talk] { venue.turn(*talk); }, [this] { return fault; }, {}};
    talk.emplace(std::move(parts));
    if (!link.empty()) {
      bl_link l{};
      l.h.size = sizeof l;
      l.h.type = BL_EV_LINK;
      put(l.why.message, link);
      talk->hear(l.h);
    }
    return services::check_venue({*talk, config, table,
                                  [this]() -> Result<loader::VenueStanding> {
                                    if (!standing_error.code.empty()) return standing_error;
                                    return standing;
                                  },
                                  [this]() -> Result<loader::VenueRates> { return rates; }, times});
  }
};

std::string bad(const std::vector<VenueFinding>& all) {
  std::string out;
  for (const VenueFinding& f : all) {
    CHECK(f.ok == f.mend.empty());
    CHECK_FALSE(f.text.empty());
    if (!f.ok) out += (out.empty() ? "" : ", ") + f.check;
  }
  return out;
}
const VenueFinding& of(const std::vector<VenueFinding>& all, std::string_view check) {
  const auto it = std::find_if(all.begin(), all.end(), [&](const VenueFinding& f) { return f.check == check; });
  REQUIRE(it != all.end());
  return *it;
}

}  // namespace

TEST_CASE("a venue where all is well") {
  Check c;
  const auto all = c.run();
  CHECK(bad(all) == "");
  CHECK(of(all, "key").text == "it may view, trade, and not move money out");
  CHECK(of(all, "portfolio").text.find("p-1") != std::string::npos);
  CHECK(of(all, "clock").text == "the venue's is 40.0 ms ahead of this machine's");
  CHECK(of(all, "latency").text.find("median 50.0 ms, 99 % within 99.0 ms, of 100 requests") != std::string::npos);
  CHECK(of(all, "quota").text == "key: 10 a second, 10000 an hour, of which polling takes 576 an hour and leaves 9424");
  CHECK(of(all, "fees BTC-USD").text == "maker 0.6 %, taker 1.2 %, configured are 0.6 % and 1.2 %");
  CHECK(c.venue.submitted.empty());
  CHECK(c.venue.calls >= 11);
}

TEST_CASE("rule 5.7: what the data of a product are told under is named, and wrong where the venue says that the book is another") {
  Check c;
  c.config.instruments[0].data_symbol = "BTC-USDC";
  const auto all = c.run();
  CHECK(bad(all) == "");
  CHECK(of(all, "data BTC-USD").text.find("BTC-USDC") != std::string::npos);
  Check other;
  other.config.instruments[0].data_symbol = "BTC-USDC";
  other.venue.flags = 1 | 128;
  const auto found = other.run();
  CHECK(bad(found) == "data BTC-USD");
  CHECK(of(found, "data BTC-USD").mend.find("data_symbol") != std::string::npos);
}

TEST_CASE("each thing that is wrong is told by itself") {
  const auto only = [](auto&& change) {
    Check c;
    change(c);
    return bad(c.run());
  };
  CHECK(only([](Check& c) { c.standing.may_trade = false; }) == "key");
  CHECK(only([](Check& c) { c.standing.portfolio = "p-2"; }) == "portfolio");
  CHECK(only([](Check& c) { c.standing.portfolio.reset(); }) == "portfolio");
  CHECK(only([](Check& c) { c.config.execution.portfolio_uuid.clear(); }) == "portfolio");
  CHECK(only([](Check& c) { c.standing.skew_ns = -3 * second; }) == "clock");
  CHECK(only([](Check& c) { c.standing.skew_ns = INT64_MIN; }) == "clock");
  CHECK(only([](Check& c) { c.venue.flags = 2; }) == "rules BTC-USD");
  CHECK(only([](Check& c) { c.venue.flags = 1 | 4; }) == "rules BTC-USD");
  CHECK(only([](Check& c) { c.venue.flags = 1 | 16; }) == "rules BTC-USD");
  CHECK(only([](Check& c) { c.venue.flags = 32 | 2; }) == "rules BTC-USD");
  CHECK(only([](Check& c) { c.venue.listed = false; }) == "rules BTC-USD");
  CHECK(only([](Check& c) { c.venue.taker = "0.013"_dec; }) == "fees BTC-USD");
  CHECK(only([](Check& c) { c.venue.maker = "0.007"_dec; }) == "fees BTC-USD");
  CHECK(only([](Check& c) { c.venue.maker = Decimal::not_set(); }) == "fees BTC-USD");
  CHECK(only([](Check& c) { c.config.instruments[0].quote_min = "0.01"_dec; }) == "rules BTC-USD");
  CHECK(only([](Check& c) { c.config.instruments[0].base_step = "0.00001"_dec; }) == "rules BTC-USD");
  CHECK(only([](Check& c) { c.rates.classes[0].per_hour = 100; }) == "quota");
  CHECK(only([](Check& c) { c.times = std::make_shared<services::NetTimes>(); }) == "latency");
  CHECK(only([](Check& c) { c.venue.fate = [](Call) { return Fate::refused; }; }) == "account");
  // With fees below what is reckoned with, and a key that its params allow to do more, nothing is wrong.
  CHECK(only([](Check& c) { c.venue.taker = c.venue.maker = Decimal::zero(); }) == "");
  CHECK(only([](Check& c) { c.standing.may_transfer = true; }) == "");
}

TEST_CASE("a venue out of reach, a key that is not taken, a plugin that has failed or says nothing: told, and no more is asked") {
  const auto first = [](auto&& change) {
    Check c;
    change(c);
    const auto all = c.run();
    REQUIRE(all.size() == 1);
    CHECK_FALSE(all[0].ok);
    CHECK(c.venue.calls == 0);
    return all[0].check + ": " + all[0].text + " -> " + all[0].mend;
  };
  const std::string tls = first([](Check& c) {
    c.standing = {};
    c.link = "LINK_DOWN: NOT_SENT";
    c.times->failed_by("EDGE_TLS: certificate verify failed");
  });
  CHECK(tls.starts_with("venue: it is out of reach: EDGE_TLS: certificate verify failed"));
  CHECK(tls.find("ca_file") != std::string::npos);
  CHECK(first([](Check& c) {
          c.standing = {};
          c.link = "LINK_DOWN: UNAUTHORISED";
        }).starts_with("key: the venue does not take it"));
  CHECK(first([](Check& c) { c.standing = {}; }).starts_with("venue: it is out of reach: no answer about the key"));
  CHECK(first([](Check& c) { c.fault = {"KEY_MAY_TRANSFER", "the key may move money out"}; }).starts_with("key: KEY_MAY_TRANSFER"));
  CHECK(first([](Check& c) { c.standing_error = {"PLUGIN_EXTENSION_MISSING", "it does not say"}; }).find("1.3") != std::string::npos);
}

TEST_CASE("times of requests: the nearest rank, and none of none") {
  CHECK(services::percentile({}, 50) == 0);
  CHECK(services::percentile({7}, 0) == 7);
  CHECK(services::percentile({3, 1, 2}, 50) == 2);
  CHECK(services::percentile({3, 1, 2}, 99) == 3);
  CHECK(services::percentile({3, 1, 2}, 1000) == 3);
  services::NetTimes t;
  for (int n = 0; n < 5000; ++n) t.took(n);
  CHECK(t.round_trips().size() == 4096);
  CHECK(t.round_trips().back() == 4999);
}
