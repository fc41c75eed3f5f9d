// What the plugin's params make of the broker.
#pragma once

#include <bowline/result.hpp>
#include <bowline/services.hpp>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "coinbase/credentials.hpp"

namespace bowline::broker_coinbase {

struct Options {
  std::string key, key_name, private_key;  ///< references, never the secrets themselves
  std::string portfolio;
  std::string api_url, ws_url;
  std::string api_host;  ///< host[:port] of api_url, as it is dialled: what tokens are made for
  bool allow_transfer_key = false, stream = true, probe_stops = true;
  std::uint32_t rate = 10, open_rate = 10, per_hour = 10'000;
  std::uint32_t tries = 4, cancel_tries = 20;
  std::int64_t request_timeout_ns = 0, backoff_first_ns = 0, backoff_most_ns = 0, sweep_ns = 0, sweep_alone_ns = 0, stream_silence_ns = 0,
               time_check_ns = 0, overlap_ns = 0;
  std::uint32_t accounts_page = 250, orders_page = 100, fills_page = 100, max_pages = 200;
  std::vector<std::string> placement_sources;
  std::map<std::string, std::string> data_symbols;  ///< by product: the one that its data are told under, where that is another
  std::uint64_t seed = 1;
};

/// Of params that were held against the schema; a key that is not there has its default. Errors: PARAMS_KEY (neither a key nor its parts,
/// or both, or a private key that stands in the text), PARAMS_URL (names the param).
Result<Options> options_of(const nlohmann::json& params);

/// The key behind the references, read into memory that is wiped. Only in configure. Errors: SECRET_UNSUPPORTED, SECRET_REFUSED, and
/// those of coinbase::Credentials; none repeats a byte of a key. [control]
Result<coinbase::Credentials> credentials_of(const Options& options, const Host& host);

}  // namespace bowline::broker_coinbase
