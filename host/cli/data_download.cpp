// bowline data download: candles of the venue's public market data, to files that feeds and training read, and to a store.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>

#include "cli/data.hpp"
#include "cli/progress_line.hpp"
#include "cli/stop_signals.hpp"
#include "core/exit_codes.hpp"
#include "data/candle_file.hpp"
#include "data/download.hpp"
#include "data/interval.hpp"
#include "data/plan.hpp"
#include "data/price_store.hpp"
#include "data/venue_https.hpp"

namespace bowline::cli {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

/// From so long before now on, a candle that the venue does not tell may only be late.
constexpr std::int64_t young_s = 3600;

struct Options {
  std::vector<std::string> products;
  std::string granularity = "5m", from, to, out, store, base_url = "https://api.coinbase.com", ca, on_bad = "refuse";
  double rate = 4, timeout = 10;
  int attempts = 8, settle = 60;
  bool json = false;
};

/// What does not change from product to product.
struct Session {
  const Options& o;
  data::Venue& venue;
  data::PriceStore* store;
  std::int64_t step;
  data::Range range;
  std::int64_t now_s;
  ProgressLine*& shown;  ///< the one that is on the screen, for what is said in between
};

std::string file_of(const Options& o, const std::string& product, std::int64_t step) {
  return o.out.empty() ? std::string() : (fs::path(o.out) / data::file_name(product, step)).string();
}

data::DownloadAsk ask_for(const Session& s, const std::string& product) {
  data::DownloadAsk a;
  a.product = product;
  a.step = s.step;
  a.range = s.range;
  a.file = file_of(s.o, product, s.step);
  a.store = s.store;
  a.source = *data::checked_base_url(s.o.base_url);
  a.young_s = s.now_s - young_s;
  a.part = a.file;
  if (a.file.empty()) a.part = data::PriceStore::file_of(s.o.store).parent_path() / data::file_name(product, s.step);
  a.part += ".part";
  return a;
}

ordered_json to_json(const Session& s, const std::string& product, const Result<data::DownloadDone>& done) {
  ordered_json j{{"product", product},
                 {"interval", data::interval_name(s.step)},
                 {"from", data::instant(s.range.from_s)},
                 {"to", data::instant(s.range.to_s)}};
  if (!s.o.out.empty()) j["file"] = file_of(s.o, product, s.step);
  if (s.store != nullptr) j["store"] = data::PriceStore::file_of(s.o.store).string();
  if (!done) {
    j["error"] = {{"code", done.error().code}, {"message", done.error().message}};
    return j;
  }
  auto left_out = ordered_json::array();
  for (const std::int64_t at : done->left_out) left_out.push_back(data::instant(at));
  j.update({{"candles", done->candles}, {"fresh", done->fresh}, {"questions", done->questions}, {"missing", data::missing_candles(done->gaps, s.step)},
            {"gaps", ranges_json(done->gaps, s.step)}, {"rounded", done->rounded}, {"left_out", left_out}});
  return j;
}

void print(const Session& s, const std::string& product, const data::DownloadDone& done) {
  std::string where = file_of(s.o, product, s.step);
  if (done.candles == 0) where.clear();
  if (s.store != nullptr) where += (where.empty() ? "" : ", ") + data::PriceStore::file_of(s.o.store).string();
  std::printf("%s %s: %llu candles from %s to %s, %llu of them new: %s\n", product.c_str(), data::interval_name(s.step).c_str(),
              static_cast<unsigned long long>(done.candles), data::instant(s.range.from_s).c_str(), data::instant(s.range.to_s).c_str(),
              static_cast<unsigned long long>(done.fresh), where.c_str());
  if (!done.gaps.empty()) {
    std::printf("  %zu gaps, %llu candles: nothing traded there, or the venue does not tell it\n", done.gaps.size(),
                static_cast<unsigned long long>(data::missing_candles(done.gaps, s.step)));
    print_ranges(done.gaps, s.step);
  }
  if (done.rounded > 0)
    std::printf("  %llu volumes have more digits than a feed can tell, and were rounded\n", static_cast<unsigned long long>(done.rounded));
  for (const std::int64_t at : done.left_out) std::printf("  left out, it breaks a rule of candles: %s\n", data::instant(at).c_str());
}

/// Whether the next product would fare no better.
bool ends_all(const Error& e) {
  for (const char* code : {"DATA_INTERRUPTED", "DATA_VENUE_UNREACHABLE", "DATA_VENUE_BUSY", "DATA_VENUE_FAILED"})
    if (e.code == code) return true;
  return false;
}

/// Each product in turn; the exit code is that of the first error.
int download_all(const Session& s) {
  int exit = core::exit_code::ok;
  auto products = ordered_json::array();
  for (const std::string& product : s.o.products) {
    Result<data::DownloadDone> done = Error{};
    {
      ProgressLine progress(product + " " + data::interval_name(s.step), s.o.json ? nullptr : stdout);
      s.shown = &progress;
      done = data::download(ask_for(s, product), s.venue, [&progress](std::size_t n, std::size_t all) { progress.at(n, all); });
      s.shown = nullptr;
    }
    products.push_back(to_json(s, product, done));
    if (done) {
      if (!s.o.json) print(s, product, *done);
      continue;
    }
    const int code = fail({done.error().code, product + ": " + done.error().message});
    if (exit == core::exit_code::ok) exit = code;
    if (ends_all(done.error())) break;
  }
  if (s.o.json) print_json({{"products", products}, {"requests", s.venue.requests()}, {"retries", s.venue.retries()}});
  return exit;
}

Result<void> check_options(Options& o) {
  for (const std::string& p : o.products)
    if (!data::is_product(p)) return Error{"USAGE_INVALID", p + " is no product: write it as the venue does, such as BTC-USD"};
  std::sort(o.products.begin(), o.products.end());
  o.products.erase(std::unique(o.products.begin(), o.products.end()), o.products.end());
  if (!data::checked_base_url(o.base_url))
    return Error{"USAGE_INVALID", "--base-url: https://host[:port] is needed; http:// serves for this machine alone"};
  if (o.out.empty() && o.store.empty()) o.out = "data";
  return {};
}

int run(Options o) {
  if (auto good = check_options(o); !good) return fail(good.error());
  const auto step = read_interval("--granularity", o.granularity, 0);
  if (!step) return fail(step.error());
  if (!data::granularity(*step))
    return fail({"USAGE_INVALID", "--granularity: the venue has " + data::granularities() + "; bowline data convert makes others of them"});
  const auto from = read_instant("--from", o.from, 0), to = read_instant("--to", o.to, data::latest_s);
  if (!from) return fail(from.error());
  if (!to) return fail(to.error());

  StopSignals signals;  // before any thread
  auto https = data::VenueHttps::open({o.base_url, o.ca, std::chrono::milliseconds(static_cast<std::int64_t>(o.timeout * 1000))});
  if (!https) return fail(https.error());
  const std::shared_ptr<data::VenueHttps> address = std::move(*https);  // shared: a signal may come when all else is gone
  signals.watch([address] { address->stop(); });
  std::unique_ptr<data::PriceStore> store;
  if (!o.store.empty()) {
    auto opened = data::PriceStore::open(o.store, data::PriceStore::Access::write);
    if (!opened) return fail(opened.error());
    store = std::move(*opened);
  }
  data::VenueOptions patience;
  patience.apart_ns = static_cast<std::int64_t>(1e9 / o.rate);
  patience.attempts = o.attempts;
  patience.seed = static_cast<std::uint64_t>(::getpid());  // jitter alone: two that were started together ask apart
  patience.on_bad = o.on_bad == "skip" ? data::OnBad::skip : data::OnBad::refuse;
  data::VenueWorld world = address->world();
  ProgressLine* shown = nullptr;
  world.on_wait = [&shown](const std::string& why, std::int64_t ns) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.1f", static_cast<double>(ns) / 1e9);
    const std::string line = why + "; again in " + seconds + " s";
    if (shown != nullptr) shown->say(line);
    else std::fprintf(stderr, "%s\n", line.c_str());
  };
  data::Venue venue(std::move(world), patience);

