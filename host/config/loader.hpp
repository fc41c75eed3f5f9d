// Reads the tree of one file into a RunConfig, section by section, and notes whatever is wrong. Private to load*.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.hpp"
#include "config/secret.hpp"
#include "config/values.hpp"
#include "config/yaml_tree.hpp"

namespace bowline::config {

using YAML::Node;

inline const std::vector<std::string> service_names{"signal-generator", "signal-bridge", "trade-execution", "portfolio-rebalancer"};

class Loader {
 public:
  Loader(Loaded& out, const std::filesystem::path& file, const LoadOptions& options)
      : out_(out), c_(out.config), options_(options), tree_(file.string(), out.problems), folder_(std::filesystem::absolute(file).parent_path()) {
    tree_.env = options.env;
  }

  void all(const Node& root);

 private:
  bool there(const Node& n) const { return n.IsDefined() && !n.IsNull(); }
  void bad(const Node& at, const std::string& path, const char* code, std::string message) { tree_.problem(at, path, code, std::move(message)); }

  // ---- load_values.cpp
  bool text(const Node& n, const std::string& path, std::string& to);
  /// A key that has to be there, with text in it. One problem whatever is wrong: absent, of another kind, or empty.
  void required(const Node& map, const char* key, const std::string& path, std::string& to);
  void one_of(const Node& n, const std::string& path, const std::vector<std::string>& names, std::string& to);
  template <class T>
  void number(const Node& n, const std::string& path, std::int64_t min, std::int64_t max, T& to) {
    std::string t;
    if (!text(n, path, t)) return;
    const auto v = n.Tag() == "!" ? std::nullopt : parse_integer(t);
    if (!v) return bad(n, path, "CONFIG_TYPE", "a whole number without leading zeros is needed here");
    if (*v < min) return bad(n, path, "CONFIG_RANGE", t + " is under the limit of " + std::to_string(min));
    if (*v > max) return bad(n, path, "CONFIG_RANGE", t + " is over the limit of " + std::to_string(max));
    to = static_cast<T>(*v);
  }
  void duration(const Node& n, const std::string& path, std::int64_t min, std::int64_t& to);
  /// 0, or between the two.
  void size(const Node& n, const std::string& path, std::int64_t min, std::int64_t max, std::int64_t& to);
  void flag(const Node& n, const std::string& path, bool& to);
  void fraction(const Node& n, const std::string& path, std::string_view min, std::string_view max, Decimal& to);
  /// A fraction above 0, or `off`.
  void limit(const Node& n, const std::string& path, Decimal& to);
  void amount(const Node& n, const std::string& path, bool positive, Decimal& to);

  // ---- load_mode.cpp
  /// What decides whether money is at stake is read in the file itself: where ${NAME} stood, the environment would decide.
  bool written_out(const Node& n, const std::string& path);
  void trading_mode(const Node& at);
  void live_guards(const Node& root);
  /// Whether something is wrong with that key, or with one below it.
  bool said_of(std::string_view key) const;
  /// The key itself, or the nearest one above it that is there; `otherwise` where none is.
  static Node nearest_to(const Node& in, std::string_view path, const Node& otherwise);

  // ---- load_run.cpp
  void services(const Node& root);
  void real_time(const Node& root);
  void market_log(const Node& n);
  void store(const Node& n);
  void signals(const Node& root);
  void bridge(const Node& root);
  void log(const Node& root);

  // ---- load_listen.cpp
  void listen(const Node& n);
  /// Whether what the ports need has to be there: not for who reads the file for its venue alone, and opens none.
  bool opens_ports() const;
  /// A reference, never a text; `fits` is asked about what it stands for, where ports are opened.
  bool secret_reference(const Node& n, const std::string& path, std::string& to,
                        const std::function<Result<void>(const Secret&)>& fits);
  void tokens(const Node& n);
  void tls(const Node& n);
  void peers(const Node& root);

  // ---- load_instruments.cpp
  void instruments(const Node& root);
  /// Quote asset of the first instrument; empty when there is none, or when its symbol is wrong anyway.
  std::string first_quote() const;
  static bool is_pair(const std::string& s);
  void data_symbols(const Node& n);

  // ---- load_portfolio.cpp
  void pegs(const Node& portfolio);
  void rewards(const Node& portfolio);
  bool pegged(const std::string& asset) const;
  /// Whether amounts in `quote` add up with those of the run, whose quote asset is `one` where nothing is pegged.
  bool counts_as(const std::string& quote, const std::string& one) const;
  void peg_products(const Node& root);

  // ---- load_plugins.cpp
  void plugins(const Node& root);
  void network(const Node& n);
  void instances(const Node& root);
  void roles(const Node& n);
  void params(const Node& at, const std::string& path, InstanceConfig& ins);
  void secrets(const Node& n, const std::string& path);

  // ---- load_execution.cpp
  void execution(const Node& n);
  void floor(const Node& n);
  void receipt_key(const Node& n, std::string& to);
  void band(const Node& drift, const std::string& what, Decimal& cap, Decimal& above);
  void collar(const Node& n, std::vector<Decimal>& to);
  /// A list of configured instruments. An empty one is refused: nobody means it.
  void symbols(const Node& n, const std::string& path, std::vector<std::string>& to);
  /// The portfolio takes the place of the account's name: journal, store and order ids are of it.
  void portfolio(const Node& n, const Node& account);

  Loaded& out_;
  RunConfig& c_;
  const LoadOptions& options_;
  Tree tree_;
  std::filesystem::path folder_;
  std::set<std::string> schema_said_;
};

}  // namespace bowline::config
