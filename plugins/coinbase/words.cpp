#include "coinbase/words.hpp"

#include <array>

namespace bowline::coinbase {
namespace {

template <class E>
struct Word {
  std::string_view word;
  E value;
};

constexpr auto sides = std::to_array<Word<Side>>({{"BUY", Side::buy}, {"SELL", Side::sell}});
constexpr auto statuses = std::to_array<Word<OrderStatus>>({{"PENDING", OrderStatus::pending},
                                                            {"QUEUED", OrderStatus::queued},
                                                            {"OPEN", OrderStatus::open},
                                                            {"EDIT_QUEUED", OrderStatus::edit_queued},
                                                            {"CANCEL_QUEUED", OrderStatus::cancel_queued},
                                                            {"FILLED", OrderStatus::filled},
                                                            {"CANCELLED", OrderStatus::cancelled},
                                                            {"EXPIRED", OrderStatus::expired},
                                                            {"FAILED", OrderStatus::failed}});
constexpr auto types = std::to_array<Word<OrderType>>({{"MARKET", OrderType::market},
                                                       {"LIMIT", OrderType::limit},
                                                       {"STOP", OrderType::stop},
                                                       {"STOP_LIMIT", OrderType::stop_limit},
                                                       {"BRACKET", OrderType::bracket}});
constexpr auto forces = std::to_array<Word<TimeInForce>>({{"GOOD_UNTIL_CANCELLED", TimeInForce::gtc},
                                                          {"GOOD_UNTIL_DATE_TIME", TimeInForce::gtd},
                                                          {"IMMEDIATE_OR_CANCEL", TimeInForce::ioc},
                                                          {"FILL_OR_KILL", TimeInForce::fok}});
constexpr auto triggers = std::to_array<Word<TriggerStatus>>({{"INVALID_ORDER_TYPE", TriggerStatus::no_stop},
                                                              {"STOP_PENDING", TriggerStatus::pending},
                                                              {"STOP_TRIGGERED", TriggerStatus::triggered}});
constexpr auto liquidities = std::to_array<Word<Liquidity>>({{"MAKER", Liquidity::maker}, {"TAKER", Liquidity::taker}});
constexpr auto trades = std::to_array<Word<TradeType>>({{"FILL", TradeType::fill},
                                                        {"REVERSAL", TradeType::reversal},
                                                        {"CORRECTION", TradeType::correction},
                                                        {"SYNTHETIC", TradeType::synthetic}});
struct Bucket {
  std::string_view word;
  std::int64_t seconds;
};
/// In the order of Granularity.
constexpr auto buckets = std::to_array<Bucket>({{"ONE_MINUTE", 60},
                                                {"FIVE_MINUTE", 300},
                                                {"FIFTEEN_MINUTE", 900},
                                                {"THIRTY_MINUTE", 1'800},
                                                {"ONE_HOUR", 3'600},
                                                {"TWO_HOUR", 7'200},
                                                {"SIX_HOUR", 21'600},
                                                {"ONE_DAY", 86'400}});

/// REST's spelling and the streams': letters of any case, a blank for an underscore.
constexpr bool same(std::string_view told, std::string_view word) noexcept {
  if (told.size() != word.size()) return false;
  for (std::size_t i = 0; i < told.size(); ++i) {
    const char c = told[i];
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == ' ' ? '_' : c;
    if (upper != word[i]) return false;
  }
  return true;
}
template <class E, std::size_t N>
E value_of(const std::array<Word<E>, N>& table, std::string_view told) noexcept {
  for (const auto& row : table)
    if (same(told, row.word)) return row.value;
  return E::unknown;
}
template <class E, std::size_t N>
std::string_view word_in(const std::array<Word<E>, N>& table, E value) noexcept {
  for (const auto& row : table)
    if (row.value == value) return row.word;
  return {};
}

}  // namespace

Side side_of(std::string_view w) noexcept { return value_of(sides, w); }
OrderStatus order_status_of(std::string_view w) noexcept { return value_of(statuses, w); }
OrderType order_type_of(std::string_view w) noexcept { return value_of(types, w); }
TimeInForce time_in_force_of(std::string_view w) noexcept { return value_of(forces, w); }
TriggerStatus trigger_status_of(std::string_view w) noexcept { return value_of(triggers, w); }
Liquidity liquidity_of(std::string_view w) noexcept { return value_of(liquidities, w); }
TradeType trade_type_of(std::string_view w) noexcept { return value_of(trades, w); }

std::string_view word_of(Side s) noexcept { return word_in(sides, s); }
std::string_view word_of(OrderStatus s) noexcept { return word_in(statuses, s); }
std::string_view word_of(OrderType t) noexcept { return word_in(types, t); }
std::string_view word_of(TimeInForce t) noexcept { return word_in(forces, t); }
std::string_view word_of(Granularity g) noexcept { return buckets[static_cast<std::size_t>(g)].word; }
std::int64_t seconds_of(Granularity g) noexcept { return buckets[static_cast<std::size_t>(g)].seconds; }

bool is_final(OrderStatus s) noexcept {
  return s == OrderStatus::filled || s == OrderStatus::cancelled || s == OrderStatus::expired || s == OrderStatus::failed;
}

}  // namespace bowline::coinbase
