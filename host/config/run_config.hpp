// What a configuration file says, as values. Money and fractions are exact; times are ns.
#pragma once

#include <bowline/decimal.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace bowline::config {

struct InstrumentConfig {
  std::string symbol;       ///< "BTC-USD"
  std::string data_symbol;  ///< "BTC-USD" of BTC-USDC: what its data are told under; empty: `symbol`
  Decimal base_step = Decimal::from_mantissa(1, -8), quote_step = Decimal::from_mantissa(1, -2),
          px_step = Decimal::from_mantissa(1, -2), base_min = Decimal::zero(), quote_min = Decimal::from_mantissa(1, 0),
          maker_fee = Decimal::from_mantissa(6, -3), taker_fee = Decimal::from_mantissa(12, -3);
  bool operator==(const InstrumentConfig&) const = default;
};

/// An asset that counts as cash beside `to`, which is the same of all pegs: the accounting asset.
struct PegConfig {
  std::string asset, to;
  Decimal band = Decimal::from_mantissa(1, -2);
  bool par = false;  ///< assumed; else the instrument ASSET-TO tells its price
  bool operator==(const PegConfig&) const = default;
};

/// An asset whose holding earns at the venue, and how much of what is held of it one booking may be.
struct RewardConfig {
  std::string asset;
  Decimal most = Decimal::not_set();
  bool operator==(const RewardConfig&) const = default;
};

struct InstanceConfig {
  std::string id, kind, plugin;
  std::string params_json = "{}";  ///< canonical JSON, checked against the plugin's schema, defaults filled in
  std::vector<std::filesystem::path> state_files;  ///< what the plugin writes and finds again, by its schema
  std::vector<std::filesystem::path> read_files;   ///< files and folders that its params name, by its schema
  std::string key_file, key_name;  ///< what its params say of its key at a venue, by its schema: venue_key.hpp
  double weight = 1;               ///< of a signal, when several are combined
  bool operator==(const InstanceConfig&) const = default;
};

