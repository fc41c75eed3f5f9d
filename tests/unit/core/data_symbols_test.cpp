// Trading rules 5.7: data and models use the canonical product id, orders and ledger the submitted one.
#include "core/data_symbols.hpp"

#include <catch2/catch.hpp>

using namespace bowline;
using namespace bowline::core;

namespace {

InstrumentTable table_of(std::initializer_list<const char*> symbols) {
  InstrumentTable t;
  ProductRules r;
  r.base_step = r.quote_step = r.px_step = Decimal::from_mantissa(1, -2);
  for (const char* s : symbols) REQUIRE(t.add(s, r));
  return t;
}
std::string refused(const InstrumentTable& t, const std::vector<std::string>& names) {
  const auto made = DataSymbols::make(t, names);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == "INSTRUMENT_DATA");
  return made.error().message;
}

}  // namespace

TEST_CASE("rule 5.7: an instrument is found by what its data are told under, and by that alone") {
  const InstrumentTable t = table_of({"BTC-USDC", "ETH-USDC"});
  const std::vector<std::string> names{"BTC-USD", ""};
  const auto data = DataSymbols::make(t, names);
  REQUIRE(data);
  const Instrument &btc = t.all()[0], &eth = t.all()[1];
  CHECK(data->of(btc) == "BTC-USD");
  CHECK(data->of(eth) == "ETH-USDC");
  CHECK(data->find(t, "BTC-USD") == btc.id);
  CHECK(data->find(t, "ETH-USDC") == eth.id);
  for (const char* none : {"BTC-USDC", "ETH-USD", "", "BTC", "btc-usd"}) CHECK_FALSE(data->find(t, none));
  CHECK(t.find("BTC-USDC") == btc.id);  // orders know nothing of it
  CHECK_FALSE(t.find("BTC-USD"));
}

TEST_CASE("rule 5.7: without a word each is told under its own symbol") {
  const InstrumentTable t = table_of({"BTC-USDC", "ETH-USDC"});
  const std::vector<std::string> own{"BTC-USDC"}, more{"", "", "SOL-USD", "x"};
  for (const auto& data : {DataSymbols(), *DataSymbols::make(t, {}), *DataSymbols::make(t, own), *DataSymbols::make(t, more)})
    for (const Instrument& i : t.all()) {
      CHECK(data.of(i) == i.symbol);
      CHECK(data.find(t, i.symbol) == i.id);
    }
}

TEST_CASE("rule 5.7: data of another base asset, of nobody, and of two at once are refused") {
  const InstrumentTable t = table_of({"BTC-USDC", "BTC-USD", "ETH-USD"});
  CHECK(refused(t, {"ETH-EUR"}).find("another base") != std::string::npos);
  CHECK(refused(t, {"BT-USD"}).find("another base") != std::string::npos);
  CHECK(refused(t, {"BTC-USD"}).find("those of BTC-USD") != std::string::npos);
  CHECK(refused(t, {"BTC-EUR", "BTC-EUR"}).find("those of BTC-USD are") != std::string::npos);
  for (const char* none : {"BTC", "BTC-", "-USD", "BTC-USD-PERP", "-"}) CHECK_FALSE(refused(t, {none}).empty());
  // Each may have the other's: who is meant is known.
  CHECK(DataSymbols::make(t, std::vector<std::string>{"BTC-USD", "BTC-USDC"}));
}
