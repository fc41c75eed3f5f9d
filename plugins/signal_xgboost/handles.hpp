// XGBoost's C handles with owners, its return codes as Error, and its voice turned off.
#pragma once

#include <xgboost/c_api.h>

#include <bowline/result.hpp>
#include <memory>
#include <string>
#include <vector>

namespace bowline::xgb {

struct FreeBooster {
  void operator()(void* h) const noexcept { XGBoosterFree(h); }
};
struct FreeMatrix {
  void operator()(void* h) const noexcept { XGDMatrixFree(h); }
};
using Booster = std::unique_ptr<void, FreeBooster>;
using Matrix = std::unique_ptr<void, FreeMatrix>;

/// The last failure of this thread; XGBoost appends a stack trace, of which nobody wants more than the head.
inline Error failed(const char* code, const std::string& what) {
  std::string why = XGBGetLastError();
  return {code, what + ": " + why.substr(0, why.find('\n'))};
}

/// Standard output belongs to the host. Both settings are per thread in XGBoost, hence called at every entry
/// that may be the first on its thread.
inline void silence() noexcept {
  XGBRegisterLogCallback([](const char*) {});
  XGBSetGlobalConfig("{\"verbosity\":0}");
}

inline std::vector<const char*> pointers(const std::vector<std::string>& names) {
  std::vector<const char*> out;
  for (const std::string& n : names) out.push_back(n.c_str());
  return out;
}

}  // namespace bowline::xgb
