// What the venue is told by its YAML file: every key with its default. The reference of the keys is in README.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"
#include "exchange/auth/key_ring.hpp"
#include "exchange/auth/token_gate.hpp"
#include "exchange/engine/engine.hpp"
#include "exchange/face/face_options.hpp"
#include "exchange/server/authority.hpp"
#include "exchange/server/prices.hpp"
#include "exchange/server/rate_gate.hpp"
#include "exchange/server/rule.hpp"

namespace bowline::exchange {

struct ProductConfig {
  Product rules;
  MarketShape shape;
};

struct KeyConfig {
  std::string name;         ///< "" = the one in its file, or one that is made from the seed
  std::string public_key;   ///< path of a PEM "PUBLIC KEY"; or
  std::string file;         ///< path of the key file that is handed out: kept when it is there, otherwise made
  KeyKind generate = KeyKind::p256;
  bool can_view = true, can_trade = true, can_transfer = false;
};

struct PortfolioConfig {
  std::string name;   ///< by which the control port and a kept state know it
  std::string owner;  ///< whom it belongs to; several portfolios can have one owner
  FeeRates rates;     ///< the fee tier
  std::vector<std::pair<std::string, Decimal>> deposits;  ///< made once, when the portfolio is new
  std::vector<KeyConfig> keys;
};

struct MarketConfig {
  bool stands_still = false;  ///< no market but the users' orders
  std::int64_t tick_ns = 1'000'000'000;
  std::size_t levels = 10;
  std::map<std::string, std::string> files;  ///< by product: candles that are played; the other products' prices are made
  std::int64_t speed = 1;
  std::optional<std::int64_t> from_s;  ///< where in the files it begins; none: at the first candle of each
};

struct VenueConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8443, control_port = 0;
  bool control = true;  ///< whether there is a control port at all
  unsigned threads = 0;  ///< that read, verify and write; 0 = as many as there are processors, up to 4
  std::string ca_file;
  std::vector<std::string> names;
  CertificateFault certificate = CertificateFault::none;
  std::string state_file;  ///< "": nothing is kept
  std::int64_t log_size = 64 << 20;
  std::uint64_t seed = 1;
  std::vector<ProductConfig> products;
  std::vector<PortfolioConfig> portfolios;
  MarketConfig market;
  Options engine;
  FaceOptions face;
  GateOptions gate;
  RateLimits limits;
  std::int64_t skew_ns = 0;
  std::vector<Rule> rules;
};

/// A set of products with rules like those of the real venue in late 2026: eleven in USD, two that share a book with one of them through
/// USDC, and one in BTC.
std::vector<ProductConfig> default_products();

/// Reads it. All that is wrong is told at once, each with its place; the configuration is of use only when nothing is.
VenueConfig read_config(const std::string& text, const std::string& file, std::vector<config::Problem>& problems);

}  // namespace bowline::exchange
