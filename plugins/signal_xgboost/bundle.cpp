#include "bundle.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <memory>
#include <unordered_set>

namespace bowline::xgb {
namespace {

using Json = nlohmann::json;

Error corrupt(const std::string& what) { return {"MODEL_CORRUPT", "manifest.json: " + what}; }

bool number(const Json& m, const char* key, double least, double most, double& out) {
  const auto at = m.find(key);
  if (at == m.end() || !at->is_number()) return false;
  out = at->get<double>();
  return out >= least && out <= most;
}

Result<void> read_calibration(const Json& m, Manifest& out) {
  const auto at = m.find("calibration");
  if (at == m.end() || at->is_null()) return {};
  if (!at->is_object() || !at->contains("method") || !at->at("method").is_string())
    return corrupt("calibration: no method");
  const auto method = at->at("method").get<std::string>();
  if (method == "none") return {};
  // An unknown method must not pass as "uncalibrated": the thresholds were chosen behind it.
  if (method != "temperature") return corrupt("calibration: unknown method " + method.substr(0, 40));
  if (!number(*at, "value", 1e-3, 1e3, out.temperature)) return corrupt("calibration.value: not 0.001..1000");
  out.calibrated = true;
  return {};
}

Result<void> read_features(const Json& m, Manifest& out) {
  const auto at = m.find("features");
  if (at == m.end() || !at->is_array() || at->empty())
    return Error{"MODEL_FEATURES", "manifest.json: features: no list of names"};
  std::unordered_set<std::string> seen;
  for (const Json& name : *at) {
    if (!name.is_string() || name.get_ref<const std::string&>().empty() ||
        !seen.insert(name.get<std::string>()).second)
      return Error{"MODEL_FEATURES", "manifest.json: features: an empty or a doubled name"};
    out.features.push_back(name.get<std::string>());
  }
  return {};
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text) {
  const Json m = Json::parse(text, nullptr, false);
  if (!m.is_object()) return corrupt("not a JSON object");
  Manifest out;
  double format = 0, bars = 0;
  if (!number(m, "format", 1, 1, format)) return corrupt("format: this plugin reads format 1 only");
  for (const auto& [key, to] : {std::pair{"model_id", &out.model_id}, {"model_sha256", &out.model_sha256}}) {
    const auto at = m.find(key);
    if (at == m.end() || !at->is_string() || at->get_ref<const std::string&>().empty())
      return corrupt(std::string(key) + ": missing");
    *to = at->get<std::string>();
  }
  if (m.value("classes", Json()) != Json{"down", "flat", "up"}) return corrupt("classes: not down, flat, up");
  if (!number(m, "horizon_bars", 1, 1e6, bars)) return corrupt("horizon_bars: not 1..1000000");
  out.horizon_bars = static_cast<std::int64_t>(bars);
  if (const auto at = m.find("interval_ns"); at != m.end()) {
    if (!at->is_number_integer() || at->get<std::int64_t>() <= 0) return corrupt("interval_ns: not a whole number above 0");
    out.interval_ns = at->get<std::int64_t>();
  }
  if (!number(m, "threshold_up", 0, 1, out.threshold_up)) return corrupt("threshold_up: not 0..1");
  if (!number(m, "threshold_down", 0, 1, out.threshold_down)) return corrupt("threshold_down: not 0..1");
  if (const auto r = m.find("class_return"); r != m.end() && !r->is_null()) {
    if (!r->is_array() || r->size() != 3 ||
        !std::all_of(r->begin(), r->end(), [](const Json& v) { return v.is_number(); }))
      return corrupt("class_return: not three numbers");
    for (std::size_t k = 0; k < 3; ++k) out.class_return[k] = (*r)[k].get<double>();
  }
  if (auto ok = read_calibration(m, out); !ok) return ok.error();
  if (auto ok = read_features(m, out); !ok) return ok.error();
  return out;
}

Result<std::string> sha256_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error{"MODEL_MISSING", file.string() + ": cannot be read"};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> ctx(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  bool ok = ctx != nullptr && EVP_DigestInit_ex(ctx.get(), EVP_sha256(), nullptr) == 1;
  std::vector<char> buffer(1u << 16);
  while (ok && (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in.gcount() > 0))
    ok = EVP_DigestUpdate(ctx.get(), buffer.data(), static_cast<std::size_t>(in.gcount())) == 1;
  if (in.bad()) return Error{"MODEL_MISSING", file.string() + ": cannot be read"};
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned n = 0;
  if (!ok || EVP_DigestFinal_ex(ctx.get(), sum, &n) != 1)
    return Error{"PLUGIN_INTERNAL", "OpenSSL cannot compute a SHA-256"};
  std::string hex;
  for (unsigned i = 0; i < n; ++i) {
    hex += "0123456789abcdef"[sum[i] >> 4];
    hex += "0123456789abcdef"[sum[i] & 15];
  }
  return hex;
}

Result<Manifest> read_bundle(const std::filesystem::path& dir) {
  std::ifstream in(dir / "manifest.json", std::ios::binary);
  if (!in) return Error{"MODEL_MISSING", (dir / "manifest.json").string() + ": cannot be read"};
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  auto manifest = parse_manifest(text);
  if (!manifest) return manifest;
  const auto sum = sha256_of(dir / "model.ubj");
  if (!sum) return sum.error();
  if (*sum != manifest->model_sha256)
    return Error{"MODEL_CORRUPT",
                 "model.ubj: its SHA-256 is not the manifest's: damaged, or of another bundle"};
  return manifest;
}

}  // namespace bowline::xgb
