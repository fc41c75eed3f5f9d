// Whose turn it is to be asked about while its fate is not known: so many in a period and in an hour, the oldest first, and
// whoever was asked longest ago before who was asked since. Exits keep what the venue lets through beside it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/order.hpp"
#include "services/trade_execution/execution_options.hpp"

namespace bowline::services {

class InFlightTurns {
 public:
  /// Begins a look at `now`: of `all`, as they were made, those that may be asked about now. Nobody else may before the next
  /// look. Who is not among `all` any more is forgotten.
  void begin(std::vector<const core::Order*> all, core::Nanos now, core::Nanos every, const InFlightQuota& quota) {
    std::erase_if(asked_, [&all](const Asked& a) {
      return std::none_of(all.begin(), all.end(), [&a](const core::Order* o) { return o->id() == a.order; });
    });
    chosen_.clear();
    if (now - since_ >= every) {
      since_ = now;
      in_period_ = 0;
    }
    const std::size_t free = room(now, quota);
    if (all.size() > free) {
      std::stable_sort(all.begin(), all.end(), [this](const core::Order* a, const core::Order* b) {
        return std::pair(last(a->id()), a->seq) < std::pair(last(b->id()), b->seq);
      });
      all.resize(free);
    }
    for (const core::Order* o : all) chosen_.push_back(o->id());
  }
  bool may_ask(const core::ClientOrderId& id) const noexcept { return std::find(chosen_.begin(), chosen_.end(), id) != chosen_.end(); }
  /// It was asked about.
  void asked(const core::ClientOrderId& id, core::Nanos now, const InFlightQuota& quota) {
    const auto at = std::find_if(asked_.begin(), asked_.end(), [&id](const Asked& a) { return a.order == id; });
    if (at == asked_.end()) asked_.push_back({id, ++turn_});
    else at->turn = ++turn_;
    ++in_period_;
    if (quota.per_hour > 0) paid_until_ = std::max(paid_until_, now) + each(quota);
  }

 private:
  struct Asked {
    core::ClientOrderId order;
    std::uint64_t turn;
  };
  static constexpr core::Nanos minute = 60'000'000'000, hour = 60 * minute, at_once = 5 * minute;
  std::vector<Asked> asked_;
  std::vector<core::ClientOrderId> chosen_;
  std::uint64_t turn_ = 0;
  core::Nanos since_ = 0, paid_until_ = 0;  // paid_until_: what was asked, at the hour's pace, is asked until then
  std::uint32_t in_period_ = 0;

  std::uint64_t last(const core::ClientOrderId& id) const noexcept {
    const auto at = std::find_if(asked_.begin(), asked_.end(), [&id](const Asked& a) { return a.order == id; });
    return at == asked_.end() ? 0 : at->turn;
  }
  // An hour's worth and what may come at once in front of it are together what an hour has.
  static core::Nanos each(const InFlightQuota& quota) noexcept { return (hour + at_once) / quota.per_hour; }
  std::size_t room(core::Nanos now, const InFlightQuota& quota) const noexcept {
    constexpr std::size_t all = SIZE_MAX;
    const std::size_t period = quota.per_period == 0 ? all : quota.per_period - std::min(in_period_, quota.per_period);
    if (quota.per_hour == 0) return period;
    const core::Nanos ahead = std::max<core::Nanos>(0, paid_until_ - now);
    return std::min<std::size_t>(period, ahead >= at_once ? 0 : static_cast<std::size_t>((at_once - ahead - 1) / each(quota) + 1));
  }
};

}  // namespace bowline::services
