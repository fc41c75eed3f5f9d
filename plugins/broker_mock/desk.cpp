#include "desk.hpp"

#include <algorithm>
#include <exception>

#include "common/money.hpp"
#include "events.hpp"

namespace bowline::broker_mock {
namespace {
std::string text_of(const bl_str& s) { return s.ptr ? std::string(s.ptr, s.len) : std::string(); }
}  // namespace

// ---- opening
// ----------------------------------------------------------------------------------------------------

/// Asset codes from the products' symbols ("BTC-USD": base, then quote) and from the cash. The host numbers
/// assets.
Result<void> Desk::name_assets() {
  const auto note = [this](std::uint32_t number, const std::string& code) {
    if (number == 0) return;
    if (asset_codes_.size() <= number) asset_codes_.resize(number + 1);
    asset_codes_[number] = code;
  };
  for (const Product& p : products_) {
    const auto dash = p.symbol.find('-');
    if (dash == std::string::npos) continue;
    for (const std::string& code : {p.symbol.substr(0, dash), p.symbol.substr(dash + 1)})
      note(host_.asset(code), code);
  }
  for (const auto& [code, amount] : options_.cash) {
    const std::uint32_t number = host_.asset(code);
    if (number == 0)
      return Error{
          "ASSET_UNKNOWN",
          "cash." + code + ": no instrument of this run has this asset; remove it, or correct its code"};
    if (amount < Decimal::zero())
      return Error{"CASH_NEGATIVE", "cash." + code + ": a first balance cannot be below 0"};
    note(number, code);
  }
  return {};
}

Names Desk::names() const {
  Names n;
  n.symbol = [this](std::uint32_t i) {
    for (const Product& p : products_)
      if (p.instrument == i) return p.symbol;
    return std::string();
  };
  n.instrument = [this](const std::string& s) {
    for (const Product& p : products_)
      if (p.symbol == s) return p.instrument;
    return std::uint32_t{0};
  };
  n.asset = [this](std::uint32_t a) { return a < asset_codes_.size() ? asset_codes_[a] : std::string(); };
  n.asset_number = [this](const std::string& code) {
    for (std::uint32_t a = 1; a < asset_codes_.size(); ++a)
      if (!code.empty() && asset_codes_[a] == code) return a;
    return std::uint32_t{0};
  };
  return n;
}

Result<void> Desk::open(std::vector<Product> products) {
  products_ = std::move(products);
  asset_codes_.clear();
  if (auto r = name_assets(); !r) return r;
  const std::uint32_t assets = asset_codes_.empty() ? 0 : static_cast<std::uint32_t>(asset_codes_.size() - 1);
  file_.reset();
  venue_ = std::make_unique<Venue>(options_.venue, products_, assets);
  questions_.clear();
  armed_ns_ = INT64_MAX;
  failed_ = false;
  if (options_.memory) {
    for (const auto& [code, amount] : options_.cash)
      venue_->ledger().set(host_.asset(code), {amount, Decimal::zero()});
    venue_->ledger().clear_changed();
    return {};
  }
  return load();
}

Result<void> Desk::load() {
  auto file = StateFile::open(options_.file, names());
  if (!file) return file.error();
  file_ = std::move(*file);
  auto state = file_->read();
  if (!state) return state.error();
  if (state->is_new) {
    for (const auto& [code, amount] : options_.cash)
      venue_->ledger().set(host_.asset(code), {amount, Decimal::zero()});
    if (auto r = file_->commit(*venue_, venue_->changes()); !r) return r;
    venue_->ledger().clear_changed();
    return {};
  }
  const Names n = names();
  for (const StoredState::Holding& h : state->balances)
    if (const std::uint32_t a = n.asset_number(h.asset)) venue_->ledger().set(a, h.balance);
  venue_->ledger().clear_changed();
  venue_->restore(std::move(state->orders), std::move(state->fills));
  return {};
}

// ---- requests
// ---------------------------------------------------------------------------------------------------

Result<void> Desk::submit(const bl_intent& intent) {
  auto spec = spec_of(intent);
  if (!spec) return spec.error();
  const std::int64_t now = host_.now_ns();
  if (intent.not_after_ns > 0 && now > intent.not_after_ns)
    return Error{"NOT_AFTER_PASSED",
                 "the time up to which the order might be sent has passed: nothing was sent"};
  if (auto r = venue_->submit(*spec, now); !r) return r;
  options_.venue.latency_ns == 0 ? host_.wake() : rearm();
  return {};
}

void Desk::cancel(const bl_order_ref* refs, std::uint64_t n) {
  const std::int64_t now = host_.now_ns();
  for (std::uint64_t i = 0; i < n; ++i)
    venue_->cancel({text_of(refs[i].client_id), text_of(refs[i].venue_id)}, now);
  options_.venue.latency_ns == 0 ? host_.wake() : rearm();
}

void Desk::query(const bl_query& q) {
  questions_.push_back({q, {text_of(q.order.client_id), text_of(q.order.venue_id)}});
  host_.wake();
}

// ---- time and market
// --------------------------------------------------------------------------------------------

/// Runs what can only fail by a defect, an impossible amount, or a lost state file. None of them may be
/// acknowledged over, so each ends the instance.
template <class Work>
void Desk::guarded(Work&& work) {
  if (failed_) return;
  try {
    work();
  } catch (const money::Overflow&) {
    failed_ = true;
    host_.fail(Error{"AMOUNT_OVERFLOW", "a bar's amount does not fit exact arithmetic"});
  } catch (const std::exception& e) {
    failed_ = true;
    host_.fail(Error{"VENUE_BROKEN", e.what()});
  }
}

void Desk::busy_bar(const bl_bar& bar, const bl_sink& sink) {
  guarded([&] {
    const Say say = [&sink](const bl_event& e) { sink.event(sink.ctx, &e); };
    venue_->on_bar(bar.h.instrument, view_of(bar));
    venue_->note_price(bar.h.instrument, bar.close, bar.px_exp, bar.close_ns);
    flush(bar.close_ns, say);
  });
}

void Desk::on_time(const Say& say) {
  guarded([&] {
    const std::int64_t now = host_.now_ns();
    venue_->on_time(now);
    if (!flush(now, say)) return;
    for (const Question& q : std::exchange(questions_, {})) {
      bl_query asked = q.query;
      asked.order = {{q.ref.client_id.data(), q.ref.client_id.size()},
                     {q.ref.venue_id.data(), q.ref.venue_id.size()}};
      answer(asked, now, say);
    }
  });
}

/// Makes the changes durable, then says them. False: they could not be written, nothing was said.
bool Desk::flush(std::int64_t now_ns, const Say& say) {
  if (file_) {
    const Changes changes = venue_->changes();
    if (auto r = changes.empty() ? Result<void>() : file_->commit(*venue_, changes); !r) {
      failed_ = true;
      host_.fail(r.error());
      return false;
    }
  }
  venue_->committed(now_ns);
  say_reports(say, false);
  rearm();
  return true;
}

void Desk::rearm() {
  const std::int64_t due = venue_->deadline_ns();
  if (due == armed_ns_ || due == INT64_MAX || !host_.arm) return;
  armed_ns_ = due;
  host_.arm(due);
}

// ---- saying
// -----------------------------------------------------------------------------------------------------

std::uint32_t Desk::fee_asset(const Order& o) const noexcept {
  const Product* p = venue_->product(o.spec.instrument);
  return p ? p->quote : 0;
}

void Desk::say_reports(const Say& say, bool snapshot) {
  if (!venue_->has_reports()) return;
  venue_->take_reports(saying_);
  for (const Report& r : saying_) {
    const AnyEvent e = event_of(r, fee_asset(r.order), snapshot);
    say(e.h);
  }
}

void Desk::answer(const bl_query& q, std::int64_t now_ns, const Say& say) {
  if (q.scope & 1u) venue_->ask_order({text_of(q.order.client_id), text_of(q.order.venue_id)}, now_ns);
  if (q.scope & 2u) venue_->ask_open(now_ns);
  if (q.scope & 4u) venue_->ask_fills(q.since_ns);
  if (q.scope & 8u) venue_->ask_balances(now_ns);
  say_reports(say, true);
  if (q.scope & 16u) say_products(now_ns, say);
  bl_done done{};
  done.h.size = sizeof done;
  done.h.type = BL_EV_DONE;
  done.h.ts_event = done.h.ts_recv = now_ns;
  done.request = q.request;
  done.status = BL_OK;
  done.complete = 1;
  say(done.h);
}

void Desk::say_products(std::int64_t now_ns, const Say& say) {
  for (const Product& p : products_) {
    bl_product e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_PRODUCT;
    e.h.flags = 2;
    e.h.ts_event = e.h.ts_recv = now_ns;
    e.h.instrument = p.instrument;
    e.symbol = {p.symbol.data(), p.symbol.size()};
    e.base = p.base;
    e.quote = p.quote;
    e.base_step = money::to_abi(p.base_step);
    e.quote_step = money::to_abi(p.quote_step);
    e.px_step = money::to_abi(p.px_step);
    e.base_min = money::to_abi(p.base_min);
    e.base_max = money::to_abi(p.base_max);
    e.quote_min = money::to_abi(p.quote_min);
    e.quote_max = money::to_abi(p.quote_max);
    e.maker_fee = money::to_abi(options_.venue.maker_fee);
    e.taker_fee = money::to_abi(options_.venue.taker_fee);
    e.flags = p.tradable ? 1 : 0;
    say(e.h);
  }
}

}  // namespace bowline::broker_mock
