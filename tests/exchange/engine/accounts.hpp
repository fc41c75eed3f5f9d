// Who owns what, in double entry: money only moves from one row to another, and what comes in or leaves does so against the row
// `outside`. For each currency the sum over all rows is therefore always zero.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

namespace bowline::exchange {

/// One owner of accounts: a user, or one of the venue's own rows.
struct UserId {
  std::uint32_t n = 0;
  auto operator<=>(const UserId&) const = default;
};
inline constexpr UserId fee_row{0};         ///< what the venue earned
inline constexpr UserId market_row{1};      ///< the market that is driven from outside: it may owe
inline constexpr UserId conversion_row{2};  ///< stands between the two quote currencies of a shared book: it may owe
inline constexpr UserId outside_row{3};     ///< where deposits come from: it owes what all others have
inline constexpr std::uint32_t first_user = 4;

using Currency = std::uint32_t;

struct Account {
  bool exists = false;  ///< a wallet that nothing ever touched is not there
  Decimal available, hold;
  std::int64_t created_ns = 0, updated_ns = 0;
  bool operator==(const Account&) const = default;
  Decimal total() const { return available + hold; }
};

/// A call that would leave a user, or the fee row, with less than nothing stops the process: the engine checks before it moves
/// money, so that would be a defect and not an outcome.
class Accounts {
 public:
  Accounts() : rows_(first_user) {}
  UserId add_user();
  std::uint32_t rows() const noexcept { return static_cast<std::uint32_t>(rows_.size()); }
  bool is_user(UserId u) const noexcept { return u.n >= first_user && u.n < rows_.size(); }

  /// The number of a currency; it is made when there is none of that name.
  Currency currency(std::string_view name);
  /// The same without making one; currencies() when there is none.
  Currency find_currency(std::string_view name) const;
  Currency currencies() const noexcept { return static_cast<Currency>(names_.size()); }
  const std::string& name(Currency c) const { return names_.at(c); }

  /// An empty account where nothing was ever moved.
  const Account& of(UserId u, Currency c) const;
  /// Makes the wallet, empty, if it is not there.
  void open(UserId u, Currency c, std::int64_t now_ns) { at(u, c, now_ns); }
  /// Sets `amount` (>= 0) aside. False, and nothing done, when less is available.
  [[nodiscard]] bool hold(UserId u, Currency c, const Decimal& amount, std::int64_t now_ns);
  void release(UserId u, Currency c, const Decimal& amount, std::int64_t now_ns);
  /// From what is available, or from what is held, to what another row has available. Amounts >= 0.
  void pay(UserId from, UserId to, Currency c, const Decimal& amount, std::int64_t now_ns);
  void pay_held(UserId from, UserId to, Currency c, const Decimal& amount, std::int64_t now_ns);

  /// That each currency sums to zero, and neither a user nor the fee row has less than nothing. UNBALANCED names what does not.
  Result<void> audit() const;

  /// For a state that is read back, before anything else: rows as they were. `rows` beyond the venue's own become users.
  void restore(std::vector<std::string> names, std::vector<std::vector<Account>> rows);
  const std::vector<std::string>& names() const noexcept { return names_; }
  const std::vector<Account>& row(UserId u) const { return rows_.at(u.n); }

 private:
  Account& at(UserId u, Currency c, std::int64_t now_ns);
  void expect_sound(UserId u, const Account& a) const;
  std::vector<std::string> names_;
  std::map<std::string, Currency, std::less<>> by_name_;
  std::vector<std::vector<Account>> rows_;  ///< by user, then by currency; short where nothing was moved
};

}  // namespace bowline::exchange
