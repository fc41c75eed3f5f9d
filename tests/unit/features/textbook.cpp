#include "textbook.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace bowline::features::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <class F>
Series zip(const Series& a, const Series& b, F f) {
  Series r(a.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    r[i] = std::isnan(a[i]) || std::isnan(b[i]) ? nan : f(a[i], b[i]);
  return r;
}
template <class F>
Series map(const Series& a, F f) {
  return zip(a, a, [&](double x, double) { return f(x); });
}
Series operator+(const Series& a, const Series& b) { return zip(a, b, std::plus<>{}); }
Series operator-(const Series& a, const Series& b) { return zip(a, b, std::minus<>{}); }
Series operator*(const Series& a, const Series& b) { return zip(a, b, std::multiplies<>{}); }
Series operator*(double k, const Series& a) {
  return map(a, [k](double x) { return k * x; });
}
Series over(const Series& a, const Series& b, double otherwise) {
  return zip(a, b, [=](double x, double y) { return y == 0 ? otherwise : x / y; });
}
Series less_one(const Series& a) {
  return map(a, [](double x) { return x - 1; });
}
Series ago(const Series& a, std::size_t n) {
  Series r(a.size(), nan);
  for (std::size_t i = n; i < a.size(); ++i) r[i] = a[i - n];
  return r;
}
// f sees the last n values, oldest first.
template <class F>
Series rolling(const Series& a, std::size_t n, F f) {
  Series r(a.size(), nan);
  for (std::size_t i = n; i <= a.size(); ++i) {
    const Series w(a.begin() + static_cast<std::ptrdiff_t>(i - n),
                   a.begin() + static_cast<std::ptrdiff_t>(i));
    if (std::ranges::none_of(w, [](double x) { return std::isnan(x); })) r[i - 1] = f(w);
  }
  return r;
}
double central(const Series& w, int power) {
  // About the first value, in long double: of equal values exactly 0.
  long double shift = 0, total = 0;
  for (double x : w) shift += static_cast<long double>(x) - w[0];
  const long double m = w[0] + shift / static_cast<long double>(w.size());
  for (double x : w) total += std::pow(x - m, static_cast<long double>(power));
  return static_cast<double>(total / static_cast<long double>(w.size()));
}
double total(const Series& w) {
  long double s = 0;
  for (double x : w) s += x;
  return static_cast<double>(s);
}
double average(const Series& w) { return total(w) / static_cast<double>(w.size()); }
Series mean(const Series& a, std::size_t n) { return rolling(a, n, average); }
Series sum(const Series& a, std::size_t n) { return rolling(a, n, total); }
Series sd(const Series& a, std::size_t n) {
  return rolling(a, n, [](const Series& w) { return std::sqrt(central(w, 2)); });
}
Series high_of(const Series& a, std::size_t n) {
  return rolling(a, n, [](const Series& w) { return std::ranges::max(w); });
}
Series low_of(const Series& a, std::size_t n) {
  return rolling(a, n, [](const Series& w) { return std::ranges::min(w); });
}
Series recursive(const Series& a, std::size_t n, double weight) {
  Series r(a.size(), nan), seed;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i])) continue;
    if (seed.size() < n) {
      seed.push_back(a[i]);
      if (seed.size() == n) r[i] = average(seed);
    } else {
      r[i] = weight * a[i] + (1 - weight) * r[i - 1];
    }
  }
  return r;
}
Series ema(const Series& a, std::size_t n) { return recursive(a, n, 2.0 / (static_cast<double>(n) + 1)); }
Series wilder(const Series& a, std::size_t n) { return recursive(a, n, 1.0 / static_cast<double>(n)); }
Series log_of(const Series& a) {
  return map(a, [](double x) { return std::log(x); });
}
Series sqrt_of(const Series& a) {
  return map(a, [](double x) { return std::sqrt(x); });
}
Series abs_of(const Series& a) {
  return map(a, [](double x) { return std::abs(x); });
}
Series sign(const Series& a) {
  return map(a, [](double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; });
}
Series pearson(const Series& a, const Series& b, std::size_t n) {
  Series r(a.size(), nan);
  for (std::size_t i = n; i <= a.size(); ++i) {
    long double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
    for (std::size_t j = i - n; j < i; ++j) ma += a[j], mb += b[j];
    ma /= static_cast<long double>(n), mb /= static_cast<long double>(n);
    for (std::size_t j = i - n; j < i; ++j)
      aa += (a[j] - ma) * (a[j] - ma), bb += (b[j] - mb) * (b[j] - mb), ab += (a[j] - ma) * (b[j] - mb);
    r[i - 1] = static_cast<double>(ab / std::sqrt(aa * bb));  // NaN inside the window stays NaN
  }
  return r;
}
Series run_length(const Series& a) {
  Series r(a.size(), nan);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i])) continue;
    std::size_t j = i;
    while (j < a.size() && a[j] > 0) --j;  // NaN and wrap-around end it
    r[i] = static_cast<double>(i - j);
  }
  return r;
}

}  // namespace

