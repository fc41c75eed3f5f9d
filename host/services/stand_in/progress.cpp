#include "services/stand_in/progress.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bowline::services {
namespace {

using nlohmann::json;

std::vector<std::string> lines(std::string_view receipt) {
  std::vector<std::string> all;
  const json r = json::parse(receipt, nullptr, false);
  if (!r.is_object()) return all;
  all.push_back("liquidation " + r.value("id", "") + ": " + r.value("phase", ""));
  for (const json& p : r.value("products", json::array())) {
    const std::string status = p.value("status", "");
    if (status == "flat") continue;
    std::string line = p.value("instrument", "") + ": " + status + ", sold " + p.value("sold", "") + " of " + p.value("held_before", "");
    if (p.value("left", "0") != "0") line += ", " + p.value("left", "") + " left";
    if (p.value("unmanaged", "0") != "0") line += ", " + p.value("unmanaged", "") + " there that is not ours";
    all.push_back(std::move(line));
  }
  return all;
}

}  // namespace

std::vector<std::string> progress(std::string_view before, std::string_view receipt) {
  const std::vector<std::string> known = lines(before);
  std::vector<std::string> news = lines(receipt);
  std::erase_if(news, [&known](const std::string& line) { return std::find(known.begin(), known.end(), line) != known.end(); });
  return news;
}

}  // namespace bowline::services
