#include "start.hpp"

#include <functional>
#include <utility>

namespace bowline::broker_coinbase {

void Start::begin() {
  swept_from_ns_ = kit_.listed_from(kit_.begun_ns, kit_.options.overlap_ns);
  ask_time(true);
  sweep_later();
}

// Tokens carry the time: so the venue's is asked first, and the key next, whatever became of that.
void Start::ask_time(bool first) {
  kit_.session.read(coinbase::server_time(), lane_normal, [this, first](const Answer& a) {
    const auto time = a.done() ? coinbase::parse_server_time(a.body) : Result<std::int64_t>(Error{});
    if (time) {
      const bool guessed = !kit_.session.clock_told();
      kit_.session.note_server_time(*time, a);
      // Till now it was swept by a clock that may be any: once more from the beginning.
      if (guessed) swept_from_ns_ = kit_.listed_from(kit_.begun_ns, kit_.options.overlap_ns);
    }
    if (first) {
      ask_key();
      read_products(0);
    }
    kit_.later.after(kit_.options.time_check_ns, [this] { ask_time(false); });
  });
}

void Start::ask_key() {
  kit_.session.read(coinbase::key_permissions(), lane_normal, [this](const Answer& a) { judge(a); });
}

void Start::judge(const Answer& a) {
  if (!a.done()) {
    // A key that is not taken is told by the link; it may be taken again. Until it was judged nothing is bought with it.
    kit_.later.after(kit_.backoff.wait_ns(++key_tries_ + kit_.options.tries), [this] { ask_key(); });
    return;
  }
  const auto may = coinbase::parse_key_permissions(a.body);
  if (!may) return refuse("KEY_UNREADABLE", "the venue's word about the key can't be read: " + may.error().message);
  may_ = *may;
  if (!may->view || !may->trade) return refuse("KEY_TOO_LITTLE", "the key may not both view and trade: make one that may");
  if (may->transfer && !kit_.options.allow_transfer_key)
    return refuse("KEY_MAY_TRANSFER", "the key may move money out of the account: make one that may only view and trade, or set allow_transfer_key");
  if (!kit_.options.portfolio.empty() && may->portfolio_uuid != kit_.options.portfolio)
    return refuse("KEY_PORTFOLIO", "the key is bound to another portfolio than params.portfolio names");
  key_ = KeyState::good;
  kit_.session.expect_orders();
}

void Start::refuse(const char* code, std::string why) {
  key_ = KeyState::refused;
  why_ = std::string(code) + ": " + why;
  kit_.host.fail(Error{code, std::move(why)});
}

void Start::read_products(std::uint32_t tries) {
  products_.read([this, tries](bl_status status) {
    if (status != BL_OK && !kit_.catalogue.read())
      kit_.later.after(kit_.backoff.wait_ns(tries + kit_.options.tries), [this, tries] { read_products(tries + 1); });
  });
}

// ---- by the clock ----------------------------------------------------------------------------------------------------

void Start::sweep_later() {
  const std::int64_t every = kit_.stream_sound ? kit_.options.sweep_ns : kit_.options.sweep_alone_ns;
  kit_.later.after(every, [this, every] { sweep(kit_.host.now_ns() - every, [this] { sweep_later(); }); });
}

void Start::sweep_now() {
  sweep(kit_.host.now_ns(), [] {});
}

void Start::sweep_since_now(std::int64_t wait_ns) {
  kit_.later.after(wait_ns, [this, seen = kit_.host.now_ns()] { sweep(seen, [] {}); });
}

void Start::sweep(std::int64_t seen_ns, std::function<void()> done) {
  if (sweeping_) return done();  // what it finds is found
  sweeping_ = true;
  // By what is known of the clocks now: they may be set before the next one.
  const std::int64_t next = kit_.listed_from(kit_.host.now_ns(), kit_.options.overlap_ns), from = swept_from_ns_;
  look_.sweep(from, seen_ns, [this, next, from, done = std::move(done)](bl_status status) {
    sweeping_ = false;
    // Else the next one reaches back as far. A row that can't be read is asked for by its order: waiting for it, each sweep would be longer
    // than the one before.
    if ((status == BL_OK || status == rows_unread) && swept_from_ns_ == from) swept_from_ns_ = next;
    done();
  });
}

}  // namespace bowline::broker_coinbase
