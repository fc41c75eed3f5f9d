// What blocks a product: nothing more is bought of it while one reason stands. A reason is a code and the order that it is
// of, so that one that is explained does not take another with it.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.hpp"

namespace bowline::services {

struct BlockReason {
  std::string code, text;     ///< of the incident that raised it
  core::ClientOrderId order;  ///< empty: of none
  core::Nanos since = 0;      ///< engine time at which it was raised first
  std::uint64_t raised = 0;   ///< ProductBlocks::raised() as it was raised last; 0 = in an earlier process
};

class ProductBlocks {
 public:
  /// Of one product; what comes beyond it stands as one reason of this code, which nothing but a resume takes off.
  static constexpr std::size_t most = 100;
  static constexpr std::string_view too_many = "BLOCKS_MANY";

  explicit ProductBlocks(std::size_t products) : reasons_(products) {}

  bool blocked(core::InstrumentId id) const noexcept { return !reasons_[id.value - 1].empty(); }
  /// In the order in which they were raised first.
  std::span<const BlockReason> reasons(core::InstrumentId id) const noexcept { return reasons_[id.value - 1]; }
  /// How many times a reason was raised in this process.
  std::uint64_t raised() const noexcept { return raised_; }

  /// The reason if it is new, to be written down; null: it stood already.
  const BlockReason* raise(core::InstrumentId id, BlockReason r) {
    r.raised = ++raised_;
    return put(id, std::move(r));
  }
  /// One that an earlier process raised.
  void restore(core::InstrumentId id, BlockReason r) { static_cast<void>(put(id, std::move(r))); }
  void lift(core::InstrumentId id, std::string_view code, const core::ClientOrderId& order) {
    std::erase_if(reasons_[id.value - 1], [&](const BlockReason& r) { return r.code == code && r.order == order; });
  }
  void lift_all() {
    for (auto& of_product : reasons_) of_product.clear();
  }

 private:
  std::vector<std::vector<BlockReason>> reasons_;  // by instrument
  std::uint64_t raised_ = 0;

  const BlockReason* put(core::InstrumentId id, BlockReason r) {
    auto& all = reasons_[id.value - 1];
    const auto stands = [&all](const BlockReason& one) {
      return std::find_if(all.begin(), all.end(), [&one](const BlockReason& o) { return o.code == one.code && o.order == one.order; });
    };
    auto at = stands(r);
    if (at == all.end() && all.size() >= most) {
      r.code = too_many;
      r.text = "the product is blocked for more reasons than are kept apart";
      r.order = {};
      at = stands(r);
    }
    if (at != all.end()) {
      at->raised = std::max(at->raised, r.raised);
      return nullptr;
    }
    return &all.emplace_back(std::move(r));
  }
};

}  // namespace bowline::services
