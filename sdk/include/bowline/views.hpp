// What a plugin reads and writes, as small C++ views of the ABI's structs. A view borrows: it is good until
// the call that it was handed to returns. `raw()` is the struct itself, for what a view does not name.
#pragma once

#include <bowline/plugin.h>

#include <algorithm>
#include <bowline/decimal.hpp>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <span>
#include <string_view>

namespace bowline {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

inline bl_str to_abi(std::string_view s) noexcept { return {s.data(), s.size()}; }
inline std::string_view from_abi(const bl_str& s) noexcept {
  return s.ptr ? std::string_view(s.ptr, s.len) : std::string_view();
}

enum class Side : std::uint32_t { buy = BL_BUY, sell = BL_SELL };
enum class Action : std::uint32_t { buy = 1, sell = 2, hold = 3 };

namespace detail {
/// m x 10^exp for statistics; exponents beyond what market data uses go through pow.
inline double scaled(std::int64_t m, int exp) noexcept {
  constexpr double tens[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                             1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  const auto x = static_cast<double>(m);
  if (exp < -18 || exp > 18) return x * std::pow(10.0, exp);
  return exp < 0 ? x / tens[-exp] : x * tens[exp];
}

/// Array whose element grows from minor to minor: steps by the sender's stride, reads what this header knows.
template <class T>
class Strided {
  const char* at_;
  std::size_t n_, stride_;

 public:
  class Iterator {
    const char* at_;
    std::size_t stride_;

   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using reference = const T&;
    using pointer = const T*;
    Iterator(const char* at, std::size_t stride) : at_(at), stride_(stride) {}
    const T& operator*() const noexcept { return *reinterpret_cast<const T*>(at_); }
    Iterator& operator++() noexcept { return at_ += stride_, *this; }
    bool operator==(const Iterator& o) const noexcept { return at_ == o.at_; }
  };
  Strided(const T* first, std::uint32_t n, std::uint32_t stride) noexcept
      : at_(reinterpret_cast<const char*>(first)), n_(first ? n : 0), stride_(stride ? stride : sizeof(T)) {}
  Iterator begin() const noexcept { return {at_, stride_}; }
  Iterator end() const noexcept { return {at_ + n_ * stride_, stride_}; }
  std::size_t size() const noexcept { return n_; }
};
}  // namespace detail

/// One bar. Prices as double for statistics; exact ones through px().
class Bar {
  const bl_bar* b_;

 public:
  explicit Bar(const bl_bar& b) noexcept : b_(&b) {}
  std::uint32_t instrument() const noexcept { return b_->h.instrument; }
  std::uint64_t id() const noexcept { return b_->h.id; }
  std::int64_t open_ns() const noexcept { return b_->open_ns; }
  std::int64_t close_ns() const noexcept { return b_->close_ns; }
  std::int64_t length_ns() const noexcept { return b_->close_ns - b_->open_ns; }
  bool is_final() const noexcept { return b_->is_final != 0; }
  double open() const noexcept { return detail::scaled(b_->open, b_->px_exp); }
  double high() const noexcept { return detail::scaled(b_->high, b_->px_exp); }
  double low() const noexcept { return detail::scaled(b_->low, b_->px_exp); }
  double close() const noexcept { return detail::scaled(b_->close, b_->px_exp); }
  double volume() const noexcept { return detail::scaled(b_->volume, b_->qty_exp); }
  /// One of the four prices, exactly: px(bar.raw().close).
  Decimal px(std::int64_t mantissa) const noexcept { return Decimal::from_mantissa(mantissa, b_->px_exp); }
  const bl_bar& raw() const noexcept { return *b_; }
};

/// One matrix: a row per instrument, a column per feature that configure() selected, in that order.
class Frame {
  const bl_frame* f_;

