#include "services/runtime/selected_features.hpp"

#include "features/feature_set.hpp"

namespace bowline::services {
namespace {

class SelectedFeatures final : public FrameSource {
 public:
  explicit SelectedFeatures(features::FeatureSet set)
      : set_(std::move(set)), hash_(std::make_shared<const std::string>(set_.hash())) {}
  std::size_t cols() const noexcept override { return set_.cols(); }
  std::span<const std::string> names() const override { return set_.names(); }
  const core::SharedText& names_hash() const override { return hash_; }
  // A bar that is not newer than the last one changes nothing; the generator has counted it as late.
  void update(const bl_bar& bar) override { static_cast<void>(set_.update(bar)); }
  std::uint32_t row(core::InstrumentId instrument, std::span<double> out) const override { return set_.row(instrument.value, out); }

 private:
  features::FeatureSet set_;
  core::SharedText hash_;
};

}  // namespace

Result<std::unique_ptr<FrameSource>> select_features(std::span<const std::string_view> names) {
  auto set = features::FeatureSet::select(names);
  if (!set) return set.error();
  return std::unique_ptr<FrameSource>(std::make_unique<SelectedFeatures>(std::move(*set)));
}

}  // namespace bowline::services
