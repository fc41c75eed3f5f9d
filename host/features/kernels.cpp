#include "features/kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace bowline::features {
namespace {

// ---- aggregates: made of one value, and merged older-with-newer
// ---------------------------------------------
struct Sum {
  double s;
  static Sum of(double x, double, double) noexcept { return {x}; }
  static Sum merge(const Sum& a, const Sum& b) noexcept { return {a.s + b.s}; }
  void write(double* out, double) const noexcept { out[0] = s; }
};

template <bool Highest>
struct Extreme {
  double v, bar;
  static Extreme of(double x, double, double bars) noexcept { return {x, bars}; }
  static Extreme merge(const Extreme& a, const Extreme& b) noexcept {
    return (Highest ? b.v >= a.v : b.v <= a.v) ? b : a;  // of equals the latest
  }
  void write(double* out, double bars) const noexcept { out[0] = v, out[1] = bars - bar; }
};

// Central moments are merged (Chan 1979, Pebay 2008), not taken from sums of powers: no cancellation, and a
// window of equal values has a variance of exactly 0.
struct Spread {
  double n, mean, m2;
  static Spread of(double x, double, double) noexcept { return {1, x, 0}; }
  static Spread merge(const Spread& a, const Spread& b) noexcept {
    const double n = a.n + b.n, d = b.mean - a.mean, share = b.n / n;
    return {n, a.mean + d * share, a.m2 + b.m2 + d * d * a.n * share};
  }
  void write(double* out, double) const noexcept { out[0] = mean, out[1] = m2 / n; }
};

struct Shape {
  double n, mean, m2, m3, m4;
  static Shape of(double x, double, double) noexcept { return {1, x, 0, 0, 0}; }
  static Shape merge(const Shape& a, const Shape& b) noexcept {
    const double n = a.n + b.n, d = b.mean - a.mean, e = d / n, ab = a.n * b.n;
    return {n, a.mean + e * b.n, a.m2 + b.m2 + d * e * ab,
            a.m3 + b.m3 + d * e * e * ab * (a.n - b.n) + 3 * e * (a.n * b.m2 - b.n * a.m2),
            a.m4 + b.m4 + d * e * e * e * ab * (a.n * a.n - ab + b.n * b.n) +
                6 * e * e * (a.n * a.n * b.m2 + b.n * b.n * a.m2) + 4 * e * (a.n * b.m3 - b.n * a.m3)};
  }
  void write(double* out, double) const noexcept {
    const double square = m2 * m2, cube = m2 * std::sqrt(m2);
    out[0] = cube > 0 ? std::sqrt(n) * m3 / cube : 0;
    out[1] = square > 0 ? n * m4 / square - 3 : 0;
  }
};

struct Corr {
  double n, x, y, xx, yy, xy;
  static Corr of(double x, double y, double) noexcept { return {1, x, y, 0, 0, 0}; }
  static Corr merge(const Corr& a, const Corr& b) noexcept {
    const double n = a.n + b.n, dx = b.x - a.x, dy = b.y - a.y, share = b.n / n, w = a.n * share;
    return {n,
            a.x + dx * share,
            a.y + dy * share,
            a.xx + b.xx + dx * dx * w,
            a.yy + b.yy + dy * dy * w,
            a.xy + b.xy + dx * dy * w};
  }
  void write(double* out, double) const noexcept {
    const double scale = std::sqrt(xx) * std::sqrt(yy);
    out[0] = scale > 0 ? std::clamp(xy / scale, -1.0, 1.0) : 0;
  }
};

// ---- windows
// -------------------------------------------------------------------------------------------------
template <class A>
inline constexpr std::size_t width = sizeof(A) / sizeof(double);
template <class A>
A load(const double* p) noexcept {
  A a;
  std::memcpy(&a, p, sizeof a);
  return a;
}
template <class A>
void store(double* p, const A& a) noexcept {
  std::memcpy(p, &a, sizeof a);
}

// A window as two blocks: of the older block the merge of each tail is kept, of the newer one the merge of
// all so far. Nothing is ever subtracted, so nothing drifts and a window forgets completely: the start of the
// series shows only in the order of additions (last bits). Every n-th bar the tails are rebuilt: constant
// work per bar on average.
template <class A>
void windowed(const Step& s, const Cell& c) noexcept {
  constexpr std::size_t w = width<A>;
  double* const slots =
      c.state + s.state;  // [0, place]: items of the newer block; behind it: tails of the older
  double* const newer = slots + s.window * w;
  std::uint32_t& place = c.places[s.place];
  const A item = A::of(c.values[s.x], c.values[s.y], c.bars);
  const A block = place == 0 ? item : A::merge(load<A>(newer), item);
  store(slots + place * w, item);
  if (++place < s.window) {
    store(newer, block);
    A::merge(load<A>(slots + place * w), block).write(c.values + s.out, c.bars);
    return;
  }
  block.write(c.values + s.out, c.bars);
  A tail = load<A>(slots + (s.window - 1) * w);
  for (std::size_t i = s.window - 1; i-- > 0;)
    store(slots + i * w, tail = A::merge(load<A>(slots + i * w), tail));
  place = 0;
}

void lag(const Step& s, const Cell& c) noexcept {
  double& slot = c.state[s.state + c.places[s.place]];
  c.values[s.out] = slot;
  slot = c.values[s.x];
  if (++c.places[s.place] == s.window) c.places[s.place] = 0;
}

void smooth(const Step& s, const Cell& c) noexcept {
  double& average = c.values[s.out];
  std::uint32_t& seen = c.places[s.place];
  // The seed is a running mean, not sum / n: of equal values it is exactly that value.
  const double weight = seen < s.window ? 1.0 / ++seen : s.k;
  average += weight * (c.values[s.x] - average);
}

void streak(const Step& s, const Cell& c) noexcept {
  c.values[s.out] = c.values[s.x] > 0 ? c.values[s.out] + 1 : 0;
}

void channel(const Step& s, const Cell& c) noexcept {
  double* const ring = c.state + s.state;
  const double x = c.values[s.x];
  ring[c.places[s.place]] = x;
  if (++c.places[s.place] == s.window) c.places[s.place] = 0;
  double sum = 0, deviation = 0;
  for (std::uint32_t i = 0; i < s.window; ++i) sum += ring[i] - x;  // about x: exactly 0 when all are equal
  const double mean = x + sum / s.window;
  for (std::uint32_t i = 0; i < s.window; ++i) deviation += std::abs(ring[i] - mean);
  c.values[s.out] = deviation > 0 ? (x - mean) / (0.015 * deviation / s.window) : 0;
}

// ---- arithmetic
// ----------------------------------------------------------------------------------------------
template <auto F>
void plain(const Step& s, const Cell& c) noexcept {
  c.values[s.out] = F(c.values[s.x], c.values[s.y]);
}
void ratio(const Step& s, const Cell& c) noexcept {
  const double y = c.values[s.y];
  c.values[s.out] = y != 0 ? c.values[s.x] / y : s.k;
}

struct Row {
  Op op;
  Kernel run;
  std::size_t per_item, extra;  // doubles of state: per bar of the window, and besides
};
template <class A>
constexpr Row window_row(Op op) {
  return {op, &windowed<A>, width<A>, width<A>};
}
constexpr auto rows = std::to_array<Row>({
    {Op::add, &plain<[](double x, double y) { return x + y; }>, 0, 0},
    {Op::sub, &plain<[](double x, double y) { return x - y; }>, 0, 0},
    {Op::mul, &plain<[](double x, double y) { return x * y; }>, 0, 0},
    {Op::ratio, &ratio, 0, 0},
    {Op::greater, &plain<[](double x, double y) { return y < x ? 1.0 : 0.0; }>, 0, 0},
    {Op::larger, &plain<[](double x, double y) { return y < x ? x : y; }>, 0, 0},
    {Op::smaller, &plain<[](double x, double y) { return x < y ? x : y; }>, 0, 0},
    {Op::log, &plain<[](double x, double) { return std::log(x); }>, 0, 0},
    {Op::sqrt, &plain<[](double x, double) { return 0 < x ? std::sqrt(x) : 0.0; }>, 0, 0},
    {Op::abs, &plain<[](double x, double) { return std::abs(x); }>, 0, 0},
    {Op::sin, &plain<[](double x, double) { return std::sin(x); }>, 0, 0},
    {Op::cos, &plain<[](double x, double) { return std::cos(x); }>, 0, 0},
    {Op::lag, &lag, 1, 0},
    window_row<Sum>(Op::sum),
    window_row<Extreme<true>>(Op::highest),
    window_row<Extreme<false>>(Op::lowest),
    window_row<Spread>(Op::spread),
    window_row<Shape>(Op::shape),
    window_row<Corr>(Op::corr),
    {Op::smooth, &smooth, 0, 0},
    {Op::streak, &streak, 0, 0},
    {Op::channel, &channel, 1, 0},
});
constexpr auto first = static_cast<std::size_t>(Op::add);
static_assert(first + rows.size() == static_cast<std::size_t>(Op::count_), "one row per kind");
static_assert(
    [] {
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (static_cast<std::size_t>(rows[i].op) != first + i) return false;
      return true;
    }(),
    "rows stand in the order of Op");

}  // namespace

Kernel kernel(Op op) noexcept {
  return op < Op::add ? nullptr : rows[static_cast<std::size_t>(op) - first].run;
}

std::size_t state_size(Op op, std::uint32_t window) noexcept {
  if (op < Op::add) return 0;
  const Row& row = rows[static_cast<std::size_t>(op) - first];
  return row.per_item * window + row.extra;
}

}  // namespace bowline::features
