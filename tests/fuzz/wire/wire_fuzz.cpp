// Any text as what one service says to another: read whole or refused, and what is read says the same again.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "fuzz/must.hpp"
#include "services/runtime/remote/wire.hpp"

using namespace bowline;
using namespace bowline::services;
using fuzz::must;

namespace {

core::InstrumentTable made() {
  core::InstrumentTable table;
  core::ProductRules rules;
  rules.base_step = rules.quote_step = rules.px_step = Decimal::from_mantissa(1, -8);
  for (const char* s : {"BTC-USD", "ETH-USD"}) must(static_cast<bool>(table.add(s, rules)), "the table is made", s);
  return table;
}

void refusal(const Error& why, std::string_view input) {
  must(why.code == "WIRE_MALFORMED" && !why.message.empty(), "a refusal has its code and a text", input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const core::InstrumentTable table = made();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const nlohmann::json m = nlohmann::json::parse(input, nullptr, false);
  if (m.is_discarded()) return 0;
  if (const auto hello = wire::read_hello(m); !hello) {
    refusal(hello.error(), input);
  } else {
    const auto again = wire::read_hello(nlohmann::json::parse(wire::hello_message(*hello), nullptr, false));
    must(again && again->run == hello->run && again->seed == hello->seed && again->instruments == hello->instruments,
         "hello says the same again", input);
  }
  if (const auto event = wire::read_market(m, table); !event) {
    refusal(event.error(), input);
  } else {
    must(event->h.size >= sizeof(bl_event), "an event has its size", input);
    const std::string text = wire::market_message(1, *event, table);
    const auto again = wire::read_market(nlohmann::json::parse(text, nullptr, false), table);
    must(again && wire::market_message(1, *again, table) == text, "a market event says the same again", input);
  }
  if (const auto close = wire::read_close(m, table); !close) {
    refusal(close.error(), input);
  } else {
    const std::string text = wire::close_message(1, close->time, close->acted, close->predictions, table);
    const auto again = wire::read_close(nlohmann::json::parse(text, nullptr, false), table);
    must(again && wire::close_message(1, again->time, again->acted, again->predictions, table) == text,
         "a close says the same again", input);
  }
  if (const auto book = wire::read_portfolio(m, table); !book) refusal(book.error(), input);
  if (const auto targets = wire::read_targets(m, table); !targets) {
    refusal(targets.error(), input);
  } else {
    const std::string text = wire::targets_body(*targets, table);
    const auto again = wire::read_targets(nlohmann::json::parse(text, nullptr, false), table);
    must(again && wire::targets_body(*again, table) == text, "targets say the same again", input);
  }
  return 0;
}
