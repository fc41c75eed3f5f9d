#include "params.hpp"

#include <algorithm>
#include <string_view>

#include "coinbase/secret.hpp"
#include "schema.hpp"

namespace bowline::broker_coinbase {
namespace {

using Json = nlohmann::json;
constexpr std::string_view reference = "secret://";

/// host[:port] of scheme://host[:port]; "" when it is none, or has more.
std::string host_of(std::string_view url, std::string_view secure, std::string_view plain) {
  const std::string_view scheme = url.starts_with(secure) ? secure : url.starts_with(plain) ? plain : std::string_view();
  if (scheme.empty()) return {};
  std::string_view host = url.substr(scheme.size());
  if (host.ends_with('/')) host.remove_suffix(1);
  const bool fits = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  });
  return fits ? std::string(host) : std::string();
}

Result<coinbase::Secret> secret_of(const Host& host, const std::string& ref) {
  const auto* table = host.service<bl_secret_v1>(BL_SVC_SECRET);
  if (table == nullptr) return Error{"SECRET_UNSUPPORTED", "this host hands out no secrets: a broker of a real venue needs one"};
  coinbase::Secret text(64u << 10);
  std::uint64_t n = 0;
  if (table->get(host.raw_host().ctx, to_abi(ref), text.data(), text.capacity(), &n) < 0 || n == 0 || n > text.capacity())
    return Error{"SECRET_REFUSED", "there is no such secret, or it is empty or too long: " + ref};
  text.resize(static_cast<std::size_t>(n));
  return text;
}

}  // namespace

Result<Options> options_of(const Json& given) {
  Json p = given;
  const Json known = Json::parse(schema);
  for (const auto& [key, property] : known.at("properties").items())
    if (!p.contains(key)) p[key] = property.at("default");
  Options o;
  o.key = p.at("key").get<std::string>();
  o.key_name = p.at("key_name").get<std::string>();
  o.private_key = p.at("private_key").get<std::string>();
  const bool whole = !o.key.empty(), parts = !o.key_name.empty() || !o.private_key.empty();
  if (whole == parts || (parts && (o.key_name.empty() || o.private_key.empty())))
    return Error{"PARAMS_KEY", "params: set key, or else both of key_name and private_key"};
  if (!(whole ? o.key : o.private_key).starts_with(reference))
    return Error{"PARAMS_KEY", "params: the private key has to be a reference, secret://..., and never the key itself"};
  o.portfolio = p.at("portfolio").get<std::string>();
  o.api_url = p.at("api_url").get<std::string>();
  o.ws_url = p.at("ws_url").get<std::string>();
  o.api_host = host_of(o.api_url, "https://", "http://");
  if (o.api_host.empty()) return Error{"PARAMS_URL", "params.api_url: has to be https://host or https://host:port, without a path"};
  if (host_of(o.ws_url, "wss://", "ws://").empty()) return Error{"PARAMS_URL", "params.ws_url: has to be wss://host or wss://host:port, without a path"};
  if (o.api_url.ends_with('/')) o.api_url.pop_back();
  o.allow_transfer_key = p.at("allow_transfer_key").get<bool>();
  o.stream = p.at("stream").get<bool>();
  o.probe_stops = p.at("probe_stops").get<bool>();
  const auto number = [&p](const char* key) { return p.at(key).get<std::uint32_t>(); };
  const auto time = [&p](const char* key) { return p.at(key).get<std::int64_t>(); };
  o.rate = number("rate");
  o.open_rate = number("open_rate");
  o.per_hour = number("per_hour");
  o.tries = number("tries");
  o.cancel_tries = number("cancel_tries");
  o.request_timeout_ns = time("request_timeout");
  o.backoff_first_ns = time("backoff_first");
  o.backoff_most_ns = std::max(time("backoff_most"), o.backoff_first_ns);
  o.sweep_ns = time("sweep");
  o.sweep_alone_ns = time("sweep_alone");
  o.stream_silence_ns = time("stream_silence");
  o.time_check_ns = time("time_check");
  o.overlap_ns = time("overlap");
  o.accounts_page = number("accounts_page");
  o.orders_page = number("orders_page");
  o.fills_page = number("fills_page");
  o.max_pages = number("max_pages");
  o.placement_sources = p.at("placement_sources").get<std::vector<std::string>>();
  // That of the orders made here is read first, and by some questions alone.
  if (const auto own = std::find(o.placement_sources.begin(), o.placement_sources.end(), "RETAIL_ADVANCED"); own != o.placement_sources.end())
    std::rotate(o.placement_sources.begin(), own, own + 1);
  o.data_symbols = p.at("data_symbols").get<std::map<std::string, std::string>>();
  o.seed = p.at("seed").get<std::uint64_t>();
  return o;
}

Result<coinbase::Credentials> credentials_of(const Options& o, const Host& host) {
  auto secret = secret_of(host, o.key.empty() ? o.private_key : o.key);
  if (!secret) return secret.error();
  if (!o.key.empty()) return coinbase::Credentials::from_key_file(secret->view());
  if (!std::string_view(o.key_name).starts_with(reference)) return coinbase::Credentials::from_parts(o.key_name, secret->view());
  auto name = secret_of(host, o.key_name);
  if (!name) return name.error();
  std::string_view text = name->view();
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return coinbase::Credentials::from_parts(text, secret->view());
}

}  // namespace bowline::broker_coinbase
