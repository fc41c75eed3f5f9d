#include "services/trade_execution/peg_watch.hpp"

namespace bowline::services {

using core::PegState;

std::vector<PegWatch::News> PegWatch::look(const core::Portfolio& book, core::Nanos now) {
  const core::Pegs& pegs = book.pegs();
  told_.resize(pegs.all().size(), PegState::holds);
  known_.resize(pegs.all().size(), false);
  ++looks_;
  std::vector<News> news;
  for (std::size_t i = 0; i < pegs.all().size(); ++i) {
    const core::Peg& p = pegs.all()[i];
    const PegState is = pegs.state(p.asset, now);
    const bool known = known_[i];
    known_[i] = known || is != PegState::unknown;
    if (is == told_[i] || (is == PegState::unknown && !known && looks_ < 2)) continue;
    told_[i] = is;
    const std::string asset(book.instruments().asset_code(p.asset)), to(book.instruments().asset_code(book.accounting()));
    if (is == PegState::broken)
      news.push_back({"PEG_BROKEN", asset + " is at " + pegs.last(p.asset).to_string() + " " + to + ", which is outside its band: it does not count as cash, and nothing is bought with it"});
    else if (is == PegState::unknown)
      news.push_back({"PEG_UNKNOWN", "what " + asset + " is worth in " + to + " is not known, or too old: it does not count as cash, and nothing is bought with it"});
    else
      news.push_back({"", asset + " counts as cash again"});
  }
  return news;
}

}  // namespace bowline::services
