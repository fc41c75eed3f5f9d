// bowline.signal.xgboost: see README.md.
#include <algorithm>
#include <limits>
#include <memory>

#include "common/shell.hpp"
#include "model.hpp"
#include "trainer.hpp"

namespace bowline::xgb {
namespace {

using plugin_common::Json;

class Plugin {
  plugin_common::HostSide host_;
  std::unique_ptr<Model> model_;  ///< none: the instance is there to train
  TrainParams train_;
  std::int64_t horizon_ns_ = 0;

 public:
  explicit Plugin(const bl_host& host) : host_(host) {}

  Result<void> configure(const Json& p) {
    TrainParams train;
    train.features = p.at("features").get<std::vector<std::string>>();
    train.rounds = p.at("rounds").get<std::int64_t>();
    train.max_depth = p.at("max_depth").get<std::int64_t>();
    train.seed = p.at("seed").get<std::int64_t>();
    train.early_stopping = p.at("early_stopping").get<std::int64_t>();
    train.eta = p.at("eta").get<double>();
    train.subsample = p.at("subsample").get<double>();
    train.colsample = p.at("colsample").get<double>();
    train.min_child_weight = p.at("min_child_weight").get<double>();

    std::unique_ptr<Model> model;
    const auto bars = p.at("horizon_bars").get<std::int64_t>(), interval = p.at("interval").get<std::int64_t>();
    if (const auto bundle = p.at("bundle").get<std::string>(); !bundle.empty()) {
      auto loaded = Model::load(bundle);
      if (!loaded) return loaded.error();
      model = std::move(*loaded);
      if (auto ok = trained_for(model->manifest(), bars, interval); !ok) return ok;
      if (auto ok = select(model->manifest().features); !ok) return ok;
    }
    // Only now: after a failure the previous configuration must still be in force.
    model_ = std::move(model);
    train_ = std::move(train);
    horizon_ns_ = bars * interval;
    return {};
  }
  Result<void> start() {
    if (model_ == nullptr)
      return Error{"MODEL_MISSING", "bundle: empty; name the directory of a trained model to predict"};
    return {};
  }
  void stop() {}

  Result<void> on_frame(const bl_frame& f, const bl_sink& sink) {
    if (model_ == nullptr || f.rows == 0 || f.quality == nullptr) return {};
    if (f.cols != model_->cols())
      return Error{"MODEL_FEATURES", "the frame has " + std::to_string(f.cols) + " columns, the model " +
                                         std::to_string(model_->cols())};
    const auto raw = model_->predict(f.values, f.rows);
    if (!raw) return raw.error();
    const Manifest& m = model_->manifest();
    for (std::uint32_t row = 0; row < f.rows; ++row) {
      if ((f.quality[row] & 1u) == 0) continue;  // still warming up: nothing honest to say
      const float* r = raw->data() + std::size_t{row} * 3;
      const Triple p = calibrate({r[down], r[flat], r[up]}, m.temperature);
      bl_prediction say{};
      say.size = sizeof say;
      say.instrument = f.instruments[row];
      say.action = action(p, m.threshold_up, m.threshold_down);
      say.flags = m.calibrated ? 1 : 0;
      say.p_up = p[up];
      say.p_flat = p[flat];
      say.p_down = p[down];
      say.confidence = std::max({p[up], p[flat], p[down]});
      say.weight = std::numeric_limits<double>::quiet_NaN();
      say.threshold = m.threshold_up;
      say.expected_move = expected_move(p, m.class_return);
      say.ref_px.hi = BL_DEC_NOT_SET_HI;  // a frame carries no price; the host knows the mark
      say.horizon_ns = horizon_ns_;
      say.cause = f.h.id;
      say.model_id = plugin_common::str(m.model_id);
      sink.prediction(sink.ctx, &say);
    }
    return {};
  }

  Result<void> explain(const bl_frame& f, std::uint32_t row, std::uint32_t output, std::span<double> out) {
    if (model_ == nullptr) return Error{"MODEL_MISSING", "no bundle is configured"};
    if (row >= f.rows || f.cols != model_->cols())
      return Error{"EXPLAIN_ARGUMENTS", "no such row, or a frame of other features"};
    return model_->contributions(f.values + std::size_t{row} * f.cols, output, out);
  }
  /// In the order of the ABI: up, flat, down.
  Result<void> class_returns(std::span<double> out) const {
    if (model_ == nullptr) return Error{"MODEL_MISSING", "no bundle is configured"};
    if (out.size() != 3) return Error{"EXPLAIN_ARGUMENTS", "there are three classes"};
    const Triple& r = model_->manifest().class_return;
    out[0] = r[up];
    out[1] = r[flat];
    out[2] = r[down];
    return {};
  }
  const TrainParams& train_params() const noexcept { return train_; }
  static const void* extension(std::string_view id) noexcept;

