// bowline data list: which candles there are under a folder.
#include <cstdio>
#include <memory>

#include "cli/data.hpp"
#include "core/exit_codes.hpp"
#include "data/interval.hpp"
#include "data/inventory.hpp"

namespace bowline::cli {
namespace {

using nlohmann::ordered_json;

struct Options {
  std::string folder = "data";
  bool json = false;
};

ordered_json to_json(const data::Holding& h) {
  ordered_json j{{"where", h.where.string()}, {"kind", h.store ? "store" : "file"}, {"bytes", h.bytes}};
  if (!h.product.empty()) j["product"] = h.product;
  if (h.error) {
    j["error"] = {{"code", h.error->code}, {"message", h.error->message}};
    return j;
  }
  j.update({{"interval", data::interval_name(h.step)}, {"candles", h.candles}, {"first", data::instant(h.first_s)}, {"last", data::instant(h.last_s)},
            {"gaps", h.gaps}, {"missing", h.missing}, {"faults", h.faults}});
  return j;
}

int run(const Options& o) {
  const auto all = data::holdings(o.folder);
  if (!all) return fail(all.error());
  if (o.json) {
    auto list = ordered_json::array();
    for (const data::Holding& h : *all) list.push_back(to_json(h));
    print_json({{"series", list}});
    return core::exit_code::ok;
  }
  if (all->empty()) std::printf("no candles under %s\n", o.folder.c_str());
  else
    std::printf("%-14s %-5s %10s  %-20s  %-20s %6s %8s %12s  %s\n", "product", "every", "candles", "first", "last", "gaps", "missing", "bytes",
                "where");
  for (const data::Holding& h : *all) {
    const auto bytes = static_cast<unsigned long long>(h.bytes);
    if (h.error) {
      std::printf("%-14s %s, %llu bytes  %s\n", h.product.c_str(), h.error->code.c_str(), bytes, h.where.c_str());
      continue;
    }
    std::printf("%-14s %-5s %10llu  %-20s  %-20s %6llu %8llu %12llu  %s%s\n", h.product.c_str(), data::interval_name(h.step).c_str(),
                static_cast<unsigned long long>(h.candles), data::instant(h.first_s).c_str(), data::instant(h.last_s).c_str(),
                static_cast<unsigned long long>(h.gaps), static_cast<unsigned long long>(h.missing), bytes, h.where.c_str(),
                h.faults > 0 ? (", " + std::to_string(h.faults) + " faults: bowline data check").c_str() : "");
  }
  return core::exit_code::ok;
}

}  // namespace

void add_data_list(CLI::App& group, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(group, "list", "candle files and stores under a folder: product, interval, first and last open, count, gaps, size",
                     "bowline data list data");
  v->add_option("folder", o->folder, "a folder with those below it, or one file")->capture_default_str();
  v->add_flag("--json", o->json, "one JSON object");
  v->callback([o, &chosen] { chosen = [o] { return run(*o); }; });
}

}  // namespace bowline::cli
