#include "edge/endpoints.hpp"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace bowline::edge {
namespace {

std::filesystem::path file_of(const std::filesystem::path& var) { return var / "endpoints.json"; }

}  // namespace

Result<void> write_endpoints(const std::filesystem::path& var, const std::string& host, const std::map<std::string, std::uint16_t>& ports) {
  const bool any = host == "0.0.0.0" || host == "::";
  const bool v6 = host.find(':') != std::string::npos;
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for (const auto& [service, port] : ports)
    all[service] = "http://" + (any ? std::string("127.0.0.1") : v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  const std::filesystem::path file = file_of(var), fresh = file.string() + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  out << all.dump(2) << "\n";
  out.close();
  std::error_code ec;
  if (out) std::filesystem::rename(fresh, file, ec);
  if (out && !ec) return {};
  return Error{"EDGE_ENDPOINTS", file.string() + " cannot be written: bowline emergency and bowline-panic need --url to find this host"};
}

void remove_endpoints(const std::filesystem::path& var) noexcept {
  std::error_code ignored;
  std::filesystem::remove(file_of(var), ignored);
}

Result<std::string> read_endpoint(const std::filesystem::path& var, const std::string& service) {
  std::ifstream in(file_of(var));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto all = nlohmann::json::parse(text, nullptr, false);
  const auto at = all.is_object() ? all.find(service) : all.end();
  if (all.is_object() && at != all.end() && at->is_string()) return at->get<std::string>();
  return Error{"EDGE_ENDPOINTS", "no host that is " + service + " has said in " + file_of(var).string() + " where it listens: it does not run, or give --url"};
}

}  // namespace bowline::edge
