#include "state_file.hpp"

#include <sqlite3.h>

#include <array>
#include <optional>
#include <utility>

#include "common/money.hpp"

namespace bowline::broker_mock {
namespace {

constexpr int application_id = 0x424C4D56;  // "BLMV": tells our file from any other SQLite file

constexpr const char* schema = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE orders(
  order_no INTEGER PRIMARY KEY,            -- 1, 2, ... in order of arrival, without holes
  client_id TEXT NOT NULL UNIQUE,
  venue_id TEXT NOT NULL UNIQUE,
  symbol TEXT NOT NULL,
  side TEXT NOT NULL CHECK(side IN ('BUY','SELL')),
  type TEXT NOT NULL CHECK(type IN ('MARKET','LIMIT','STOP_LIMIT')),
  tif TEXT NOT NULL CHECK(tif IN ('GTC','GTD','IOC')),
  post_only INTEGER NOT NULL, trigger_up INTEGER NOT NULL,
  qty TEXT, quote_qty TEXT, limit_px TEXT, stop_px TEXT,  -- decimals as plain text; NULL = not given
  expire_ns INTEGER NOT NULL,
  submitted_ns INTEGER NOT NULL, accepted_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('OPEN','FILLED','CANCELLED','REJECTED','EXPIRED')),
  reason TEXT NOT NULL,                     -- '' or the stable word of the README's table
  rested INTEGER NOT NULL, triggered INTEGER NOT NULL,
  cum_qty TEXT NOT NULL, cum_quote TEXT NOT NULL, cum_fee TEXT NOT NULL,
  hold_asset TEXT NOT NULL, hold TEXT NOT NULL, fills INTEGER NOT NULL) STRICT;
CREATE TABLE fills(
  fill_no INTEGER PRIMARY KEY,             -- 1, 2, ... over all orders, without holes
  fill_id TEXT NOT NULL UNIQUE,
  order_no INTEGER NOT NULL REFERENCES orders(order_no),
  client_id TEXT NOT NULL,
  px TEXT NOT NULL, qty TEXT NOT NULL, quote TEXT NOT NULL,
  fee TEXT NOT NULL, fee_asset TEXT NOT NULL,
  liquidity TEXT NOT NULL CHECK(liquidity IN ('MAKER','TAKER')),
  ts_ns INTEGER NOT NULL) STRICT;
CREATE TABLE balances(asset TEXT PRIMARY KEY, total TEXT NOT NULL, hold TEXT NOT NULL) WITHOUT ROWID, STRICT;
)sql";

constexpr std::array sides{"", "BUY", "SELL"};
constexpr std::array types{"", "MARKET", "LIMIT", "STOP_LIMIT"};
constexpr std::array tifs{"", "GTC", "GTD", "IOC"};
constexpr std::array states{"", "PENDING", "OPEN", "FILLED", "CANCELLED", "REJECTED", "EXPIRED"};
constexpr std::array liquidities{"", "MAKER", "TAKER"};

/// Number of a word in one of the lists above; 0 = not there.
template <std::size_t N>
std::uint8_t number_of(const std::array<const char*, N>& words, const std::string& w) {
  for (std::size_t i = 1; i < N; ++i)
    if (w == words[i]) return static_cast<std::uint8_t>(i);
  return 0;
}

Reason reason_of(const std::string& w) {
  for (std::uint32_t i = 1; i <= 14; ++i)
    if (w == name_of(static_cast<Reason>(i))) return static_cast<Reason>(i);
  return Reason::none;
}

/// Fills the parameters of one statement from left to right.
class Binder {
  sqlite3_stmt* s_;
  int i_ = 0;

