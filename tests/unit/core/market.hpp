// One small market for tests: BTC-USD and BNB-USD, steps and fees that are easy to follow by head.
#pragma once

#include <memory>
#include <string>

#include "core/portfolio.hpp"
#include "core/records.hpp"

namespace bowline::test {

using namespace bowline::literals;

struct Market {
  core::InstrumentTable table;
  core::InstrumentId btc, bnb;
  core::AssetId usd, btc_asset, bnb_asset, xyz;

  Market() {
    core::ProductRules rules;
    rules.base_step = "0.0001"_dec;
    rules.quote_step = rules.px_step = "0.01"_dec;
    rules.base_min = "0.001"_dec;
    rules.quote_min = "1"_dec;
    rules.maker_fee = "0.006"_dec;
    rules.taker_fee = "0.012"_dec;
    btc = *table.add("BTC-USD", rules);
    bnb = *table.add("BNB-USD", rules);
    usd = table.find_asset("USD");
    btc_asset = table.find_asset("BTC");
    bnb_asset = table.find_asset("BNB");
    xyz = table.asset("XYZ");
  }
  core::Portfolio book(Decimal cash) const {
    core::Portfolio p(table, usd, "0.0005"_dec);
    p.set_cash(usd, cash);
    return p;
  }
};

inline core::Mark mark_at(Decimal last, core::Nanos time = 0) {
  core::Mark m;
  m.last = last;
  m.time = time;
  return m;
}

inline core::SharedText text(std::string_view s) { return std::make_shared<const std::string>(s); }

}  // namespace bowline::test
