#include "model.hpp"

#include <algorithm>
#include <limits>

namespace bowline::xgb {
namespace {

constexpr const char* predict_config =
    R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"missing":NaN,)"
    R"("strict_shape":true,"cache_id":0})";
constexpr const char* contrib_config =
    R"({"type":2,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true})";

}  // namespace

Result<std::unique_ptr<Model>> Model::load(const std::filesystem::path& dir) {
  silence();
  auto manifest = read_bundle(dir);
  if (!manifest) return manifest.error();
  std::unique_ptr<Model> m(new Model);
  m->manifest_ = std::move(*manifest);

  void* raw = nullptr;
  if (XGBoosterCreate(nullptr, 0, &raw) != 0) return failed("PLUGIN_INTERNAL", "XGBoost");
  m->booster_.reset(raw);
  // One thread: OpenMP with more threads than idle cores makes the slowest predictions take milliseconds.
  if (XGBoosterSetParam(raw, "nthread", "1") != 0 || XGBoosterSetParam(raw, "verbosity", "0") != 0)
    return failed("PLUGIN_INTERNAL", "XGBoost");
  if (XGBoosterLoadModel(raw, (dir / "model.ubj").c_str()) != 0)
    return failed("MODEL_CORRUPT", "model.ubj cannot be loaded");

  bst_ulong features = 0;
  if (XGBoosterGetNumFeature(raw, &features) != 0) return failed("MODEL_CORRUPT", "model.ubj");
  if (features != m->cols())
    return Error{"MODEL_FEATURES", "model.ubj has " + std::to_string(features) + " features, manifest.json " +
                                       std::to_string(m->cols())};
  // A model that carries names was trained by this plugin: then the order is checked too, not only the count.
  bst_ulong n = 0;
  const char** names = nullptr;
  if (XGBoosterGetStrFeatureInfo(raw, "feature_name", &n, &names) == 0 && n != 0) {
    for (bst_ulong i = 0; i < n; ++i)
      if (i >= m->cols() || m->manifest_.features[i] != names[i])
        return Error{"MODEL_FEATURES",
                     "model.ubj was trained with other features than manifest.json lists: "
                     "column " +
                         std::to_string(i) + " is " + names[i]};
  }

  void* proxy = nullptr;
  if (XGProxyDMatrixCreate(&proxy) != 0) return failed("PLUGIN_INTERNAL", "XGBoost");
  m->proxy_.reset(proxy);
  // The first call costs 0.3 ms of lazy set-up, which belongs here and not into the first frame; it also
  // tells whether the model has three classes.
  const std::vector<double> nothing(m->cols(), std::numeric_limits<double>::quiet_NaN());
  if (auto warm = m->predict(nothing.data(), 1); !warm) return Error{"MODEL_CORRUPT", warm.error().message};
  return m;
}

Result<std::span<const float>> Model::predict(const double* values, std::size_t rows) {
  array_ = R"({"data":[)";
  array_ += std::to_string(reinterpret_cast<std::uintptr_t>(values));
  array_ += R"(,true],"shape":[)";
  array_ += std::to_string(rows);
  array_ += ',';
  array_ += std::to_string(cols());
  array_ += R"(],"typestr":"<f8","version":3})";
  const bst_ulong* shape = nullptr;
  bst_ulong dims = 0;
  const float* out = nullptr;
  if (XGBoosterPredictFromDense(booster_.get(), array_.c_str(), predict_config, proxy_.get(), &shape, &dims,
                                &out) != 0)
    return failed("MODEL_PREDICT_FAILED", "XGBoost");
  if (dims != 2 || shape[0] != rows || shape[1] != 3)
    return Error{"MODEL_CORRUPT", "model.ubj does not answer with three classes"};
  return std::span<const float>(out, rows * 3);
}

Result<void> Model::contributions(const double* row, std::size_t output, std::span<double> out) {
  if (output >= 3 || out.size() != cols() + 1)
    return Error{"EXPLAIN_ARGUMENTS", "no such class, or the buffer is not cols + 1 long"};
  std::vector<float> narrow(cols());
  std::transform(row, row + cols(), narrow.begin(), [](double v) { return static_cast<float>(v); });
  void* raw = nullptr;
  if (XGDMatrixCreateFromMat_omp(narrow.data(), 1, cols(), std::numeric_limits<float>::quiet_NaN(), &raw,
                                 1) != 0)
    return failed("MODEL_PREDICT_FAILED", "XGBoost");
  const Matrix matrix(raw);
  const bst_ulong* shape = nullptr;
  bst_ulong dims = 0;
  const float* said = nullptr;
  if (XGBoosterPredictFromDMatrix(booster_.get(), raw, contrib_config, &shape, &dims, &said) != 0)
    return failed("MODEL_PREDICT_FAILED", "XGBoost");
  if (dims != 3 || shape[0] != 1 || shape[1] != 3 || shape[2] != out.size())
    return Error{"MODEL_CORRUPT", "contributions have another shape than the model"};
  std::copy_n(said + output * out.size(), out.size(), out.begin());
  return {};
}

}  // namespace bowline::xgb
