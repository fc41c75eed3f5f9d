// The ports of this process, who may call them, and where the services of other processes are.
#include "config/loader.hpp"

#include <algorithm>
#include <fstream>

#include "config/access_token.hpp"
#include "config/secret.hpp"
#include "config/values.hpp"

namespace bowline::config {

void Loader::listen(const Node& n) {
  c_.listen.ports = {{"signal-generator", 8025}, {"signal-bridge", 8022}, {"trade-execution", 8024}, {"portfolio-rebalancer", 8047}};
  if (!there(n) || !n.IsMap()) return;
  flag(n["enabled"], "listen.enabled", c_.listen.enabled);
  text(n["host"], "listen.host", c_.listen.host);
  tokens(n["tokens"]);
  tls(n["tls"]);
  if (c_.listen.enabled && c_.listen.tokens.there() && !c_.listen.tls.there() && !loopback(c_.listen.host))
    out_.notes.push_back("listen.tokens without listen.tls on " + c_.listen.host + ": whoever is on the way can read the tokens");
  const Node ports = n["ports"];
  if (!there(ports) || !ports.IsMap()) return;
  for (const std::string& s : service_names) number(ports[s], "listen.ports." + s, 0, 65'535, c_.listen.ports[s]);
  std::map<std::uint16_t, std::string> taken;
  for (const auto& [service, port] : c_.listen.ports) {
    const auto [it, fresh] = taken.emplace(port, service);
    if (!fresh && port != 0)
      bad(there(ports[service]) ? ports[service] : ports, "listen.ports." + service, "CONFIG_PORT_SHARED",
          "port " + std::to_string(port) + " is that of " + it->second + " too: give each service its own");
  }
}

bool Loader::opens_ports() const { return c_.listen.enabled && options_.only_kind.empty(); }

bool Loader::secret_reference(const Node& n, const std::string& path, std::string& to,
                              const std::function<Result<void>(const Secret&)>& fits) {
  std::string reference;
  if (!text(n, path, reference)) return false;
  if (!reference.starts_with("secret://")) {
    bad(n, path, "CONFIG_VALUE", "must name a secret as secret://name: what is secret never stands in this file");
    return false;
  }
  if (opens_ports()) {
    const auto found = find_secret(reference, options_.env);
    if (!found) return bad(n, path, "CONFIG_SECRET", found.error().message), false;
    if (const auto good = fits(*found); !good) return bad(n, path, good.error().code.c_str(), good.error().message), false;
  }
  to = std::move(reference);
  return true;
}

void Loader::tokens(const Node& n) {
  if (!there(n) || !n.IsMap()) return;
  auto& t = c_.listen.tokens;
  std::vector<std::pair<std::string, Secret>> seen;
  for (const auto& [name, to] : {std::pair<const char*, std::string*>{"read", &t.read}, {"trade", &t.trade}, {"emergency", &t.emergency}}) {
    const std::string path = std::string("listen.tokens.") + name;
    if (!there(n[name])) {
      bad(n, path, "CONFIG_KEY_MISSING", "is required beside the other tokens and not there: a token for each scope, or none at all");
      continue;
    }
    secret_reference(n[name], path, *to, [&](const Secret& s) -> Result<void> {
      if (auto good = token_fits(s.reveal()); !good) return good;
      for (const auto& [other, text] : seen)
        if (text.reveal() == s.reveal())
          return Error{"CONFIG_TOKEN_SHARED", "is the same token as " + other + ": each scope needs its own"};
      seen.emplace_back(path, Secret(std::string(s.reveal())));
      return {};
    });
  }
  if (!t.there()) t = {};
  if (c_.services.size() < service_names.size() && there(n))
    bad(n, "listen.tokens", "CONFIG_ACCESS_PARTED", "services in several processes show each other no tokens: make them one process, or leave this out");
}

void Loader::tls(const Node& n) {
  if (!there(n) || !n.IsMap()) return;
  auto& t = c_.listen.tls;
  std::string file;
  required(n, "certificate", "listen.tls", file);
  if (!file.empty()) {
    const std::filesystem::path p = file;
    t.certificate = (p.is_absolute() ? p : folder_ / p).lexically_normal();
    if (opens_ports() && !std::ifstream(t.certificate).good())
      bad(n["certificate"], "listen.tls.certificate", "CONFIG_VALUE", t.certificate.string() + " cannot be read: is it there, and may this user read it?");
  }
  if (!there(n["key"])) bad(n, "listen.tls.key", "CONFIG_KEY_MISSING", "is required and not there");
  else secret_reference(n["key"], "listen.tls.key", t.key, [](const Secret&) { return Result<void>(); });
  if (c_.services.size() < service_names.size())
    bad(n, "listen.tls", "CONFIG_ACCESS_PARTED", "services in several processes speak to each other without TLS: make them one process, or leave this out");
}

// One file may serve all processes of a run: what it says of the services of this one is not used.
void Loader::peers(const Node& root) {
  const Node n = root["peers"];
  if (there(n) && n.IsMap())
    for (const std::string& s : service_names) {
      std::string url;
      if (!text(n[s], "peers." + s, url)) continue;
      const std::size_t colon = url.rfind(':');
      const auto port = parse_integer(url.substr(colon + 1));
      if (!url.starts_with("http://") || colon < 8 || !port || *port < 1 || *port > 65'535)
        bad(n[s], "peers." + s, "CONFIG_VALUE", "http://host:port is needed here");
      else
        c_.peers[s] = url;
    }
  const auto here = [this](const std::string& s) { return std::find(c_.services.begin(), c_.services.end(), s) != c_.services.end(); };
  if (c_.services.empty() || c_.services.size() == service_names.size()) return;
  const bool plans = std::any_of(c_.instances.begin(), c_.instances.end(), [](const InstanceConfig& i) { return i.kind == "rebalancer"; });
  for (const std::string& s : service_names)
    if (!here(s) && !c_.peers.contains(s) && (plans || s != "portfolio-rebalancer"))
      bad(there(n) ? n : root["services"], "peers." + s, "CONFIG_PEER_MISSING",
          s + " is not a service of this process: say where it is, as in http://127.0.0.1:" + std::to_string(c_.listen.ports.at(s)));
  if (!c_.listen.enabled) bad(root["listen"]["enabled"], "listen.enabled", "CONFIG_PEER_DEAF", "services in several processes reach each other through their ports: leave this on");
  for (const std::string& s : c_.services)
    if (c_.services.size() > 1 && c_.listen.ports.at(s) == 0)
      bad(root["listen"], "listen.ports." + s, "CONFIG_PORT_OPEN", "a service that others of the run talk to needs a port of its own here");
}

}  // namespace bowline::config
