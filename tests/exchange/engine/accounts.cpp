#include "accounts.hpp"

#include <cstdio>
#include <cstdlib>

namespace bowline::exchange {
namespace {

[[noreturn]] void unsound(const char* what) {
  std::fprintf(stderr, "bowline-venue: accounts: %s\n", what);
  std::abort();
}
bool may_owe(UserId u) { return u == market_row || u == conversion_row || u == outside_row; }

}  // namespace

UserId Accounts::add_user() {
  rows_.emplace_back();
  return {rows() - 1};
}

Currency Accounts::currency(std::string_view name) {
  if (const auto it = by_name_.find(name); it != by_name_.end()) return it->second;
  names_.emplace_back(name);
  by_name_.emplace(std::string(name), currencies() - 1);
  return currencies() - 1;
}

Currency Accounts::find_currency(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? currencies() : it->second;
}

const Account& Accounts::of(UserId u, Currency c) const {
  static const Account none;
  const std::vector<Account>& row = rows_.at(u.n);
  return c < row.size() ? row[c] : none;
}

Account& Accounts::at(UserId u, Currency c, std::int64_t now_ns) {
  std::vector<Account>& row = rows_.at(u.n);
  if (c >= row.size()) row.resize(c + 1);
  if (!row[c].exists) {
    row[c].exists = true;
    row[c].created_ns = now_ns;
  }
  row[c].updated_ns = now_ns;
  return row[c];
}

void Accounts::expect_sound(UserId u, const Account& a) const {
  if (!a.available.is_set() || !a.hold.is_set()) unsound("an amount does not fit");
  if (a.hold.is_negative() || (a.available.is_negative() && !may_owe(u))) unsound("less than nothing");
}

bool Accounts::hold(UserId u, Currency c, const Decimal& amount, std::int64_t now_ns) {
  if (!amount.is_set() || amount.is_negative() || of(u, c).available < amount) return false;
  if (amount.is_zero()) return true;
  Account& a = at(u, c, now_ns);
  a.available -= amount;
  a.hold += amount;
  return true;
}

void Accounts::release(UserId u, Currency c, const Decimal& amount, std::int64_t now_ns) {
  if (amount.is_zero()) return;
  Account& a = at(u, c, now_ns);
  if (!amount.is_positive()) unsound("a negative amount was released");
  a.hold -= amount;
  a.available += amount;
  expect_sound(u, a);
}

void Accounts::pay(UserId from, UserId to, Currency c, const Decimal& amount, std::int64_t now_ns) {
  if (amount.is_zero()) return;
  if (!amount.is_positive()) unsound("a negative amount was paid");
  Account& a = at(from, c, now_ns);
  a.available -= amount;
  Account& b = at(to, c, now_ns);
  b.available += amount;
  expect_sound(from, rows_[from.n][c]);
  expect_sound(to, b);
}

void Accounts::pay_held(UserId from, UserId to, Currency c, const Decimal& amount, std::int64_t now_ns) {
  if (amount.is_zero()) return;
  if (!amount.is_positive()) unsound("a negative amount was paid");
  Account& a = at(from, c, now_ns);
  a.hold -= amount;
  Account& b = at(to, c, now_ns);
  b.available += amount;
  expect_sound(from, rows_[from.n][c]);
  expect_sound(to, b);
}

Result<void> Accounts::audit() const {
  for (Currency c = 0; c < currencies(); ++c) {
    Decimal sum;
    for (std::uint32_t u = 0; u < rows(); ++u) {
      const Account& a = of({u}, c);
      if (!a.available.is_set() || !a.hold.is_set() || a.hold.is_negative() || (a.available.is_negative() && !may_owe({u})))
        return Error{"UNBALANCED", "row " + std::to_string(u) + " has less than nothing of " + names_[c]};
      sum += a.total();
    }
    if (!sum.is_zero()) return Error{"UNBALANCED", "all of " + names_[c] + " does not sum to zero"};
  }
  return {};
}

void Accounts::restore(std::vector<std::string> names, std::vector<std::vector<Account>> rows) {
  names_ = std::move(names);
  rows_ = std::move(rows);
  if (rows_.size() < first_user) rows_.resize(first_user);
  by_name_.clear();
  for (Currency c = 0; c < currencies(); ++c) by_name_.emplace(names_[c], c);
}

}  // namespace bowline::exchange
