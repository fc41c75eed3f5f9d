#include "data/convert.hpp"

#include <algorithm>

#include "data/candle_file.hpp"
#include "data/interval.hpp"
#include "data/price_store.hpp"

namespace bowline::data {
namespace {

/// The one series of the store that is meant.
Result<StoredSeries> choose(const PriceStore& store, const ConvertAsk& ask) {
  auto all = store.series();
  if (!all) return all.error();
  std::erase_if(*all,
                [&](const StoredSeries& s) { return (!ask.product.empty() && s.product != ask.product) || (ask.step != 0 && s.step != ask.step); });
  if (all->size() == 1) return all->front();
  std::string names;
  for (const StoredSeries& s : *all) names += (names.empty() ? "" : ", ") + s.product + " " + interval_name(s.step);
  return Error{"DATA_STORE_ABSENT", ask.from.string() + (all->empty() ? ": the store has no such series: bowline data list shows what it has"
                                                                      : ": say which by --product and --interval: " + names)};
}

Result<Candles> take_in(const ConvertAsk& ask, ConvertDone& done) {
  if (is_candle_path(ask.from)) {
    auto file = read_candles(ask.from, ask.step);
    if (!file) return file.error();
    done.product = ask.product.empty() ? name_of(ask.from).product : ask.product;
    done.step = file->step;
    done.rounded = file->rounded;
    done.duplicates = file->duplicates;
    done.may_be_cut = file->may_be_cut;
    return std::move(file->candles);
  }
  const auto store = PriceStore::open(ask.from, PriceStore::Access::read);
  if (!store) return store.error();
  const auto series = choose(**store, ask);
  if (!series) return series.error();
  done.product = series->product;
  done.step = series->step;
  return (*store)->read(series->product, series->step, {series->first_s, series->last_s + series->step});
}

}  // namespace

Result<ConvertDone> convert(const ConvertAsk& ask) {
  ConvertDone done;
  std::error_code ec;
  if (is_candle_path(ask.to) && !ask.force && std::filesystem::exists(ask.to, ec))
    return Error{"DATA_FILE_EXISTS", ask.to.string() + ": it is there already: --force replaces it"};
  auto taken = take_in(ask, done);
  if (!taken) return taken.error();
  Candles candles = within(*taken, {ask.range.from_s, ask.range.to_s == INT64_MAX ? INT64_MAX : ask.range.to_s - done.step + 1});
  done.read = candles.size();
  done.to_step = ask.to_step == 0 ? done.step : ask.to_step;
  if (done.to_step == done.step) {
    done.gaps = gaps(candles, done.step);
  } else {
    auto made = resample(candles, done.step, done.to_step);
    if (!made) return made.error();
    candles = std::move(made->candles);
    done.gaps = std::move(made->partial);
  }
  done.written = candles.size();
  if (candles.empty())
    return Error{"DATA_RANGE_INVALID",
                 ask.from.string() + ": no candle is left to write: none is between --from and --to, or none could be made whole"};
  if (is_candle_path(ask.to)) {
    if (auto written = write_candles(ask.to, candles, ask.force ? Replace::yes : Replace::no); !written) return written.error();
    return done;
  }
  const auto store = PriceStore::open(ask.to, PriceStore::Access::write);
  if (!store) return store.error();
  const auto stored = (*store)->write(done.product, done.to_step, candles, ask.force);
  if (!stored) return stored.error();
  done.same = stored->same;
  done.replaced = stored->replaced;
  return done;
}

}  // namespace bowline::data
