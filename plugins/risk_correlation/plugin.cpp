// bowline.risk.correlation: see README.md.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "clusters.hpp"
#include "codes.hpp"
#include "common/assess.hpp"
#include "common/bars.hpp"
#include "common/money.hpp"
#include "common/risk_table.hpp"
#include "common/shell.hpp"
#include "correlations.hpp"
#include "relations.hpp"
#include "sampler.hpp"

namespace bowline::risk_correlation {
namespace {

/// Every pair has its sums: more products than this are not followed, and count as correlating with
/// everything.
constexpr std::uint32_t most_followed = 256;

class Plugin {
  plugin_common::HostSide host_;
  Limits limits_;
  Estimate estimate_;
  double cluster_from_ = 1, alike_above_ = 1;
  std::int64_t interval_ns_ = 0, bar_ns_ = 0;

  std::vector<std::string> symbols_;  ///< by instrument
  Sampler sampler_;
  Correlations correlations_;
  Relations relations_;
  mutable Scratch scratch_;                 ///< of one check
  mutable risk::LastChecks last_;           ///< for assess() alone: no verdict depends on it
  mutable std::array<char, 128> reason_{};  ///< of one answer

 public:
  explicit Plugin(const bl_host& host) : host_(host) {}

  Result<void> configure(const plugin_common::Json& p) {
    const auto ratio = [&p](const char* key) { return money::from_ratio(p.at(key).get<double>()); };
    const auto minimum = money::parse(p.at("min_notional").get<std::string>());
    if (!minimum || minimum->is_negative())
      return Error{"MIN_NOTIONAL_INVALID", "min_notional: a decimal of 0 or more is needed"};
    const auto interval = p.at("interval").get<std::int64_t>(), bar = p.at("bar").get<std::int64_t>();
    if (interval % bar != 0)
      return Error{"CORRELATION_INTERVAL",
                   "interval: returns need whole bars, and it is no multiple of the run's"};
    const Estimate e{p.at("window").get<std::uint32_t>(), p.at("min_history").get<std::uint32_t>(),
                     p.at("shrinkage").get<double>()};
    if (e.min_history > e.window)
      return Error{"CORRELATION_HISTORY", "min_history must not be above window: it would never be there"};
    limits_ = {ratio("max_cluster"), ratio("max_correlation"), ratio("correlated_share"), *minimum};
    estimate_ = e;
    cluster_from_ = p.at("cluster_correlation").get<double>();
    alike_above_ = p.at("max_correlation").get<double>();
    interval_ns_ = interval;
    bar_ns_ = bar;
    return {};
  }
  Result<void> start() {
    symbols_.assign(1, std::string());
    bl_product p;
    while (symbols_.size() <= most_followed && host_.product(static_cast<std::uint32_t>(symbols_.size()), p))
      symbols_.emplace_back(plugin_common::view(p.symbol));
    const std::size_t n = symbols_.size() - 1;
    if (host_.product(most_followed + 1, p))
      host_.log(3, "more products than are followed: the others count as correlating with everything");
    sampler_ = Sampler(n, interval_ns_);
    correlations_ = Correlations(n, estimate_);
    relations_ = Relations(n, cluster_from_, alike_above_);
    scratch_ = Scratch(n);
    last_.reset(codes, static_cast<std::uint32_t>(n));
    last_.stands(4, limits_.max_correlation);
    last_.stands(5, limits_.max_cluster);
    return {};
  }
  void stop() {}

  void needs(bl_needs& out) const noexcept {
    const std::int64_t bars = interval_ns_ / bar_ns_ * (std::int64_t{estimate_.min_history} + 1);
    out.warmup_bars = static_cast<std::uint32_t>(std::min<std::int64_t>(bars, 1'000'000));
    out.event_mask = 1ull << BL_EV_BAR;
  }

  risk::Answer check(const bl_intent& intent, const bl_portfolio& portfolio) const {
    Judged j = judge(intent, portfolio, limits_, relations_, scratch_, &last_);
    if (j.other != 0) j.answer.reason = name(j.other);
    return j.answer;
  }

