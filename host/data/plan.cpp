#include "data/plan.hpp"

#include <algorithm>

namespace bowline::data {

std::vector<Range> questions(const RangeSet& known, Range wanted, std::int64_t step, std::int64_t most) {
  std::vector<Range> out;
  const std::int64_t longest = most * step;
  for (Range left : known.missing(wanted)) {
    if (!out.empty() && left.from_s < out.back().from_s + longest) {  // the question before has room for it, or for its beginning
      const std::int64_t to = std::min(left.to_s, out.back().from_s + longest);
      out.back().to_s = to;
      left.from_s = to;
    }
    for (; !left.empty(); left.from_s = out.back().to_s) out.push_back({left.from_s, std::min(left.to_s, left.from_s + longest)});
  }
  return out;
}

Range final_part(Range asked, std::int64_t step, std::int64_t now_s) noexcept {
  const auto up = [step](std::int64_t t) { return (t + step - 1) / step * step; };
  return {up(asked.from_s), std::min(asked.to_s, now_s) / step * step};
}

}  // namespace bowline::data