struct RunConfig {
  std::filesystem::path file;      ///< where it was read from
  std::string mode = "mock";
  struct Live {
    bool confirm = false, outside_kubernetes = false;
    bool operator==(const Live&) const = default;
  } live;                          ///< said for mode: live alone
  std::vector<std::string> services;
  std::uint64_t seed = 1;
  std::int64_t interval_ns = 300'000'000'000, max_bar_delay_ns = 0;
  std::string time = "data";       ///< "real": the clock moves engine time, too
  struct MarketLog {
    bool enabled = false;          ///< unless it is said, exactly where time is real
    std::int64_t keep_ns = 30 * std::int64_t{86'400'000'000'000}, keep_bytes = std::int64_t{4} << 30;  ///< 0: no bound
    bool operator==(const MarketLog&) const = default;
  } market_log;
  struct Store {
    std::string transactions = "sqlite://crypto_transactions.db", prices = "sqlite://crypto_prices.db";
    bool operator==(const Store&) const = default;
  } store;
  std::string journal = "file";
  struct Listen {
    bool enabled = true;
    std::string host = "127.0.0.1";
    std::map<std::string, std::uint16_t> ports{};  ///< by service
    /// References to the secrets that let somebody in; all of them or none.
    struct Tokens {
      std::string read, trade, emergency;
      bool there() const noexcept { return !read.empty() && !trade.empty() && !emergency.empty(); }
      bool operator==(const Tokens&) const = default;
    } tokens;
    struct Tls {
      std::filesystem::path certificate;  ///< PEM, the host's own first; empty: no TLS
      std::string key;                    ///< reference to a secret, PEM
      bool there() const noexcept { return !certificate.empty() && !key.empty(); }
      bool operator==(const Tls&) const = default;
    } tls;
    bool operator==(const Listen&) const = default;
  } listen;
  std::map<std::string, std::string> peers;        ///< base url by service, of those in other processes
  std::vector<InstrumentConfig> instruments;
  std::vector<PegConfig> pegs;
  std::vector<RewardConfig> rewards;
  struct Plugins {
    std::vector<std::filesystem::path> path;
    std::map<std::string, std::string> pins;
    /// How long a call may take before the watchdog ends the process.
    std::int64_t lane_limit_ns = 250'000'000, broker_limit_ns = 10'000'000'000, pull_limit_ns = 60'000'000'000,
                 control_limit_ns = 60'000'000'000;
    /// What the services http and ws of plugins keep to.
    struct Network {
      std::filesystem::path ca_file;  ///< empty: the system's trust anchors
      std::int64_t timeout_ns = 10'000'000'000, connect_ns = 5'000'000'000, idle_ns = 50'000'000'000, ping_ns = 15'000'000'000;
      std::uint32_t connections = 6, spare = 2, queue = 256;
      std::int64_t max_reply = 64 * 1024 * 1024, max_frame = 64 * 1024 * 1024;  ///< bytes
      bool operator==(const Network&) const = default;
    } network;
    bool operator==(const Plugins&) const = default;
  } plugins;
  std::vector<InstanceConfig> instances;
  struct Signals {
    std::string combine = "mean";
    std::uint32_t resolve_bars = 12;
    std::string explain = "auto";
    std::uint32_t explain_top = 8;
    bool operator==(const Signals&) const = default;
  } signals;
  struct Bridge {
    Decimal max_position = Decimal::from_mantissa(5, -2), cost_margin = Decimal::from_mantissa(5, -4);
    bool cost_gate = true;
    bool operator==(const Bridge&) const = default;
  } bridge;
  struct Execution {
    Decimal assumed_half_spread = Decimal::from_mantissa(5, -4), min_trade = Decimal::from_mantissa(5, -3);
    std::uint32_t gtd_bars = 2;
    std::uint32_t ended_orders = 20'000;
    std::string account = "default";
    std::string portfolio_uuid;            ///< pinned; then it is the account, too
    bool starts_reducing = false;
    std::vector<std::string> allow, deny;  ///< symbols; an empty allow is everything
    struct Floor {
      Decimal max_order = Decimal::not_set(), max_day = Decimal::not_set(), max_total = Decimal::not_set(),
              price_collar = Decimal::not_set();
      std::uint32_t max_orders_per_minute = 0;
      std::int64_t max_mark_age_ns = 0;
      Decimal mark_jump = Decimal::from_mantissa(1, -1);
      std::int64_t mark_jump_wait_ns = 60'000'000'000;
      bool operator==(const Floor&) const = default;
    } floor;
    struct Ramp {
      Decimal usd_per_day = Decimal::not_set();
      std::uint32_t orders_per_day = 0;    ///< 0: no ramp of orders
      bool operator==(const Ramp&) const = default;
    } ramp;
    struct Entry {
      bool post_only = false;
      std::uint32_t reprice = 0;
      Decimal cross_within = Decimal::not_set();
      std::int64_t wait_ns = 10'000'000'000;
      Decimal max_move = Decimal::from_mantissa(1, -2);  ///< not set: however far the price has moved
      bool operator==(const Entry&) const = default;
    } entry;
    struct Drift {
      Decimal position_cap = Decimal::not_set(), position_above = Decimal::not_set(), exposure_cap = Decimal::not_set(),
              exposure_above = Decimal::not_set();
      bool operator==(const Drift&) const = default;
    } drift;
    struct Exit {
      std::vector<Decimal> collar{Decimal::from_mantissa(1, -2), Decimal::from_mantissa(3, -2), Decimal::from_mantissa(8, -2)};
      std::uint32_t slices = 4;
      std::int64_t wait_ns = 30'000'000'000;
      bool operator==(const Exit&) const = default;
    } exit;
    struct Trip {
      Decimal daily_loss = Decimal::from_mantissa(5, -2), drawdown = Decimal::from_mantissa(20, -2);  ///< not set: never
      bool operator==(const Trip&) const = default;
    } trip;
    struct Reconcile {
      std::int64_t orders_every_ns = 0, balances_every_ns = 0, in_flight_every_ns = 2'000'000'000;
      bool operator==(const Reconcile&) const = default;
    } reconcile;
    std::int64_t ballast_bytes = 16 * 1024 * 1024;  ///< 0: none
    struct Stops {
      std::uint32_t lock_bars = 12;
      std::int64_t unprotected_after_ns = 0;
      std::string owner = "host";
      std::int64_t fill_within_ns = 30'000'000'000;
      bool operator==(const Stops&) const = default;
    } stops;
    struct Shutdown {
      std::string how = "cancel_entries_keep_stops";
      std::int64_t within_ns = 30'000'000'000;
      bool operator==(const Shutdown&) const = default;
    } on_shutdown;
    struct Receipt {
      std::string key;  ///< reference to a secret; empty: receipts are not signed
      bool operator==(const Receipt&) const = default;
    } receipt;
    bool operator==(const Execution&) const = default;
  } execution;
  struct Rebalance {
    std::uint32_t every_bars = 0;
    bool operator==(const Rebalance&) const = default;
  } rebalance;
  struct Log {
    std::string level = "INFO", file;
    bool operator==(const Log&) const = default;
  } log;
  bool operator==(const RunConfig&) const = default;
};

}  // namespace bowline::config
