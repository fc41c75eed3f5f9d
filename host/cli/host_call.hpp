// How a verb finds the running host and talks to its trade-execution.
#pragma once

#include <CLI/CLI.hpp>
#include <bowline/result.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "edge/message.hpp"

namespace bowline::cli {

struct HostOptions {
  std::string var = "var", url;
  std::string token, ca;  ///< reference to a secret; file of trust anchors
  bool json = false;
};

/// --var, --url, --token, --ca and --json of a verb that talks to a host. `o` is read when the verb is carried out.
void add_host_options(CLI::App* verb, HostOptions& o);

/// One request to trade-execution of the host that lives on o.var, or at o.url; a POST has `body`. Errors: HOST_UNKNOWN,
/// HOST_UNREACHABLE, HOST_ANSWER, HOST_REFUSED (with the host's own code and words), HOST_PLAIN, USAGE_TOKEN, SECRET_*.
Result<nlohmann::ordered_json> call_host(const HostOptions& o, edge::Method method, const std::string& route,
                                         const nlohmann::ordered_json& body = {}, edge::Pairs headers = {});

using PrintAnswer = void (*)(const nlohmann::ordered_json&);
/// Prints the answer, as it is with --json, and gives the exit code that belongs to it.
int tell_answer(const HostOptions& o, const Result<nlohmann::ordered_json>& answer, PrintAnswer print);

/// An Idempotency-Key that no other call of this verb has.
std::string fresh_key(const std::string& verb);

}  // namespace bowline::cli
