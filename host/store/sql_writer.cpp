#include "store/sql_writer.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <optional>

#include "core/contract.hpp"
#include "store/migrations.hpp"
#include "store/sql_store.hpp"

namespace bowline::store {
namespace {

/// A row would take the place of another thing's row.
struct RowTaken : soci::soci_error {
  explicit RowTaken(const std::string& table)
      : soci::soci_error("a row of " + table + " has its key already and says something else: it is of another run, or two things "
                         "were given one id; neither is overwritten") {}
};

/// What becomes of a row whose key is taken.
enum class Taken {
  same,     ///< it has to say the same: a batch that is written again, a service that decides a run's steps anew
  grows,    ///< the newer state of the same thing (an order): what identifies it has to be the same
  latest,   ///< the newer one stands: what was said again in the same run
};

/// One reused INSERT. `kinds` has a letter per column: i integer, d double (NaN = NULL), t text (decimal not set = NULL),
/// b bytes.
class Insert {
  struct Cell {
    long long i = 0;
    double d = 0;
    std::string t;
    soci::indicator ind = soci::i_ok;
  };
  std::deque<Cell> cells_;  // their addresses are bound
  std::optional<soci::blob> blob_;
  soci::session& session_;
  const std::string into_, kinds_;
  const Taken taken_;
  soci::statement st_;
  std::size_t at_ = 0;

  void bind(soci::statement& st, std::size_t n) {
    Cell& c = cells_[n];
    if (kinds_[n] == 'i') st.exchange(soci::use(c.i, c.ind));
    if (kinds_[n] == 'd') st.exchange(soci::use(c.d, c.ind));
    if (kinds_[n] == 't') st.exchange(soci::use(c.t, c.ind));
    if (kinds_[n] == 'b') st.exchange(soci::use(blob_ ? *blob_ : blob_.emplace(session_)));
  }
  std::vector<std::string> columns() {
    std::vector<std::string> names;
    const soci::rowset<std::string> rows = (session_.prepare << "SELECT name FROM pragma_table_info('" + into_ + "') ORDER BY cid");
    for (const std::string& name : rows) names.push_back(name);
    BOWLINE_INVARIANT(names.size() == kinds_.size());
    return names;
  }
  /// Whether the row that has the key says what this one does. `seq` counts a process's own events: a service that was
  /// started anew counts them anew.
  bool says_the_same() {
    const std::vector<std::string> names = columns();
    soci::statement ask(session_);
    std::string sql = "SELECT count(*) FROM " + into_ + " WHERE 1";
    ask.alloc();
    for (std::size_t n = 0; n < names.size(); ++n) {
      if (names[n] == "seq") continue;
      sql += " AND " + names[n] + " IS ?";
      bind(ask, n);
    }
    int found = 0;
    ask.exchange(soci::into(found));
    ask.prepare(sql);
    ask.define_and_bind();
    ask.execute(true);
    return found != 0;
  }

