#include "cli/host_call.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "cli/environment.hpp"
#include "cli/verbs.hpp"
#include "config/secret.hpp"
#include "core/exit_codes.hpp"
#include "edge/endpoints.hpp"
#include "edge/host_door.hpp"
#include "edge/http_client.hpp"

namespace bowline::cli {

using nlohmann::ordered_json;

void add_host_options(CLI::App* verb, HostOptions& o) {
  verb->add_option("--var", o.var, "the run's state folder: its endpoints.json says where the host listens")->capture_default_str();
  verb->add_option("--url", o.url, "where trade-execution listens instead, as http://host:port or https://host:port");
  verb->add_option("--token", o.token, "secret://NAME of the token to show, a file in the folder BOWLINE_SECRETS names; without: what BOWLINE_TOKEN in the "
                                       "environment says in the same form, and else none")->envname("BOWLINE_TOKEN");
  verb->add_option("--ca", o.ca, "file in PEM with whom to trust for https; without: BOWLINE_CA in the environment, and else the system's")->envname("BOWLINE_CA");
  verb->add_flag("--json", o.json, "the host's answer as one JSON object");
}

Result<ordered_json> call_host(const HostOptions& o, edge::Method method, const std::string& route, const ordered_json& body, edge::Pairs headers) {
  std::string url = o.url;
  if (url.empty()) {
    auto found = edge::read_endpoint(o.var, "trade-execution");
    if (!found) return Error{"HOST_UNKNOWN", found.error().message};
    url = std::move(*found);
  }
  edge::HostDoor door{.ca_file = o.ca};
  if (!o.token.empty()) {
    // Only ever a reference: what stands on a command line every user of the machine can read.
    if (!o.token.starts_with("secret://")) return Error{"USAGE_TOKEN", "--token and BOWLINE_TOKEN take secret://NAME, never the token itself"};
    auto secret = config::find_secret(o.token, environment);
    if (!secret) return secret.error();
    door.token = secret->reveal();
  }
  auto shown = door.headers(url);
  if (!shown) return shown.error();
  for (auto& h : *shown) headers.push_back(std::move(h));
  edge::IoThread io;
  edge::HttpClient client(io, {.ca_file = o.ca});
  edge::HttpCall call{.method = method, .url = url + route, .headers = std::move(headers), .deadline = std::chrono::milliseconds(15'000)};
  if (method == edge::Method::Post) {
    call.headers.emplace_back("Content-Type", "application/json");
    call.body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  }
  const edge::HttpReply reply = client.fetch(std::move(call));
  if (!reply.complete())
    return Error{"HOST_UNREACHABLE", "the host at " + url + " gave no answer (" + reply.error.message + ")" +
                                         (reply.outcome == edge::Outcome::NotSent ? ": nothing was commanded" : ": it may have done it; ask for the state")};
  auto words = ordered_json::parse(reply.body, nullptr, false);
  if (words.is_discarded()) return Error{"HOST_ANSWER", "what answers at " + url + " is not a bowline host"};
  if (reply.status < 400) return words;
  const auto& why = words.contains("error") ? words["error"] : words;
  return Error{"HOST_REFUSED", why.value("code", "") + ": " + why.value("message", "")};
}

int tell_answer(const HostOptions& o, const Result<ordered_json>& answer, PrintAnswer print) {
  if (!answer) return fail(answer.error());
  if (o.json) std::printf("%s\n", answer->dump(2).c_str());
  else print(*answer);
  return core::exit_code::ok;
}

std::string fresh_key(const std::string& verb) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return verb + "-" + std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()) + "-" + std::to_string(::getpid());
}

}  // namespace bowline::cli