std::map<std::string, Series> textbook(const std::vector<bl_bar>& bars) {
  std::map<std::string, Series> f;
  const auto read = [&](auto get) {
    Series s;
    for (const bl_bar& b : bars) s.push_back(get(b));
    return s;
  };
  const Series o = read([](auto& b) { return static_cast<double>(b.open) / 100; });
  const Series h = read([](auto& b) { return static_cast<double>(b.high) / 100; });
  const Series l = read([](auto& b) { return static_cast<double>(b.low) / 100; });
  const Series c = read([](auto& b) { return static_cast<double>(b.close) / 100; });
  const Series v = read([](auto& b) { return static_cast<double>(b.volume) / 10000; });
  const auto larger = [](double x, double y) { return std::max(x, y); };
  const auto smaller = [](double x, double y) { return std::min(x, y); };
  const auto named = [](const char* name, std::size_t n) {
    return std::string(name) + "_" + std::to_string(n);
  };
  const Series before = ago(c, 1), change = c - before, r = log_of(over(c, before, 1)), range = h - l;
  const Series tr = zip(zip(h - l, abs_of(h - before), larger), abs_of(l - before), larger);
  const Series typical = map(h + l + c, [](double x) { return x / 3; });
  const Series atr = wilder(tr, 14);

  for (std::size_t n : {1, 2, 3, 6, 12, 24, 48, 96, 288})
    f[named("logret", n)] = log_of(over(c, ago(c, n), 1));
  for (std::size_t n : {12, 26, 50, 200}) f[named("ema_ratio", n)] = less_one(over(c, ema(c, n), 1));
  for (std::size_t n : {20, 50, 200}) f[named("sma_ratio", n)] = less_one(over(c, mean(c, n), 1));
  const Series macd = ema(c, 12) - ema(c, 26), signal = ema(macd, 9);
  f["macd_line"] = over(macd, c, 0), f["macd_signal"] = over(signal, c, 0),
  f["macd_hist"] = over(macd - signal, c, 0);
  const Series up = h - ago(h, 1), down = ago(l, 1) - l;
  const auto wins = [](double x, double y) { return x > y && x > 0 ? x : 0.0; };
  const Series di_plus = 100 * over(wilder(zip(up, down, wins), 14), atr, 0);
  const Series di_minus = 100 * over(wilder(zip(down, up, wins), 14), atr, 0);
  f["di_plus_14"] = di_plus, f["di_minus_14"] = di_minus;
  f["adx_14"] = wilder(100 * over(abs_of(di_plus - di_minus), di_plus + di_minus, 0), 14);
  const auto aroon = [](auto better) {
    return [better](const Series& w) {
      std::size_t best = 0;
      for (std::size_t i = 1; i < w.size(); ++i)
        if (!better(w[best], w[i])) best = i;
      return 100.0 * static_cast<double>(best) / 25;
    };
  };
  f["aroon_up_25"] = rolling(h, 26, aroon(std::greater<>{}));
  f["aroon_down_25"] = rolling(l, 26, aroon(std::less<>{}));
  const Series triple = ema(ema(ema(c, 15), 15), 15);
  f["trix_15"] = less_one(over(triple, ago(triple, 1), 1));
  for (std::size_t n : {10, 48})
    f[named("efficiency", n)] = over(abs_of(c - ago(c, n)), sum(abs_of(change), n), 0);

  const Series gain = map(change, [](double x) { return x > 0 ? x : 0; }),
               loss = map(change, [](double x) { return x < 0 ? -x : 0; });
  for (std::size_t n : {6, 14, 28})
    f[named("rsi", n)] = zip(wilder(gain, n), wilder(loss, n), [](double g, double d) {
      return g + d == 0 ? 50.0 : d == 0 ? 100.0 : 100 - 100 / (1 + g / d);
    });
  const Series top = high_of(h, 14), bottom = low_of(l, 14);
  f["stoch_k_14"] = 100 * over(c - bottom, top - bottom, 0.5);
  f["stoch_d_14"] = mean(f["stoch_k_14"], 3);
  f["williams_r_14"] = -100 * over(top - c, top - bottom, 0.5);
  f["cci_20"] = rolling(typical, 20, [](const Series& w) {
    double m = average(w), d = 0;
    for (double x : w) d += std::abs(x - m) / static_cast<double>(w.size());
    return (w.back() - m) / (0.015 * d);
  });
  for (std::size_t n : {10, 20}) f[named("roc", n)] = less_one(over(c, ago(c, n), 1));
  f["momentum_10"] = over(c - ago(c, 10), atr, 0);
  f["up_streak"] = run_length(change), f["down_streak"] = run_length(-1 * change);

  f["atr_14"] = over(atr, c, 0);
  f["bollinger_z_20"] = over(c - mean(c, 20), sd(c, 20), 0);
  f["bollinger_width_20"] = 4 * over(sd(c, 20), mean(c, 20), 0);
  for (std::size_t n : {12, 48, 288}) f[named("realised_vol", n)] = sqrt_of(mean(r * r, n));
  const Series hl = log_of(h) - log_of(l), co = log_of(c) - log_of(o);
  for (std::size_t n : {20, 48}) {
    f[named("parkinson", n)] = sqrt_of(1 / (4 * std::log(2.0)) * mean(hl * hl, n));
    f[named("garman_klass", n)] =
        sqrt_of(0.5 * mean(hl * hl, n) - (2 * std::log(2.0) - 1) * mean(co * co, n));
  }
  f["vol_ratio_12_48"] = over(f["realised_vol_12"], f["realised_vol_48"], 1);
  f["vol_ratio_48_288"] = over(f["realised_vol_48"], f["realised_vol_288"], 1);
  f["range"] = over(range, c, 0), f["range_mean_20"] = mean(f["range"], 20);
  f["skew_48"] = rolling(r, 48, [](const Series& w) { return central(w, 3) / std::pow(central(w, 2), 1.5); });
  f["kurt_48"] =
      rolling(r, 48, [](const Series& w) { return central(w, 4) / std::pow(central(w, 2), 2) - 3; });
  f["autocorr_48"] = pearson(r, ago(r, 1), 48);
  const Series falls = map(r, [](double x) { return std::min(x, 0.0); });
  f["downside_vol_48"] = sqrt_of(mean(falls * falls, 48));

  for (std::size_t n : {20, 55})
    f[named("donchian", n)] = over(c - low_of(l, n), high_of(h, n) - low_of(l, n), 0.5);
  f["keltner_20"] = over(c - (ema(c, 20) - 2 * atr), 4 * atr, 0.5);
  for (std::size_t n : {48, 288}) {
    f[named("drawdown", n)] = less_one(over(c, high_of(c, n), 1));
    f[named("above_min", n)] = less_one(over(c, low_of(c, n), 1));
    f[named("vwap_distance", n)] = less_one(over(c, over(sum(typical * v, n), sum(v, n), nan), 1));
  }

  for (std::size_t n : {20, 48}) {
    f[named("obv", n)] = over(sum(sign(change) * v, n), sum(v, n), 0);
    f[named("amihud", n)] = 1e6 * mean(over(abs_of(r), c * v, 0), n);
  }
  const Series flow = typical * v, moved = sign(h + l + c - ago(h + l + c, 1));
  const Series in = sum(zip(moved, flow, [](double s, double x) { return s > 0 ? x : 0; }), 14);
  const Series out = sum(zip(moved, flow, [](double s, double x) { return s < 0 ? x : 0; }), 14);
  f["mfi_14"] = 100 * over(in, in + out, 0.5);
  for (std::size_t n : {20, 288}) {
    f[named("volume_z", n)] = over(v - mean(v, n), sd(v, n), 0);
    f[named("volume_ratio", n)] = over(v, mean(v, n), 1);
  }
  f["cmf_20"] = over(sum(over(2 * c - h - l, range, 0) * v, 20), sum(v, 20), 0);
  f["price_volume_corr_48"] = pearson(r, v, 48);

  f["body"] = over(c - o, range, 0), f["close_location"] = over(c - l, range, 0.5);
  f["upper_shadow"] = over(h - zip(o, c, larger), range, 0),
  f["lower_shadow"] = over(zip(o, c, smaller) - l, range, 0);
  f["gap"] = less_one(over(o, before, 1));
  const double turn = 2 * std::acos(-1.0);
  const Series clock =
      read([](auto& b) { return static_cast<double>(b.close_ns / 1'000'000'000 % 86400) / 3600; });
  const Series weekday =
      read([](auto& b) { return static_cast<double>((b.close_ns / 86'400'000'000'000 + 3) % 7); });
  f["hour_sin"] = map(clock, [&](double x) { return std::sin(turn * x / 24); });
  f["hour_cos"] = map(clock, [&](double x) { return std::cos(turn * x / 24); });
  f["weekday_sin"] = map(weekday, [&](double x) { return std::sin(turn * x / 7); });
  f["weekday_cos"] = map(weekday, [&](double x) { return std::cos(turn * x / 7); });
  return f;
}

}  // namespace bowline::features::test
