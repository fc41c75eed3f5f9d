// bowline data convert: candles between csv, csv.gz and a store, and longer ones made of shorter ones.
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/data.hpp"
#include "core/exit_codes.hpp"
#include "data/candle_file.hpp"
#include "data/convert.hpp"
#include "data/interval.hpp"

namespace bowline::cli {
namespace {

struct Options {
  std::string in, out, product, interval, resample, from, to;
  bool force = false, json = false;
};

/// A store is a folder or a .db, a file says what it is by its end: what is neither is a slip of the pen, not a new folder.
Result<void> check_place(const std::string& text) {
  const std::filesystem::path p(text);
  std::error_code ec;
  if (data::is_candle_path(p) || p.extension() == ".db" || p.extension().empty() || std::filesystem::is_directory(p, ec)) return {};
  return Error{"USAGE_INVALID", text + ": neither a .csv, a .csv.gz, a .db nor a folder"};
}

Result<data::ConvertAsk> read(const Options& o) {
  for (const std::string* place : {&o.in, &o.out})
    if (auto good = check_place(*place); !good) return good.error();
  data::ConvertAsk a{o.in, o.out, o.product};
  const auto step = read_interval("--interval", o.interval, 0), to_step = read_interval("--resample", o.resample, 0);
  const auto from = read_instant("--from", o.from, 0), to = read_instant("--to", o.to, INT64_MAX);
  if (!step) return step.error();
  if (!to_step) return to_step.error();
  if (!from) return from.error();
  if (!to) return to.error();
  a.step = *step;
  a.to_step = *to_step;
  a.range = {*from, *to};
  a.force = o.force;
  return a;
}

int run(const Options& o) {
  const auto ask = read(o);
  if (!ask) return fail(ask.error());
  const auto done = data::convert(*ask);
  if (!done) return fail(done.error());
  if (o.json) {
    print_json({{"product", done->product},
                {"interval", data::interval_name(done->to_step)},
                {"read_interval", data::interval_name(done->step)},
                {"read", done->read},
                {"written", done->written},
                {"missing", data::missing_candles(done->gaps, done->to_step)},
                {"gaps", ranges_json(done->gaps, done->to_step)},
                {"rounded", done->rounded},
                {"duplicates", done->duplicates},
                {"same", done->same},
                {"replaced", done->replaced},
                {"may_be_cut", done->may_be_cut}});
    return core::exit_code::ok;
  }
  const auto n = [](std::uint64_t v) { return static_cast<unsigned long long>(v); };
  std::printf("%s: %llu candles of %s read, %llu of %s written: %s\n", done->product.c_str(), n(done->read),
              data::interval_name(done->step).c_str(), n(done->written), data::interval_name(done->to_step).c_str(), o.out.c_str());
  if (!done->gaps.empty()) {
    std::printf("  %zu gaps, %llu candles: %s\n", done->gaps.size(), n(data::missing_candles(done->gaps, done->to_step)),
                done->step == done->to_step ? "they are missing in what was read, too" : "none could be made, a candle of them is missing");
    print_ranges(done->gaps, done->to_step);
  }
  if (done->rounded > 0) std::printf("  %llu rows have a number of more than 18 decimals, and were rounded\n", n(done->rounded));
  if (done->duplicates > 0) std::printf("  %llu rows were there twice\n", n(done->duplicates));
  if (done->same + done->replaced > 0) std::printf("  %llu were in the store already, %llu were replaced there\n", n(done->same), n(done->replaced));
  if (done->may_be_cut) std::printf("  the last line of what was read has no newline: the file may be cut\n");
  return core::exit_code::ok;
}

}  // namespace

void add_data_convert(CLI::App& group, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(group, "convert",
                     "candles between csv, csv.gz and a store, and longer ones made of shorter ones: whole ones alone, exact, all or nothing",
                     "bowline data convert data/BTC-USD_5m.csv.gz data/BTC-USD_1h.csv.gz --resample 1h");
  v->add_option("in", o->in, "a .csv or .csv.gz, or a store: its .db, or a state folder")->required();
  v->add_option("out", o->out, "the same; a store is added to")->required();
  v->add_option("--product", o->product, "which series of a store; without it the only one, or that of the file's name");
  v->add_option("--interval", o->interval, "length of a candle that is read; found by name and rows without");
  v->add_option("--resample", o->resample, "length of a candle that is written: a multiple; without it the same");
  v->add_option("--from", o->from, "the first open: 2024-01-01, 2024-01-01T12:00:00Z, or epoch seconds");
  v->add_option("--to", o->to, "the last close");
  v->add_flag("--force", o->force, "replace a file that is there, and candles of a store that say something else");
  v->add_flag("--json", o->json, "one JSON object, with every gap");
  v->callback([o, &chosen] { chosen = [o] { return run(*o); }; });
}

}  // namespace bowline::cli
