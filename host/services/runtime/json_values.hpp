// The core's values as JSON text. Amounts are decimal text, never numbers; each time is given twice: ISO and
// ns. Written by hand into one string: the latest signals are made again at every step of a replay.
#pragma once

#include <bowline/decimal.hpp>
#include <span>
#include <string>
#include <string_view>

#include "core/instrument.hpp"
#include "core/order.hpp"
#include "core/portfolio.hpp"
#include "core/prediction.hpp"

namespace bowline::services {

/// One JSON object being written, member by member.
class JsonObject {
 public:
  JsonObject() { out_.push_back('{'); }
  JsonObject& text(std::string_view key, std::string_view value);
  JsonObject& number(std::string_view key, std::int64_t value);
  JsonObject& number(std::string_view key, std::uint64_t value);
  JsonObject& real(std::string_view key, double value);     ///< null for NaN and infinities
  /// For another process of ours: every value comes back as it was. NaN is null, infinities are text.
  JsonObject& exact(std::string_view key, double value);
  JsonObject& amount(std::string_view key, Decimal value);  ///< text; null when not set
  JsonObject& boolean(std::string_view key, bool value);
  /// `key` as ISO text and `key`_ns as a number; both null for 0.
  JsonObject& time(std::string_view key, core::Nanos value);
  JsonObject& json(std::string_view key, std::string_view ready);  ///< JSON text as it is
  std::string done();                                              ///< closes it: the last call

 private:
  std::string out_;
  void key(std::string_view key);
};

/// "a" as a JSON string, quotes included; what is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);
/// "[a,b]" of ready JSON texts.
std::string json_array(std::span<const std::string> items);

std::string prediction_json(const core::Prediction& p, const core::InstrumentTable& table);
std::string target_json(const core::Target& t, const core::InstrumentTable& table);
std::string order_json(const core::Order& o, const core::InstrumentTable& table);
std::string checks_json(std::span<const core::CheckRecord> checks);
/// Totals, positions and balances; `state` and `gate_open` are the caller's.
std::string portfolio_json(const core::Portfolio& book, core::Nanos now, core::TradingState state,
                           bool gate_open, Decimal max_drawdown);

}  // namespace bowline::services
