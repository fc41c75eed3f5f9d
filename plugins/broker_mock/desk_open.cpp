// How the desk begins: with the first cash or with what its file holds, with what an external hand has left
// to do.
#include <algorithm>
#include <utility>

#include "desk.hpp"

namespace bowline::broker_mock {

/// Asset codes from the products' symbols ("BTC-USD": base, then quote) and from the cash. The host numbers
/// assets.
Result<void> Desk::name_assets() {
  const auto note = [this](std::uint32_t number, const std::string& code) {
    if (number == 0) return;
    if (asset_codes_.size() <= number) asset_codes_.resize(number + 1);
    asset_codes_[number] = code;
  };
  for (const Product& p : products_) {
    const auto dash = p.symbol.find('-');
    if (dash == std::string::npos) continue;
    for (const std::string& code : {p.symbol.substr(0, dash), p.symbol.substr(dash + 1)})
      note(host_.asset(code), code);
  }
  for (const auto& [code, amount] : options_.cash) {
    const std::uint32_t number = host_.asset(code);
    if (number == 0)
      return Error{
          "ASSET_UNKNOWN",
          "cash." + code + ": no instrument of this run has this asset; remove it, or correct its code"};
    if (amount < Decimal::zero())
      return Error{"CASH_NEGATIVE", "cash." + code + ": a first balance cannot be below 0"};
    note(number, code);
  }
  return {};
}

Names Desk::names() const {
  Names n;
  n.symbol = [this](std::uint32_t i) {
    for (const Product& p : products_)
      if (p.instrument == i) return p.symbol;
    return std::string();
  };
  n.instrument = [this](const std::string& s) {
    for (const Product& p : products_)
      if (p.symbol == s) return p.instrument;
    return std::uint32_t{0};
  };
  n.asset = [this](std::uint32_t a) { return a < asset_codes_.size() ? asset_codes_[a] : std::string(); };
  n.asset_number = [this](const std::string& code) {
    for (std::uint32_t a = 1; a < asset_codes_.size(); ++a)
      if (!code.empty() && asset_codes_[a] == code) return a;
    return std::uint32_t{0};
  };
  return n;
}

Result<void> Desk::open(std::vector<Product> products) {
  products_ = std::move(products);
  asset_codes_.clear();
  if (auto r = name_assets(); !r) return r;
  const std::uint32_t assets = asset_codes_.empty() ? 0 : static_cast<std::uint32_t>(asset_codes_.size() - 1);
  file_.reset();
  teller_.reset();
  venue_ = std::make_unique<Venue>(options_.venue, products_, assets);
  rate_ = RateLimit(options_.rate_limit, options_.rate_burst);
  questions_.clear();
  armed_ns_ = INT64_MAX;
  failed_ = false;
  auto state = load();
  if (!state) return state.error();
  auto left = script_left(std::move(state->acts));
  if (!left) return left.error();
  const bool scripted = !left->empty();
  venue_->script(std::move(*left));
  start_teller(*state);
  if (scripted || (teller_ && teller_->has_something())) host_.wake();
  return {};
}

/// Puts the state file's content, or the first cash, into the venue. What it returns has no orders and fills
/// left.
Result<StoredState> Desk::load() {
  const auto first_cash = [this] {
    for (const auto& [code, amount] : options_.cash)
      venue_->ledger().set(host_.asset(code), {amount, Decimal::zero()});
  };
  if (options_.memory) {
    first_cash();
    venue_->ledger().clear_changed();
    return StoredState{};
  }
  auto file = StateFile::open(options_.file, names());
  if (!file) return file.error();
  file_ = std::move(*file);
  auto state = file_->read();
  if (!state) return state.error();
  if (state->is_new) {
    first_cash();
    if (auto r = file_->commit(*venue_, venue_->changes()); !r) return r.error();
    venue_->ledger().clear_changed();
    return state;
  }
  const Names n = names();
  for (const StoredState::Holding& h : state->balances)
    if (const std::uint32_t a = n.asset_number(h.asset)) venue_->ledger().set(a, h.balance);
  venue_->ledger().clear_changed();
  venue_->restore(std::move(state->orders), std::move(state->fills), state->amends,
                  static_cast<std::int64_t>(state->acts.size()));
  return state;
}

/// The script with the numbers of this run, but for the lines that were carried out in an earlier one.
Result<std::vector<ExternalAct>> Desk::script_left(std::vector<std::string> done) const {
  std::vector<ExternalAct> left;
  const Names n = names();
  for (const ScriptLine& line : options_.script) {
    ExternalAct a = line.act;
    a.instrument = line.product.empty() ? 0 : n.instrument(line.product);
    a.asset = line.asset.empty() ? 0 : n.asset_number(line.asset);
    if (a.instrument == 0 && a.asset == 0)
      return Error{"EXTERNAL_ORDERS_INVALID",
                   "external_orders names " + (line.product.empty() ? line.asset : line.product) +
                       ", which no instrument of this run is or has: correct it, or remove that entry"};
    if (const auto it = std::find(done.begin(), done.end(), a.script); it != done.end())
      done.erase(it);
    else
      left.push_back(std::move(a));
  }
  return left;
}

/// A teller is there when something may be told otherwise than at once: by the params, or from an earlier
/// run.
void Desk::start_teller(const StoredState& state) {
  auto teller = std::make_unique<Teller>(options_.venue.faults, options_.venue.seed);
  teller->restore(*venue_, state.outage, host_.now_ns());
  if (options_.venue.faults.distort_telling() || teller->has_something()) teller_ = std::move(teller);
}

}  // namespace bowline::broker_mock
