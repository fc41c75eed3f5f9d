// Any bytes as every answer of the venue. Each parser reads them or names a fault, no amount of a value that was read is unset, and an
// outcome agrees with what the parser says.
#include <cstdint>
#include <string>

#include "coinbase/account_answers.hpp"
#include "coinbase/error_body.hpp"
#include "coinbase/market_answers.hpp"
#include "coinbase/order_answers.hpp"
#include "coinbase/order_replies.hpp"
#include "coinbase/outcome.hpp"
#include "coinbase/product_answers.hpp"
#include "fuzz/must.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using bowline::fuzz::must;

namespace {

template <class T>
bool read(const Result<T>& r, std::string_view input) {
  if (r) return true;
  const Error& e = r.error();
  must(e.code.starts_with("COINBASE_") && !e.message.empty(), "a fault has a code and a message", input);
  must(e.code == "COINBASE_ANSWER_UNREADABLE" || e.code == "COINBASE_ANSWER_CONTRADICTS" || e.details.size() == 1, "a field is named", input);
  return false;
}
bool set_if(const std::optional<Decimal>& d) { return !d || d->is_set(); }

void orders(std::string_view s) {
  if (const auto r = parse_orders(s); read(r, s)) {
    for (const OrderPage::Fault& f : r->faults) must(f.error.code.starts_with("COINBASE_") && f.error.details.size() == 1, "a row's fault names a field", s);
    for (const VenueOrder& o : r->orders) {
      must(!o.order_id.empty() && o.side != Side::unknown, "an order has an id and a side", s);
      must(o.average_filled_price.is_set() && o.total_value_after_fees.is_set() && set_if(o.filled_size) && set_if(o.total_fees), "amounts are set", s);
      must(o.number_of_fills >= 0 && !o.average_filled_price.is_negative(), "counts and prices are not below zero", s);
    }
  }
  read(parse_order(s), s);
  if (const auto r = parse_fills(s); read(r, s))
    for (const VenueFill& f : r->fills) must(f.price.is_positive() && f.size.is_set() && set_if(f.commission) && !f.entry_id.empty(), "a fill is whole", s);
}

void market(std::string_view s) {
  if (const auto r = parse_products(s); read(r, s))
    for (const Product& p : r->products)
      must(p.base_increment.is_positive() && p.price_increment.is_positive() && p.quote_increment.is_positive() && p.base_min.is_set(), "a product has steps", s);
  read(parse_product(s), s);
  if (const auto r = parse_candles(s); read(r, s))
    for (const Candle& c : *r) must(c.high >= c.low && c.low.is_positive() && c.volume.is_set(), "a candle is one", s);
  if (const auto r = parse_trades(s); read(r, s))
    for (const Trade& t : r->trades) must(t.price.is_positive() && t.size.is_set(), "a trade is whole", s);
  if (const auto r = parse_product_book(s); read(r, s))
    for (const Level& l : r->bids) must(l.price.is_positive() && l.size.is_set(), "a level is whole", s);
  if (const auto r = parse_best_bid_ask(s); read(r, s))
    for (const ProductBook& b : r->books) must(!b.product_id.empty(), "a book is of a product", s);
}

void account(std::string_view s) {
  if (const auto r = parse_accounts(s); read(r, s))
    for (const Account& a : r->accounts) must(a.available.is_set() && a.hold.is_set() && !a.currency.empty(), "a wallet is whole", s);
  read(parse_account(s), s);
  read(parse_portfolios(s), s);
  read(parse_portfolio(s), s);
  read(parse_transaction_summary(s), s);
  read(parse_key_permissions(s), s);
  if (const auto r = parse_server_time(s); read(r, s)) must(*r >= 0, "a time is after 1970", s);
}

void replies(std::string_view s) {
  const auto create = parse_create(s);
  const auto at = [&](Call call, int status) { return outcome_of(call, {Reply::Delivery::whole, status, s}); };
  if (read(create, s) && create->placed) must(!create->placed->order_id.empty(), "an order that was placed has an id", s);
  const Outcome o = at(Call::create, 200);
  must((o.verdict == Verdict::done) == (create.ok() && create->placed.has_value()), "done means placed", s);
  must(o.verdict != Verdict::refused || (create.ok() && !create->placed && (!says_nothing(o.reason) || !o.message.empty())), "a refusal has a reason", s);
  must(create.ok() || o.verdict == Verdict::unknown, "what can't be read is unknown", s);
  read(parse_cancel(s), s);
  read(parse_edit(s), s);
  read(parse_preview(s), s);
  read(parse_edit_preview(s), s);
  for (const Call call : {Call::create, Call::cancel, Call::edit, Call::read}) {
    must(at(call, 503).verdict == Verdict::unknown, "a 5xx is unknown", s);
    must(at(call, 429).verdict == Verdict::throttled, "a 429 is a limit", s);
    const Outcome bad = at(call, 400);
    must(bad.verdict != Verdict::done, "a 400 is not done", s);
    must(bad.verdict != Verdict::refused || !bad.reason.empty(), "a refusal has a reason", s);
    for (const char c : bad.message) must(c >= ' ' && c <= '~', "a message is printable", s);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  orders(input);
  market(input);
  account(input);
  replies(input);
  return 0;
}
