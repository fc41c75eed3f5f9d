// Questions about a stored run, answered from its records alone. JSON text, amounts as text.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace bowline::store {

class Reader {
 public:
  /// Read-only; a running host is not disturbed. Errors: STORE_OPEN.
  static Result<std::unique_ptr<Reader>> open(const std::filesystem::path& prices, const std::filesystem::path& transactions);
  ~Reader();
  /// order, sizing with binding checks, decision with advisory checks, signals, features, fills, events. STORE_UNKNOWN.
  Result<std::string> explain_order(std::string_view client_order_id) const;
  Result<std::string> explain_decision(std::string_view id) const;
  /// Arrays, oldest first, at most `limit`; an empty symbol means all.
  Result<std::string> signals(std::int64_t since_ns, std::string_view symbol, std::int64_t limit) const;
  Result<std::string> decisions(std::int64_t since_ns, std::string_view symbol, std::int64_t limit) const;
  /// `state`: as core::to_string(OrderState) writes it; empty means all.
  Result<std::string> orders(std::int64_t since_ns, std::string_view state, std::int64_t limit) const;
  /// The newest `limit` plans with their weights, oldest first.
  Result<std::string> rebalances(std::int64_t limit) const;
  Result<std::string> portfolio_history(std::int64_t since_ns, std::int64_t limit) const;

 private:
  struct Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bowline::store
