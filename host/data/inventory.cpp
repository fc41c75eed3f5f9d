#include "data/inventory.hpp"

#include <algorithm>

#include "data/candle_file.hpp"
#include "data/check.hpp"
#include "data/price_store.hpp"

namespace bowline::data {
namespace {

namespace fs = std::filesystem;

void fill(Holding& h, const CheckReport& r) {
  h.step = r.step;
  h.candles = r.candles;
  h.gaps = r.gaps;
  h.missing = r.missing;
  h.first_s = r.first_s;
  h.last_s = r.last_s;
  h.faults = r.faults;
}

CheckOptions counting(std::int64_t step) {
  CheckOptions o;
  o.step = step;
  o.allow_gaps = UINT64_MAX;
  o.listed = 0;
  return o;
}

void add_file(const fs::path& path, std::vector<Holding>& out) {
  Holding h;
  std::error_code ec;
  h.where = path;
  h.product = name_of(path).product;
  h.bytes = fs::file_size(path, ec);
  if (const auto report = check_file(path, counting(0))) fill(h, *report);
  else h.error = report.error();
  out.push_back(std::move(h));
}

void add_store(const fs::path& path, std::vector<Holding>& out) {
  Holding h;
  std::error_code ec;
  h.where = path;
  h.store = true;
  h.bytes = fs::file_size(path, ec);
  const auto store = PriceStore::open(path, PriceStore::Access::read);
  const auto all = store ? (*store)->series() : Result<std::vector<StoredSeries>>(store.error());
  if (!all) {
    h.error = all.error();
    out.push_back(std::move(h));
    return;
  }
  for (const StoredSeries& s : *all) {
    Holding one = h;
    one.product = s.product;
    one.step = s.step;
    if (const auto candles = (*store)->read(s.product, s.step, {s.first_s, s.last_s + 1})) fill(one, check_series(*candles, counting(s.step)));
    else one.error = candles.error();
    out.push_back(std::move(one));
  }
}

}  // namespace

Result<std::vector<Holding>> holdings(const fs::path& under) {
  std::error_code ec;
  std::vector<fs::path> found;
  if (fs::is_regular_file(under, ec)) {
    found.push_back(under);
  } else {
    fs::recursive_directory_iterator at(under, ec);
    for (; !ec && at != fs::recursive_directory_iterator(); at.increment(ec)) {
      std::error_code kind;
      const fs::path& p = at->path();
      if (at->is_regular_file(kind) && (is_candle_path(p) || p.filename() == "crypto_prices.db")) found.push_back(p);
    }
    if (ec) return Error{"DATA_FILE_UNREADABLE", under.string() + ": cannot look into it: " + ec.message()};
  }
  std::sort(found.begin(), found.end());
  std::vector<Holding> all;
  for (const fs::path& p : found) p.extension() == ".db" ? add_store(p, all) : add_file(p, all);
  return all;
}

}  // namespace bowline::data
