// What each limit of a rule came to when it was looked at last, whether it bound or not: "checks" of its bowline.assess/1. A
// check writes two or three numbers into a row that is there already; shares are divided out when somebody asks.
#pragma once

#include <span>
#include <vector>

#include "account.hpp"
#include "money.hpp"
#include "shell.hpp"
#include "verdict.hpp"

namespace bowline::risk {

/// Whether a value is to stay at or below its limit, or at or above it.
enum class Bound : std::uint8_t { most, least };

/// One of a rule's codes: what its value and limit are, for people, and in which unit. packaging/rejection_codes reads these.
struct Code {
  std::uint32_t rule = 0;
  std::string_view code;
  Unit unit = Unit::none;
  Bound bound = Bound::most;
  bool of_product = false;       ///< each product has its own
  std::string_view value = {}, limit = {};  ///< empty where there is no number
};

class LastChecks {
 public:
  /// Followed one by one; the rest shares a row, which names the last of them.
  static constexpr std::uint32_t most_products = 256;

  /// Forgets everything. `codes` is static; instruments are 1..products.
  void reset(std::span<const Code> codes, std::uint32_t products) {
    codes_ = codes;
    products_ = std::min(products, most_products);
    first_.clear();
    std::size_t rows = 0;
    for (const Code& c : codes) {
      if (c.rule >= first_.size()) first_.resize(c.rule + std::size_t{1}, none);
      first_[c.rule] = {static_cast<std::uint32_t>(rows), c.of_product};
      rows += c.of_product ? products_ + std::size_t{1} : 1;
    }
    rows_.assign(rows, Row{});
  }
  /// A limit that is set and has not been looked at.
  void stands(std::uint32_t rule, const Decimal& limit) { rows_[first_[rule].row].limit = limit; }
  /// What was looked at: `value`, or `value` / `of` where that is set, against `limit`. [lane]
  void saw(std::uint32_t rule, std::uint32_t instrument, std::int64_t now_ns, const Decimal& value, const Decimal& limit,
           const Decimal& of = Decimal::not_set()) noexcept {
    if (rule >= first_.size() || first_[rule].row == none.row) return;
    const First& f = first_[rule];
    Row& r = rows_[f.row + (f.of_product && instrument <= products_ ? instrument : 0)];
    r.value = value;
    r.of = of;
    r.limit = limit;
    r.at_ns = now_ns;
    r.instrument = instrument;
  }
  /// [{code, rule, unit, bound, value, limit, instrument, at_ns}]: value and at_ns are null where nothing was looked at yet,
  /// instrument names the order's product.
  plugin_common::Json json() const {
    using plugin_common::Json;
    static constexpr std::string_view units[] = {"none", "share_of_equity", "quote_amount", "base_quantity", "fraction", "count", "seconds"};
    Json all = Json::array();
    for (const Code& c : codes_) {
      const std::size_t from = first_[c.rule].row, n = c.of_product ? products_ + std::size_t{1} : 1;
      bool told = false;
      for (std::size_t i = n; i-- > 0;) {
        const Row& r = rows_[from + i];
        const bool looked = r.at_ns != 0;
        if (!looked && (told || i != 0 || !r.limit.is_set())) continue;
        told = true;
        all.push_back({{"code", c.code},
                       {"rule", c.rule},
                       {"unit", units[static_cast<std::size_t>(c.unit)]},
                       {"bound", c.bound == Bound::most ? "most" : "least"},
                       {"value", looked ? text(shown(r)) : Json()},
                       {"limit", text(r.limit)},
                       {"instrument", looked ? Json(r.instrument) : Json()},
                       {"at_ns", looked ? Json(r.at_ns) : Json()}});
      }
    }
    return all;
  }

 private:
  struct Row {
    Decimal value = Decimal::not_set(), of = Decimal::not_set(), limit = Decimal::not_set();
    std::int64_t at_ns = 0;
    std::uint32_t instrument = 0;
  };
  struct First {
    std::uint32_t row;
    bool of_product;
  };
  static constexpr First none{UINT32_MAX, false};
  std::span<const Code> codes_;
  std::uint32_t products_ = 0;
  std::vector<First> first_;  ///< by rule
  std::vector<Row> rows_;

  static Decimal shown(const Row& r) noexcept {
    if (!r.of.is_set()) return r.value;
    return r.of.is_positive() ? div(r.value, r.of, Rounding::half_even) : Decimal::not_set();
  }
  static plugin_common::Json text(const Decimal& d) {
    return d.is_set() ? plugin_common::Json(money::text(d)) : plugin_common::Json();
  }
};

/// Where one check leaves what it looked at; may be nowhere.
struct Look {
  LastChecks* last = nullptr;
  std::uint32_t instrument = 0;
  std::int64_t now_ns = 0;
  void saw(std::uint32_t rule, const Decimal& value, const Decimal& limit, const Decimal& of = Decimal::not_set()) const noexcept {
    if (last != nullptr) last->saw(rule, instrument, now_ns, value, limit, of);
  }
  /// What bound: as the verdict has it.
  void bound(const Answer& a) const noexcept {
    if (a.unit != Unit::none) saw(a.rule, a.value, a.limit);
  }
};

}  // namespace bowline::risk
