// The features there are: name, group, formula with its source, and the bar from which each has a value.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bowline::features {

/// Part of every hash: raised when a formula changes its values, so that a model never reads another meaning.
inline constexpr std::string_view catalogue_version = "bowline.features.catalogue/1";

struct FeatureDef {
  std::string name;  ///< [a-z0-9_]+, never reused for another meaning
  std::string group;
  std::uint32_t warmup;  ///< NaN before this many bars, a number from it on
  std::string formula;
};

std::span<const FeatureDef> catalogue();
/// nullptr when there is none of this name.
const FeatureDef* find(std::string_view name);
/// The name with the fewest edits to `name`; the first of equals.
std::string_view nearest(std::string_view name);
/// XXH3 (128 bits, 32 hex digits) of the catalogue's version and the names in this order.
std::string feature_hash(std::span<const std::string_view> names);
/// The reference page of the documentation.
std::string catalogue_markdown();

}  // namespace bowline::features
