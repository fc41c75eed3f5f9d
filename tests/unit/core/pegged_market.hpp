// BTC-USD, ETH-USDC and USDC-USD, which tells what USDC is worth: two wallets that are cash.
#pragma once

#include <memory>

#include "core/portfolio.hpp"
#include "unit/core/market.hpp"

namespace bowline::test {

constexpr core::Nanos peg_stale = 600'000'000'000;

struct PeggedMarket {
  core::InstrumentTable table;
  core::InstrumentId btc, eth, peg;
  core::AssetId usd, usdc, btc_asset, eth_asset;

  PeggedMarket() {
    core::ProductRules rules;
    rules.base_step = "0.0001"_dec;
    rules.quote_step = rules.px_step = "0.0001"_dec;
    rules.base_min = "0.001"_dec;
    rules.quote_min = "1"_dec;
    rules.maker_fee = "0.006"_dec;
    rules.taker_fee = "0.012"_dec;
    usd = table.asset("USD");  // as a run does it: number 1, whichever product comes first
    eth = *table.add("ETH-USDC", rules);
    btc = *table.add("BTC-USD", rules);
    peg = *table.add("USDC-USD", rules);
    usdc = table.find_asset("USDC");
    btc_asset = table.find_asset("BTC");
    eth_asset = table.find_asset("ETH");
  }
  std::vector<core::Peg> pegs(bool par = false) const { return {{usdc, "0.01"_dec, par ? core::InstrumentId{} : peg}}; }
  core::Portfolio book(Decimal dollars, Decimal coins, bool par = false) const {
    core::Portfolio p(table, usd, "0.0005"_dec);
    p.set_pegs(pegs(par), peg_stale);
    p.set_cash(usd, dollars);
    p.set_cash(usdc, coins);
    return p;
  }
};

}  // namespace bowline::test
