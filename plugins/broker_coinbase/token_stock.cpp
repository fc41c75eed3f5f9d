#include "token_stock.hpp"

#include <utility>

namespace bowline::broker_coinbase {

// The longest wait for a turn is a minute: see params, request_timeout.
static_assert(TokenStock::renew_s < TokenStock::young_s && TokenStock::young_s + 60 < coinbase::TokenMaker::life_s);

TokenStock::TokenStock(coinbase::TokenMaker& tokens, coinbase::Method method, std::string host, std::string path)
    : tokens_(tokens), method_(method), host_(std::move(host)), path_(std::move(path)) {}

Result<std::string> TokenStock::take(std::int64_t now_s) {
  while (!kept_.empty()) {
    Kept k = std::move(kept_.front());
    kept_.pop_front();
    if (of_age(k, now_s, young_s)) return std::move(k.token);
  }
  return make();
}

bool TokenStock::wants(std::int64_t now_s) {
  std::erase_if(kept_, [now_s](const Kept& k) { return !of_age(k, now_s, renew_s); });
  return kept_.size() < most;
}

bool TokenStock::make_one(std::int64_t now_s) {
  if (!wants(now_s)) return false;
  auto made = make();
  if (!made) return false;
  kept_.push_back({now_s, std::move(*made)});
  return kept_.size() < most;
}

}  // namespace bowline::broker_coinbase
