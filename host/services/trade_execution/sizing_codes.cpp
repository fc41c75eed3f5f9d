#include "services/trade_execution/sizing_codes.hpp"

#include <array>

namespace bowline::services {
namespace {

constexpr auto table = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"ORDER", "an order was made durable and handed to the broker"},
    {"AT_TARGET", "as much is held as is wanted"},
    {"BELOW_MIN_TRADE", "the difference is smaller than execution.min_trade, or than the product's smallest order"},
    {"ORDER_WORKING", "the product has a working order: one at a time"},
    {"NOTHING_TO_SELL", "an exit of something that is not held"},
    {"DUST", "what is held is too little to be sold"},
    {"MARK_MISSING", "the product has no price yet"},
    {"EQUITY_NOT_POSITIVE", "there is nothing to size by"},
    {"JOURNAL_UNWRITABLE", "the intent could not be made durable: nothing was sent"},
    {"PRODUCT_BLOCKED", "the venue reported of this product what can't be explained: it is not bought until an operator resumes"},
    {"REENTRY_LOCKED", "a stop or a take-profit sold of it: nobody buys it for execution.stops.lock_bars"},
    {"DRIFT_CAP", "it would be trimmed again: the position, or all of them, are at their cap of execution.drift"},
    {"ENTRY_GIVEN_UP", "it followed the touch as often as execution.entry.reprice says, and may not cross: nothing more until its first order's end"},
    {"EXTERNAL_SELL", "orders that this host did not make would sell managed inventory: nothing more is bought of it while they work"},
    {"ORDER_MAY_COME", "a purchase that counts as not placed could fill all the same until its end at the venue: it is not bought a second time"},
    {"TARGET_NEGATIVE", "the target is below 0, which counts as 0, since spot is never short, and nothing is held: nothing is to be done. Where something is sold for it, it is a check of its sizing"},
    {"PRICE_MOVED", "the price is further than execution.entry.max_move from the one that the prediction was made at"},
    {"(a floor's or rule's code)", "it was refused: see the codes of the floor and of the rules"},
});

core::SharedText text(std::size_t i) { return std::make_shared<const std::string>(table[i].first); }

}  // namespace

[[gnu::hot]] const SizingCodes& SizingCodes::get() {
  static const SizingCodes c{text(0), text(1), text(2), text(3), text(4), text(5), text(6), text(7), text(8), text(9), text(10), text(11), text(12), text(14), text(15)};
  return c;
}

std::span<const std::pair<std::string_view, std::string_view>> sizing_codes() noexcept { return table; }

}  // namespace bowline::services