 public:
  Insert(soci::session& s, const std::string& into, std::string_view kinds, Taken taken)
      : session_(s), into_(into), kinds_(kinds), taken_(taken), st_(s) {
    std::string sql = (taken == Taken::latest ? "INSERT OR REPLACE INTO " : "INSERT INTO ") + into + " VALUES(";
    st_.alloc();
    for (std::size_t n = 0; n < kinds_.size(); ++n) {
      sql += n == 0 ? "?" : ",?";
      cells_.emplace_back();
      bind(st_, n);
    }
    sql += ")";
    if (taken == Taken::same) sql += " ON CONFLICT DO NOTHING";
    if (taken == Taken::grows) {
      sql += " ON CONFLICT(id) DO UPDATE SET ";
      std::string set;
      for (const std::string& name : columns())
        if (name != "id") set += (set.empty() ? "" : ",") + name + "=excluded." + name;
      sql += set + " WHERE decision_id=excluded.decision_id AND symbol=excluded.symbol AND side=excluded.side"
                   " AND decided_ns=excluded.decided_ns";
    }
    st_.prepare(sql);
    st_.define_and_bind();
  }
  template <class Int>
    requires std::is_integral_v<Int>
  Insert& operator<<(Int v) {
    cells_[at_++].i = static_cast<long long>(v);
    return *this;
  }
  Insert& operator<<(double v) {
    Cell& c = cells_[at_++];
    c.ind = std::isnan(v) ? soci::i_null : soci::i_ok;
    c.d = v;
    return *this;
  }
  Insert& operator<<(std::string_view v) {
    cells_[at_++].t.assign(v);
    return *this;
  }
  Insert& operator<<(const core::SharedText& v) { return *this << (v ? std::string_view(*v) : std::string_view{}); }
  Insert& operator<<(const core::ClientOrderId& v) { return *this << v.view(); }
  Insert& operator<<(core::Id128 id) {
    std::string& t = cells_[at_++].t;
    t.resize(32);
    id.hex_to(t.data());
    return *this;
  }
  Insert& operator<<(Decimal v) {
    Cell& c = cells_[at_++];
    c.ind = v.is_set() ? soci::i_ok : soci::i_null;
    c.t.clear();
    if (v.is_set()) v.append_to(c.t);
    return *this;
  }
  Insert& operator<<(std::span<const double> values) {
    ++at_;
    blob_->trim(0);
    if (!values.empty()) blob_->write(0, reinterpret_cast<const char*>(values.data()), values.size_bytes());
    return *this;
  }
  void go() {
    BOWLINE_INVARIANT(at_ == cells_.size());
    at_ = 0;
    st_.execute(true);
    if (taken_ == Taken::latest || st_.get_affected_rows() != 0) return;
    if (taken_ == Taken::grows || !says_the_same()) throw RowTaken(into_);
  }
  void reset() noexcept { at_ = 0; }  // a write failed half-way
};

/// The column id_key: the first eight bytes of the id, as the readers' look-ups compute it.
std::int64_t id_key(core::Id128 id) { return static_cast<std::int64_t>(id.hi); }
std::string_view verdict(std::uint8_t a) { return a == 0 ? "reject" : a == 1 ? "allow" : "shrink"; }
std::string_view outcome(core::Outcome o) {
  return o == core::Outcome::hit ? "hit" : o == core::Outcome::miss ? "miss" : "tie";
}

Error error_of(const std::filesystem::path& file, const soci::soci_error& e) {
  const std::string what = e.what();
  std::string code = "STORE_OPEN";
  if (const auto* s = dynamic_cast<const soci::sqlite3_soci_error*>(&e)) {
    const int rc = s->result() & 0xff;
    if (rc == 5 || rc == 6) code = "STORE_LOCKED";
    if (rc == 8 || rc == 3) code = "STORE_READ_ONLY";
    if (rc == 13) code = "STORE_FULL";
  }
  // SOCI keeps the number of some failures to itself; the text is SQLite's own and stable.
  if (what.find("is full") != std::string::npos) code = "STORE_FULL";
  if (what.find("is locked") != std::string::npos) code = "STORE_LOCKED";
  if (what.find("readonly") != std::string::npos) code = "STORE_READ_ONLY";
  if (dynamic_cast<const RowTaken*>(&e) != nullptr) code = "STORE_ROW_TAKEN";
  return Error{code, "store " + file.string() + ": " + what + "; entries stay denied until it can be written"};
}

Result<void> check_stamp(soci::session& s, const std::filesystem::path& file, const Stamp& run) {
  int rows = 0;
  s << "SELECT count(*) FROM stamp", soci::into(rows);
  if (rows == 0) {
    s << "INSERT INTO stamp VALUES(?,?,?)", soci::use(run.mode), soci::use(run.venue), soci::use(run.portfolio);
    return {};
  }
  Stamp has;
  s << "SELECT mode, venue, portfolio FROM stamp", soci::into(has.mode), soci::into(has.venue), soci::into(has.portfolio);
  if (has.mode == run.mode && has.venue == run.venue && has.portfolio == run.portfolio) return {};
  const auto say = [](const Stamp& x) { return "mode " + x.mode + ", venue " + x.venue + ", portfolio " + x.portfolio; };
  return Error{"STORE_STAMP", "store " + file.string() + ": belongs to " + say(has) + "; this run is " + say(run) +
                                  ": give another --var folder"};
}

Result<void> connect(soci::session& s, const std::filesystem::path& file, const std::vector<Migration>& known,
                     const StoreOptions& o) try {
  if (auto st = migrate(file, known); !st) return st.error();
  s.open(soci::sqlite3, "dbname=\"" + file.string() + "\" timeout=2");
  s << "PRAGMA journal_mode=WAL";
  s << "PRAGMA synchronous=NORMAL";
  s << "PRAGMA cache_size=-32768";          // 32 MiB: the leaves of the id indexes stay in memory
  s << "PRAGMA wal_autocheckpoint=8192";    // pages: a page that changes often is copied to the file less often
  s << "BEGIN IMMEDIATE";
  auto stamped = check_stamp(s, file, o.stamp);
  s << "COMMIT";
  if (o.max_pages > 0) s << "PRAGMA max_page_count=" + std::to_string(o.max_pages);
  return stamped;
} catch (const soci::soci_error& e) {
  return error_of(file, e);
}

}  // namespace

struct SqlWriter::Impl {
  std::filesystem::path prices_file, transactions_file;
  const core::InstrumentTable& table;
  const core::DataSymbols data;
  soci::session prices, transactions;
  std::deque<Insert> all;
  Insert *candle, *feature, *name, *signal, *resolved, *decision, *decision_check, *sizing, *order_check, *order, *order_event,
      *fill, *portfolio, *rebalance, *weight, *event, *audit, *cause, *contribution, *cost, *netting, *exchange;
  std::string symbols, quality;  // reused

