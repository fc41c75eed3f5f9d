// Reads a list of the venue's to its end, page by page. What could not be read whole says so: it never looks whole.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "kit.hpp"

namespace bowline::broker_coinbase {

/// How the reading of a list ended. BL_OK: it is whole. BL_E_OVERFLOW: it has more pages than are read, or names one twice.
/// rows_unread: it was read to its end, and shows rows that can't be read; all others were seen.
using PagesDone = std::function<void(bl_status)>;
/// No other end of a reading has this status. What is not among the rows that were seen may be one of those that can't be read.
inline constexpr bl_status rows_unread = BL_E_UNSUPPORTED;
/// Called for each order of a list that can't be read, when the log and `Orders` have heard of it.
using OnUnread = std::function<void(const coinbase::OrderPage::Fault&)>;

namespace detail_pages {
template <class Page>
struct Reading {
  Kit& kit;
  std::function<Result<coinbase::Request>(const std::string& cursor)> request;
  std::function<Result<Page>(std::string_view body)> parse;
  std::function<bool(const Page&)> each;
  PagesDone done;
  std::uint32_t lane, pages = 0;
  std::set<std::string> cursors{};
};

template <class Page>
void next(std::shared_ptr<Reading<Page>> r, const std::string& cursor) {
  if (r->pages++ >= r->kit.options.max_pages || !r->cursors.insert(cursor).second) return r->done(BL_E_OVERFLOW);
  auto request = r->request(cursor);
  if (!request) return r->done(BL_E_INVALID);
  r->kit.session.read(std::move(*request), r->lane, [r](const Answer& a) {
    if (!a.done()) return r->done(status_of(a.outcome));
    const Result<Page> page = r->parse(a.body);
    if (!page) {
      r->kit.host.log(Level::error, "coinbase: a list can't be read: " + page.error().message);
      return r->done(BL_E_IO);
    }
    if (!r->each(*page)) return r->done(BL_OK);
    if (page->next_cursor) return next(r, *page->next_cursor);
    r->done(BL_OK);
  });
}
}  // namespace detail_pages

/// `each` sees the pages in their order, and ends the reading early with false. `done` is called once, behind the last of them.
template <class Page>
void read_pages(Kit& kit, std::uint32_t lane, std::function<Result<coinbase::Request>(const std::string&)> request,
                std::function<Result<Page>(std::string_view)> parse, std::function<bool(const Page&)> each, PagesDone done) {
  using R = detail_pages::Reading<Page>;
  detail_pages::next<Page>(std::shared_ptr<R>(new R{kit, std::move(request), std::move(parse), std::move(each), std::move(done), lane}), "");
}

/// The orders of one placement source after another; the same order told twice is seen twice. The cursor of `query` is not read.
void read_orders(Kit& kit, std::uint32_t lane, coinbase::OrdersQuery query, std::function<bool(const coinbase::VenueOrder&)> each, PagesDone done,
                 OnUnread unread = {});
/// The same of the first placement source alone, which is that of the orders made here.
void read_own_orders(Kit& kit, std::uint32_t lane, coinbase::OrdersQuery query, std::function<bool(const coinbase::VenueOrder&)> each, PagesDone done,
                     OnUnread unread = {});
/// Corrections and reversals are seen behind all fills of the list, the oldest of them first: the fill that one is about is known by then.
void read_fills(Kit& kit, std::uint32_t lane, coinbase::FillsQuery query, std::function<void(const coinbase::VenueFill&)> each, PagesDone done,
                std::function<void(const coinbase::FillPage::Fault&)> unread = {});

}  // namespace bowline::broker_coinbase