 public:
  explicit Frame(const bl_frame& f) noexcept : f_(&f) {}
  std::uint32_t rows() const noexcept { return f_->rows; }
  std::uint32_t cols() const noexcept { return f_->cols; }
  std::uint64_t id() const noexcept { return f_->h.id; }
  std::int64_t known_at() const noexcept { return f_->h.ts_recv; }
  std::uint32_t instrument(std::uint32_t row) const noexcept { return f_->instruments[row]; }
  bool warm(std::uint32_t row) const noexcept { return (f_->quality[row] & 1u) != 0; }
  std::span<const double> row(std::uint32_t r) const noexcept {
    return {f_->values + static_cast<std::size_t>(r) * f_->cols, f_->cols};
  }
  const bl_frame& raw() const noexcept { return *f_; }
};

/// What a signal says about one instrument. NaN = it does not say.
struct Prediction {
  std::uint32_t instrument = 0;
  Action action = Action::hold;
  double confidence = 0;  ///< 0..1
  double p_up = nan, p_flat = nan, p_down = nan;
  double weight = nan;  ///< wanted fraction of equity; NaN = the host sizes
  double threshold = nan, expected_move = nan;
  Decimal ref_px = Decimal::not_set();
  std::int64_t horizon_ns = 0, valid_until_ns = 0;
  std::uint64_t cause = 0;  ///< id of the event it was made from
  std::string_view model_id{};
  bool calibrated = false;
};

/// Where a signal puts its predictions; of one call.
class Predictions {
  const bl_sink* sink_;

 public:
  explicit Predictions(const bl_sink& sink) noexcept : sink_(&sink) {}
  bl_status say(const Prediction& p) noexcept {
    bl_prediction b{};
    b.size = sizeof b;
    b.instrument = p.instrument;
    b.action = static_cast<std::uint32_t>(p.action);
    b.flags = p.calibrated ? 1 : 0;
    b.p_up = p.p_up, b.p_flat = p.p_flat, b.p_down = p.p_down;
    b.confidence = p.confidence, b.weight = p.weight;
    b.threshold = p.threshold, b.expected_move = p.expected_move;
    b.ref_px = p.ref_px.raw();
    b.horizon_ns = p.horizon_ns, b.valid_until_ns = p.valid_until_ns;
    b.cause = p.cause;
    b.model_id = to_abi(p.model_id);
    return sink_->prediction(sink_->ctx, &b);
  }
  /// About a bar: reference price is its close, valid until the next bar ends, judged after `horizon_bars`.
  bl_status say(const Bar& bar, Action action, double confidence, std::int64_t horizon_bars = 1,
                std::string_view model_id = {}) noexcept {
    Prediction p;
    p.instrument = bar.instrument();
    p.action = action;
    p.confidence = confidence;
    p.ref_px = bar.px(bar.raw().close);
    p.horizon_ns = horizon_bars * bar.length_ns();
    p.valid_until_ns = bar.close_ns() + bar.length_ns();
    p.cause = bar.id();
    p.model_id = model_id;
    return say(p);
  }
};

/// One order the host wants to send.
class Intent {
  const bl_intent* i_;

 public:
  explicit Intent(const bl_intent& i) noexcept : i_(&i) {}
  std::uint32_t instrument() const noexcept { return i_->instrument; }
  Side side() const noexcept { return static_cast<Side>(i_->side); }
  std::string_view client_id() const noexcept {
    const std::string_view all(i_->client_id, sizeof i_->client_id);
    return all.substr(0, all.find('\0'));
  }
  bool reduces_only() const noexcept { return (i_->flags & BL_REDUCE_ONLY) != 0; }
  Decimal qty() const noexcept { return Decimal::from_raw(i_->qty); }              ///< may be not set
  Decimal quote_qty() const noexcept { return Decimal::from_raw(i_->quote_qty); }  ///< may be not set
  Decimal limit_px() const noexcept { return Decimal::from_raw(i_->limit_px); }
  Decimal stop_px() const noexcept { return Decimal::from_raw(i_->stop_px); }
  const bl_intent& raw() const noexcept { return *i_; }
};

/// What is held, owned and resting at the moment of the call.
class Portfolio {
  const bl_portfolio* p_;

