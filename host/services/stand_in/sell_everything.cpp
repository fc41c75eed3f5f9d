#include "services/stand_in/sell_everything.hpp"

#include <algorithm>
#include <cstring>

#include "core/identity.hpp"

namespace bowline::services {
namespace {

using core::Nanos;

constexpr std::uint32_t ask_order = 1, ask_open = 2, ask_balances = 8, ask_products_bit = 16;
constexpr std::uint16_t flag_snapshot = 2;
constexpr Nanos second = 1'000'000'000, day = 24 * 3600 * second;
/// A question without an answer is asked again.
constexpr Nanos patience = 10 * second;
/// How often products are asked about; and after a question about them without an answer, which held up all others.
constexpr Nanos products_every = 3 * second, products_pause = 60 * second;
/// Lists that fail, or differ, until it goes on all the same: an exit ends in an attempt.
constexpr std::uint32_t most_failed_reads = 3, most_reads = 10;
/// How an order is proved not to be there (trading rules 2.3).
constexpr std::uint32_t absent_times = 3;
constexpr Nanos absent_for = 60 * second;

template <std::size_t N>
std::string_view text(const char (&field)[N]) noexcept {
  return {field, ::strnlen(field, N)};
}
bool working(std::uint32_t state) noexcept { return state == BL_S_PENDING || state == BL_S_OPEN; }
bool terminal(std::uint32_t state) noexcept {
  return state == BL_S_FILLED || state == BL_S_CANCELLED || state == BL_S_REJECTED || state == BL_S_EXPIRED;
}

}  // namespace

core::ClientOrderId everything_order_id(std::string_view account, std::string_view symbol, std::string_view liquidation, std::uint32_t attempt) noexcept {
  return core::client_order_id(0, account, core::decision_id(0, symbol, 0, "everything", liquidation), core::Purpose::emergency, 0, attempt);
}

SellEverything::SellEverything(BrokerPort& broker, const core::InstrumentTable& table, EverythingNotes& notes, Options options,
                               std::vector<InFlight> host_orders)
    : broker_(broker),
      table_(table),
      notes_(notes),
      options_(std::move(options)),
      floor_(core::SharedText(std::make_shared<const std::string>("floor"))) {
  for (const core::Instrument& ins : table_.all()) {
    Product p;
    p.id = ins.id;
    p.decision = core::decision_id(0, ins.symbol, 0, "everything", options_.id);
    const EverythingNotes::Known known = notes_.known(ins.symbol);
    p.attempt = known.attempt;
    p.held_before = known.held_before;
    p.sold = known.sold;
    p.proceeds = known.proceeds;
    p.fees = known.fees;
    p.base_min = ins.rules.base_min;
    p.base_step = ins.rules.base_step;
    p.quote_min = ins.rules.quote_min;
    p.px_step = ins.rules.px_step;
    // What all is counted in is what it is sold for; and of two products that turn the same two assets into each other one sells.
    p.skipped = ins.base.value == 1;
    for (const core::Instrument& other : table_.all())
      if (other.id < ins.id && other.base == ins.quote && other.quote == ins.base) p.skipped = true;
    for (std::uint32_t n = 0; n < p.attempt; ++n)
      p.orders.emplace_back(everything_order_id(options_.account, ins.symbol, options_.id, n).view());
    products_.push_back(std::move(p));
  }
  for (InFlight& o : host_orders) waiting_.push_back({.order = o});
}

bool SellEverything::clean() const noexcept {
  return std::none_of(products_.begin(), products_.end(), [](const Product& p) { return p.gave_up || p.held; });
}

// ---- asked ---------------------------------------------------------------------------------------------------------------------

void SellEverything::look(Nanos now) {
  if (over()) return;
  if (begun_ == 0) begun_ = now;
  now_ = std::max(now_, now);
  if (q_.request != 0) {
    if (now_ - q_.asked < patience) return;
    if (q_.of_products) next_products_ = now_ + products_pause;
    unanswered("the venue does not answer");
  }
  cancel_foreign();
  ask();
}

// Asked by itself: a product that the venue does not tell of, or can't, keeps no balance from being heard, and nothing from being sold.
bool SellEverything::ask_products() {
  if (now_ < next_products_) return false;
  next_products_ = now_ + products_every;
  return put(nullptr, nullptr, ask_products_bit, {});
}

void SellEverything::ask() {
  if (ask_products()) return;
  if (phase_ == Phase::reading) {
    if (now_ < next_list_) return;
    next_list_ = now_ + second;
    if (!put(nullptr, nullptr, ask_open | ask_balances, {}) && ++failed_reads_ >= most_failed_reads) phase_ = Phase::selling;
    return;
  }
  // Each in its turn: its next order by name, what works, and what is held, in one question.
  const std::size_t all = products_.size() + waiting_.size();
  for (std::size_t n = 0; n < all; ++n, ++turn_) {
    const std::size_t at = turn_ % all;
    if (at < products_.size()) {
      Product& p = products_[at];
      if (p.skipped || p.due > now_) continue;
      p.due = now_ + second;
      ++turn_;
      const core::ClientOrderId id = id_of(p);
      p.without_list = lists_failed_ >= most_failed_reads && !p.without_list;
      static_cast<void>(put(&p, nullptr, ask_order | (p.without_list ? 0 : ask_open) | ask_balances, id.view()));
      return;
    }
    Waiting& w = waiting_[at - products_.size()];
    if (w.over || w.due > now_) continue;
    w.due = now_ + 2 * second;
    ++turn_;
    static_cast<void>(put(nullptr, &w, ask_order, w.order.id.view()));
    return;
  }
}

bool SellEverything::put(Product* product, Waiting* waiting, std::uint32_t scope, std::string_view client_id) {
  bl_query q{};
  q.size = sizeof q;
  q.scope = scope;
  q.request = ++request_;
  q.order.client_id = {client_id.data(), client_id.size()};
  // An id of this liquidation may be a process's before this one, and not of long ago: a venue that has to look through its lists for it
  // need not read them from their beginning. One that is older is known to it all the same when it is used again, and sold is what is free.
  if (product != nullptr) q.since_ns = std::max<Nanos>(0, begun_ - day);
  if (waiting != nullptr) q.since_ns = waiting->order.decided;
  q_ = {};
  q_.request = request_;  // it may be answered at once
  q_.product = product;
  q_.waiting = waiting;
  if (product != nullptr) q_.attempt = product->attempt;
  q_.asked = now_;
  q_.listed = (scope & ask_open) != 0;
  q_.of_products = scope == ask_products_bit;
  const auto sent = broker_.query(q);
  if (sent) return true;
  q_ = {};
  trouble_ = sent.error();
  return false;
}

// ---- answers -------------------------------------------------------------------------------------------------------------------

void SellEverything::hear(const bl_event& event) {
  const bool snapshot = (event.flags & flag_snapshot) != 0;
  if (event.type == BL_EV_EXEC) return hear_exec(reinterpret_cast<const bl_exec&>(event), snapshot);
  if (event.type == BL_EV_PRODUCT) return hear_product(reinterpret_cast<const bl_product&>(event));
  if (event.type == BL_EV_DONE) return answered(reinterpret_cast<const bl_done&>(event));
  if (event.type == BL_EV_BALANCE && snapshot && q_.request != 0) {
    const auto& b = reinterpret_cast<const bl_balance_ev&>(event);
    const Decimal total = Decimal::from_raw(b.total), hold = Decimal::from_raw(b.hold);
    const Decimal free = total - (hold.is_set() ? hold : Decimal::zero());
    if (!free.is_set()) return;  // no amount
    q_.has_balances = true;
    q_.balances[b.asset] = {total, max(free, Decimal::zero())};
    return;
  }
  const std::uint32_t number = event.instrument;
  if (number == 0 || number > products_.size()) return;
  Product& p = products_[number - 1];
  if (event.type == BL_EV_QUOTE) {
    const auto& quote = reinterpret_cast<const bl_quote&>(event);
    const Decimal bid = quote.bid > 0 ? Decimal::from_mantissa(quote.bid, quote.px_exp) : Decimal::not_set();
    p.bid = bid.is_set() && bid.is_positive() ? bid : Decimal::not_set();
  } else if (event.type == BL_EV_FILL) {
    const Decimal px = Decimal::from_raw(reinterpret_cast<const bl_fill&>(event).px);
    if (px.is_set() && px.is_positive()) p.last = px;
  }
}

void SellEverything::hear_exec(const bl_exec& e, bool snapshot) {
  const std::string_view client = text(e.client_id);
  if (!snapshot) {  // what the venue says by itself: of a sale of ours
    for (Product& p : products_)
      if (p.out && !client.empty() && client == id_of(p).view()) {
        if (e.venue_id[0] != 0) p.venue_id = text(e.venue_id);
        if (terminal(e.state)) slice_ended(p, e);
      }
    return;
  }
  if (q_.request == 0) return;
  const core::ClientOrderId asked = q_.product != nullptr ? id_of(*q_.product) : q_.waiting != nullptr ? q_.waiting->order.id : core::ClientOrderId{};
  if (!asked.empty() && client == asked.view()) {
    if (e.kind == BL_X_ABSENT) {
      q_.absent = true;
    } else if (working(e.state) || terminal(e.state)) {
      q_.found = true;
      q_.works = working(e.state);
      q_.told = e;
    }
  }
  if (e.kind == BL_X_ABSENT || !working(e.state)) return;
  if (e.h.instrument == 0 || e.h.instrument > table_.size()) {
    ++q_.others;
    return;
  }
  const std::string_view venue = text(e.venue_id);
  const auto same = [&](const Told& t) { return (!venue.empty() && t.venue == venue) || (!client.empty() && t.client == client); };
  if (std::none_of(q_.list.begin(), q_.list.end(), same))
    q_.list.push_back({{e.h.instrument}, std::string(client), std::string(venue), static_cast<core::Side>(e.side)});
}

void SellEverything::hear_product(const bl_product& told) {
  if (told.h.instrument == 0 || told.h.instrument > products_.size()) return;
  Product& p = products_[told.h.instrument - 1];
  p.flags = told.flags;
  const auto take = [](Decimal& into, bl_dec raw) {
    if (const Decimal v = Decimal::from_raw(raw); v.is_set() && v.is_positive()) into = v;
  };
  take(p.base_min, told.base_min);
  take(p.base_step, told.base_step);
  take(p.quote_min, told.quote_min);
  take(p.px_step, told.px_step);
  take(p.base_max, told.base_max);
  take(p.quote_max, told.quote_max);
}

void SellEverything::answered(const bl_done& done) {
  if (q_.request == 0 || done.request != q_.request) return;
  if (q_.of_products) {  // whole or not: what was told of them was heard
    q_ = {};
    return;
  }
  const bool needs_balances = q_.waiting == nullptr;
  if (done.status < 0 || done.complete == 0 || (needs_balances && !q_.has_balances)) {
    return unanswered("the venue did not answer with all that it has");
  }
  trouble_ = {};
  take_answer();
  Product* product = q_.product;
  Waiting* waiting = q_.waiting;
  if (product != nullptr) judge(*product);
  else if (waiting != nullptr) judge(*waiting);
  else judge_list();
  q_ = {};
  end_if_over();
}

// Without a list of orders it goes on behind some tries: a balance alone is enough to sell by. It is not over without one.
void SellEverything::unanswered(const char* words) {
  const bool of_products = q_.of_products;
  trouble_ = Error{"RECONCILE_INCOMPLETE", words};
  if (q_.listed) ++lists_failed_;
  q_ = {};
  if (of_products) return;
  if (phase_ == Phase::reading && ++failed_reads_ >= most_failed_reads) phase_ = Phase::selling;
}

// The venue's word on balances is of this moment, and good for one sale.
void SellEverything::take_answer() {
  if (q_.listed) {
    works_ = q_.list;
    left_alone_ = q_.others;
    lists_failed_ = 0;
  }
  if (!q_.has_balances) return;
  for (Product& p : products_) {
    const auto it = q_.balances.find(table_[p.id].base.value);
    p.total = it == q_.balances.end() ? Decimal::zero() : it->second.first;
    p.free = it == q_.balances.end() ? Decimal::zero() : it->second.second;
    // Read behind its last sale: what was there before them all. What comes in meanwhile is sold as well, and counts.
    if (p.skipped || p.out || q_.request <= p.ended_at) continue;
    const Decimal was = p.total + p.sold;
    if (!was.is_set() || (p.held_before.is_set() && was <= p.held_before)) continue;
    p.held_before = was;
    notes_.held(table_[p.id].symbol, p.held_before, now_);
  }
}

void SellEverything::judge_list() {
  ++reads_;
  std::vector<std::string> list;
  for (const Told& t : works_) list.push_back(t.venue.empty() ? t.client : t.venue);
  std::sort(list.begin(), list.end());
  agreed_ = reads_ > 1 && list == last_list_;
  last_list_ = std::move(list);
  if (agreed_ || reads_ >= most_reads) phase_ = Phase::selling;
}

void SellEverything::judge(Waiting& w) {
  w.over = q_.found && !q_.works;
  if (q_.found || !q_.absent) {
    w.absent = 0;
    return;
  }
  if (w.absent++ == 0) w.absent_since = now_;
  if (w.absent >= absent_times && now_ - w.absent_since >= absent_for) w.over = true;
}

void SellEverything::end_if_over() {
  if (phase_ != Phase::selling || !works_.empty()) return;
  for (const Waiting& w : waiting_)
    if (!w.over) return;
  for (const Product& p : products_)
    if (!p.skipped && !p.gave_up && p.clean < 2) return;
  phase_ = Phase::done;
  ended_ = now_;
}

}  // namespace bowline::services