  /// Clusters of several products, pairs that are too alike, and products of which nothing is known; checks: what each limit
  /// came to when an order was judged last.
  plugin_common::Json assess() const {
    using plugin_common::Json;
    const auto n = static_cast<std::uint32_t>(correlations_.instruments());
    Json clusters = Json::array(), alike = Json::array(), unknown = Json::array();
    for (std::uint32_t a = 1; a <= n; ++a) {
      Json members = Json::array();
      bool known = false;
      for (std::uint32_t b = 1; b <= n; ++b) {
        if (relations_.cluster_of(b) == a) members.push_back(symbols_[b]);
        known = known || correlations_.known(a - 1, b - 1);
        if (a < b && correlations_.known(a - 1, b - 1) && relations_.are_alike(a, b))
          alike.push_back(Json::array({symbols_[a], symbols_[b], relations_.rho(a, b)}));
      }
      if (members.size() > 1) clusters.push_back(members);
      if (!known) unknown.push_back(symbols_[a]);
    }
    return {{"mean", correlations_.mean()}, {"clusters", clusters}, {"alike", alike}, {"unknown", unknown}, {"checks", last_.json()}};
  }
  static const void* extension(std::string_view id) noexcept {
    return plugin_common::AssessTable<Plugin>::for_id(id);
  }

  void on_event(const bl_event& e, const bl_portfolio&, const bl_sink&) {
    const auto* bar = plugin_common::event_as<bl_bar>(e, BL_EV_BAR);
    if (bar == nullptr || !bar->is_final || bar->close <= 0) return;
    if (bar->h.instrument == 0 || bar->h.instrument >= symbols_.size()) return;
    sampler_.take(bar->h.instrument - std::size_t{1}, bar->close_ns,
                  plugin_common::to_double(bar->close, bar->px_exp), [this](const auto& row) {
                    correlations_.add(row);
                    relations_.update(correlations_);
                  });
  }

 private:
  std::string_view name(std::uint32_t other) const noexcept {
    std::size_t n = 0;
    const auto add = [&](std::string_view s) { n += s.copy(reason_.data() + n, reason_.size() - n); };
    add("it moves like ");
    add(symbols_[other]);
    add(", of which enough is held or being bought");
    return {reason_.data(), n};
  }
};

constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"interval":{"type":"integer","x-bowline-unit":"duration","default":3600000000000,"minimum":1000000000,"description":"length of one return; a multiple of the run's interval"},
"bar":{"type":"integer","x-bowline-unit":"duration","x-bowline-host":"interval","default":300000000000,"minimum":1000000000,"description":"length of a bar: the run's own interval, which it takes when left out"},
"window":{"type":"integer","default":720,"minimum":10,"maximum":10000,"description":"returns that count"},
"min_history":{"type":"integer","default":168,"minimum":10,"maximum":10000,"description":"returns that both of a pair need; with fewer they count as correlation 1"},
"shrinkage":{"type":"number","default":0.1,"minimum":0,"maximum":1,"description":"weight of the mean correlation of all pairs in each"},
"cluster_correlation":{"type":"number","default":0.8,"minimum":0,"maximum":1,"description":"from here on two products count as one cluster"},
"max_cluster":{"type":"number","x-bowline-unit":"percent","default":0.25,"exclusiveMinimum":0,"maximum":1,"description":"share of equity in one cluster"},
"max_correlation":{"type":"number","default":0.95,"minimum":0,"maximum":1,"description":"above it an entry is refused while enough of the other is there; 1 = never"},
"correlated_share":{"type":"number","x-bowline-unit":"percent","default":0.025,"minimum":0,"maximum":1,"description":"share of equity of the other that is not yet enough"},
"min_notional":{"type":"string","format":"decimal","default":"1","description":"smallest entry that is left of a cut one, quote currency"}}})json";

}  // namespace
}  // namespace bowline::risk_correlation

BOWLINE_MODULE(BL_RISK, "risk", "bowline.risk.correlation", "1.0.0", bowline::risk_correlation::schema,
               bowline::risk_correlation::Plugin,
               bowline::plugin_common::RiskTable<bowline::risk_correlation::Plugin>::value, "")
