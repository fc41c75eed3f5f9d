#include "features/definitions.hpp"

#include <numbers>
#include <string>
#include <utility>

namespace bowline::features {
namespace {

// A formula being written down: operators make nodes.
struct Expr {
  Graph* g;
  Ref r;
  Expr to(Op op, std::uint32_t n = 0, double k = 0) const { return {g, g->node(op, {r, Ref{}}, n, k)}; }
  Expr to(Op op, const Expr& y, std::uint32_t n = 0, double k = 0) const {
    return {g, g->node(op, {r, y.r}, n, k)};
  }
  Expr out(std::uint32_t i) const { return {g, {r.node, i}}; }
  Expr number(double k) const { return {g, g->node(Op::constant, {}, 0, k)}; }
};
Expr operator+(const Expr& x, const Expr& y) { return x.to(Op::add, y); }
Expr operator-(const Expr& x, const Expr& y) { return x.to(Op::sub, y); }
Expr operator*(const Expr& x, const Expr& y) { return x.to(Op::mul, y); }
Expr operator-(const Expr& x, double k) { return x - x.number(k); }
Expr operator*(double k, const Expr& x) { return x.number(k) * x; }

Expr ratio(const Expr& x, const Expr& y, double if_zero) { return x.to(Op::ratio, y, 0, if_zero); }
Expr lag(const Expr& x, std::uint32_t n) { return x.to(Op::lag, n); }
Expr sum(const Expr& x, std::uint32_t n) { return x.to(Op::sum, n); }
Expr mean(const Expr& x, std::uint32_t n) { return x.to(Op::spread, n); }
Expr variance(const Expr& x, std::uint32_t n) { return mean(x, n).out(1); }
Expr deviation(const Expr& x, std::uint32_t n) { return variance(x, n).to(Op::sqrt); }
Expr ema(const Expr& x, std::uint32_t n) { return x.to(Op::smooth, n, 2.0 / (n + 1.0)); }
Expr wilder(const Expr& x, std::uint32_t n) { return x.to(Op::smooth, n, 1.0 / n); }
Expr highest(const Expr& x, std::uint32_t n) { return x.to(Op::highest, n); }
Expr lowest(const Expr& x, std::uint32_t n) { return x.to(Op::lowest, n); }
Expr positive(const Expr& x) { return x.to(Op::larger, x.number(0)); }
Expr log_ratio(const Expr& x, const Expr& y) { return ratio(x, y, 1).to(Op::log); }
Expr root_mean(const Expr& x, std::uint32_t n) { return (1.0 / n * sum(x, n)).to(Op::sqrt); }

class Writer {
 public:
  explicit Writer(Definitions& d) : d_(d), g_(d.graph) {}
  void write() { returns(), trend(), momentum(), volatility(), channels(), volumes(), candles(), calendar(); }

 private:
  Definitions& d_;
  Graph& g_;
  const char* group_ = "";
  Expr bar(Op op) { return {&g_, g_.node(op)}; }
  const Expr o = bar(Op::open), h = bar(Op::high), l = bar(Op::low), c = bar(Op::close), v = bar(Op::volume);
  const Expr typical = (1.0 / 3) * (h + l + c);
  const Expr change = c - lag(c, 1), ret = log_ratio(c, lag(c, 1)), range = h - l;
  const Expr true_range = h.to(Op::larger, lag(c, 1)) - l.to(Op::smaller, lag(c, 1));
  const Expr signed_volume = v * (change.to(Op::greater, c.number(0)) - c.number(0).to(Op::greater, change));

  void add(std::string name, const Expr& e, std::string formula) {
    d_.features.push_back({std::move(name), group_, g_.nodes()[e.r.node].warm, std::move(formula)});
    d_.roots.push_back(e.r);
  }
  /// One entry per window; the formula speaks of n.
  template <class F>
  void each(const std::string& name, std::initializer_list<std::uint32_t> windows, F make,
            const std::string& formula) {
    for (const std::uint32_t n : windows)
      add(name + "_" + std::to_string(n), make(n), formula + "; n = " + std::to_string(n));
  }

