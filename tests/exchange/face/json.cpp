#include "exchange/face/json.hpp"

namespace bowline::exchange {

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json money(const Decimal& value, std::string_view currency) { return {{"value", amount(value)}, {"currency", std::string(currency)}}; }

}  // namespace bowline::exchange