  explicit Impl(const StoreOptions& o) : prices_file(o.prices), transactions_file(o.transactions), table(*o.instruments), data(o.data) {}
  void prepare() {
    const auto p = [this](const char* into, const char* kinds) { return &all.emplace_back(prices, into, kinds, Taken::latest); };
    const auto t = [this](const char* into, const char* kinds, Taken taken = Taken::same) {
      return &all.emplace_back(transactions, into, kinds, taken);
    };
    candle = p("candles", "tiiiiiiiiiii");
    feature = p("features", "ittttb");
    name = p("feature_names", "tit");
    signal = p("signals", "tittttdddddddtiiii");
    resolved = p("signal_outcomes", "titdi");
    decision = t("decisions", "titttdddddddiii");
    decision_check = t("decision_checks", "tittttttt");
    // A target that stands is sized again at each step: the last word is kept.
    sizing = t("order_decisions", "ttttiitdttttt", Taken::latest);
    order_check = t("order_checks", "titttittttttt", Taken::latest);
    order = t("orders", "tttttttittttiiittttttti", Taken::grows);
    order_event = t("order_events", "tiitttt");
    fill = t("fills", "tttittitttti");
    portfolio = t("portfolio_history", "iittttttt");
    rebalance = t("rebalances", "titii");
    weight = t("rebalance_weights", "ttd");
    event = t("core_events", "iitt");
    audit = t("audit", "iittttt");
    cause = p("signal_causes", "tiitttddddddddii");
    contribution = p("contributions", "tittiidi");
    cost = t("decision_costs", "tdddi");
    netting = t("order_netting", "titttiittdit", Taken::latest);
    exchange = t("venue_exchanges", "tiitttti");
  }
  std::string_view symbol(core::InstrumentId id) const {
    return id ? std::string_view(table[id].symbol) : std::string_view{};
  }
  /// In the store of prices: what was told and what models said of it.
  std::string_view data_symbol(core::InstrumentId id) const { return id ? data.of(table[id]) : std::string_view{}; }
  template <class Key>
  void checks(Insert& into, const std::vector<core::CheckRecord>& list, const Key& key) {
    int n = 0;
    for (const core::CheckRecord& c : list) {
      key(into);
      into << n++ << c.rule_source << verdict(c.action) << std::string_view(c.code) << c.value << c.limit << c.max_qty
           << std::string_view(c.reason);
      into.go();
    }
  }
  void operator()(const core::CandleRecord& r) {
    *candle << data_symbol(r.instrument) << r.open_ns << r.close_ns << int{r.px_exp} << int{r.qty_exp} << r.open << r.high << r.low
            << r.close << r.volume << r.acted_on << r.seq;
    candle->go();
  }
  void operator()(const core::FeatureRecord& r) {
    symbols.clear();
    quality.clear();
    for (const auto id : r.instruments) symbols.append(symbols.empty() ? "" : ",").append(data_symbol(id));
    for (const auto q : r.quality) quality.append(quality.empty() ? "" : ",").append(std::to_string(q));
    *feature << r.time << r.instance << r.names_hash << std::string_view(symbols) << std::string_view(quality)
             << std::span<const double>(r.values);
    feature->go();
  }
  void operator()(const core::SignalRecord& r) {
    *signal << r.id << r.time << data_symbol(r.instrument) << to_string(r.action) << r.source << r.model << r.p_up << r.p_flat
            << r.p_down << r.confidence << r.weight << r.threshold << r.expected_move << r.ref_px << r.horizon_ns << r.valid_until
            << r.seq << id_key(r.id);
    signal->go();
  }
  void operator()(const core::OutcomeRecord& r) {
    *resolved << r.signal << r.resolved_at << outcome(r.outcome) << r.move << id_key(r.signal);
    resolved->go();
  }
  void operator()(const core::DecisionRecord& r) {
    *decision << r.id << r.time << symbol(r.instrument) << to_string(r.action) << r.code << r.target_weight << r.held_weight
              << r.expected_move << r.cost << r.max_position << r.p_up << r.threshold << r.portfolio_version << r.seq
              << id_key(r.id);
    decision->go();
    checks(*decision_check, r.checks, [&](Insert& i) { i << r.id; });
    if (!r.costs) return;
    *cost << r.id << r.costs->fee_rate << r.costs->half_spread_rate << r.costs->margin_rate << int{r.costs->gate};
    cost->go();
  }
  void operator()(const core::SizingRecord& r) {
    *sizing << r.decision << symbol(r.instrument) << to_string(r.purpose) << r.order << r.seq << r.time << r.code
            << r.target_weight << r.equity << r.price << r.held_qty << r.wanted_qty << r.order_qty;
    sizing->go();
    checks(*order_check, r.checks,
           [&](Insert& i) { i << r.decision << r.seq << symbol(r.instrument) << to_string(r.purpose) << r.order; });
    int n = 0;
    for (const core::LostTarget& l : r.lost) {
      *netting << r.decision << r.seq << symbol(r.instrument) << to_string(r.purpose) << r.order << n++ << r.time << l.decision
               << to_string(l.purpose) << l.weight << l.valid_until << l.reason;
      netting->go();
    }
  }
  void operator()(const core::OrderRecord& r) {
    *order << r.id << r.decision << symbol(r.instrument) << to_string(r.purpose) << to_string(r.side) << to_string(r.type)
           << to_string(r.tif) << r.flags << r.qty << r.quote_qty << r.limit_px << r.stop_px << r.expire_ns << r.decided_ns
           << r.updated_ns << std::string_view(r.state) << std::string_view(r.venue_id) << std::string_view(r.reason) << r.cum_qty
           << r.cum_quote << r.cum_fee << r.decision_px << r.seq;
    order->go();
  }
  void operator()(const core::OrderEventRecord& r) {
    *order_event << r.order << r.seq << r.time << std::string_view(r.event) << std::string_view(r.from) << std::string_view(r.to)
                 << std::string_view(r.text);
    order_event->go();
  }
  void operator()(const core::FillRecord& r) {
    *fill << std::string_view(r.fill_id) << r.order << r.decision << r.time << symbol(r.instrument) << to_string(r.side)
          << int{r.liquidity} << r.px << r.qty << r.fee
          << (r.fee_asset ? std::string_view(table.asset_code(r.fee_asset)) : std::string_view{}) << r.seq;
    fill->go();
  }
  void operator()(const core::PortfolioRecord& r) {
    *portfolio << r.time << r.version << r.equity << r.cash << r.exposure << r.realised << r.unrealised << r.fees << r.peak;
    portfolio->go();
  }
  void operator()(const core::RebalanceRecord& r) {
    *rebalance << std::string_view(r.id) << r.time << r.instance << r.portfolio_version << r.seq;
    rebalance->go();
    for (const auto& [id, w] : r.weights) {
      *weight << std::string_view(r.id) << symbol(id) << w;
      weight->go();
    }
  }
  void operator()(const core::EventRecord& r) {
    *event << r.seq << r.time << std::string_view(r.type) << std::string_view(r.payload);
    event->go();
  }
  void operator()(const core::CauseRecord& r) {
    *cause << r.signal << r.time << r.n << r.instance << r.model << to_string(r.action) << r.weight << r.p_up << r.p_flat << r.p_down
           << r.expected_move << r.return_up << r.return_flat << r.return_down << r.seq << id_key(r.signal);
    cause->go();
  }
  void operator()(const core::ContributionRecord& r) {
    const std::string_view output = r.output == core::Action::buy ? "up" : r.output == core::Action::sell ? "down" : "flat";
    int n = 0;
    for (const auto& [col, value] : r.parts) {
      *contribution << r.signal << r.time << r.instance << output << n++ << col << value << id_key(r.signal);
      contribution->go();
    }
  }
  void operator()(const core::ExchangeRecord& r) {
    *exchange << r.order << r.seq << r.time << r.way << std::string_view(r.what) << std::string_view(r.state) << std::string_view(r.text)
              << r.again;
    exchange->go();
  }
  void operator()(const core::AuditRecord& r) {
    *audit << r.seq << r.time << std::string_view(r.principal) << std::string_view(r.action) << std::string_view(r.subject)
           << std::string_view(r.reason) << std::string_view(r.request_id);
    audit->go();
  }
};

bool SqlWriter::used(const std::vector<std::string>& roles) {
  const auto any = [](soci::session& s, std::initializer_list<const char*> tables) {
    return std::any_of(tables.begin(), tables.end(), [&s](const char* table) {
      int found = 0;
      s << std::string("SELECT EXISTS(SELECT 1 FROM ") + table + ")", soci::into(found);
      return found != 0;
    });
  };
  const auto is = [&roles](const char* role) { return roles.empty() || std::find(roles.begin(), roles.end(), role) != roles.end(); };
  return (is("signal-generator") && any(impl_->prices, {"candles", "features", "signals"})) ||
         (is("signal-bridge") && any(impl_->transactions, {"decisions"})) ||
         (is("portfolio-rebalancer") && any(impl_->transactions, {"rebalances"})) ||
         (is("trade-execution") &&
          any(impl_->transactions, {"order_decisions", "orders", "order_events", "fills", "portfolio_history", "core_events", "audit"}));
}

core::Nanos SqlWriter::last_step() {
  long long time = 0;
  soci::indicator none = soci::i_ok;
  impl_->transactions << "SELECT max(time_ns) FROM portfolio_history", soci::into(time, none);
  return none == soci::i_ok ? time : 0;
}

std::uint64_t SqlWriter::plans_at(core::Nanos time) {
  const long long t = time;
  long long plans = 0;
  impl_->transactions << "SELECT count(*) FROM rebalances WHERE time_ns=?", soci::use(t), soci::into(plans);
  return static_cast<std::uint64_t>(plans);
}

std::vector<core::AuditRecord> SqlWriter::audit_from(core::Nanos time) {
  const long long from = time;
  long long seq = 0, at = 0;
  core::AuditRecord r;
  soci::statement rows = (impl_->transactions.prepare
                              << "SELECT seq, time_ns, principal, action, subject, reason, request_id FROM audit WHERE time_ns>=? ORDER BY time_ns, rowid",
                          soci::into(seq), soci::into(at), soci::into(r.principal), soci::into(r.action), soci::into(r.subject), soci::into(r.reason),
                          soci::into(r.request_id), soci::use(from));
  std::vector<core::AuditRecord> all;
  for (bool more = rows.execute(true); more; more = rows.fetch()) {
    r.seq = static_cast<std::uint64_t>(seq);
    r.time = at;
    all.push_back(r);
  }
  return all;
}

void SqlWriter::forget_after(core::Nanos decided, core::Nanos told) {
  soci::session& s = impl_->transactions;
  soci::transaction all(s);
  const auto take_away = [&s](core::Nanos time, std::initializer_list<const char*> statements) {
    const long long t = time;
    for (const char* sql : statements) s << sql, soci::use(t);
  };
  take_away(decided, {"DELETE FROM decision_checks WHERE decision_id IN (SELECT id FROM decisions WHERE time_ns>?)",
                      "DELETE FROM decision_costs WHERE decision_id IN (SELECT id FROM decisions WHERE time_ns>?)",
                      "DELETE FROM order_netting WHERE order_id='' AND time_ns>?",
                      "DELETE FROM decisions WHERE time_ns>?",
                      "DELETE FROM order_checks WHERE order_id='' AND (decision_id, seq) IN (SELECT decision_id, seq FROM order_decisions WHERE time_ns>?)",
                      "DELETE FROM order_decisions WHERE order_id='' AND time_ns>?", "DELETE FROM portfolio_history WHERE time_ns>?",
                      "DELETE FROM rebalance_weights WHERE rebalance_id IN (SELECT id FROM rebalances WHERE time_ns>?)",
                      "DELETE FROM rebalances WHERE time_ns>?"});
  take_away(told, {"DELETE FROM order_events WHERE time_ns>=?", "DELETE FROM fills WHERE time_ns>=?",
                   "DELETE FROM order_checks WHERE order_id<>'' AND (decision_id, seq) IN (SELECT decision_id, seq FROM order_decisions WHERE time_ns>=?)",
                   "DELETE FROM order_decisions WHERE order_id<>'' AND time_ns>=?"});
  all.commit();
}

SqlWriter::SqlWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqlWriter::~SqlWriter() = default;

Result<std::unique_ptr<SqlWriter>> SqlWriter::open(const StoreOptions& o) {
  BOWLINE_EXPECTS(o.instruments != nullptr);
  auto impl = std::make_unique<Impl>(o);
  if (auto r = connect(impl->prices, o.prices, prices_migrations(), o); !r) return r.error();
  if (auto r = connect(impl->transactions, o.transactions, transactions_migrations(), o); !r) return r.error();
  try {
    impl->prepare();
  } catch (const soci::soci_error& e) {
    return error_of(o.prices, e);
  }
  return std::unique_ptr<SqlWriter>(new SqlWriter(std::move(impl)));
}

Result<void> SqlWriter::write(std::span<const FeatureNames> names, std::span<const core::Record> records) {
  try {
    // Transactions are rolled back by their destructors; prices first, so that a decision never lacks its signal.
    soci::transaction tp(impl_->prices), tt(impl_->transactions);
    for (const auto& [hash, list] : names)
      for (std::size_t i = 0; i < list.size(); ++i) {
        *impl_->name << std::string_view(hash) << i << std::string_view(list[i]);
        impl_->name->go();
      }
    for (const core::Record& r : records) std::visit(*impl_, r);
    tp.commit();
    tt.commit();
    return {};
  } catch (const soci::soci_error& e) {
    for (Insert& i : impl_->all) i.reset();
    return error_of(impl_->transactions_file, e);
  }
}

}  // namespace bowline::store
