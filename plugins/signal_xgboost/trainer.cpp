#include "trainer.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "handles.hpp"

namespace bowline::xgb {
namespace {

Result<void> check(const bl_dataset& d, const char* which, const std::vector<std::string>& features) {
  if (d.rows == 0 || d.cols == 0 || d.values == nullptr || d.labels == nullptr || d.names == nullptr)
    return Error{"TRAIN_DATA", std::string(which) + " data: empty"};
  if (d.n_classes != 3)
    return Error{"TRAIN_DATA", std::string(which) + " data: " + std::to_string(d.n_classes) +
                                   " classes; this plugin learns down, flat, up"};
  bool same = d.cols == features.size();
  for (std::uint32_t i = 0; same && i < d.cols; ++i)
    same = features[i] == std::string_view(d.names[i].ptr, d.names[i].len);
  if (!same) return Error{"MODEL_FEATURES", std::string(which) + " data: other features than asked for"};
  for (std::uint32_t i = 0; i < d.rows; ++i)
    if (!(d.labels[i] == 0 || d.labels[i] == 1 || d.labels[i] == 2))
      return Error{"TRAIN_DATA",
                   std::string(which) + " data: row " + std::to_string(i) + ": label is not 0, 1 or 2"};
  return {};
}

Result<Matrix> matrix_of(const bl_dataset& d) {
  void* raw = nullptr;
  if (XGDMatrixCreateFromMat_omp(d.values, d.rows, d.cols, std::numeric_limits<float>::quiet_NaN(), &raw,
                                 0) != 0)
    return failed("TRAIN_FAILED", "XGBoost");
  Matrix m(raw);
  if (XGDMatrixSetFloatInfo(raw, "label", d.labels, d.rows) != 0 ||
      (d.weights != nullptr && XGDMatrixSetFloatInfo(raw, "weight", d.weights, d.rows) != 0))
    return failed("TRAIN_FAILED", "XGBoost");
  return m;
}

/// The shortest text that reads back as this double, whatever the locale.
std::string text(double v) {
  char out[32];
  return {out, std::to_chars(out, out + sizeof out, v).ptr};
}

Result<void> set_params(void* booster, const TrainParams& p, bool has_eval) {
  const std::pair<const char*, std::string> all[] = {
      {"objective", "multi:softprob"},
      {"num_class", "3"},
      {"tree_method", "hist"},
      {"verbosity", "0"},
      {"nthread", "0"},  // all cores: nothing else runs here while a model is trained
      {"seed", std::to_string(p.seed)},
      {"max_depth", std::to_string(p.max_depth)},
      {"eta", text(p.eta)},
      {"subsample", text(p.subsample)},
      {"colsample_bytree", text(p.colsample)},
      {"min_child_weight", text(p.min_child_weight)},
      {"eval_metric", "mlogloss"},
      {"disable_default_eval_metric", has_eval ? "0" : "1"}};
  for (const auto& [key, value] : all)
    if (XGBoosterSetParam(booster, key, value.c_str()) != 0) return failed("TRAIN_FAILED", "XGBoost");
  return {};
}

/// "[7]\teval-mlogloss:0.5312" -> 0.5312; NaN when there is none.
double loss_of(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::numeric_limits<double>::quiet_NaN();
  return std::strtod(std::string(text.substr(colon + 1)).c_str(), nullptr);
}

Result<void> save(void* booster, const std::vector<std::string>& features, const std::filesystem::path& dir) {
  auto names = pointers(features);
  if (XGBoosterSetStrFeatureInfo(booster, "feature_name", names.data(), names.size()) != 0)
    return failed("TRAIN_FAILED", "XGBoost");
  // Under another name first (the format follows the suffix): a full disk leaves no half model.ubj behind.
  const auto part = dir / "part.ubj";
  if (XGBoosterSaveModel(booster, part.c_str()) != 0) return failed("TRAIN_FAILED", "model.ubj");
  std::error_code why;
  std::filesystem::rename(part, dir / "model.ubj", why);
  if (why) return Error{"TRAIN_FAILED", "model.ubj: " + why.message()};
  return {};
}

}  // namespace

Result<void> fit(const TrainParams& p, const bl_dataset& train, const bl_dataset* eval,
                 const std::filesystem::path& dir,
                 const std::function<bool(double, std::string_view)>& progress) {
  silence();
  std::vector<std::string> features = p.features;
  if (features.empty() && train.names != nullptr)
    for (std::uint32_t i = 0; i < train.cols; ++i)
      features.emplace_back(train.names[i].ptr, train.names[i].len);
  if (auto ok = check(train, "training", features); !ok) return ok;
  if (eval != nullptr)
    if (auto ok = check(*eval, "evaluation", features); !ok) return ok;

  if (p.early_stopping > 0 && eval == nullptr)
    return Error{"TRAIN_DATA", "early_stopping is " + std::to_string(p.early_stopping) +
                                   ", and there is no evaluation data to judge a round by: bowline train --evaluation 0.15"};

  auto learn = matrix_of(train);
  if (!learn) return learn.error();
  Matrix judge;
  if (eval != nullptr) {
    auto m = matrix_of(*eval);
    if (!m) return m.error();
    judge = std::move(*m);
  }
  // Known to the booster from the start: XGBoost shares each matrix' prediction cache between the rounds.
  void* matrices[] = {learn->get(), judge.get()};
  void* raw = nullptr;
  if (XGBoosterCreate(matrices, judge ? 2 : 1, &raw) != 0) return failed("TRAIN_FAILED", "XGBoost");
  Booster booster(raw);
  if (auto ok = set_params(raw, p, eval != nullptr); !ok) return ok;

  double best = std::numeric_limits<double>::infinity();
  int best_round = 0;
  const int rounds = static_cast<int>(p.rounds);
  const char* judge_name[] = {"eval"};
  for (int round = 0; round < rounds; ++round) {
    if (XGBoosterUpdateOneIter(raw, round, learn->get()) != 0) return failed("TRAIN_FAILED", "XGBoost");
    std::string note = "round " + std::to_string(round + 1) + " of " + std::to_string(rounds);
    if (judge) {
      const char* text = nullptr;
      if (XGBoosterEvalOneIter(raw, round, &matrices[1], judge_name, 1, &text) != 0)
        return failed("TRAIN_FAILED", "XGBoost");
      const double loss = loss_of(text);
      note += ", mlogloss " + std::to_string(loss);
      if (loss < best) {
        best = loss;
        best_round = round;
      }
    }
    if (!progress(static_cast<double>(round + 1) / rounds, note))
      return Error{"TRAIN_CANCELLED", "training was cancelled in " + note};
    if (judge && p.early_stopping > 0 && round - best_round >= p.early_stopping) break;
  }
  // The matrices are the large part, and a slice copies the trees: give the memory back first.
  learn->reset();
  judge.reset();
  if (eval != nullptr && p.early_stopping > 0) {
    void* slice = nullptr;
    if (XGBoosterSlice(raw, 0, best_round + 1, 1, &slice) != 0) return failed("TRAIN_FAILED", "XGBoost");
    booster.reset(slice);
  }
  return save(booster.get(), features, dir);
}

}  // namespace bowline::xgb
