#include "exchange/face/product_views.hpp"

#include "exchange/face/currencies.hpp"
#include "exchange/face/times.hpp"

namespace bowline::exchange {
namespace {

Json levels(const std::vector<LevelView>& side) {
  Json out = Json::array();
  for (const LevelView& l : side) out.push_back({{"price", amount(l.price)}, {"size", amount(l.size)}});
  return out;
}

Json products_that_share(const Engine& engine, const Product& p) {
  Json out = Json::array();
  for (const Product& other : engine.products())
    if (other.alias == p.id) out.push_back(other.id);
  return out;
}

}  // namespace

Json product_view(const Engine& engine, std::uint32_t number, const DayStats& stats, bool tradability) {
  const Product& p = engine.products()[number];
  const BookView book = *engine.book(p.id, 0);
  const Decimal last = book.last.value_or(Decimal::not_set());
  Decimal quote_volume = Decimal::not_set();
  if (stats.volume.is_set() && last.is_set())
    quote_volume = round_to(mul(stats.volume, last, Rounding::half_even), Decimal::from_mantissa(1, -2), Rounding::half_even);
  // A product on another's book shows the other's symbol.
  const std::string& shown_quote = p.alias.empty() ? p.quote : engine.products()[engine.book_of(number)].quote;
  return {{"product_id", p.id},
          {"price", amount(last)},
          {"price_percentage_change_24h", amount(percent_change(stats.open, last))},
          {"volume_24h", amount(stats.volume)},
          {"volume_percentage_change_24h", amount(percent_change(stats.volume_before, stats.volume))},
          {"base_increment", amount(p.base_increment)},
          {"quote_increment", amount(p.quote_increment)},
          {"quote_min_size", amount(p.quote_min_size)},
          {"quote_max_size", amount(p.quote_max_size)},
          {"base_min_size", amount(p.base_min_size)},
          {"base_max_size", amount(p.base_max_size)},
          {"base_name", std::string(currency_name(p.base))},
          {"quote_name", std::string(currency_name(p.quote))},
          {"watched", false},
          {"is_disabled", p.flags.is_disabled},
          {"new", false},
          {"status", std::string(name(p.flags.status))},
          {"cancel_only", p.flags.cancel_only},
          {"limit_only", p.flags.limit_only},
          {"post_only", p.flags.post_only},
          {"trading_disabled", p.flags.trading_disabled},
          {"auction_mode", p.flags.auction_mode},
          {"product_type", "SPOT"},
          {"quote_currency_id", p.quote},
          {"base_currency_id", p.base},
          {"fcm_trading_session_details", nullptr},
          {"mid_market_price", ""},
          {"alias", p.alias},
          {"alias_to", products_that_share(engine, p)},
          {"base_display_symbol", p.base},
          {"quote_display_symbol", shown_quote},
          {"view_only", tradability && p.flags.view_only},
          {"price_increment", amount(p.price_increment)},
          {"display_name", p.id},
          {"product_venue", "CBE"},
          {"approximate_quote_24h_volume", amount(quote_volume)},
          {"new_at", "2023-01-01T00:00:00Z"},
          {"market_cap", ""},
          {"base_cbrn", ""},
          {"quote_cbrn", ""},
          {"product_cbrn", ""},
          {"icon_color", ""},
          {"icon_url", ""},
          {"display_name_overwrite", ""},
          {"is_alpha_testing", false},
          {"about_description", ""},
          {"best_bid_price", ""},
          {"best_ask_price", ""}};
}

Json book_view(std::string_view product_id, const BookView& book) {
  return {{"product_id", std::string(product_id)}, {"bids", levels(book.bids)}, {"asks", levels(book.asks)}, {"time", rfc3339(book.time_ns)}};
}

Json trade_view(std::string_view product_id, const TradePrinted& t) {
  return {{"trade_id", std::to_string(t.trade)},
          {"product_id", std::string(product_id)},
          {"price", amount(t.price)},
          {"size", amount(t.size)},
          {"time", rfc3339(t.time_ns)},
          {"side", std::string(name(t.maker))},
          {"bid", ""},
          {"ask", ""},
          {"exchange", "coinbase"}};
}

Json candle_view(const Candle& c) {
  return {{"start", std::to_string(c.start_s)}, {"low", amount(c.low)},     {"high", amount(c.high)},
          {"open", amount(c.open)},             {"close", amount(c.close)}, {"volume", amount(c.volume)}};
}

std::vector<LevelView> aggregated(const std::vector<LevelView>& levels, Side side, const Decimal& step) {
  std::vector<LevelView> out;
  for (const LevelView& l : levels) {
    const Decimal price = side == Side::buy ? floor_to(l.price, step) : ceil_to(l.price, step);
    if (out.empty() || out.back().price != price) out.push_back({price, l.size});
    else out.back().size += l.size;
  }
  return out;
}

}  // namespace bowline::exchange
