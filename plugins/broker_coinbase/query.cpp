#include "query.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "coinbase/error_body.hpp"

namespace bowline::broker_coinbase {
namespace {

constexpr std::uint32_t ask_order = 1, ask_open = 2, ask_fills = 4, ask_balances = 8, ask_products = 16;
constexpr std::size_t most_ends = 10;
constexpr std::uint32_t known_scopes = ask_order | ask_open | ask_fills | ask_balances | ask_products;

/// What can be traded with: not what lies in a vault, or as margin.
bool is_wallet(const coinbase::Account& a) noexcept {
  return a.type.find("VAULT") == std::string::npos && a.type.find("FUTURES") == std::string::npos;
}

}  // namespace

void Query::query(const bl_query& q) {
  auto job = std::make_shared<Job>();
  job->request = q.request;
  job->scope = q.scope;
  job->client_id = from_abi(q.order.client_id);
  job->venue_id = from_abi(q.order.venue_id);
  job->since_ns = q.since_ns;
  ++kit_.questions;
  // Its first request goes out at once, so that a host that waits for answers sees that one is to come. What needs none is answered
  // behind the call: the host has to know first that it was taken.
  const bool nameless = (job->scope & ask_order) != 0 && job->client_id.empty() && job->venue_id.empty();
  if ((job->scope & known_scopes) != 0 && !nameless) return next(job);
  kit_.later.after(0, [this, job] { next(job); });
}

void Query::next(const JobPtr& job) {
  const auto take = [&job](std::uint32_t bit) { return (job->scope & bit) != 0 && ((job->scope &= ~bit), true); };
  if (take(ask_order)) return order(job);
  if (take(ask_open)) return open_orders(job);
  if (take(ask_fills)) return fills(job);
  if (take(ask_balances)) return balances(job);
  if (take(ask_products)) return products_.read([this, job](bl_status status) {
    // One that the venue does not list is not told, and the answer is not whole; the others are told all the same.
    if (status != BL_OK && status != BL_E_NOT_FOUND) return ended(job, status);
    for (const Listed& l : kit_.catalogue.all())
      if (l.listed) kit_.say.product(l, true);
    products_.read_prices([this, job, status] { ended(job, status); });
  });
  if (job->scope != 0 && job->status == BL_OK) job->status = BL_E_UNSUPPORTED;
  --kit_.questions;
  kit_.say.done(job->request, job->status);
  if (kit_.questions == 0 && kit_.on_quiet) kit_.on_quiet();
}

void Query::ended(const JobPtr& job, bl_status status) {
  if (job->status == BL_OK) job->status = status;
  next(job);
}

// ---- one order -------------------------------------------------------------------------------------------------------

void Query::one(const JobPtr& job, const coinbase::VenueOrder& o) {
  Known& k = kit_.orders.learn(o);
  if (k.phase == Phase::over && !coinbase::is_final(o.status)) return ended(job, BL_E_AGAIN);  // read before its end, answered behind it
  const std::uint32_t lane = k.urgent ? lane_urgent : lane_normal;
  if (!coinbase::is_final(o.status)) k.read_ns = kit_.host.now_ns();
  with_its_fills(o, lane, true, [this, job](bool told) { ended(job, told ? bl_status{BL_OK} : bl_status{BL_E_AGAIN}); });
}

// Its fills before its end, here too, and before how far a working one has filled: of those of others, and of earlier processes, the host
// makes out by them what it does not know yet. `end_waits`: for fills that lag behind.
void Query::with_its_fills(const coinbase::VenueOrder& o, std::uint32_t lane, bool end_waits, std::function<void(bool told)> then) {
  const auto say = [this, lane, end_waits](const coinbase::VenueOrder& order) {
    kit_.say.order(BL_X_SNAPSHOT, order, kit_.orders.learn(order), "", true);
    const bool waited = end_waits && coinbase::is_final(order.status);
    if (!waited && look_.lags(order)) look_.soon(order.order_id, 0, lane);
  };
  if (coinbase::is_final(o.status) ? !end_waits : !look_.lags(o)) return say(o), then(true);
  look_.tell(o, lane, 1, [say, then = std::move(then)](const Found& f) {
    const bool there = f.what == Found::What::there;  // else it has ended meanwhile
    if (there) say(f.order);
    then(there);
  });
}

void Query::order(const JobPtr& job) {
  if (job->client_id.empty() && job->venue_id.empty()) return ended(job, BL_E_INVALID);
  const Known* k = kit_.orders.by_client(job->client_id);
  const std::string venue_id = !job->venue_id.empty() ? job->venue_id : k != nullptr ? k->venue_id : std::string();
  const std::uint32_t instrument = k != nullptr ? k->instrument : 0;
  const std::uint32_t lane = k != nullptr && k->urgent ? lane_urgent : lane_normal;
  const auto absent = [this, job, instrument] {
    if (job->listed) return ended(job, rows_unread);
    kit_.say.absent(job->client_id, job->venue_id, instrument);
    ended(job, BL_OK);
  };
  if (!venue_id.empty()) {
    auto request = coinbase::order(venue_id);
    if (!request) return ended(job, BL_E_INVALID);
    return kit_.session.read(std::move(*request), lane, [this, job, absent, venue_id](const Answer& a) {
      // A new order can't be read for a moment: it would be told as gone, though it was just acknowledged.
      if (coinbase::says_not_found(a.outcome) && kit_.orders.is_new(venue_id, kit_.host.now_ns()))
        return kit_.later.after(kit_.backoff.wait_ns(++job->tries), [this, job] { order(job); });
      if (coinbase::says_not_found(a.outcome)) return absent();
      if (!a.done()) return ended(job, status_of(a.outcome));
      const auto o = coinbase::parse_order(a.body);
      if (!o || o->order_id != venue_id) {
        const std::string why = o ? "the answer is about another" : o.error().message;
        kit_.host.log(Level::error, "coinbase: order " + coinbase::one_line(venue_id) + " can't be read: " + why);
        return ended(job, BL_E_IO);
      }
      one(job, *o);
    });
  }
  // By the host's id alone: the venue has no such question, so all it has is listed, whatever its state. That it was asked for before it
  // was handed over, if ever it is, is remembered; and from when on it is listed, which a cancel does not say.
  Known& sought = kit_.orders.of_client(job->client_id);
  sought.asked_for = true;
  if (!sought.intent && sought.listed_from_ns == 0) sought.listed_from_ns = kit_.listed_from_of_others(job->since_ns);
  look_.search(job->client_id, sought.listed_from_ns, lane,
               [this, job, absent](const std::optional<coinbase::VenueOrder>& found, bl_status status) {
                 if (found) return one(job, *found);
                 job->listed = job->listed || status == rows_unread;
                 // Sent again and acknowledged while the lists were read: they are of before. Or they show it, and can't be read.
                 const Known* known = kit_.orders.by_client(job->client_id);
                 if ((status == BL_OK || status == rows_unread) && known != nullptr && !known->venue_id.empty()) return order(job);
                 status == BL_OK ? absent() : ended(job, status);
               });
}

// ---- lists -----------------------------------------------------------------------------------------------------------

// Those that are not open yet, or not any more, are no part of OPEN, and the venue lists them apart. They are read first: one that opens
// meanwhile is in both; and once more at the end: one that is being cancelled or edited meanwhile was in neither.
void Query::open_orders(const JobPtr& job) {
  auto orders = std::make_shared<Listing>();
  read_not_open(orders, doubtful_, [this, job, orders](bl_status first) {
    read_open(orders, [this, job, orders, first](bl_status second) {
      read_not_open(orders, doubtful_, [this, job, orders, status = first != BL_OK ? first : second](bl_status third) {
        listed(job, *orders, status != BL_OK ? status : third);
      });
    });
  });
}

void Query::listed(const JobPtr& job, const Listing& orders, bl_status status) {
  const auto told = [this, job, left = std::make_shared<std::size_t>(orders.size() + 1), status](bool) {
    if (--*left == 0) ended(job, status);
  };
  for (const auto& [id, seen] : orders) {
    const coinbase::VenueOrder& o = seen.order;
    if (kit_.catalogue.of(o.product_id) == nullptr) {  // of a product that this run does not have
      told(false);
      continue;
    }
    Known& k = kit_.orders.learn(o);
    if (k.phase == Phase::over) {  // it ended while the list was read
      told(false);
      continue;
    }
    k.read_ns = std::max(k.read_ns, seen.asked_ns);
    with_its_fills(o, k.urgent ? lane_urgent : lane_normal, false, told);
  }
  told(true);
}

// A page is asked for when the one before is there: as of then its orders were read.
std::function<bool(const coinbase::VenueOrder&)> Query::into(const ListingPtr& orders) {
  return [this, orders, asked = kit_.host.now_ns(), last = kit_.host.now_ns()](const coinbase::VenueOrder& o) mutable {
    if (const std::int64_t now = kit_.host.now_ns(); now != last) asked = std::exchange(last, now);
    return orders->insert_or_assign(o.order_id, Seen{o, asked}), true;
  };
}

void Query::read_open(const ListingPtr& orders, PagesDone done) {
  coinbase::OrdersQuery q;
  q.statuses = {coinbase::OrderStatus::open};
  read_orders(kit_, lane_normal, q, into(orders), std::move(done), [this](const coinbase::OrderPage::Fault& f) { look_.by_name(f); });
}

// A venue that does not know a status which it is asked for refuses the whole question: it is asked without, and not again. To another the
// unknown one may be any.
void Query::read_not_open(const ListingPtr& orders, std::vector<coinbase::OrderStatus> doubtful, PagesDone done) {
  using S = coinbase::OrderStatus;
  coinbase::OrdersQuery q;
  q.statuses = {S::pending, S::queued, S::cancel_queued};
  for (const S s : doubtful) q.statuses.push_back(s);
  // More ends than a few, which have come since they were listed, were not left out.
  const bool may_be_any = std::find(doubtful.begin(), doubtful.end(), S::unknown) != doubtful.end();
  auto ends = std::make_shared<std::size_t>(0);
  const auto each = [this, may_be_any, ends, take = into(orders)](const coinbase::VenueOrder& o) {
    if (!coinbase::is_final(o.status)) return take(o);
    if (const Known* k = kit_.orders.by_venue(o.order_id); k != nullptr && k->phase != Phase::over) look_.soon(o.order_id, 0, lane_normal);
    return ++*ends <= most_ends || !may_be_any;  // else it is asked without
  };
  read_orders(
      kit_, lane_normal, q, each,
      [this, orders, doubtful, may_be_any, ends, done = std::move(done)](bl_status status) {
        std::vector<S> fewer = doubtful;
        const bool any = may_be_any && *ends > most_ends;
        if (any) std::erase(fewer, S::unknown);
        if (!any && status == BL_E_INVALID && !fewer.empty()) fewer.pop_back();
        if (fewer.size() != doubtful.size()) return read_not_open(orders, std::move(fewer), done);
        if ((status == BL_OK || status == rows_unread) && doubtful.size() < doubtful_.size()) {
          for (const auto& [status_left_out, word] : {std::pair{S::edit_queued, "EDIT_QUEUED"}, std::pair{S::unknown, "UNKNOWN_ORDER_STATUS"}})
            if (std::find(doubtful_.begin(), doubtful_.end(), status_left_out) != doubtful_.end() && std::find(doubtful.begin(), doubtful.end(), status_left_out) == doubtful.end())
              kit_.host.log(Level::warn, std::string("coinbase: the venue lists no orders by the status ") + word + ": it is not asked for that any more");
          doubtful_ = doubtful;
        }
        done(status);
      },
      [this](const coinbase::OrderPage::Fault& f) { look_.by_name(f); });
}

void Query::fills(const JobPtr& job) {
  coinbase::FillsQuery q;
  if (job->since_ns > 0) q.start_ns = kit_.listed_from(job->since_ns, kit_.options.overlap_ns);
  auto seen = std::make_shared<std::set<std::string>>();
  auto odd = std::make_shared<bool>(false);
  read_fills(kit_, lane_normal, q,
             [this, seen, odd](const coinbase::VenueFill& f) {
               if (!seen->insert(f.entry_id).second) return;  // pages that shifted while they were read
               if (kit_.say.fill(f, true) == FillSaid::not_understood) *odd = true;
               else kit_.orders.first_time(f);
             },
             [this, job, odd](bl_status status) { ended(job, status == BL_OK && *odd ? bl_status{BL_E_UNSUPPORTED} : status); },
             [this](const coinbase::FillPage::Fault& f) { look_.by_name(f); });
}

void Query::balances(const JobPtr& job) {
  struct Sum {
    Decimal total = Decimal::zero(), hold = Decimal::zero();
  };
  auto sums = std::make_shared<std::map<std::string, Sum>>();
  auto seen = std::make_shared<std::set<std::string>>();
  read_pages<coinbase::AccountPage>(
      kit_, lane_normal, [this](const std::string& cursor) { return coinbase::accounts(kit_.options.accounts_page, cursor); }, coinbase::parse_accounts,
      [this, sums, seen](const coinbase::AccountPage& page) {
        for (const coinbase::Account& a : page.accounts) {
          if (!seen->insert(a.uuid).second || !is_wallet(a)) continue;
          if (!kit_.options.portfolio.empty() && !a.retail_portfolio_id.empty() && a.retail_portfolio_id != kit_.options.portfolio) continue;
          Sum& s = (*sums)[a.currency];
          s.total += a.available + a.hold;
          s.hold += a.hold;
        }
        return true;
      },
      [this, job, sums](bl_status status) {
        if (status < 0) return ended(job, status);  // half a sum is none
        std::set<std::uint32_t> told;
        for (const auto& [currency, s] : *sums)
          if (const std::uint32_t asset = kit_.host.asset(currency); asset != 0) {
            kit_.say.balance(asset, s.total, s.hold);
            told.insert(asset);
          }
        // The list is whole: what has no wallet in it is not owned.
        for (const Listed& l : kit_.catalogue.all())
          for (const std::uint32_t asset : {l.base, l.quote})
            if (asset != 0 && told.insert(asset).second) kit_.say.balance(asset, Decimal::zero(), Decimal::zero());
        ended(job, BL_OK);
      });
}

}  // namespace bowline::broker_coinbase
