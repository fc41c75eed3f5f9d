// bowline data check: whether candles are what they should be.
#include <cstdio>
#include <memory>

#include "cli/data.hpp"
#include "config/values.hpp"
#include "core/exit_codes.hpp"
#include "data/candle_file.hpp"
#include "data/check.hpp"
#include "data/interval.hpp"
#include "data/inventory.hpp"
#include "data/price_store.hpp"

namespace bowline::cli {
namespace {

using nlohmann::ordered_json;

struct Options {
  std::vector<std::string> paths;
  std::string interval, max_jump = "50%";
  std::uint64_t allow_gaps = 0;
  std::size_t listed = 20;
  bool json = false;
};

/// One series that was looked at, or why it could not be.
struct Looked {
  std::string where, product;
  Result<data::CheckReport> report = Error{};
};

Result<void> look(const std::string& path, const data::CheckOptions& options, std::vector<Looked>& out) {
  const auto all = data::holdings(path);
  if (!all) return all.error();
  if (all->empty()) return Error{"DATA_FILE_EMPTY", path + ": there are no candles in it"};
  for (const data::Holding& h : *all) {
    Looked one{h.where.string(), h.product};
    if (!h.store) {
      one.report = data::check_file(h.where, options);
    } else if (h.error) {
      one.report = *h.error;
    } else {
      if (options.step != 0 && options.step != h.step) continue;
      const auto store = data::PriceStore::open(h.where, data::PriceStore::Access::read);
      const auto candles = store ? (*store)->read(h.product, h.step, {h.first_s, h.last_s + h.step}) : Result<data::Candles>(store.error());
      data::CheckOptions of = options;
      of.step = h.step;
      if (candles) one.report = data::check_series(*candles, of);
      else one.report = candles.error();
    }
    out.push_back(std::move(one));
  }
  return {};
}

ordered_json to_json(const Looked& l) {
  ordered_json j{{"where", l.where}, {"product", l.product}};
  if (!l.report) {
    j.update({{"good", false}, {"error", {{"code", l.report.error().code}, {"message", l.report.error().message}}}});
    return j;
  }
  const data::CheckReport& r = *l.report;
  auto findings = ordered_json::array();
  for (const data::Finding& f : r.findings) {
    ordered_json one{{"code", f.code}, {"fault", f.fault}};
    if (f.line > 0) one["line"] = f.line;
    if (f.time_s > 0) one["time"] = data::instant(f.time_s);
    one["text"] = f.text;
    findings.push_back(std::move(one));
  }
  j.update({{"interval", data::interval_name(r.step)},
            {"good", r.good()},
            {"candles", r.candles},
            {"faults", r.faults},
            {"gaps", r.gaps},
            {"missing", r.missing},
            {"counts", r.counts},
            {"findings", findings}});
  if (r.candles > 0) j.update({{"first", data::instant(r.first_s)}, {"last", data::instant(r.last_s)}});
  return j;
}

void print(const Looked& l) {
  if (!l.report) {
    std::printf("%s: %s: %s\n", l.where.c_str(), l.report.error().code.c_str(), l.report.error().message.c_str());
    return;
  }
  const data::CheckReport& r = *l.report;
  std::printf("%s: %s %s, %llu candles, %llu gaps of %llu candles: %s\n", l.where.c_str(), l.product.c_str(), data::interval_name(r.step).c_str(),
              static_cast<unsigned long long>(r.candles), static_cast<unsigned long long>(r.gaps), static_cast<unsigned long long>(r.missing),
              r.good() ? "good" : (std::to_string(r.faults) + " faults").c_str());
  for (const data::Finding& f : r.findings) {
    const std::string line = f.line > 0 ? "line " + std::to_string(f.line) + ": " : "";
    const std::string time = f.time_s > 0 ? data::instant(f.time_s) + ": " : "";
    std::printf("  %s%s%s%s: %s\n", f.fault ? "" : "note: ", line.c_str(), time.c_str(), f.code.c_str(), f.text.c_str());
  }
  std::uint64_t all = 0;
  for (const auto& [code, n] : r.counts) all += n;
  if (all > r.findings.size()) std::printf("  and %llu more; --listed shows more of them\n", static_cast<unsigned long long>(all - r.findings.size()));
}

int run(const Options& o) {
  data::CheckOptions options;
  const auto step = read_interval("--interval", o.interval, 0);
  if (!step) return fail(step.error());
  options.step = *step;
  options.allow_gaps = o.allow_gaps;
  options.listed = o.listed;
  if (o.max_jump != "off") {
    const auto jump = config::parse_fraction(o.max_jump);
    if (!jump || !jump->is_positive()) return fail({"USAGE_INVALID", "--max-jump: " + o.max_jump + " is none of 50%, 0.5, or off"});
    options.max_jump = *jump;
  }
  std::vector<Looked> all;
  for (const std::string& p : o.paths)
    if (auto done = look(p, options, all); !done) return fail(done.error());
  std::uint64_t bad = 0;
  const Error* first = nullptr;
  auto list = ordered_json::array();
  for (const Looked& l : all) {
    bad += !l.report || !l.report->good();
    if (!l.report && first == nullptr) first = &l.report.error();
    if (o.json) list.push_back(to_json(l));
    else print(l);
  }
  if (o.json) print_json({{"good", bad == 0}, {"series", list}});
  if (bad == 0) return core::exit_code::ok;
  if (first != nullptr && all.size() == 1) return fail(*first);
  return fail({"DATA_CHECK_FAILED", std::to_string(bad) + " of " + std::to_string(all.size()) + " series have faults"});
}

}  // namespace

void add_data_check(CLI::App& group, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(group, "check",
                     "gaps, duplicates, order, times off the grid, prices and volumes that can't be, jumps; the exit code says whether all is well",
                     "bowline data check data/BTC-USD_5m.csv.gz --max-jump 20% --allow-gaps 3");
  v->add_option("paths", o->paths, "files, stores, or folders of them")->required();
  v->add_option("--interval", o->interval, "length of a candle; found by name and rows without");
  v->add_option("--max-jump", o->max_jump, "how far a price may be from the close before: 50%, 0.5, or off")->capture_default_str();
  v->add_option("--allow-gaps", o->allow_gaps, "so many candles may be missing in one place: told, and no fault")->capture_default_str();
  v->add_option("--listed", o->listed, "so many findings of a series are told one by one; all are counted")->capture_default_str();
  v->add_flag("--json", o->json, "one JSON object");
  v->callback([o, &chosen] { chosen = [o] { return run(*o); }; });
}

}  // namespace bowline::cli