 private:
  /// What was learnt over one length of time says nothing about another: the numbers would look right and be wrong.
  static Result<void> trained_for(const Manifest& m, std::int64_t bars, std::int64_t interval_ns) {
    if (m.interval_ns != 0 && m.interval_ns != interval_ns)
      return Error{"MODEL_INTERVAL", "the bundle was trained on bars of " + seconds(m.interval_ns) + ", and those of this run are of " +
                                         seconds(interval_ns) + ": set the run's interval, or train a model for this one"};
    if (m.horizon_bars != bars)
      return Error{"MODEL_HORIZON", "the bundle predicts " + std::to_string(m.horizon_bars) + " bars ahead, and this run judges signals after " +
                                        std::to_string(bars) + ": set signals.resolve_bars, or train with --horizon " + std::to_string(bars)};
    return {};
  }
  static std::string seconds(std::int64_t ns) {
    const std::int64_t ms = ns / 1'000'000;
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
  }
  Result<void> select(const std::vector<std::string>& names) const {
    const auto* features = host_.service<bl_features_v1>(BL_SVC_FEATURES);
    if (features == nullptr) return Error{"SERVICE_MISSING", "the host does not offer " BL_SVC_FEATURES};
    std::vector<bl_str> list;
    for (const std::string& n : names) list.push_back(plugin_common::str(n));
    bl_error why{};
    if (features->select(host_.ctx(), list.data(), list.size(), &why) < 0)
      return Error{"MODEL_FEATURES",
                   std::string("the host cannot compute the model's features: ") + why.message};
    return {};
  }
};

using Shell = plugin_common::Shell<Plugin>;

constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"bundle":{"type":"string","default":"","description":"directory of the trained model (model.ubj, manifest.json); empty only for an instance that trains"},
"features":{"type":"array","items":{"type":"string"},"default":[],"description":"for training: names of the columns; a bundle brings its own"},
"rounds":{"type":"integer","default":200,"minimum":1,"maximum":10000,"description":"for training: boosting rounds, each of three trees"},
"max_depth":{"type":"integer","default":6,"minimum":1,"maximum":16,"description":"for training: depth of a tree"},
"eta":{"type":"number","default":0.1,"exclusiveMinimum":0,"maximum":1,"description":"for training: learning rate"},
"subsample":{"type":"number","default":0.8,"exclusiveMinimum":0,"maximum":1,"description":"for training: share of the rows that a round sees"},
"colsample":{"type":"number","default":0.8,"exclusiveMinimum":0,"maximum":1,"description":"for training: share of the features that a tree sees"},
"min_child_weight":{"type":"number","default":10,"minimum":0,"maximum":1000000,"description":"for training: least weight of a leaf"},
"early_stopping":{"type":"integer","default":0,"minimum":0,"maximum":10000,"description":"for training: stop after so many rounds without a better mlogloss on the evaluation data; 0 = never"},
"seed":{"type":"integer","default":1,"minimum":0,"maximum":2147483647,"description":"for training: seed of the sampling"},
"horizon_bars":{"type":"integer","x-bowline-host":"signals.resolve_bars","default":12,"minimum":1,"maximum":100000,"description":"bars ahead that are predicted: the run's signals.resolve_bars, which it takes when left out; a bundle of another horizon is refused"},
"interval":{"type":"integer","x-bowline-unit":"duration","x-bowline-host":"interval","default":300000000000,"minimum":1000000000,"description":"length of a bar: the run's own interval, which it takes when left out; a bundle of another interval is refused"}}})json";

bl_status needs(bl_inst*, bl_needs* out) noexcept {
  out->warmup_bars = 0;  // the host's features know their own warm-up and say so per row
  out->event_mask = 1ull << BL_EV_FRAME;
  return BL_OK;
}
bl_status on_event(bl_inst* i, const bl_event* e, const bl_sink* sink) noexcept {
  if (e->type != BL_EV_FRAME) return BL_OK;
  return plugin_common::guarded(nullptr, BL_E_INVALID, [&] {
    return Shell::of(i).on_frame(*reinterpret_cast<const bl_frame*>(e), *sink);
  });
}
constexpr bl_signal_v1 table{sizeof(bl_signal_v1), 0, needs, on_event};

bl_status fit_model(bl_inst* i, const bl_dataset* train, const bl_dataset* eval, bl_str dir, void* pctx,
                    bl_status (*progress)(void*, double, bl_str) noexcept, bl_error* err) noexcept {
  return plugin_common::guarded(err, BL_E_INVALID, [&] {
    return fit(Shell::of(i).train_params(), *train, eval, std::filesystem::path(plugin_common::view(dir)),
               [&](double done, std::string_view note) {
                 return progress == nullptr || progress(pctx, done, plugin_common::str(note)) >= 0;
               });
  });
}
constexpr bl_trainer_v1 trainer{sizeof(bl_trainer_v1), 0, fit_model};

bl_status contributions(bl_inst* i, const bl_frame* f, std::uint32_t row, std::uint32_t output,
                        double* contrib, std::uint64_t n, bl_error* err) noexcept {
  return plugin_common::guarded(err, BL_E_INVALID, [&] {
    return Shell::of(i).explain(*f, row, output, {contrib, n});
  });
}
constexpr bl_explain_v1 explainer{sizeof(bl_explain_v1), 0, contributions};

bl_status class_returns(bl_inst* i, double* up_flat_down, std::uint64_t n, bl_error* err) noexcept {
  return plugin_common::guarded(err, BL_E_INVALID, [&] { return Shell::of(i).class_returns({up_flat_down, n}); });
}
constexpr bl_calibration_v1 calibration{sizeof(bl_calibration_v1), 0, class_returns};

const void* Plugin::extension(std::string_view id) noexcept {
  if (id == BL_EXT_TRAINER) return &trainer;
  if (id == BL_EXT_EXPLAIN) return &explainer;
  if (id == BL_EXT_CALIBRATION) return &calibration;
  return nullptr;
}

}  // namespace
}  // namespace bowline::xgb

BOWLINE_MODULE(BL_SIGNAL, "signal", "bowline.signal.xgboost", "1.0.0", bowline::xgb::schema,
               bowline::xgb::Plugin, bowline::xgb::table,
               ",\"needed\":[\"libxgboost.so.0\",\"libcrypto.so.3\"]")