  void returns() {
    group_ = "returns";
    each(
        "logret", {1, 2, 3, 6, 12, 24, 48, 96, 288}, [&](auto n) { return log_ratio(c, lag(c, n)); },
        "ln(close / close[n bars ago])");
  }
  void trend() {
    group_ = "trend";
    each(
        "ema_ratio", {12, 26, 50, 200}, [&](auto n) { return ratio(c, ema(c, n), 1) - 1; },
        "close / EMA(close, n) - 1; EMA weight 2 / (n + 1)");
    each(
        "sma_ratio", {20, 50, 200}, [&](auto n) { return ratio(c, mean(c, n), 1) - 1; },
        "close / mean(close, n) - 1");
    const Expr macd = ema(c, 12) - ema(c, 26), signal = ema(macd, 9);
    add("macd_line", ratio(macd, c, 0), "(EMA(close, 12) - EMA(close, 26)) / close (Appel 1979)");
    add("macd_signal", ratio(signal, c, 0), "EMA(EMA(close, 12) - EMA(close, 26), 9) / close (Appel 1979)");
    add("macd_hist", ratio(macd - signal, c, 0), "macd_line - macd_signal (Aspray 1986)");
    const Expr up = h - lag(h, 1), down = lag(l, 1) - l;
    const Expr plus = wilder(up.to(Op::greater, down) * positive(up), 14);
    const Expr minus = wilder(down.to(Op::greater, up) * positive(down), 14);
    const Expr atr = wilder(true_range, 14), di_plus = 100 * ratio(plus, atr, 0),
               di_minus = 100 * ratio(minus, atr, 0);
    add("adx_14", wilder(100 * ratio((di_plus - di_minus).to(Op::abs), di_plus + di_minus, 0), 14),
        "Wilder average, 14, of 100 |DI+ - DI-| / (DI+ + DI-), 0 where both are 0 (Wilder 1978)");
    add("di_plus_14", di_plus, "100 W(DM+, 14) / W(true range, 14), 0 where nothing moved (Wilder 1978)");
    add("di_minus_14", di_minus, "100 W(DM-, 14) / W(true range, 14), 0 where nothing moved (Wilder 1978)");
    add("aroon_up_25", 4 * (c.number(25) - highest(h, 26).out(1)),
        "100 (25 - bars since the latest high of 26 bars) / 25 (Chande 1995)");
    add("aroon_down_25", 4 * (c.number(25) - lowest(l, 26).out(1)),
        "100 (25 - bars since the latest low of 26 bars) / 25 (Chande 1995)");
    const Expr triple = ema(ema(ema(c, 15), 15), 15);
    add("trix_15", ratio(triple, lag(triple, 1), 1) - 1,
        "one-bar change of EMA(EMA(EMA(close, 15), 15), 15) (Hutson 1983)");
    each(
        "efficiency", {10, 48},
        [&](auto n) { return ratio((c - lag(c, n)).to(Op::abs), sum(change.to(Op::abs), n), 0); },
        "|close - close[n]| / sum(|change|, n), 0 where nothing moved (Kaufman 1995)");
  }
  void momentum() {
    group_ = "momentum";
    const Expr gain = positive(change), loss = gain - change;
    each(
        "rsi", {6, 14, 28},
        [&](auto n) { return 100 * ratio(wilder(gain, n), wilder(gain, n) + wilder(loss, n), 0.5); },
        "100 W(gain, n) / (W(gain, n) + W(loss, n)), 50 where nothing moved (Wilder 1978)");
    const Expr top = highest(h, 14), bottom = lowest(l, 14), k = 100 * ratio(c - bottom, top - bottom, 0.5);
    add("stoch_k_14", k, "100 (close - low of 14) / (high of 14 - low of 14), 50 where flat (Lane 1984)");
    add("stoch_d_14", mean(k, 3), "mean of stoch_k_14 over 3 bars (Lane 1984)");
    add("williams_r_14", -100 * ratio(top - c, top - bottom, 0.5),
        "-100 (high of 14 - close) / (high of 14 - low of 14), -50 where flat (Williams 1973)");
    add("cci_20", typical.to(Op::channel, 20),
        "(typical - mean) / (0.015 mean deviation) over 20, typical = (high + low + close) / 3, 0 where flat "
        "(Lambert 1980)");
    each(
        "roc", {10, 20}, [&](auto n) { return ratio(c, lag(c, n), 1) - 1; }, "close / close[n] - 1");
    add("momentum_10", ratio(c - lag(c, 10), wilder(true_range, 14), 0),
        "(close - close[10]) / W(true range, 14), 0 where nothing moved");
    add("up_streak", change.to(Op::streak), "closes in a row above the close before");
    add("down_streak", (lag(c, 1) - c).to(Op::streak), "closes in a row below the close before");
  }
  void volatility() {
    group_ = "volatility";
    add("atr_14", ratio(wilder(true_range, 14), c, 0), "W(true range, 14) / close (Wilder 1978)");
    add("bollinger_z_20", ratio(c - mean(c, 20), deviation(c, 20), 0),
        "(close - mean) / deviation over 20, population, 0 where flat (Bollinger 2001)");
    add("bollinger_width_20", ratio(4 * deviation(c, 20), mean(c, 20), 0),
        "4 deviation / mean over 20 (Bollinger 2001)");
    const auto realised = [&](std::uint32_t n) { return root_mean(ret * ret, n); };
    each("realised_vol", {12, 48, 288}, realised,
         "sqrt(mean(r^2, n)), r = ln(close / close[1]) (Andersen 1998)");
    const Expr hl = log_ratio(h, l), co = log_ratio(c, o);
    constexpr double ln2 = std::numbers::ln2;
    each(
        "parkinson", {20, 48}, [&](auto n) { return root_mean(1 / (4 * ln2) * (hl * hl), n); },
        "sqrt(mean(ln(high / low)^2, n) / (4 ln 2)) (Parkinson 1980)");
    each(
        "garman_klass", {20, 48},
        [&](auto n) { return root_mean(0.5 * (hl * hl) - (2 * ln2 - 1) * (co * co), n); },
        "sqrt(mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2, n)) (Garman, Klass 1980)");
    add("vol_ratio_12_48", ratio(realised(12), realised(48), 1),
        "realised_vol_12 / realised_vol_48, 1 where flat");
    add("vol_ratio_48_288", ratio(realised(48), realised(288), 1),
        "realised_vol_48 / realised_vol_288, 1 where flat");
    add("range", ratio(range, c, 0), "(high - low) / close");
    add("range_mean_20", mean(ratio(range, c, 0), 20), "mean((high - low) / close, 20)");
    const Expr shape = ret.to(Op::shape, 48), falls = positive(-1 * ret);
    add("skew_48", shape, "population skewness of 48 one-bar log returns, 0 where flat");
    add("kurt_48", shape.out(1), "population excess kurtosis of 48 one-bar log returns, 0 where flat");
    add("autocorr_48", ret.to(Op::corr, lag(ret, 1), 48),
        "Pearson correlation of r and r[1] over 48 pairs, 0 where one is constant");
    add("downside_vol_48", root_mean(falls * falls, 48), "sqrt(mean(min(r, 0)^2, 48)) (Sortino 1994)");
  }
  void channels() {
    group_ = "channels";
    each(
        "donchian", {20, 55},
        [&](auto n) { return ratio(c - lowest(l, n), highest(h, n) - lowest(l, n), 0.5); },
        "(close - low of n) / (high of n - low of n), 0.5 where flat (Donchian 1960)");
    const Expr reach = 2 * wilder(true_range, 14), middle = ema(c, 20);
    add("keltner_20", ratio(c - (middle - reach), 2 * reach, 0.5),
        "place of close between EMA(close, 20) -+ 2 W(true range, 14), 0.5 where nothing moved (Keltner "
        "1960, "
        "Raschke)");
    each(
        "drawdown", {48, 288}, [&](auto n) { return ratio(c, highest(c, n), 1) - 1; },
        "close / max(close, n) - 1");
    each(
        "above_min", {48, 288}, [&](auto n) { return ratio(c, lowest(c, n), 1) - 1; },
        "close / min(close, n) - 1");
  }
  void volumes() {
    group_ = "volume";
    each(
        "obv", {20, 48}, [&](auto n) { return ratio(sum(signed_volume, n), sum(v, n), 0); },
        "sum(volume sign(change), n) / sum(volume, n): slope of the on-balance volume, 0 without volume "
        "(Granville "
        "1963)");
    const Expr flow = typical * v, moved = typical - lag(typical, 1);
    const Expr in = sum(moved.to(Op::greater, c.number(0)) * flow, 14),
               out = sum(c.number(0).to(Op::greater, moved) * flow, 14);
    add("mfi_14", 100 * ratio(in, in + out, 0.5),
        "100 up flow / (up flow + down flow) over 14, flow = typical x volume, 50 without flow (Quong, "
        "Soudack 1989)");
    each(
        "volume_z", {20, 288}, [&](auto n) { return ratio(v - mean(v, n), deviation(v, n), 0); },
        "(volume - mean) / deviation over n, population, 0 where constant");
    each(
        "volume_ratio", {20, 288}, [&](auto n) { return ratio(v, mean(v, n), 1); },
        "volume / mean(volume, n), 1 without volume");
    each(
        "vwap_distance", {48, 288}, [&](auto n) { return ratio(c * sum(v, n), sum(flow, n), 1) - 1; },
        "close / (sum(typical x volume, n) / sum(volume, n)) - 1, 0 without volume");
    each(
        "amihud", {20, 48}, [&](auto n) { return 1e6 * mean(ratio(ret.to(Op::abs), c * v, 0), n); },
        "1e6 mean(|r| / (close x volume), n), a bar without volume counts 0 (Amihud 2002)");
    const Expr place = ratio((c - l) - (h - c), range, 0);
    add("cmf_20", ratio(sum(place * v, 20), sum(v, 20), 0),
        "sum(((close - low) - (high - close)) / (high - low) volume, 20) / sum(volume, 20), 0 without volume "
        "(Chaikin)");
    add("price_volume_corr_48", ret.to(Op::corr, v, 48),
        "Pearson correlation of r and volume over 48, 0 where one is constant");
  }
  void candles() {
    group_ = "candle";
    add("body", ratio(c - o, range, 0), "(close - open) / (high - low), 0 where flat (Nison 1991)");
    add("upper_shadow", ratio(h - o.to(Op::larger, c), range, 0),
        "(high - max(open, close)) / (high - low), 0 where flat");
    add("lower_shadow", ratio(o.to(Op::smaller, c) - l, range, 0),
        "(min(open, close) - low) / (high - low), 0 where flat");
    add("close_location", ratio(c - l, range, 0.5), "(close - low) / (high - low), 0.5 where flat");
    add("gap", ratio(o, lag(c, 1), 1) - 1, "open / close[1] - 1");
  }
  void calendar() {
    group_ = "calendar";
    constexpr double turn = 2 * std::numbers::pi;
    const Expr day = turn * bar(Op::day_part), week = turn / 7 * bar(Op::weekday);
    add("hour_sin", day.to(Op::sin), "sin(2 pi part of the UTC day at the bar's close)");
    add("hour_cos", day.to(Op::cos), "cos(2 pi part of the UTC day at the bar's close)");
    add("weekday_sin", week.to(Op::sin), "sin(2 pi weekday / 7), UTC at the bar's close, Monday is 0");
    add("weekday_cos", week.to(Op::cos), "cos(2 pi weekday / 7), UTC at the bar's close, Monday is 0");
  }
};

}  // namespace

const Definitions& definitions() {
  static const Definitions all = [] {
    Definitions d;
    Writer(d).write();
    return d;
  }();
  return all;
}

}  // namespace bowline::features
