// A model bundle: a folder with the model file that the plugin wrote and the manifest that the host writes. The
// manifest says which features in which order, and the numbers that turn scores into signals.
#pragma once

#include <array>
#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace bowline::research {

struct Manifest {
  std::vector<std::string> features;
  std::string feature_hash;
  std::uint32_t horizon_bars = 12;
  std::int64_t interval_ns = 300'000'000'000;        ///< length of the bars it was trained on
  double temperature = 1, threshold_up = 1, threshold_down = 1;
  std::array<double, 3> class_return{};              ///< down, flat, up
  std::vector<std::pair<std::string, std::string>> trained;  ///< facts for the reader: rows, period, seed, losses
};

/// Hashes <dir>/model.ubj, derives the model id from it, and writes <dir>/manifest.json in one step (rename). Gives the
/// model id. Errors: MODEL_MISSING, MODEL_UNWRITABLE.
Result<std::string> write_manifest(const std::filesystem::path& dir, const Manifest& manifest);

}  // namespace bowline::research
