#include "core/types.hpp"

#include <cstdio>
#include <ctime>

namespace bowline::core {

void Id128::hex_to(char* out32) const noexcept {
  static constexpr char digits[] = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) {
    out32[i] = digits[(hi >> (60 - 4 * i)) & 15u];
    out32[16 + i] = digits[(lo >> (60 - 4 * i)) & 15u];
  }
}

std::string Id128::hex() const {
  std::string s(32, '0');
  hex_to(s.data());
  return s;
}

Id128 Id128::from_hex(std::string_view text) noexcept {
  if (text.size() != 32) return {};
  Id128 id;
  for (std::size_t i = 0; i < 32; ++i) {
    const char c = text[i];
    std::uint64_t v = 0;
    if (c >= '0' && c <= '9')
      v = static_cast<std::uint64_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      v = static_cast<std::uint64_t>(c - 'a') + 10;
    else
      return {};
    std::uint64_t& word = i < 16 ? id.hi : id.lo;
    word = (word << 4) | v;
  }
  return id;
}

std::string_view to_string(Action a) noexcept {
  switch (a) {
    case Action::buy: return "BUY";
    case Action::sell: return "SELL";
    case Action::hold: return "HOLD";
    case Action::none: break;
  }
  return "NONE";
}
std::string_view to_string(Side s) noexcept { return s == Side::buy ? "BUY" : "SELL"; }
std::string_view to_string(OrderType t) noexcept {
  switch (t) {
    case OrderType::market: return "market";
    case OrderType::limit: return "limit";
    case OrderType::stop_limit: return "stop_limit";
    case OrderType::bracket: return "bracket";
  }
  return "unknown";
}
std::string_view to_string(TimeInForce t) noexcept {
  switch (t) {
    case TimeInForce::gtc: return "GTC";
    case TimeInForce::gtd: return "GTD";
    case TimeInForce::ioc: return "IOC";
    case TimeInForce::fok: return "FOK";
  }
  return "unknown";
}
std::string_view to_string(Purpose p) noexcept {
  switch (p) {
    case Purpose::entry: return "entry";
    case Purpose::rebalance: return "rebalance";
    case Purpose::exit: return "exit";
    case Purpose::operator_order: return "operator";
    case Purpose::stop: return "stop";
    case Purpose::emergency: return "emergency";
  }
  return "unknown";
}
std::string_view to_string(TradingState s) noexcept {
  switch (s) {
    case TradingState::active: return "active";
    case TradingState::reducing: return "reducing";
    case TradingState::halted: return "halted";
  }
  return "unknown";
}

std::string format_time(Nanos t) {
  constexpr Nanos second = 1'000'000'000;
  Nanos s = t / second, ns = t % second;
  if (ns < 0) {
    ns += second;
    --s;
  }
  const std::time_t whole = static_cast<std::time_t>(s);
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  char buf[48];
  const std::size_t n = std::strftime(buf, sizeof buf, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string out(buf, n);
  if (ns != 0) {
    std::snprintf(buf, sizeof buf, ".%09lld", static_cast<long long>(ns));
    out += buf;
  }
  return out + "Z";
}

}  // namespace bowline::core
