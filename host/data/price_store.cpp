#include "data/price_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "data/codes.hpp"
#include "data/interval.hpp"
#include "store/migrations.hpp"
#include "store/query.hpp"

namespace bowline::data {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr const char* prices_name = "crypto_prices.db";

/// The locks of a host that writes candles: held while this does, so that neither meets the other.
class HostLocks {
  std::vector<int> held_;

 public:
  HostLocks() = default;
  ~HostLocks() {
    for (const int fd : held_) ::close(fd);
  }
  HostLocks(const HostLocks&) = delete;
  HostLocks& operator=(const HostLocks&) = delete;
  Result<void> take(const std::filesystem::path& folder) {
    for (const char* role : {"host", "signal-generator"}) {
      const auto file = folder / (std::string("crypto_transactions.db.") + role + ".lock");
      const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
      if (fd < 0) return Error{"STORE_READ_ONLY", "store " + file.string() + ": can't be opened: check folder and owner"};
      held_.push_back(fd);
      if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
        return Error{"STORE_LOCKED",
                     "store " + folder.string() + ": a bowline runs on it, or another one writes to it: stop that one, or give another folder"};
    }
    return {};
  }
};

}  // namespace

struct PriceStore::Impl {
  std::filesystem::path file;
  HostLocks locks;
  store::Database db;
};

PriceStore::PriceStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PriceStore::~PriceStore() = default;

std::filesystem::path PriceStore::file_of(const std::filesystem::path& where) {
  return where.extension() == ".db" ? where : where / prices_name;
}

Result<std::unique_ptr<PriceStore>> PriceStore::open(const std::filesystem::path& where, Access access) {
  auto impl = std::make_unique<Impl>();
  impl->file = file_of(where);
  std::error_code ec;
  if (access == Access::read) {
    if (!std::filesystem::exists(impl->file, ec)) return Error{"DATA_STORE_ABSENT", impl->file.string() + ": there is no such store"};
    auto db = store::Database::open(impl->file, store::Database::Access::read);
    if (!db) return db.error();
    impl->db = std::move(*db);
  } else {
    const auto folder = impl->file.parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, ec);
    if (auto done = impl->locks.take(folder.empty() ? "." : folder); !done) return done.error();
    if (const auto ready = store::migrate(impl->file, store::prices_migrations()); !ready) return ready.error();
    auto db = store::Database::open(impl->file, store::Database::Access::write);
    if (!db) return db.error();
    impl->db = std::move(*db);
    if (auto done = impl->db.exec("PRAGMA synchronous=FULL"); !done) return done.error();
  }
  return std::unique_ptr<PriceStore>(new PriceStore(std::move(impl)));
}

Result<std::vector<StoredSeries>> PriceStore::series() const {
  store::Query q(impl_->db, "SELECT symbol, close_ns-open_ns, count(*), min(open_ns), max(open_ns) FROM candles GROUP BY 1, 2 ORDER BY 1, 2");
  std::vector<StoredSeries> all;
  while (q.next()) {
    if (q.integer(1) <= 0 || q.integer(1) % second != 0) continue;
    all.push_back(
        {std::string(q.bytes(0)), q.integer(1) / second, static_cast<std::uint64_t>(q.integer(2)), q.integer(3) / second, q.integer(4) / second});
  }
  if (q.failed()) return impl_->db.fault();
  return all;
}

Result<Candles> PriceStore::read(const std::string& product, std::int64_t step, Range range) const {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / second;
  store::Query q(impl_->db, "SELECT open_ns, px_exp, qty_exp, open, high, low, close, volume FROM candles "
                            "WHERE symbol=? AND open_ns>=? AND open_ns<? AND close_ns-open_ns=? ORDER BY open_ns");
  q.bind(product).bind(std::max(range.from_s, -most) * second).bind(std::min(range.to_s, most) * second).bind(step * second);
  Candles all;
  while (q.next()) {
    const std::int64_t open_ns = q.integer(0), px_exp = q.integer(1), qty_exp = q.integer(2);
    const Mantissas m{
        static_cast<std::int8_t>(px_exp), static_cast<std::int8_t>(qty_exp), q.integer(3), q.integer(4), q.integer(5), q.integer(6), q.integer(7)};
    const bool exponents = px_exp >= -Decimal::scale && px_exp <= Decimal::scale && qty_exp >= -Decimal::scale && qty_exp <= Decimal::scale;
    const auto c = exponents && open_ns % second == 0 ? candle_of(open_ns / second, m) : std::nullopt;
    if (!c)
      return Error{std::string(code::row_out_of_range),
                   impl_->file.string() + ": the candle of " + product + " at " + instant(open_ns / second) + " can't be told exactly"};
    all.push_back(*c);
  }
  if (q.failed()) return impl_->db.fault();
  return all;
}

Result<Stored> PriceStore::write(const std::string& product, std::int64_t step, const Candles& candles, bool replace) {
  if (candles.empty()) return Stored{};
  const auto there = read(product, step, {candles.front().open_s, candles.back().open_s + step});
  if (!there) return there.error();
  Stored done;
  auto old = there->begin();
  if (auto begun = impl_->db.exec("BEGIN IMMEDIATE"); !begun) return begun.error();
  const auto give_up = [this](Error why) {
    static_cast<void>(impl_->db.exec("ROLLBACK"));
    return why;
  };
  for (const Candle& c : candles) {
    while (old != there->end() && old->open_s < c.open_s) ++old;
    const bool taken = old != there->end() && old->open_s == c.open_s;
    if (taken && *old == c) {
      ++done.same;
      continue;
    }
    if (taken && !replace)
      return give_up({"DATA_STORE_CONFLICT", impl_->file.string() + ": the candle of " + product + " at " + instant(c.open_s) +
                                                 " is there and says something else: --force replaces it"});
    const auto m = mantissas(c);
    if (!m)
      return give_up({std::string(code::row_out_of_range), "the candle of " + instant(c.open_s) + " has numbers of too many digits for the store"});
    ++(taken ? done.replaced : done.fresh);
    // Nothing acted on it, and it came with no event.
    store::Query q(impl_->db, "INSERT OR REPLACE INTO candles VALUES(?,?,?,?,?,?,?,?,?,?,0,0)");
    q.bind(product).bind(c.open_s * second).bind((c.open_s + step) * second).bind(std::int64_t{m->px_exp}).bind(std::int64_t{m->qty_exp});
    q.bind(m->open).bind(m->high).bind(m->low).bind(m->close).bind(m->volume);
    static_cast<void>(q.next());
    if (q.failed()) return give_up(impl_->db.fault());
  }
  if (auto committed = impl_->db.exec("COMMIT"); !committed) return give_up(committed.error());
  return done;
}

}  // namespace bowline::data
