// bowline train: bars become labelled features, the signal plugin fits its model, the host calibrates it and writes the
// manifest. The same feeds and the same streaming features as a run.
#include <unistd.h>

#include <cstdio>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/load_config.hpp"
#include "cli/log_options.hpp"
#include "cli/plugin_facts.hpp"
#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"
#include "features/catalogue.hpp"
#include "loader/extensions.hpp"
#include "observe/log.hpp"
#include "research/bundle.hpp"
#include "research/calibration.hpp"
#include "research/dataset.hpp"
#include "services/runtime/feed_reader.hpp"
#include "services/runtime/instances.hpp"

namespace bowline::cli {
namespace {

namespace fs = std::filesystem;
using research::Probabilities;

struct Options {
  std::string file, signal, out;
  LogChoice log;
  double coverage = 0.10, dead_zone = 0.0015, evaluation = 0;
  std::uint32_t horizon = 0;  ///< 0: the configuration's signals.resolve_bars
  bool json = false;
};

/// A bar on stderr when a person watches, nothing otherwise.
void progress(std::string_view what, double done) {
  if (::isatty(2) == 0) return;
  const int n = static_cast<int>(std::lround(done * 30));
  std::fprintf(stderr, "\r%-22.*s [%-30.*s] %3.0f %%", static_cast<int>(what.size()), what.data(), n,
               "##############################", 100 * done);
  if (done >= 1) std::fputc('\n', stderr);
}

struct PullTo {
  research::DatasetBuilder* builder;
  std::int64_t interval_ns;
  std::optional<std::int64_t> other_ns{};  // length of the first bar that is not one of the run's
};

Result<void> read_all(loader::FeedInstance& feed, research::DatasetBuilder& builder, std::int64_t interval_ns) {
  PullTo to{&builder, interval_ns};
  bl_sink sink{};
  sink.size = sizeof sink;
  sink.ctx = &to;
  sink.event = [](void* ctx, const bl_event* e) noexcept -> bl_status {
    if (!loader::well_formed(e)) return BL_E_INVALID;
    if (e->type != BL_EV_BAR) return BL_OK;
    auto& pulled = *static_cast<PullTo*>(ctx);
    const auto& bar = *reinterpret_cast<const bl_bar*>(e);
    if (bar.is_final != 0 && bar.close_ns - bar.open_ns != pulled.interval_ns) {
      pulled.other_ns = bar.close_ns - bar.open_ns;
      return BL_E_INVALID;
    }
    try {
      pulled.builder->add(bar);
      return BL_OK;
    } catch (...) {
      return BL_E_INTERNAL;
    }
  };
  for (;;) {
    std::int64_t next = 0;
    bl_error why{};
    const bl_status s = feed.pull(8192, sink, next, why);
    if (to.other_ns) return services::wrong_interval(feed.spec().id, *to.other_ns, interval_ns);
    if (s == BL_E_NOT_FOUND) return {};
    if (s == BL_E_AGAIN) return Error{"DATA_PACED", "instance " + feed.spec().id + ": training reads as fast as it can; set speed: max"};
    if (s < 0) return feed.status_error("FEED_FAILED", "feed.pull", s, why);
    if (::isatty(2) != 0) std::fprintf(stderr, "\rreading bars           %12llu", static_cast<unsigned long long>(builder.bars()));
  }
}

/// What the model says about each row of the slice, asked through the same frame call as in a run.
Result<std::vector<Probabilities>> ask(loader::SignalInstance& signal, const research::Dataset& slice) {
  std::vector<Probabilities> out(slice.rows.size(), Probabilities{-1, -1, -1});
  struct Taken {
    std::vector<Probabilities>* out;
    std::size_t base;
    std::size_t n = 0;
  } taken{&out, 0, 0};
  bl_sink sink{};
  sink.size = sizeof sink;
  sink.ctx = &taken;
  sink.prediction = [](void* ctx, const bl_prediction* p) noexcept -> bl_status {
    auto& t = *static_cast<Taken*>(ctx);
    // One row per chunk slot: the instrument number of the frame is the slot, so that answers find their rows.
    const std::size_t at = t.base + p->instrument - 1;
    if (p->instrument == 0 || at >= t.out->size()) return BL_E_INVALID;
    (*t.out)[at] = {p->p_down, p->p_flat, p->p_up};
    ++t.n;
    return BL_OK;
  };
  constexpr std::size_t chunk = 1024;
  std::vector<double> values;
  std::vector<std::uint32_t> slots(chunk), quality(chunk, 1);
  for (std::size_t i = 0; i < chunk; ++i) slots[i] = static_cast<std::uint32_t>(i + 1);
  for (std::size_t from = 0; from < slice.rows.size(); from += chunk) {
    const std::size_t n = std::min(chunk, slice.rows.size() - from);
    values.assign(slice.values.begin() + static_cast<std::ptrdiff_t>(from * slice.cols),
                  slice.values.begin() + static_cast<std::ptrdiff_t>((from + n) * slice.cols));
    bl_frame f{};
    f.h.size = sizeof f;
    f.h.type = BL_EV_FRAME;
    f.h.ts_event = f.h.ts_recv = slice.rows[from].time;
    f.rows = static_cast<std::uint32_t>(n);
    f.cols = static_cast<std::uint32_t>(slice.cols);
    f.instruments = slots.data();
    f.values = values.data();
    f.quality = quality.data();
    taken.base = from;
    const bl_status s = signal.on_event(f.h, sink);
    if (s < 0) return signal.status_error("MODEL_PREDICT_FAILED", "signal.on_event", s, bl_error{});
  }
  if (taken.n != slice.rows.size())
    return Error{"MODEL_SILENT", "the model answered " + std::to_string(taken.n) + " of " + std::to_string(slice.rows.size()) + " calibration rows"};
  return out;
}

/// A slice as the trainer reads it; it points into `slice` and `columns`.
struct TrainerData {
  TrainerData(const research::Dataset& slice, const std::vector<bl_str>& columns) {
    for (const research::Row& r : slice.rows) labels.push_back(static_cast<float>(r.label));
    data.size = sizeof data;
    data.rows = static_cast<std::uint32_t>(slice.rows.size());
    data.cols = static_cast<std::uint32_t>(slice.cols);
    data.n_classes = 3;
    data.names = columns.data();
    data.values = slice.values.data();
    data.labels = labels.data();
  }
  TrainerData(const TrainerData&) = delete;
  std::vector<float> labels;
  bl_dataset data{};
};

Result<std::vector<std::string>> wanted_features(const nlohmann::json& params) {
  std::vector<std::string> names;
  if (const auto it = params.find("features"); it != params.end() && it->is_array())
    for (const auto& n : *it) names.push_back(n.get<std::string>());
  if (names.empty())
    for (const features::FeatureDef& d : features::catalogue()) names.emplace_back(d.name);
  return names;
}

Result<nlohmann::ordered_json> train(const Options& o, const config::RunConfig& full, const LoadedConfig& loaded) {
  config::RunConfig config = full;
  const config::InstanceConfig* chosen = nullptr;
  for (const config::InstanceConfig& i : full.instances)
    if (i.kind == "signal" && (o.signal.empty() || i.id == o.signal)) {
      if (chosen != nullptr) return Error{"CONFIG_SIGNAL_AMBIGUOUS", "several signal instances: name one with --signal"};
      chosen = &i;
    }
  if (chosen == nullptr) return Error{"CONFIG_SIGNAL_MISSING", "no signal instance to train in this configuration"};
  config::InstanceConfig signal_config = *chosen;
  auto params = nlohmann::json::parse(signal_config.params_json);
  auto names = wanted_features(params);
  if (!names) return names.error();
  params["bundle"] = "";
  params["features"] = *names;
  const std::uint32_t horizon = o.horizon != 0 ? o.horizon : full.signals.resolve_bars;
  params["horizon_bars"] = horizon;
  signal_config.params_json = params.dump();
  std::erase_if(config.instances, [](const config::InstanceConfig& i) { return i.kind != "feed"; });
  config.instances.push_back(signal_config);

  auto table = services::instrument_table(config);
  if (!table) return table.error();
  services::RunFacts facts;
  if (auto done = stand_still(facts, *table, loaded); !done) return done.error();
  auto catalogue = loader::Catalogue::scan(config.plugins.path);
  if (!catalogue) return catalogue.error();
  std::error_code ec;
  fs::create_directories(o.out, ec);
  if (ec) return Error{"MODEL_UNWRITABLE", o.out + ": " + ec.message()};
  services::InstancesOptions io;
  io.var = fs::absolute(o.out) / ".work";
  io.without_broker = true;
  fs::create_directories(io.var, ec);
  auto made = services::Instances::make(config, *catalogue, facts, std::move(io));
  if (!made) return made.error();
  services::Instances& all = **made;
  if (!all.signals.front().instance)
    return Error{"PLUGIN_QUARANTINED", "instance " + signal_config.id + " ended an earlier training: see bowline quarantine list --var " +
                                           (fs::absolute(o.out) / ".work").string() + ", or train into another folder"};
  loader::SignalInstance& signal = *all.signals.front().instance;
  if (!loader::can_fit(signal))
    return Error{"PLUGIN_EXTENSION_MISSING", "plugin " + signal_config.plugin + " cannot learn: it does not offer bowline.trainer/1"};
  for (const auto& f : all.feeds)
    if (!f.instance->pulled())
      return Error{"DATA_PACED", "instance " + f.id + ": it tells what happens now, and training reads what has happened: name a feed that reads files"};
  if (auto done = all.start_feeds(); !done) return done.error();

  const std::vector<std::string_view> views(names->begin(), names->end());
  auto set = features::FeatureSet::select(views);
  if (!set) return set.error();
  research::LabelOptions labels;
  labels.interval = config.interval_ns;
  labels.horizon_bars = horizon;
  labels.dead_zone = o.dead_zone;
  labels.evaluation_share = o.evaluation;
  research::Manifest manifest;
  manifest.features = *names;
  manifest.feature_hash = set->hash();
  manifest.horizon_bars = horizon;
  manifest.interval_ns = config.interval_ns;
  research::DatasetBuilder builder(std::move(*set), labels);
  for (auto& f : all.feeds)
    if (auto done = read_all(*f.instance, builder, config.interval_ns); !done) return done.error();
  if (::isatty(2) != 0) std::fputc('\n', stderr);
  const std::uint64_t bars = builder.bars();
  auto split = builder.split();
  if (!split) return split.error();

  std::vector<bl_str> columns;
  for (const std::string& n : *names) columns.push_back({n.data(), n.size()});
  const TrainerData learnt(split->train, columns), judged(split->evaluation, columns);
  auto fitted = loader::fit(signal, learnt.data, o.evaluation > 0 ? &judged.data : nullptr, o.out, [](double done, std::string_view) {
    progress("training", done);
    return true;
  });
  if (!fitted) return fitted.error();

  // A first manifest lets the plugin predict; the real numbers come from what it then says of the unseen slice.
  if (auto id = research::write_manifest(o.out, manifest); !id) return id.error();
  params["bundle"] = fs::absolute(o.out).string();
  // By a fresh instance: one that was made to learn has no model.
  signal_config.params_json = params.dump();
  config.instances = {signal_config};
  services::InstancesOptions second;
  second.var = fs::absolute(o.out) / ".work";
  second.without_broker = true;
  auto predicting = services::Instances::make(config, *catalogue, facts, std::move(second));
  if (!predicting) return predicting.error();
  loader::SignalInstance& model = *(*predicting)->signals.front().instance;
  if (auto done = model.start(); !done) return done.error();
  auto raw = ask(model, split->calibration);
  if (!raw) return raw.error();
  std::vector<int> truth;
  std::vector<double> moves, up, down;
  for (const research::Row& r : split->calibration.rows) {
    truth.push_back(r.label);
    moves.push_back(r.move);
  }
  manifest.temperature = research::fit_temperature(*raw, truth);
  for (const Probabilities& p : *raw) {
    const Probabilities c = research::with_temperature(p, manifest.temperature);
    down.push_back(c[0]);
    up.push_back(c[2]);
  }
  manifest.threshold_up = research::threshold_for_coverage(up, o.coverage);
  manifest.threshold_down = research::threshold_for_coverage(down, o.coverage);
  manifest.class_return = research::mean_move_by_class(truth, moves);
  std::uint64_t hits = 0, said = 0;
  for (std::size_t i = 0; i < up.size(); ++i) {
    const bool buy = up[i] >= manifest.threshold_up && up[i] > down[i], sell = down[i] >= manifest.threshold_down && down[i] > up[i];
    if ((!buy && !sell) || moves[i] == 0) continue;
    ++said;
    if ((moves[i] > 0) == buy) ++hits;
  }
  const auto text = [](double x) {
    char b[32];
    std::snprintf(b, sizeof b, "%.6f", x);
    return std::string(b);
  };
  const double before = research::log_loss(*raw, truth, 1), after = research::log_loss(*raw, truth, manifest.temperature);
  manifest.trained = {{"bars", std::to_string(bars)},
                      {"rows", std::to_string(split->train.rows.size())},
                      {"evaluation_rows", std::to_string(split->evaluation.rows.size())},
                      {"calibration_rows", std::to_string(truth.size())},
                      {"purged", std::to_string(split->purged)},
                      {"unlabelled", std::to_string(builder.unlabelled())},
                      {"from", core::format_time(split->train.rows.front().time)},
                      {"calibration_from", core::format_time(split->calibration_start)},
                      {"to", core::format_time(split->calibration.rows.back().time)},
                      {"log_loss", text(before)},
                      {"log_loss_calibrated", text(after)},
                      {"calibration_signals", std::to_string(said)},
                      {"calibration_hits", std::to_string(hits)}};
  auto id = research::write_manifest(o.out, manifest);
  if (!id) return id.error();
  // Once more with the final numbers: what was written is what a run will load.
  if (auto done = model.stop(5'000'000'000); !done) return done.error();
  if (auto done = model.configure(params.dump()); !done) return done.error();
  fs::remove_all(fs::absolute(o.out) / ".work", ec);
  nlohmann::ordered_json report{{"model_id", *id}, {"bundle", o.out}};
  for (const auto& [k, v] : manifest.trained) report[k] = v;
  report["temperature"] = manifest.temperature;
  report["threshold_up"] = manifest.threshold_up;
  report["threshold_down"] = manifest.threshold_down;
  report["class_return"] = manifest.class_return;
  return report;
}

}  // namespace

void add_train(CLI::App& app, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(app, "train", "fit a signal's model on the configuration's feeds and write a bundle",
                     "bowline train configs/xgboost_train.yaml --out /tmp/models/simulated");
  v->add_option("config", o->file, "the YAML file: its feeds are read, one of its signals learns")->required();
  v->add_option("--out", o->out, "folder of the bundle; made when missing")->required();
  v->add_option("--signal", o->signal, "id of the signal instance, when there are several");
  v->add_option("--coverage", o->coverage, "share of rows that may be signals, on each side")->capture_default_str()->check(CLI::Range(0.001, 0.5));
  v->add_option("--dead-zone", o->dead_zone, "returns up to this are flat")->capture_default_str()->check(CLI::Range(0.0, 0.5));
  v->add_option("--evaluation", o->evaluation, "share of the rows before the calibration slice that the trainer judges each round by, instead of learning them: its early stopping needs them")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.5));
  v->add_option("--horizon", o->horizon, "bars ahead that are predicted; default: signals.resolve_bars")->check(CLI::Range(1u, 10'000u));
  add_log_options(*v, o->log);
  v->add_flag("--json", o->json, "the report as one JSON object");
  v->callback([o, &chosen] {
    chosen = [o] {
      auto loaded = load_config(o->file, o->out, For::training);
      if (!loaded.config) return loaded.exit_code;
      if (auto done = start_log(o->log, loaded.config->log); !done) return fail(done.error());
      auto report = train(*o, *loaded.config, loaded);
      observe::log::shutdown();
      if (!report) return fail(report.error());
      if (o->json) {
        std::printf("%s\n", report->dump(2).c_str());
      } else {
        for (const auto& [k, value] : report->items())
          std::printf("%-20s %s\n", k.c_str(), value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
      }
      return core::exit_code::ok;
    };
  });
}

}  // namespace bowline::cli