 public:
  explicit Portfolio(const bl_portfolio& p) noexcept : p_(&p) {}
  Decimal equity() const noexcept { return Decimal::from_raw(p_->equity); }
  /// With what is held at the bid: what losses over a time of your own are reckoned by. From a host before ABI 1.4: equity().
  Decimal equity_at_bid() const noexcept {
    if (p_->size < offsetof(bl_portfolio, equity_at_bid) + sizeof p_->equity_at_bid) return equity();
    const Decimal at_bid = Decimal::from_raw(p_->equity_at_bid);
    return at_bid.is_set() ? at_bid : equity();
  }
  /// equity() less either of these is the drawdown, and the UTC day's result, at the bid and without what was paid in or out.
  Decimal peak_equity() const noexcept { return Decimal::from_raw(p_->peak_equity); }
  Decimal day_start_equity() const noexcept { return Decimal::from_raw(p_->day_start_equity); }
  std::int64_t now_ns() const noexcept { return p_->now_ns; }
  detail::Strided<bl_position> positions() const noexcept {
    return {p_->positions, p_->n_positions, p_->position_stride};
  }
  detail::Strided<bl_balance> balances() const noexcept {
    return {p_->balances, p_->n_balances, p_->balance_stride};
  }
  detail::Strided<bl_mark> marks() const noexcept { return {p_->marks, p_->n_marks, p_->mark_stride}; }
  std::span<const bl_working* const> working() const noexcept { return {p_->working, p_->n_working}; }
  /// The position in an instrument, or nullptr.
  const bl_position* position(std::uint32_t instrument) const noexcept {
    for (const bl_position& p : positions())
      if (p.instrument == instrument) return &p;
    return nullptr;
  }
  /// The last price of an instrument; not set when there is none.
  Decimal mark(std::uint32_t instrument) const noexcept {
    for (const bl_mark& m : marks())
      if (m.instrument == instrument) return Decimal::from_raw(m.px);
    return Decimal::not_set();
  }
  const bl_portfolio& raw() const noexcept { return *p_; }
};

/// A risk rule's answer. It begins as a rejection: a rule that says nothing has said no.
class Verdict {
  bl_verdict* v_;

  template <std::size_t N>
  static void copy(char (&to)[N], std::string_view from) noexcept {
    const std::size_t n = std::min(from.size(), N - 1);
    from.copy(to, n);
    to[n] = '\0';
  }

 public:
  explicit Verdict(bl_verdict& v) noexcept : v_(&v) {}
  void allow() noexcept { v_->action = 1; }
  /// `code` is stable (CATEGORY_CONDITION, up to 47 characters), `reason` one sentence (up to 127).
  void reject(std::string_view code, std::string_view reason) noexcept {
    v_->action = 0;
    copy(v_->code, code);
    copy(v_->reason, reason);
  }
  void shrink(Decimal max_qty, std::string_view code, std::string_view reason) noexcept {
    reject(code, reason);
    v_->action = 2;
    v_->max_qty = max_qty.raw();
  }
  /// The facts behind the answer: what was measured, and the limit it was held against.
  void facts(Decimal value, Decimal limit) noexcept { v_->value = value.raw(), v_->limit = limit.raw(); }
  bl_verdict& raw() noexcept { return *v_; }
};

/// Where a risk rule asks for protection; of one call.
class Stops {
  const bl_sink* sink_;

 public:
  explicit Stops(const bl_sink& sink) noexcept : sink_(&sink) {}
  /// `limit_px`: the next take-profit. `share`: ten-thousandths of the position that are sold there; 0 = all of it.
  bl_status want(std::uint32_t instrument, Decimal stop_px, std::uint32_t rule = 0,
                 Decimal limit_px = Decimal::not_set(), std::int64_t expire_ns = 0, std::uint16_t share = 0) noexcept {
    const bl_stop s{sizeof(bl_stop), instrument, stop_px.raw(), limit_px.raw(), expire_ns, rule, share};
    return sink_->stop(sink_->ctx, &s);
  }
};

/// Where a rebalancer puts what it wants to hold; of one call.
class Targets {
  const bl_sink* sink_;

 public:
  explicit Targets(const bl_sink& sink) noexcept : sink_(&sink) {}
  /// `weight`: fraction of equity, 0..1. `urgency`: 0 patient, 1 normal, 2 now.
  bl_status want(std::uint32_t instrument, double weight, std::int64_t valid_until_ns,
                 std::uint64_t cause = 0, std::uint32_t urgency = 1) noexcept {
    const bl_target t{sizeof(bl_target), instrument, weight, urgency, 0, valid_until_ns, cause};
    return sink_->target(sink_->ctx, &t);
  }
};

/// Where a feed or a broker puts its events; of one call.
class Events {
  const bl_sink* sink_;

 public:
  explicit Events(const bl_sink& sink) noexcept : sink_(&sink) {}
  /// Any struct that begins with bl_event; size is filled in.
  template <class E>
  bl_status emit(E event) noexcept {
    event.h.size = sizeof event;
    return sink_->event(sink_->ctx, &event.h);
  }
};

}  // namespace bowline