 public:
  explicit Binder(sqlite3_stmt* s) : s_(s) {
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
  }
  Binder& text(const std::string& v) {
    sqlite3_bind_text(s_, ++i_, v.data(), static_cast<int>(v.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Binder& integer(std::int64_t v) {
    sqlite3_bind_int64(s_, ++i_, v);
    return *this;
  }
  Binder& amount(const Decimal& v) { return text(money::text(v)); }
  Binder& amount(const std::optional<Decimal>& v) {
    if (v) return amount(*v);
    ++i_;  // bindings were cleared: NULL
    return *this;
  }
};

/// Reads the columns of one row from left to right; notes the first that is not what the schema says.
class Row {
  sqlite3_stmt* s_;
  int i_ = 0;
  bool ok_ = true;

 public:
  explicit Row(sqlite3_stmt* s) : s_(s) {}
  bool ok() const noexcept { return ok_; }
  void bad() noexcept { ok_ = false; }
  std::string text() {
    const auto* t = reinterpret_cast<const char*>(sqlite3_column_text(s_, i_));
    std::string v =
        t ? std::string(t, static_cast<std::size_t>(sqlite3_column_bytes(s_, i_))) : std::string();
    ++i_;
    return v;
  }
  std::int64_t integer() { return sqlite3_column_int64(s_, i_++); }
  std::optional<Decimal> maybe_amount() {
    if (sqlite3_column_type(s_, i_) == SQLITE_NULL) {
      ++i_;
      return std::nullopt;
    }
    auto v = money::parse(text());
    if (!v) ok_ = false;
    return v;
  }
  Decimal amount() {
    const auto v = maybe_amount();
    if (!v) ok_ = false;
    return v.value_or(Decimal::zero());
  }
};

}  // namespace

Error StateFile::error(const char* code, const std::string& what) const {
  return Error{code, "state file " + path_ + ": " + what};
}

Result<void> StateFile::run(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  const int rc = sqlite3_errcode(db_);
  if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
    return error("STATE_LOCKED", "another process has it open; end that run or give this one its own file");
  if (rc == SQLITE_NOTADB) return error("STATE_FOREIGN", "this is not an SQLite file; name another path");
  return error(rc == SQLITE_FULL ? "STATE_DISK_FULL" : "STATE_UNREADABLE", sqlite3_errmsg(db_));
}

Result<sqlite3_stmt*> StateFile::prepare(const char* sql) {
  sqlite3_stmt* s = nullptr;
  if (sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, nullptr) != SQLITE_OK)
    return error("STATE_UNREADABLE", sqlite3_errmsg(db_));
  return s;
}

Result<std::unique_ptr<StateFile>> StateFile::open(const std::string& path, Names names) {
  std::unique_ptr<StateFile> f(new StateFile(path, std::move(names)));
  if (sqlite3_open_v2(path.c_str(), &f->db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK)
    return f->error("STATE_UNREADABLE", f->db_ ? sqlite3_errmsg(f->db_) : "out of memory");
  sqlite3_busy_timeout(f->db_, 0);  // nobody else writes here: waiting would only hide a second venue
  if (auto r = f->set_up(); !r) return r.error();
  return f;
}

StateFile::~StateFile() {
  for (sqlite3_stmt* s : {put_order_, put_fill_, put_balance_}) sqlite3_finalize(s);
  sqlite3_close(db_);
}

Result<void> StateFile::set_up() {
  // Exclusive: a second venue on one file would sell the same coins twice. Readers of a stopped venue are
  // welcome.
  for (const char* sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL",
                          "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON", "BEGIN EXCLUSIVE"})
    if (auto r = run(sql); !r) return r;
  const auto number = [this](const char* sql) -> std::int64_t {
    auto s = prepare(sql);
    if (!s) return -1;
    const std::int64_t v = sqlite3_step(*s) == SQLITE_ROW ? sqlite3_column_int64(*s, 0) : -1;
    sqlite3_finalize(*s);
    return v;
  };
  const std::int64_t id = number("PRAGMA application_id"), version = number("PRAGMA user_version");
  const std::int64_t tables = number("SELECT count(*) FROM sqlite_master");
  if (id == 0 && version == 0 && tables == 0) {
    if (auto r = run(schema); !r) return r;
    const std::string stamp = "PRAGMA application_id=" + std::to_string(application_id) +
                              ";PRAGMA user_version=" + std::to_string(schema_version) +
                              ";INSERT INTO meta VALUES('schema','" + std::to_string(schema_version) + "');";
    if (auto r = run(stamp.c_str()); !r) return r;
  } else if (id != application_id) {
    return error("STATE_FOREIGN", "this SQLite file belongs to something else; name another path");
  } else if (version > schema_version) {
    return error("STATE_NEWER", "it has schema " + std::to_string(version) + ", this plugin knows " +
                                    std::to_string(schema_version) + ": update bowline, or use a new file");
  }
  if (auto r = run("COMMIT"); !r) return r;
  const std::pair<sqlite3_stmt**, const char*> statements[] = {
      {&put_order_,
       "INSERT INTO orders VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
       " ON CONFLICT(order_no) DO UPDATE SET updated_ns=excluded.updated_ns, state=excluded.state,"
       " reason=excluded.reason, rested=excluded.rested, triggered=excluded.triggered,"
       " cum_qty=excluded.cum_qty, cum_quote=excluded.cum_quote, cum_fee=excluded.cum_fee,"
       " hold=excluded.hold, fills=excluded.fills"},
      {&put_fill_, "INSERT INTO fills VALUES(?,?,?,?,?,?,?,?,?,?,?)"},
      {&put_balance_,
       "INSERT INTO balances VALUES(?,?,?) ON CONFLICT(asset) DO UPDATE SET total=excluded.total, "
       "hold=excluded.hold"}};
  for (const auto& [to, sql] : statements) {
    auto s = prepare(sql);
    if (!s) return s.error();
    *to = *s;
  }
  return {};
}

// ---- writing
// ----------------------------------------------------------------------------------------------------

Result<void> StateFile::write_order(const Order& o) {
  Binder b(put_order_);
  b.integer(o.number).text(o.spec.client_id).text(o.venue_id).text(names_.symbol(o.spec.instrument));
  b.text(sides[static_cast<std::size_t>(o.spec.side)]).text(types[static_cast<std::size_t>(o.spec.type)]);
  b.text(tifs[static_cast<std::size_t>(o.spec.tif)]).integer(o.spec.post_only).integer(o.spec.trigger_up);
  b.amount(o.spec.qty).amount(o.spec.quote_qty).amount(o.spec.limit_px).amount(o.spec.stop_px);
  b.integer(o.spec.expire_ns).integer(o.submitted_ns).integer(o.accepted_ns).integer(o.updated_ns);
  b.text(states[static_cast<std::size_t>(o.state)])
      .text(name_of(o.reason))
      .integer(o.rested)
      .integer(o.triggered);
  b.amount(o.cum_qty).amount(o.cum_quote).amount(o.cum_fee);
  b.text(o.hold_asset ? names_.asset(o.hold_asset) : std::string()).amount(o.hold).integer(o.fills);
  if (sqlite3_step(put_order_) != SQLITE_DONE) return error("STATE_UNWRITABLE", sqlite3_errmsg(db_));
  return {};
}

Result<void> StateFile::write_fill(const Fill& f, const Order& o) {
  Binder b(put_fill_);
  b.integer(f.number).text(f.fill_id).integer(f.order).text(o.spec.client_id);
  b.amount(f.px).amount(f.qty).amount(f.quote).amount(f.fee).text(names_.asset(f.fee_asset));
  b.text(liquidities[static_cast<std::size_t>(f.liquidity)]).integer(f.ts_ns);
  if (sqlite3_step(put_fill_) != SQLITE_DONE) return error("STATE_UNWRITABLE", sqlite3_errmsg(db_));
  return {};
}

Result<void> StateFile::write_balance(const std::string& asset, const Balance& v) {
  Binder(put_balance_).text(asset).amount(v.total).amount(v.hold);
  if (sqlite3_step(put_balance_) != SQLITE_DONE) return error("STATE_UNWRITABLE", sqlite3_errmsg(db_));
  return {};
}

Result<void> StateFile::commit(const Venue& venue, const Changes& changes) {
  if (changes.empty()) return {};
  if (auto r = run("BEGIN IMMEDIATE"); !r) return r;
  const auto write_all = [&]() -> Result<void> {
    for (const std::int64_t n : changes.orders)
      if (auto r = write_order(venue.order(n)); !r) return r;
    for (std::int64_t n = changes.first_new_fill; n != 0 && n <= venue.fills(); ++n)
      if (auto r = write_fill(venue.fill(n), venue.order(venue.fill(n).order)); !r) return r;
    for (const std::uint32_t a : changes.assets)
      if (auto r = write_balance(names_.asset(a), venue.ledger().of(a)); !r) return r;
    return run("COMMIT");
  };
  auto done = write_all();
  if (!done) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

// ---- reading
// ----------------------------------------------------------------------------------------------------

namespace {
/// Calls `each` for every row; false when a row was not what the schema says.
template <class Each>
bool rows(sqlite3_stmt* s, Each each) {
  bool ok = true;
  int rc = SQLITE_DONE;
  while (ok && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    Row row(s);
    each(row);
    ok = row.ok();
  }
  sqlite3_finalize(s);
  return ok && rc == SQLITE_DONE;
}
}  // namespace

Result<void> StateFile::read_orders(StoredState& out) {
  auto s = prepare("SELECT * FROM orders ORDER BY order_no");
  if (!s) return s.error();
  std::string stray;
  const bool ok = rows(*s, [&](Row& r) {
    Order o;
    o.number = r.integer();
    o.spec.client_id = r.text();
    o.venue_id = r.text();
    const std::string symbol = r.text();
    o.spec.instrument = names_.instrument(symbol);
    o.spec.side = static_cast<Side>(number_of(sides, r.text()));
    o.spec.type = static_cast<Type>(number_of(types, r.text()));
    o.spec.tif = static_cast<Tif>(number_of(tifs, r.text()));
    o.spec.post_only = r.integer() != 0;
    o.spec.trigger_up = r.integer() != 0;
    o.spec.qty = r.maybe_amount();
    o.spec.quote_qty = r.maybe_amount();
    o.spec.limit_px = r.maybe_amount();
    o.spec.stop_px = r.maybe_amount();
    o.spec.expire_ns = r.integer();
    o.submitted_ns = r.integer();
    o.accepted_ns = r.integer();
    o.updated_ns = r.integer();
    o.state = static_cast<State>(number_of(states, r.text()));
    o.reason = reason_of(r.text());
    o.rested = r.integer() != 0;
    o.triggered = r.integer() != 0;
    o.cum_qty = r.amount();
    o.cum_quote = r.amount();
    o.cum_fee = r.amount();
    o.hold_asset = names_.asset_number(r.text());
    o.hold = r.amount();
    o.fills = static_cast<std::uint32_t>(r.integer());
    if (o.spec.side == Side{} || o.spec.type == Type{} || o.spec.tif == Tif{} || o.state == State{}) r.bad();
    if (o.number != static_cast<std::int64_t>(out.orders.size()) + 1) r.bad();
    if (o.state == State::open && o.spec.instrument == 0) stray = symbol;
    out.orders.push_back(std::move(o));
  });
  if (!ok)
    return error("STATE_CORRUPT",
                 "table orders breaks its own rules near row " + std::to_string(out.orders.size()));
  if (!stray.empty())
    return error("STATE_INSTRUMENT_MISSING",
                 "it holds an open order in " + stray +
                     ", which is not among this run's instruments: add it, or use a new file");
  return {};
}

Result<void> StateFile::read_fills(StoredState& out) {
  auto s = prepare(
      "SELECT fill_no, fill_id, order_no, px, qty, quote, fee, fee_asset, liquidity, ts_ns FROM fills ORDER "
      "BY fill_no");
  if (!s) return s.error();
  const bool ok = rows(*s, [&](Row& r) {
    Fill f;
    f.number = r.integer();
    f.fill_id = r.text();
    f.order = r.integer();
    f.px = r.amount();
    f.qty = r.amount();
    f.quote = r.amount();
    f.fee = r.amount();
    f.fee_asset = names_.asset_number(r.text());
    f.liquidity = static_cast<Liquidity>(number_of(liquidities, r.text()));
    f.ts_ns = r.integer();
    if (f.number != static_cast<std::int64_t>(out.fills.size()) + 1 || f.liquidity == Liquidity{}) r.bad();
    if (f.order < 1 || f.order > static_cast<std::int64_t>(out.orders.size())) r.bad();
    out.fills.push_back(std::move(f));
  });
  if (!ok)
    return error("STATE_CORRUPT",
                 "table fills breaks its own rules near row " + std::to_string(out.fills.size()));
  return {};
}

Result<void> StateFile::read_balances(StoredState& out) {
  auto s = prepare("SELECT asset, total, hold FROM balances ORDER BY asset");
  if (!s) return s.error();
  const bool ok = rows(*s, [&](Row& r) {
    StoredState::Holding h;
    h.asset = r.text();
    h.balance.total = r.amount();
    h.balance.hold = r.amount();
    if (h.balance.hold < Decimal::zero() || h.balance.hold > h.balance.total) r.bad();
    out.balances.push_back(std::move(h));
  });
  if (!ok) return error("STATE_CORRUPT", "table balances breaks its own rules");
  return {};
}

Result<StoredState> StateFile::read() {
  StoredState out;
  if (auto r = read_orders(out); !r) return r.error();
  if (auto r = read_fills(out); !r) return r.error();
  if (auto r = read_balances(out); !r) return r.error();
  out.is_new = out.orders.empty() && out.balances.empty();
  return out;
}

}  // namespace bowline::broker_mock
