#include "research/bundle.hpp"

#include <fstream>
#include <iterator>
#include <span>
#include <nlohmann/json.hpp>

#include "loader/sha256.hpp"

namespace bowline::research {

Result<std::string> write_manifest(const std::filesystem::path& dir, const Manifest& m) {
  std::ifstream in(dir / "model.ubj", std::ios::binary);
  if (!in) return Error{"MODEL_MISSING", (dir / "model.ubj").string() + ": the plugin's training left no model file"};
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const std::string sha = loader::sha256_hex(std::as_bytes(std::span(bytes)));
  nlohmann::ordered_json j;
  const std::string id = "xgb-" + sha.substr(0, 16);
  j["format"] = 1;
  j["model_id"] = id;
  j["model_sha256"] = sha;
  j["features"] = m.features;
  j["feature_hash"] = m.feature_hash;
  j["classes"] = {"down", "flat", "up"};
  j["horizon_bars"] = m.horizon_bars;
  j["interval_ns"] = m.interval_ns;
  j["threshold_up"] = m.threshold_up;
  j["threshold_down"] = m.threshold_down;
  j["class_return"] = m.class_return;
  j["calibration"] = {{"method", "temperature"}, {"value", m.temperature}};
  for (const auto& [key, text] : m.trained) j["trained"][key] = text;
  const auto temporary = dir / "manifest.json.new";
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out << j.dump(2) << "\n";
    if (!out.flush()) return Error{"MODEL_UNWRITABLE", temporary.string() + ": cannot be written"};
  }
  std::error_code ec;
  std::filesystem::rename(temporary, dir / "manifest.json", ec);
  if (ec) return Error{"MODEL_UNWRITABLE", (dir / "manifest.json").string() + ": " + ec.message()};
  return id;
}

}  // namespace bowline::research
