// The room on disk that is kept for exits, as trade-execution sees it (trading rules 4.1): while it is not whole nothing is
// bought, until an operator resumes with room for it again.
#pragma once

#include <bowline/result.hpp>
#include <functional>
#include <utility>

#include "store/ballast.hpp"

namespace bowline::services {

class ExitReserve {
  store::Ballast* ballast_ = nullptr;
  std::function<void(bool whole)> told_;
  bool missed_ = false;

 public:
  /// `told`: hears when it is missed and when it is whole again; may be empty.
  void keep(store::Ballast& ballast, std::function<void(bool whole)> told) {
    ballast_ = &ballast;
    told_ = std::move(told);
  }
  bool kept() const noexcept { return ballast_ != nullptr; }
  /// Nothing is missed: it is all there, or none is kept.
  bool whole() const noexcept { return ballast_ == nullptr || ballast_->whole(); }
  Result<void> fill() { return ballast_ == nullptr ? Result<void>{} : ballast_->fill(); }
  /// It is not whole, or whole again. False: that was known.
  bool miss(bool missed) {
    if (missed_ == missed) return false;
    missed_ = missed;
    if (told_) told_(!missed);
    return true;
  }
};

}  // namespace bowline::services
