#include "data/download.hpp"

#include <algorithm>
#include <optional>

#include "data/candle_file.hpp"
#include "data/interval.hpp"
#include "data/part_file.hpp"
#include "data/plan.hpp"
#include "data/price_store.hpp"
#include "data/venue.hpp"

namespace bowline::data {
namespace {

/// What is at the targets already.
struct There {
  Candles candles;   // of all of them, and beyond the range too: a file is written whole
  RangeSet known;    // what need not be asked for
  RangeSet asked;    // of the file's provenance
  bool file = false;
};

Result<There> look(const DownloadAsk& ask) {
  There there;
  std::error_code ec;
  if (!ask.file.empty() && std::filesystem::exists(ask.file, ec)) {
    auto old = read_candles(ask.file, ask.step);
    if (!old) return old.error();
    if (old->provenance && old->provenance->source != ask.source)
      return Error{"DATA_SOURCE_DIFFERS",
                   ask.file.string() + ": it is from " + old->provenance->source + " and not from " + ask.source + ": give another folder"};
    there.file = true;
    if (old->provenance) there.asked = old->provenance->asked;
    there.known = covered(old->candles, ask.step);
    there.known.add(there.asked);
    there.candles = std::move(old->candles);
  }
  if (ask.store != nullptr) {
    auto stored = ask.store->read(ask.product, ask.step, ask.range);
    if (!stored) return stored.error();
    there.known.add(covered(*stored, ask.step));
    auto both = merged(std::move(there.candles), *stored);
    if (!both) return Error{both.error().code, "file and store differ: " + both.error().message};
    there.candles = std::move(*both);
  }
  return there;
}

/// For what of the question its answer stands for good.
Range believed(Range q, const CandlePage& page, const DownloadAsk& ask) {
  if (q.to_s <= ask.young_s) return q;
  const std::int64_t told = page.candles.empty() ? q.from_s : page.candles.back().open_s + ask.step;
  return {q.from_s, std::min(q.to_s, std::max(told, ask.young_s / ask.step * ask.step))};
}

}  // namespace

Result<DownloadDone> download(const DownloadAsk& ask, Venue& venue, const std::function<void(std::size_t done, std::size_t all)>& on_question) {
  auto there = look(ask);
  if (!there) return there.error();
  auto opened = PartFile::open(ask.part, ask.product + " " + interval_name(ask.step) + " " + ask.source, ask.step);
  if (!opened) return opened.error();
  PartFile& part = **opened;
  RangeSet known = there->known;
  known.add(part.asked());
  const std::vector<Range> todo = questions(known, ask.range, ask.step);
  DownloadDone done;
  for (const Range& q : todo) {
    on_question(done.questions, todo.size());
    auto page = venue.candles(ask.product, ask.step, q);
    if (!page) return page.error();
    if (const Range told = believed(q, *page, ask); !told.empty())
      if (auto kept = part.add(told, *page); !kept) return kept.error();
    ++done.questions;
  }
  on_question(todo.size(), todo.size());

  // The first word stands: a question may reach over what is there, and what an interrupted download had kept may be there by now.
  Candles fresh;
  for (const Candle& c : part.candles())
    if (!there->known.covers({c.open_s, c.open_s + ask.step})) fresh.push_back(c);
  auto all = merged(std::move(there->candles), fresh);
  if (!all) return all.error();
  const Candles in_range = within(*all, ask.range);
  done.fresh = fresh.size();
  done.candles = in_range.size();
  done.gaps = gaps(in_range, ask.step, ask.range);
  done.rounded = part.rounded();
  done.left_out = part.left_out();
  if (ask.store != nullptr)
    if (const auto stored = ask.store->write(ask.product, ask.step, in_range, false); !stored) return stored.error();
  if (!ask.file.empty() && !all->empty()) {
    Provenance p{ask.source, there->asked};
    const bool more = !part.asked().empty() && !p.asked.covers(ask.range);
    p.asked.add(part.asked());
    // Without anything new the file stays as it is, byte for byte.
    if (!there->file || more || done.fresh > 0)
      if (auto written = write_candles(ask.file, *all, Replace::yes, p); !written) return written.error();
  }
  part.remove();
  return done;
}

}  // namespace bowline::data
