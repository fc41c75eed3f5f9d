// Questions about a stored run, answered from its records alone. JSON text, amounts as text.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "store/page.hpp"

namespace bowline::store {

class Reader {
 public:
  /// Read-only; a running host is not disturbed. `symbols`: of the instruments that the store of prices has under what their data are
  /// told under, by that (trading rules 5.7); signals() knows them by their symbols alone. Errors: STORE_OPEN.
  static Result<std::unique_ptr<Reader>> open(const std::filesystem::path& prices, const std::filesystem::path& transactions,
                                              std::map<std::string, std::string> symbols = {});
  ~Reader();
  /// order, sizing with binding checks, decision with advisory checks, signals, features, fills, events. STORE_UNKNOWN.
  Result<std::string> explain_order(std::string_view client_order_id) const;
  Result<std::string> explain_decision(std::string_view id) const;
  /// One order as the routes tell it, as JSON. STORE_UNKNOWN.
  Result<std::string> order(std::string_view client_order_id) const;
  // ---- pages, each entry as the routes tell it. Places are by time, then by what makes an entry of that time the only one.
  Result<Page> signals(const PageAsk& ask) const;    ///< `only` is a symbol
  Result<Page> decisions(const PageAsk& ask) const;  ///< `only` is a symbol
  /// By the time of decision, then by id; `only` is a state as core::to_string(OrderState) writes it.
  Result<Page> orders(const PageAsk& ask) const;
  Result<Page> rebalances(const PageAsk& ask) const;         ///< plans with their weights; `only` is not looked at
  Result<Page> portfolio_history(const PageAsk& ask) const;  ///< `only` is not looked at

 private:
  struct Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bowline::store
