#include "products.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "coinbase/error_body.hpp"
#include "coinbase/market_answers.hpp"
#include "coinbase/order_bodies.hpp"
#include "coinbase/order_replies.hpp"
#include "coinbase/rounding.hpp"

namespace bowline::broker_coinbase {
namespace {

using coinbase::Verdict;

/// For so long the host's questions go before the previews.
constexpr std::int64_t most_wait_ns = 10'000'000'000;
/// For so long an answer about products waits for their prices.
constexpr std::int64_t prices_patience_ns = 2'000'000'000;
/// Several questions at one time are told them once.
constexpr std::int64_t prices_last_ns = 1'000'000'000;

/// Words that say that the product takes no order of this form. Others (no funds, too small) say that it would, of somebody else.
bool denies_the_form(const std::string& word) {
  return word.find("UNSUPPORTED_ORDER") != std::string::npos || word.find("ORDER_TYPE") != std::string::npos ||
         word.find("INELIGIBLE_PAIR") != std::string::npos || word.find("UNTRADABLE") != std::string::npos;
}

/// The smallest stop-limit sale well below the market.
std::optional<coinbase::NewOrder> probe_of(const Listed& l) {
  if (!l.product || !l.product->price || !l.product->price->is_positive()) return std::nullopt;
  const coinbase::Product& p = *l.product;
  coinbase::NewOrder o;
  o.product_id = l.symbol;
  o.side = coinbase::Side::sell;
  o.terms.configuration = coinbase::Configuration::stop_limit_gtc;
  o.terms.base_size = coinbase::smallest_base(p);
  const auto share = [&](std::int64_t percent) {
    return coinbase::price_of(p, coinbase::Side::sell, mul(*p.price, Decimal::from_mantissa(percent, -2), Rounding::down));
  };
  o.terms.stop_price = share(80);
  o.terms.limit_price = share(75);
  o.terms.stop_direction = coinbase::StopDirection::down;
  return o;
}

}  // namespace

Products::Products(Kit& kit) : kit_(kit) {
  kit_.on_quiet = [this] {
    if (std::exchange(waits_for_quiet_, false)) probe_stops();
  };
}

void Products::read(std::function<void(bl_status)> done) {
  waiting_.push_back(std::move(done));
  if (waiting_.size() > 1) return;
  coinbase::ProductsQuery q;
  q.product_ids = kit_.catalogue.symbols();
  q.tradability = true;
  if (q.product_ids.empty()) return read_fees(BL_OK);
  kit_.session.read(coinbase::products(coinbase::Access::key, q), lane_normal, [this](const Answer& a) {
    if (!a.done()) return read_fees(status_of(a.outcome));
    const auto list = coinbase::parse_products(a.body);
    if (!list) {
      kit_.host.log(Level::error, "coinbase: the list of products can't be read: " + list.error().message);
      return read_fees(BL_E_IO);
    }
    for (const auto& fault : list->faults)
      if (kit_.catalogue.of(fault.product_id) != nullptr)
        kit_.host.log(Level::error, "coinbase: product " + fault.product_id + " can't be read, and is not traded: " + fault.error.message);
    std::size_t told = 0;
    for (Listed& l : kit_.catalogue.all()) {
      const auto it = std::find_if(list->products.begin(), list->products.end(), [&l](const coinbase::Product& p) { return p.product_id == l.symbol; });
      l.listed = it != list->products.end();
      if (!l.listed) continue;
      l.product = *it;
      compare_book(l);
      ++told;
    }
    kit_.catalogue.note_read();
    read_fees(told == kit_.catalogue.all().size() ? bl_status{BL_OK} : bl_status{BL_E_NOT_FOUND});
  });
}

// BTC-USDC and BTC-USD are one book, and its data are told under BTC-USD. What is told under another product's id are other prices.
void Products::compare_book(Listed& l) {
  const auto at = kit_.options.data_symbols.find(l.symbol);
  if (at == kit_.options.data_symbols.end()) return;
  const coinbase::Product& p = *l.product;
  const bool shares = at->second == l.symbol || at->second == p.alias || std::find(p.alias_to.begin(), p.alias_to.end(), at->second) != p.alias_to.end();
  if (std::exchange(l.other_book, !shares) || shares) return;
  std::string family = p.alias;
  for (const std::string& id : p.alias_to) family += (family.empty() ? "" : ", ") + id;
  kit_.host.log(Level::error, "coinbase: the data of " + l.symbol + " are told under " + at->second + ", and the venue says that it shares its book with " +
                                  (family.empty() ? "nobody" : coinbase::one_line(family)));
}

void Products::read_fees(bl_status products) {
  kit_.session.read(coinbase::transaction_summary("SPOT"), lane_normal, [this, products](const Answer& a) {
    bl_status status = status_of(a.outcome);
    if (a.done()) {
      const auto fees = coinbase::parse_transaction_summary(a.body);
      if (fees) kit_.catalogue.fees = *fees;
      status = fees ? bl_status{BL_OK} : bl_status{BL_E_IO};
    }
    ended(products != BL_OK ? products : status);
  });
}

void Products::read_prices(std::function<void()> done) {
  std::vector<std::string> ids;
  for (const Listed& l : kit_.catalogue.all())
    if (l.listed) ids.push_back(l.symbol);
  auto request = coinbase::best_bid_ask(ids);
  if (!request || (priced_ns_ != 0 && kit_.host.now_ns() - priced_ns_ < prices_last_ns)) return done();
  priced_ns_ = kit_.host.now_ns();
  // Nobody's answer waits long for them, and they are not asked for twice.
  const auto once = [done = std::move(done), over = std::make_shared<bool>(false)] {
    if (!std::exchange(*over, true)) done();
  };
  kit_.later.after(prices_patience_ns, once);
  const bl_status sent = kit_.session.send(*request, coinbase::Call::read, lane_normal, 0, [this, once](const Answer& a) {
    const auto list = a.done() ? coinbase::parse_best_bid_ask(a.body) : Result<coinbase::BookList>(coinbase::BookList{});
    if (!list) {
      kit_.host.log(Level::warn, "coinbase: the best bids and asks can't be read: " + list.error().message);
      return once();
    }
    for (const auto& fault : list->faults) {
      const std::string of = fault.product_id.empty() ? "a product" : coinbase::one_line(fault.product_id);
      kit_.host.log(Level::warn, "coinbase: the best bid and ask of " + of + " can't be read: " + fault.error.message);
    }
    const auto& books = list->books;
    // One that shares another's book may be told under that one's name.
    for (const Listed& l : kit_.catalogue.all())
      for (const std::string& name : {l.symbol, l.product ? l.product->alias : std::string()}) {
        if (!l.listed || name.empty()) continue;
        const auto it = std::find_if(books.begin(), books.end(), [&name](const coinbase::ProductBook& b) { return b.product_id == name; });
        if (it == books.end()) continue;
        kit_.say.quote(l.instrument, *it);
        break;
      }
    once();
  });
  if (sent < 0) once();
}

void Products::ended(bl_status status) {
  for (const auto& done : std::exchange(waiting_, {})) done(status);
  if (!kit_.options.probe_stops || !kit_.catalogue.read() || std::exchange(probing_, true)) return;
  wait_until_ns_ = kit_.host.now_ns() + most_wait_ns;
  kit_.later.after(most_wait_ns, [this] {
    if (std::exchange(waits_for_quiet_, false)) probe_stops();
  });
  probe_stops();
}

void Products::probe_stops() {
  if (kit_.questions != 0 && kit_.host.now_ns() < wait_until_ns_) {
    waits_for_quiet_ = true;
    return;
  }
  for (Listed& l : kit_.catalogue.all()) {
    if (l.stops != Stops::not_asked) continue;
    const auto order = probe_of(l);
    if (!order || !coinbase::preview_order(*order)) continue;  // without a price: when the products are read again
    l.stops = Stops::asked;
    return probe(l.instrument, 0);
  }
  probing_ = false;
}

void Products::probe(std::uint32_t instrument, std::uint32_t tries) {
  const auto once_more = [this, instrument, tries] {
    kit_.later.after(kit_.backoff.wait_ns(tries), [this, instrument, tries] { probe(instrument, tries + 1); });
    if (tries == 0) probe_stops();
  };
  const auto order = probe_of(*kit_.catalogue.of(instrument));
  const auto request = order ? coinbase::preview_order(*order) : Result<coinbase::Request>(Error{"PRODUCT_NOT_READ", "it has no price now"});
  if (!request) return once_more();
  const bl_status sent = kit_.session.send(*request, coinbase::Call::preview, lane_normal, 0, [this, instrument, tries, once_more](const Answer& a) {
    Listed& l = *kit_.catalogue.of(instrument);
    const Verdict v = a.outcome.verdict;
    if (v == Verdict::refused) {
      // All of its words, where it has a list of them.
      const auto reply = coinbase::parse_preview(a.body);
      const std::vector<std::string> words = reply && !reply->errors.empty() ? reply->errors : std::vector<std::string>{a.outcome.reason};
      const bool listed = reply && !reply->errors.empty();
      l.stops = !listed || std::any_of(words.begin(), words.end(), denies_the_form) ? Stops::refused : Stops::taken;
    } else if (v == Verdict::done) {
      l.stops = Stops::taken;
    } else {
      return once_more();
    }
    if (l.stops == Stops::taken) kit_.say.product(l, false);
    if (tries == 0) probe_stops();  // the next one
  });
  if (sent < 0) once_more();
}

}  // namespace bowline::broker_coinbase