  // A candle is final by both clocks: neither one that is ahead may make it so.
  const auto venue_time = venue.time();
  if (!venue_time) return fail(venue_time.error());
  const std::int64_t now_s = std::min<std::int64_t>(*venue_time, std::time(nullptr)) - o.settle;
  const data::Range range = data::final_part({*from, *to}, *step, now_s);
  if (range.empty())
    return fail({"DATA_RANGE_INVALID", "no candle of " + data::interval_name(*step) + " that is final opens at or after " + data::instant(*from) +
                                           " and ends by " + data::instant(std::min(*to, now_s))});

  return download_all({o, venue, store.get(), *step, range, now_s, shown});
}

}  // namespace

void add_data_download(CLI::App& group, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v =
      verb(group, "download",
           "candles of Coinbase's public market data, which need no key; what is there is not asked for again, and an interrupted download goes on",
           "bowline data download BTC-USD ETH-USD --granularity 5m --from 2024-01-01 --out data");
  v->add_option("products", o->products, "which, as the venue writes them")->required();
  v->add_option("--granularity", o->granularity, "length of a candle: " + data::granularities())->capture_default_str();
  v->add_option("--from", o->from, "the first open: 2024-01-01, 2024-01-01T12:00:00Z, or epoch seconds")->required();
  v->add_option("--to", o->to, "the last close; without it as far as candles are final");
  v->add_option("--out", o->out, "folder for files such as BTC-USD_5m.csv.gz; `data` where no store is named either");
  v->add_option("--store", o->store, "state folder whose crypto_prices.db gets the candles; no host may be running on it");
  v->add_option("--rate", o->rate, "requests a second, at most")->capture_default_str()->check(CLI::Range(0.01, 9.0));
  v->add_option("--attempts", o->attempts, "of one request, before it is given up")->capture_default_str()->check(CLI::Range(1, 100));
  v->add_option("--timeout", o->timeout, "seconds for one request")->capture_default_str()->check(CLI::Range(0.1, 300.0));
  v->add_option("--settle", o->settle, "seconds after its end until a candle is taken for final")->capture_default_str()->check(CLI::Range(0, 86'400));
  v->add_option("--on-bad", o->on_bad, "what happens to a candle of the venue that breaks a rule: end with an error, or leave it out and tell it")
      ->capture_default_str()
      ->check(CLI::IsMember(std::vector<std::string>{"refuse", "skip"}));
  v->add_option("--base-url", o->base_url, "the venue's address, https://host[:port]")->capture_default_str();
  v->add_option("--ca", o->ca, "a file of authorities to trust beside the system's");
  v->add_flag("--json", o->json, "one JSON object, with every gap");
  v->callback([o, &chosen] { chosen = [o] { return run(*o); }; });
}

}  // namespace bowline::cli
