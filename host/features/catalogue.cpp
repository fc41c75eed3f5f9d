#include "features/catalogue.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "core/types.hpp"
#include "features/definitions.hpp"

namespace bowline::features {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, corner + (a[i] == b[j] ? 0u : 1u)});
      corner = above;
    }
  }
  return row.back();
}

}  // namespace

std::span<const FeatureDef> catalogue() { return definitions().features; }

const FeatureDef* find(std::string_view name) {
  const auto all = catalogue();
  const auto it = std::ranges::find(all, name, &FeatureDef::name);
  return it == all.end() ? nullptr : &*it;
}

std::string_view nearest(std::string_view name) {
  std::string_view best;
  std::size_t edits = std::numeric_limits<std::size_t>::max();
  for (const FeatureDef& f : catalogue())
    if (const std::size_t d = distance(name, f.name); d < edits) edits = d, best = f.name;
  return best;
}

std::string feature_hash(std::span<const std::string_view> names) {
  std::string text(catalogue_version);
  for (const std::string_view name : names) text.append("\n").append(name);
  const XXH128_hash_t h = XXH3_128bits(text.data(), text.size());
  return core::Id128{h.high64, h.low64}.hex();
}

std::string catalogue_markdown() {
  std::string page =
      "# Features\n\n" + std::to_string(catalogue().size()) +
      " features, each computed per instrument from final bars. A feature is NaN until its warm-up "
      "(in bars) is complete and a number after. Nothing moves, or nothing was traded: the formula "
      "says which value stands. Windows forget completely, so where a series was started shows only "
      "in the last bits; exponential averages are seeded with the mean of their first n values, and "
      "the seed keeps a weight of (1 - k)^j after j bars.\n\nCatalogue version: `" +
      std::string(catalogue_version) + "`\n";
  std::string_view group;
  for (const FeatureDef& f : catalogue()) {
    if (f.group != group) {
      group = f.group;
      page.append("\n## ").append(group).append("\n\n| name | warm-up | formula |\n|---|---|---|\n");
    }
    page.append("| `").append(f.name).append("` | ").append(std::to_string(f.warmup)).append(" | ");
    for (const char ch : f.formula) page.append(ch == '|' ? "\\|" : std::string(1, ch));
    page.append(" |\n");
  }
  return page;
}

}  // namespace bowline::features
