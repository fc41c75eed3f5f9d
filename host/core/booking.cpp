#include "core/booking.hpp"

#include <array>

namespace bowline::core {
namespace {

Error refused(const Order& order, const char* code, const char* why) {
  return Error{code, "order " + std::string(order.intent.client_id()) + ": " + why};
}

/// The order's sums without this fill, and with it.
void take_out(Order& o, const BookedFill& f) {
  o.cum_qty = o.cum_qty - f.fill.qty;
  o.cum_quote = o.cum_quote - f.posted.notional;
  o.cum_fee = o.cum_fee - f.posted.fee_worth;
}
void put_in(Order& o, const BookedFill& f) {
  o.cum_qty = o.cum_qty + f.fill.qty;
  o.cum_quote = o.cum_quote + f.posted.notional;
  o.cum_fee = o.cum_fee + f.posted.fee_worth;
}

/// Whether the order, with `other_fills` besides, could have filled this much.
bool fits(const Order& o, Decimal other_fills, Decimal qty) {
  const Decimal most = o.most_qty();
  if (!most.is_set()) return true;  // a buy by cost
  const Decimal sum = other_fills + o.filled_before + qty;
  return sum.is_set() && sum <= most;
}

Result<FillAnswer> book_new(Order& order, Portfolio& book, const FillReport& r) {
  if (order.fills.size() >= max_fills_per_order) return refused(order, "FILLS_TOO_MANY", "the venue tells more fills of it than an order can have");
  if (r.reversal) {  // it overtook its fill
    BookedFill& f = order.fills.emplace_back(r.id);
    f.told = r.told;
    f.undone = true;
    return FillAnswer{BookedAs::reversal, std::nullopt};
  }
  if (r.fill.qty.is_set() && !fits(order, order.cum_qty, r.fill.qty))
    return refused(order, "FILL_BEYOND_ORDER", "a fill is larger than what it had left");
  Fill told = r.fill;
  told.external = order.external;
  const auto posted = book.apply(told);
  if (!posted) return posted.error();
  BookedFill& f = order.fills.emplace_back(r.id);
  f.fill = told;
  f.posted = *posted;
  f.told = r.told;
  f.corrected = r.correction;  // it overtook its fill, which is out of date when it comes
  put_in(order, f);
  return FillAnswer{BookedAs::fill, order.fill_event()};
}

Result<FillAnswer> take_back(Order& order, Portfolio& book, BookedFill& f, const FillReport& r) {
  const auto owed = book.reverse(f.fill, f.posted);
  if (!owed) return owed.error();
  take_out(order, f);
  f.told = r.told;
  f.undone = true;
  return FillAnswer{BookedAs::reversal, OrderEvent::fill_undone, *owed};
}

Result<FillAnswer> correct(Order& order, Portfolio& book, BookedFill& f, const FillReport& r) {
  if (f.corrected && r.told != 0 && r.told <= f.told) return FillAnswer{};
  Fill now = r.fill;
  now.external = order.external;
  if (!now.fee.is_set() && !f.posted.fee_assumed) {  // it says nothing of the fee, which was told
    now.fee = f.posted.fee;
    now.fee_asset = f.posted.fee_asset;
  }
  const bool same_fee = now.fee.is_set() ? !f.posted.fee_assumed && now.fee == f.posted.fee && now.fee_asset == f.posted.fee_asset
                                         : f.posted.fee_assumed;
  if (now.px == f.fill.px && now.qty == f.fill.qty && same_fee) return FillAnswer{};
  if (now.qty.is_set() && !fits(order, order.cum_qty - f.fill.qty, now.qty))
    return refused(order, "FILL_BEYOND_ORDER", "a corrected fill is larger than what it had left");
  const Decimal before = f.fill.qty;
  const auto corrected = book.correct(f.fill, f.posted, now);
  if (!corrected) return corrected.error();
  take_out(order, f);
  f.fill = now;
  f.posted = corrected->posted;
  f.told = r.told;
  f.corrected = true;
  put_in(order, f);
  FillAnswer answer{BookedAs::correction, std::nullopt, corrected->owed};
  if (now.qty > before) answer.event = order.fill_event();
  if (now.qty < before) answer.event = OrderEvent::fill_undone;
  return answer;
}

/// FillReport::told of a fee that nobody told: what is missing at the venue was taken for it, until the venue says what it was.
constexpr Nanos inferred = -1;

Result<FillAnswer> repeated(Order& order, Portfolio& book, BookedFill& f, const FillReport& r) {
  if (f.corrected) return FillAnswer{};  // the first report of it, late
  if (r.fill.px != f.fill.px || r.fill.qty != f.fill.qty)
    return refused(order, "FILL_CONTRADICTS", "a fill is told again with another price or quantity, and not as a correction");
  if (!r.fill.fee.is_set()) return FillAnswer{};
  const bool guessed = f.told == inferred && r.told != inferred;
  if (!f.posted.fee_assumed && !(guessed && (r.fill.fee != f.posted.fee || r.fill.fee_asset != f.posted.fee_asset))) {
    if (r.fill.fee == f.posted.fee && r.fill.fee_asset == f.posted.fee_asset) return FillAnswer{};
    return refused(order, "FILL_CONTRADICTS", "a fill is told again with another fee, and not as a correction");
  }
  // Its worth is told with it or is of today's marks: that of the fill was the assumed one's.
  Fill told = f.fill;
  told.fee_worth = r.fill.fee_worth;
  const auto posted = book.tell_fee(told, f.posted, r.fill.fee, r.fill.fee_asset);
  if (!posted) return posted.error();
  take_out(order, f);
  f.fill.fee_worth = r.fill.fee_worth;
  f.fill.fee = r.fill.fee;
  f.fill.fee_asset = r.fill.fee_asset;
  f.posted = *posted;
  if (guessed || r.told == inferred) f.told = r.told;
  put_in(order, f);
  return FillAnswer{BookedAs::fee, std::nullopt};
}

Result<FillAnswer> judged(Order& order, Portfolio& book, const FillReport& r) {
  BookedFill* known = const_cast<BookedFill*>(order.fill(r.id));
  if (known == nullptr) return book_new(order, book, r);
  if (known->undone) return FillAnswer{};
  if (r.reversal) return take_back(order, book, *known, r);
  if (r.correction) return correct(order, book, *known, r);
  return repeated(order, book, *known, r);
}

constexpr std::array<std::string_view, 5> names{"fill", "known", "fee", "correction", "reversal"};
static_assert(!names.back().empty() && names.size() == static_cast<std::size_t>(BookedAs::reversal) + 1);

}  // namespace

std::string_view to_string(BookedAs as) noexcept { return names[static_cast<std::size_t>(as)]; }

Result<FillAnswer> book_fill(Order& order, Portfolio& book, const FillReport& report) {
  if (report.id.empty()) return refused(order, "FILL_WITHOUT_ID", "a fill without an id can't be told from another: it is not booked");
  if (report.fill.instrument != order.intent.instrument() || report.fill.side != order.intent.side())
    return refused(order, "FILL_MISMATCH", "a fill names another product or side");
  const InstrumentTable& table = book.instruments();
  FillReport r = report;
  if (!r.fill.fee_asset) r.fill.fee_asset = table[r.fill.instrument].quote;
  const bool of_nothing = r.fill.fee.is_set() && r.fill.fee_asset.value > table.asset_count();
  if (of_nothing) r.fill.fee = Decimal::not_set();
  auto answer = judged(order, book, r);
  if (answer && of_nothing) answer->fee_of_nothing = true;
  return answer;
}

}  // namespace bowline::core
